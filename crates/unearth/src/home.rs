//! The data folder and what lies in it.

use crate::cli::StoreArgs;
use anyhow::{Context as _, Result, bail};
use rand::RngExt as _;
use serde::{Deserialize, Serialize};
use std::{
    env, fs,
    io::{ErrorKind, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};
use unearth_api::Exports;
use unearth_store::{Blobs, Database, Schema, blobs::Place};

/// Connections of one process: requests are short, and training holds two.
const CONNECTIONS: u32 = 16;

/// The data folder.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    root: PathBuf,
    blobs: Place,
}

/// What a running `unearth up` says of itself to other processes.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RunningServer {
    pub(crate) url: String,
    pub(crate) pid: u32,
}

impl Home {
    /// The folder that the arguments name; made if it is not there.
    pub(crate) fn open(args: &StoreArgs) -> Result<Self> {
        let root = match &args.data_dir {
            Some(folder) => folder.clone(),
            None => unearth_postgres::default_home()?,
        };
        fs::create_dir_all(&root)
            .with_context(|| format!("cannot make the data folder `{}`", root.display()))?;
        let root = root.canonicalize()?;
        let blobs = args
            .blobs
            .clone()
            .unwrap_or_else(|| Place::Folder(root.join("blobs")));
        Ok(Self { root, blobs })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn postgres(&self) -> PathBuf {
        self.root.join("postgres")
    }

    pub(crate) fn blobs_place(&self) -> &Place {
        &self.blobs
    }

    pub(crate) async fn blobs(&self) -> Result<Blobs> {
        Blobs::open(&self.blobs, &bucket_settings())
            .await
            .with_context(|| format!("cannot keep blobs in `{}`", self.blobs))
    }

    /// Temporary files of one worker.
    pub(crate) fn scratch(&self, worker: uuid::Uuid) -> PathBuf {
        self.root.join("scratch").join(worker.to_string())
    }

    /// Where the server keeps what its clients have not read yet.
    pub(crate) fn exports(&self) -> Exports {
        Exports::in_folder(self.root.join("scratch"))
    }

    /// Removes temporary files of workers that are gone; called where no worker runs yet but one that is just leaving, as it does when
    /// its server was killed.
    pub(crate) fn clear_scratch(&self) -> Result<()> {
        match fs::remove_dir_all(self.root.join("scratch")).map_err(|error| (error.kind(), error)) {
            Ok(()) | Err((ErrorKind::NotFound | ErrorKind::DirectoryNotEmpty, _)) => Ok(()),
            Err((_, error)) => Err(error.into()),
        }
    }

    /// The token that the first start made, or a new one, in a file that only its owner can read.
    pub(crate) fn token(&self) -> Result<String> {
        let path = self.root.join("token");
        match fs::read_to_string(&path) {
            Ok(token) if !token.trim().is_empty() => return Ok(token.trim().to_owned()),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read `{}`", path.display()));
            }
        }
        let token = new_secret();
        fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .and_then(|mut file| file.write_all(token.as_bytes()))
            .with_context(|| format!("cannot write `{}`", path.display()))?;
        Ok(token)
    }

    /// Removes the token, so that another is made.
    pub(crate) fn forget_token(&self) -> Result<()> {
        let path = self.root.join("token");
        fs::remove_file(&path).with_context(|| format!("cannot remove `{}`", path.display()))
    }

    /// Tells other processes of this machine where the server is.
    pub(crate) fn announce(&self, server: &RunningServer) -> Result<()> {
        let path = self.server_file();
        let new = path.with_extension("new");
        fs::write(&new, serde_json::to_vec(server)?)?;
        fs::rename(new, path)?;
        Ok(())
    }

    /// What the running server said of itself. One that was killed left its word behind: its port
    /// may be anybody's now, and must not be told the token.
    pub(crate) fn announced(&self) -> Option<RunningServer> {
        let server: RunningServer =
            serde_json::from_slice(&fs::read(self.server_file()).ok()?).ok()?;
        let program = fs::read_link(format!("/proc/{}/exe", server.pid)).ok()?;
        let is_ours = program
            .file_name()?
            .as_encoded_bytes()
            .starts_with(b"unearth");
        is_ours.then_some(server)
    }

    /// Takes the announcement back.
    pub(crate) fn withdraw(&self) {
        // Should it stay, `announced` does not believe it.
        let _ = fs::remove_file(self.server_file());
    }

    fn server_file(&self) -> PathBuf {
        self.root.join("server.json")
    }

    /// The URL of the database: the one that was given, or that of the running private server.
    pub(crate) fn database_url(&self, args: &StoreArgs) -> Result<String> {
        if let Some(url) = &args.database_url {
            return Ok(url.clone());
        }
        match unearth_postgres::connect_running(&self.postgres()) {
            Some(url) => Ok(url),
            None => bail!(
                "no database: set DATABASE_URL, or start one with `unearth up` (no private Postgres runs in `{}`)",
                self.postgres().display()
            ),
        }
    }
}

/// The variables that say how a bucket is reached.
fn bucket_settings() -> Vec<(String, String)> {
    env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with("AWS_"))
        .collect()
}

/// Connects to a database whose schema must be up to date.
pub(crate) async fn connect(url: &str) -> Result<Database> {
    let db = Database::connect(url, CONNECTIONS)
        .await
        .context("cannot connect to the database")?;
    match db.schema().await? {
        Schema::Current => Ok(db),
        Schema::Older => bail!("the database schema is not up to date: run `unearth migrate`"),
        Schema::Newer(newer) => Err(newer.into()),
    }
}

/// Connects to a database and brings its schema up to date.
pub(crate) async fn connect_and_migrate(url: &str) -> Result<Database> {
    let db = Database::connect(url, CONNECTIONS)
        .await
        .context("cannot connect to the database")?;
    db.migrate().await?;
    Ok(db)
}

/// 256 random bits in hex: a token, a session's secret, a code.
pub(crate) fn new_secret() -> String {
    let [high, low]: [u128; 2] = rand::rng().random();
    format!("{high:032x}{low:032x}")
}
