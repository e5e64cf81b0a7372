//! `unearth audit`: a dataset in, a ranking out.

use crate::{
    cli::AuditArgs,
    client::{
        Client, audits, datasets,
        locate::{self, Located},
        outputs::{self, Ranking},
        population_table, tables,
        upload::Upload,
        weights::Weights,
    },
    commands::{populations, recipe},
    exit::{Failure, WRONG_ARGUMENTS},
};
use anyhow::{Result, anyhow};
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use unearth_audit::Signal;

#[tokio::main]
pub(crate) async fn run(args: &AuditArgs) -> Result<(), Failure> {
    let wanted = Wanted::of(args).map_err(|error| Failure::with_code(WRONG_ARGUMENTS, error))?;
    let upload = Upload::of(&args.path)?;
    let located = locate::server(&args.server).await?;
    let audited = tokio::select! {
        audited = audited(&located.client, args, upload, wanted) => audited,
        _ = tokio::signal::ctrl_c() => Err(anyhow!("interrupted; what was done is kept, and the same command goes on from there").into()),
    };
    finish(located, audited).await
}

/// Gives the server back and says where the page of an audit is.
pub(super) async fn finish(
    located: Located,
    audited: Result<String, Failure>,
) -> Result<(), Failure> {
    if located.is_own() {
        located.release().await?;
        println!("page        `unearth up`, then {} there", audited?);
    } else {
        println!(
            "page        {}",
            located.client.login_link(&audited?).await?
        );
    }
    Ok(())
}

/// What the arguments ask for, as far as it can be known without a server.
struct Wanted {
    outputs: Vec<(Ranking, PathBuf)>,
    weights: Option<Weights>,
    /// The body of `POST /v1/audits`, but for the dataset.
    request: Map<String, Value>,
}

impl Wanted {
    fn of(args: &AuditArgs) -> Result<Self> {
        let weights = args.recipe.init.as_deref().map(Weights::of).transpose()?;
        Ok(Self {
            outputs: wanted_outputs(args)?,
            request: request(args, weights.as_ref())?,
            weights,
        })
    }
}

/// Audits, prints what came of it, and returns the path of the audit's page.
async fn audited(
    client: &Client,
    args: &AuditArgs,
    upload: Upload,
    wanted: Wanted,
) -> Result<String, Failure> {
    if let Some(weights) = &wanted.weights {
        weights.bring_to(client).await?;
    }
    let dataset = datasets::ready(client, upload, args.skip_bad_examples).await?;
    let mut request = wanted.request;
    request.insert("dataset_id".into(), dataset["id"].clone());
    let audit = audits::succeeded(client, &request.into()).await?;
    let id = audits::id(&audit)?;
    report(client, &audit, id).await?;
    outputs::written(client, &audit, &wanted.outputs).await?;
    Ok(format!("/audits/{id}"))
}

async fn report(client: &Client, audit: &Value, id: &str) -> Result<()> {
    let result = &audit["result"];
    eprintln!("{:<22} {}", "took", audits::cost(&audit["estimate"]));
    let percent = |key: &str| {
        result[key]
            .as_f64()
            .map(|share| format!("{:.1} %", 100.0 * share))
    };
    if let Some(accuracy) = percent("training_accuracy") {
        println!("\ntraining accuracy {accuracy}");
    }
    if let Some(accuracy) = percent("held_out_accuracy") {
        println!("held-out accuracy {accuracy}");
    }
    for warning in result["warnings"].as_array().into_iter().flatten() {
        println!("WARNING: {}", warning.as_str().unwrap_or_default());
    }
    println!(
        "\n{}\n",
        tables::top(
            client,
            id,
            "label_issue",
            "Probable wrong labels (label_issue: late loss and margin, high first)"
        )
        .await?
    );
    let asked_for_vog = audit["signals"]
        .as_array()
        .is_some_and(|all| all.contains(&json!("vog")));
    if asked_for_vog {
        println!(
            "{}\n",
            tables::top(
                client,
                id,
                "vog",
                "Hardest examples (Variance of Gradients, high first)"
            )
            .await?
        );
    }
    if let Some(kinds) = tables::archaeology(client, id).await? {
        println!("{kinds}\n");
    }
    if let Some(populations) = population_table::of(client, id).await? {
        println!("{populations}\n");
    }
    Ok(())
}

/// The body of `POST /v1/audits`, but for the dataset.
fn request(args: &AuditArgs, weights: Option<&Weights>) -> Result<Map<String, Value>> {
    let recipe = recipe::request(&args.recipe, weights, args.split.as_deref())?;
    let fields = [
        ("signals", json!(wanted_signals(&args.signals))),
        ("seed", json!(args.seed)),
        ("recipe", Value::from(recipe)),
    ];
    let archaeology = args.archaeology.then(|| ("archaeology", json!({})));
    let pie = populations::request(&args.populations).map(|asked| ("pie", asked));
    let seeds = (args.seeds != 1).then(|| ("seeds", json!(args.seeds)));
    let keep_snapshots = args
        .drop_snapshots
        .then_some(("keep_snapshots", false.into()));
    Ok(fields
        .into_iter()
        .chain(archaeology)
        .chain(pie)
        .chain(seeds)
        .chain(keep_snapshots)
        .map(|(field, value)| (field.to_owned(), value))
        .collect())
}

/// Those that are named and those that come free with any training, which the page opens with.
fn wanted_signals(named: &[String]) -> Vec<&str> {
    let free = Signal::of_one_training().filter(|signal| *signal != Signal::Vog);
    let named = named.iter().map(String::as_str);
    named.chain(free.map(|signal| signal.info().name)).collect()
}

/// Where which ranking goes.
fn wanted_outputs(args: &AuditArgs) -> Result<Vec<(Ranking, PathBuf)>> {
    // There are several rankings of pie, which must be named.
    let mut named = args.signals.iter().filter(|name| *name != "pie");
    let first = named.next().map_or("label_issue", String::as_str);
    outputs::of(outputs::signal(first, "--signals")?, &args.out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser as _;

    #[test]
    fn what_comes_free_is_always_wanted() {
        let named = ["vog".to_owned(), "aum".to_owned()];
        let wanted = wanted_signals(&named);
        assert_eq!(wanted[..2], ["vog", "aum"]);
        let free = Signal::of_one_training().count() - 1;
        assert_eq!(wanted.len(), 2 + free);
        assert!(wanted.contains(&"label_issue") && !wanted.contains(&"pie"));
        assert!(!wanted_signals(&["aum".to_owned()]).contains(&"vog"));
    }

    #[test]
    fn an_output_names_its_signal_or_means_the_first() {
        let parsed = |line: &str| {
            let cli = Cli::parse_from(line.split(' '));
            let Command::Audit(args) = cli.command else {
                panic!("it is an audit")
            };
            wanted_outputs(&args)
        };
        let outputs = parsed("unearth audit data --out a.csv --out final_loss=b.csv").unwrap();
        assert_eq!(outputs[0], (Ranking::of(Signal::Vog), "a.csv".into()));
        assert_eq!(outputs[1], (Ranking::of(Signal::FinalLoss), "b.csv".into()));
        let outputs = parsed("unearth audit data --signals final_loss").unwrap();
        assert_eq!(outputs[0].0, Ranking::of(Signal::FinalLoss));
        let outputs = parsed("unearth audit data --signals pie --out pie@0.5=b.csv").unwrap();
        assert_eq!(outputs[0].0.name(), "pie@0.5");
        assert!(parsed("unearth audit data --out pie=b.csv").is_err());
        let error = parsed("unearth audit data --out loss=b.csv").unwrap_err();
        assert!(error.to_string().contains("final_loss"), "{error}");
        let error = parsed("unearth audit data --out no/such/a.csv").unwrap_err();
        assert!(error.to_string().contains("`no/such`"), "{error}");
    }
}
