//! The folder `.sqlx`, made anew beside the committed one.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, bail};
use sqlx::{Connection, PgConnection, migrate::Migrator};
use tempfile::TempDir;
use unearth_postgres::TestPostgres;

use crate::{process, workspace};

/// The only crate with SQL.
const PACKAGE: &str = "unearth-store";

/// Descriptions of the queries as they are now, by file name.
pub(super) struct Fresh {
    files: BTreeMap<String, Vec<u8>>,
}

impl Fresh {
    /// Expands every query of the store against an empty database with all migrations applied.
    pub(super) fn make() -> Result<Self> {
        let server = TestPostgres::start()?;
        migrate(server.url())?;
        let folder = tempfile::tempdir()?;
        expand_queries(server.url(), &folder)?;
        Ok(Self {
            files: read(&folder.path().join("queries"))?,
        })
    }

    /// Writes them over the committed ones.
    pub(super) fn replace(self) -> Result<()> {
        let changes = self.changes()?;
        let folder = committed();
        fs::create_dir_all(&folder)?;
        for name in read(&folder)?
            .keys()
            .filter(|name| !self.files.contains_key(*name))
        {
            fs::remove_file(folder.join(name))?;
        }
        for (name, content) in &self.files {
            // A file that stays the same keeps its time stamp, so that nothing is built for nothing.
            if changes.contains(name) {
                fs::write(folder.join(name), content)?;
            }
        }
        println!(
            "prepare: {} queries, {} files changed in .sqlx",
            self.files.len(),
            changes.len()
        );
        Ok(())
    }

    /// Fails where the committed ones are different.
    pub(super) fn compare(self) -> Result<()> {
        let changes = self.changes()?;
        if changes.is_empty() {
            println!("prepare: {} queries, .sqlx is up to date", self.files.len());
            return Ok(());
        }
        bail!(
            "{} files in .sqlx are out of date; run `cargo xtask prepare` and commit the result:\n  {}",
            changes.len(),
            changes.join("\n  ")
        )
    }

    fn changes(&self) -> Result<Vec<String>> {
        let old = read(&committed())?;
        let names = old
            .keys()
            .chain(self.files.keys().filter(|name| !old.contains_key(*name)));
        Ok(names
            .filter(|name| old.get(*name) != self.files.get(*name))
            .cloned()
            .collect())
    }
}

fn committed() -> PathBuf {
    workspace::root().join(".sqlx")
}

fn migrate(url: &str) -> Result<()> {
    let migrations = workspace::root().join("migrations");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let migrator = Migrator::new(migrations.as_path())
            .await
            .context("cannot read migrations/")?;
        let mut connection = PgConnection::connect(url).await?;
        migrator
            .run(&mut connection)
            .await
            .context("a migration failed")?;
        connection.close().await?;
        Ok(())
    })
}

/// Compiles the store with its macros connected to the database; they write what they learn into `queries` of
/// `folder`, as `cargo sqlx prepare` has them do.
///
/// The compiler must not take its last result for good, and the next ordinary build must still find its own
/// untouched. An argument that no compilation has had before does both; what it leaves is removed.
fn expand_queries(url: &str, folder: &TempDir) -> Result<()> {
    let queries = folder.path().join("queries");
    fs::create_dir(&queries)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
    let fresh = format!("sqlx_prepare=\"{now}\"");
    let incremental = format!(
        "incremental={}",
        folder.path().join("incremental").display()
    );
    let mut command = process::cargo([
        "rustc",
        "--quiet",
        "--package",
        PACKAGE,
        "--lib",
        "--profile",
        "check",
    ]);
    command
        .args(["--message-format", "json-render-diagnostics", "--"])
        .args([
            "--cfg",
            &fresh,
            "--allow",
            "unexpected_cfgs",
            "-C",
            &incremental,
        ])
        .env("DATABASE_URL", url)
        .env("SQLX_OFFLINE", "false")
        .env("SQLX_OFFLINE_DIR", &queries)
        .stdin(Stdio::null());
    let messages =
        process::output(&mut command).context("the queries of the store do not compile")?;
    remove_artifacts(&messages);
    Ok(())
}

/// Removes what the one-off compilation left in `target`. Litter at worst, so failures do not matter.
fn remove_artifacts(messages: &str) {
    let store = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| {
            message["reason"] == "compiler-artifact" && message["target"]["name"] == "unearth_store"
        });
    for message in store {
        for file in message["filenames"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|file| file.as_str())
        {
            let _ = fs::remove_file(file);
        }
    }
}

/// All descriptions in a folder, which need not exist.
fn read(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    if !folder.exists() {
        return Ok(BTreeMap::new());
    }
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        files.insert(name, fs::read(&path)?);
    }
    Ok(files)
}
