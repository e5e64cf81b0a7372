//! The private Postgres: started again when it dies.

use crate::{cli::StoreArgs, home::Home};
use anyhow::Result;
use std::{path::Path, time::Duration};
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;
use unearth_postgres::{Config, PrivatePostgres};

/// The database that was named, or a private one that runs for as long as this is held.
pub(crate) async fn named_or_own(
    args: &StoreArgs,
    home: &Home,
) -> Result<(Option<Supervised>, String)> {
    if let Some(url) = &args.database_url {
        return Ok((None, url.clone()));
    }
    let postgres = Supervised::start(&home.postgres()).await?;
    let url = postgres.url().to_owned();
    Ok((Some(postgres), url))
}

/// The same for a command that may meet a server at work: its private one is used, too.
pub(crate) async fn of_command(
    args: &StoreArgs,
    home: &Home,
) -> Result<(Option<Supervised>, String)> {
    let running = unearth_postgres::connect_running(&home.postgres());
    match running.filter(|_| args.database_url.is_none()) {
        Some(url) => Ok((None, url)),
        None => named_or_own(args, home).await,
    }
}

/// A private Postgres under supervision.
pub(crate) struct Supervised {
    url: String,
    watch: tokio::task::JoinHandle<()>,
    stop: CancellationToken,
}

impl Supervised {
    /// Starts it and watches over it.
    pub(crate) async fn start(directory: &Path) -> Result<Self> {
        let config = Config::new(directory);
        let first = start(&config).await?;
        let url = first.url().to_owned();
        let stop = CancellationToken::new();
        let watch = tokio::spawn(watch(first, config, stop.clone()));
        Ok(Self { url, watch, stop })
    }

    /// The same for every server of this directory: socket and password stay.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Shuts it down and waits for the end.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        // It fails only when the watching task panicked, and then there is nothing left to stop.
        let _ = self.watch.await;
    }
}

async fn start(config: &Config) -> Result<PrivatePostgres> {
    let config = config.clone();
    Ok(spawn_blocking(move || PrivatePostgres::start(&config)).await??)
}

async fn watch(mut server: PrivatePostgres, config: Config, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(Duration::from_millis(200)) => {}
        }
        let Some(status) = server.ended() else {
            continue;
        };
        tracing::error!(%status, "the private Postgres died; starting it again");
        drop(server);
        server = loop {
            match start(&config).await {
                Ok(server) => break server,
                Err(error) => tracing::error!(
                    error = format!("{error:#}"),
                    "it does not start; trying again"
                ),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
            }
        };
    }
    if let Ok(Err(error)) = spawn_blocking(move || server.stop()).await {
        tracing::warn!(%error, "the private Postgres did not stop cleanly");
    }
}
