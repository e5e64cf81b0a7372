//! `cargo xtask arrows`: which crate may depend on which.
//!
//! The rules are those of ARCHITECTURE.md; this file makes them fail a build. They hold for what ships:
//! tests may use whatever they need.

use anyhow::{Context, Result, bail};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

use crate::workspace;

/// What one of our crates may and may not name.
struct Rule {
    package: &'static str,
    /// Those of our crates that it may depend on. All others are forbidden.
    ours: &'static [&'static str],
    /// Families of crates that it must never depend on: `axum` stands for `axum-extra`, too.
    never: &'static [&'static str],
    /// Why, in one sentence.
    because: &'static str,
}

const RULES: [Rule; 14] = [
    Rule {
        package: "unearth-audit",
        ours: &["unearth-columns"],
        never: &["sqlx", "axum", "tch", "torch-sys", "tokio"],
        because: "it is the vocabulary that service and training share: plain data and two traits",
    },
    Rule {
        package: "unearth-signals",
        ours: &[],
        never: &[
            "sqlx",
            "axum",
            "tch",
            "torch-sys",
            "tokio",
            "futures",
            "rand",
            "getrandom",
            "object_store",
            "reqwest",
        ],
        because: "it is pure maths: records in, scores out",
    },
    Rule {
        package: "unearth-columns",
        ours: &[],
        never: &["sqlx", "axum", "tch", "torch-sys", "tokio"],
        because: "it keeps values and knows nothing of what they mean",
    },
    Rule {
        package: "unearth-dataset",
        ours: &["unearth-audit", "unearth-columns", "unearth-npy"],
        never: &["sqlx", "axum", "tch", "torch-sys"],
        because: "it turns files into validated examples and knows neither storage nor training",
    },
    Rule {
        package: "unearth-npy",
        ours: &[],
        never: &["sqlx", "axum", "tch", "torch-sys", "tokio"],
        because: "it reads a format and knows nothing of what is in it",
    },
    Rule {
        package: "unearth-external",
        ours: &["unearth-audit", "unearth-npy", "unearth-signals"],
        never: &["sqlx", "axum", "tch", "torch-sys", "tokio"],
        because: "it turns posted bytes into checked rows and knows neither service nor storage",
    },
    Rule {
        package: "unearth-training",
        ours: &["unearth-audit", "unearth-columns", "unearth-signals"],
        never: &["sqlx", "axum", "tokio"],
        because: "training runs on one plain thread and hands its records to a trait",
    },
    Rule {
        package: "unearth-store",
        ours: &["unearth-audit", "unearth-columns"],
        never: &["axum", "tch", "torch-sys"],
        because: "it is the only crate with SQL, and only that",
    },
    Rule {
        package: "unearth-api",
        ours: &[
            "unearth-audit",
            "unearth-external",
            "unearth-signals",
            "unearth-store",
        ],
        never: &["sqlx", "tch", "torch-sys"],
        because: "api and worker meet only in the database, and SQL lives in unearth-store",
    },
    Rule {
        package: "unearth-worker",
        ours: &[
            "unearth-audit",
            "unearth-columns",
            "unearth-dataset",
            "unearth-signals",
            "unearth-store",
        ],
        never: &["sqlx", "axum", "tch", "torch-sys"],
        because: "it trains through the Trainer trait, and SQL lives in unearth-store",
    },
    Rule {
        package: "unearth-postgres",
        ours: &[],
        never: &["sqlx", "axum", "tch", "torch-sys", "tokio"],
        because: "it starts a server and does not speak to it",
    },
    Rule {
        package: "unearth-test-s3",
        ours: &[],
        never: &["sqlx", "axum", "tch", "torch-sys", "tokio"],
        because: "it starts a server for tests and does not speak to it",
    },
    Rule {
        package: "unearth",
        ours: &[
            "unearth-api",
            "unearth-audit",
            "unearth-dataset",
            "unearth-npy",
            "unearth-postgres",
            "unearth-signals",
            "unearth-store",
            "unearth-training",
            "unearth-worker",
        ],
        never: &["sqlx", "tch", "torch-sys"],
        because: "the binary puts the parts together and holds neither SQL nor logic of the service; `evaluate` \
                  judges rankings by the measures of unearth-signals",
    },
    Rule {
        package: "xtask",
        ours: &["unearth-postgres"],
        never: &["axum", "tch", "torch-sys"],
        because: "the task runner must build in seconds on a fresh machine",
    },
];

/// One of our crates with its direct dependencies that are neither for tests nor for build scripts.
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

struct Dependency {
    name: String,
    is_ours: bool,
}

pub(crate) fn run() -> Result<()> {
    let manifest = workspace::root().join("Cargo.toml");
    let metadata = MetadataCommand::new()
        .manifest_path(manifest)
        .no_deps()
        .exec()
        .context("cannot read the workspace")?;
    let packages = packages(&metadata);
    let violations: Vec<String> = packages.iter().flat_map(violations).collect();
    if violations.is_empty() {
        println!("arrows: {} crates keep their rules", packages.len());
        return Ok(());
    }
    bail!(
        "{} forbidden dependencies (see ARCHITECTURE.md):\n  {}",
        violations.len(),
        violations.join("\n  ")
    )
}

fn packages(metadata: &Metadata) -> Vec<Package> {
    let ours: Vec<&str> = metadata
        .packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let dependencies = |package: &cargo_metadata::Package| {
        let shipped = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind == DependencyKind::Normal);
        shipped
            .map(|dependency| Dependency {
                name: dependency.name.clone(),
                is_ours: ours.contains(&dependency.name.as_str()),
            })
            .collect()
    };
    metadata
        .packages
        .iter()
        .map(|package| Package {
            name: package.name.to_string(),
            dependencies: dependencies(package),
        })
        .collect()
}

fn violations(package: &Package) -> Vec<String> {
    let name = &package.name;
    let Some(rule) = RULES.iter().find(|rule| rule.package == name) else {
        return vec![format!(
            "{name} has no rule: say in xtask/src/arrows.rs what it may depend on, and why"
        )];
    };
    let forbidden = |dependency: &&Dependency| {
        let name = dependency.name.as_str();
        if dependency.is_ours {
            !rule.ours.contains(&name)
        } else {
            rule.never.iter().any(|family| is_of_family(name, family))
        }
    };
    package
        .dependencies
        .iter()
        .filter(forbidden)
        .map(|dependency| format!("{name} → {}: {}", dependency.name, rule.because))
        .collect()
}

/// Whether `name` is the crate `family` or one of its `family-…` companions.
fn is_of_family(name: &str, family: &str) -> bool {
    name.strip_prefix(family)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, ours: &[&str], external: &[&str]) -> Package {
        let dependency = |is_ours| {
            move |name: &&str| Dependency {
                name: (*name).to_owned(),
                is_ours,
            }
        };
        let dependencies = ours
            .iter()
            .map(dependency(true))
            .chain(external.iter().map(dependency(false)));
        Package {
            name: name.to_owned(),
            dependencies: dependencies.collect(),
        }
    }

    #[test]
    fn this_workspace_keeps_its_rules() {
        run().unwrap();
    }

    #[test]
    fn allowed_arrows_pass() {
        let worker = package(
            "unearth-worker",
            &["unearth-audit", "unearth-store"],
            &["tokio", "serde"],
        );
        assert_eq!(violations(&worker), Vec::<String>::new());
    }

    #[test]
    fn an_arrow_that_is_not_listed_is_named_with_its_rule() {
        let api = package("unearth-api", &["unearth-worker"], &[]);
        let messages = violations(&api);
        assert_eq!(messages.len(), 1);
        assert!(
            messages[0].starts_with("unearth-api → unearth-worker: "),
            "{messages:?}"
        );
        assert!(
            messages[0].contains("meet only in the database"),
            "{messages:?}"
        );
    }

    #[test]
    fn a_family_covers_its_companions_and_nothing_else() {
        let training = package("unearth-training", &[], &["tokio-util", "tokiota", "tch"]);
        assert_eq!(violations(&training).len(), 1);
        assert!(violations(&training)[0].contains("→ tokio-util"));
    }

    #[test]
    fn only_training_names_torch_and_only_the_store_speaks_sql() {
        let naming = |family: &str| -> Vec<&str> {
            RULES
                .iter()
                .filter(|rule| !rule.never.contains(&family))
                .map(|rule| rule.package)
                .collect()
        };
        assert_eq!(naming("tch"), ["unearth-training"]);
        assert_eq!(naming("torch-sys"), ["unearth-training"]);
        assert_eq!(naming("sqlx"), ["unearth-store", "xtask"]);
    }

    #[test]
    fn a_new_crate_needs_a_rule() {
        let messages = violations(&package("unearth-common", &[], &[]));
        assert!(messages[0].contains("has no rule"), "{messages:?}");
    }
}
