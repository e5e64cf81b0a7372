//! Which server does the work.

use super::Client;
use crate::{
    cli::ServerArgs,
    exit::{Failure, NO_SERVER, WRONG_ARGUMENTS},
    home::Home,
};
use anyhow::{Context as _, Result, anyhow, bail};
use reqwest::Url;
use serde_json::Value;
use std::{ffi::OsString, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

/// A server to use, and the process behind it where it is our own.
pub(crate) struct Located {
    pub(crate) client: Client,
    own: Option<Child>,
}

/// The server that the arguments name, else the running local one, else one of our own.
pub(crate) async fn server(args: &ServerArgs) -> Result<Located, Failure> {
    if let Some(url) = &args.server {
        return named(url, args.token.as_deref()).await;
    }
    local(args)
        .await
        .map_err(|error| Failure::with_code(NO_SERVER, error))
}

/// Asks the named server once, so that a wrong address or token is known before anything is sent.
async fn named(url: &str, token: Option<&str>) -> Result<Located, Failure> {
    let wrong = |error| Failure::with_code(WRONG_ARGUMENTS, error);
    if !Url::parse(url).is_ok_and(|url| url.has_host()) {
        return Err(wrong(anyhow!(
            "`--server {url}` is no address; it should look like http://127.0.0.1:7878"
        )));
    }
    let token = token.ok_or_else(|| {
        wrong(anyhow!(
            "`{url}` needs an access token: `--token` or UNEARTH_TOKEN; `unearth token create` makes one there"
        ))
    })?;
    let client = Client::new(url, token);
    client
        .get::<Value>("/v1/signals")
        .await
        .with_context(|| format!("cannot use the server `{url}`"))?;
    Ok(Located { client, own: None })
}

async fn local(args: &ServerArgs) -> Result<Located> {
    let home = Home::open(&args.store)?;
    if let Some(client) = running(&home).await? {
        return Ok(Located { client, own: None });
    }
    start(args, &home).await
}

/// A client of the server that runs on this machine.
pub(crate) async fn running(home: &Home) -> Result<Option<Client>> {
    let Some(server) = home.announced() else {
        return Ok(None);
    };
    let health = super::http()
        .get(format!("{}/healthz", server.url))
        .timeout(Duration::from_secs(2))
        .send()
        .await;
    if !health.is_ok_and(|answer| answer.status().is_success()) {
        return Ok(None);
    }
    Ok(Some(Client::new(&server.url, &home.token()?)))
}

/// Starts `unearth up` for this command alone; it ends with us.
async fn start(args: &ServerArgs, home: &Home) -> Result<Located> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        // Its ordinary log would drown the progress; what goes wrong is still said.
        .args(["--log", "warn", "up"])
        .args(["--listen", "127.0.0.1:0"])
        .arg("--data-dir")
        .arg(home.root())
        .arg("--device")
        .arg(args.device.device.to_string())
        .env("UNEARTH_BLOBS", OsString::from(home.blobs_place()))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    if let Some(url) = &args.store.database_url {
        command.env("DATABASE_URL", url);
    }
    if let Some(threads) = args.device.threads {
        command.arg("--threads").arg(threads.to_string());
    }
    let mut child = command
        .spawn()
        .context("cannot start a server for this command")?;
    let output = child.stdout.take().context("the server has no output")?;
    let mut lines = BufReader::new(output).lines();
    while let Some(line) = lines.next_line().await? {
        let Some((_, address)) = line.split_once("Unearth is ready: ") else {
            continue;
        };
        let Some((base, _)) = address.split_once("/login?code=") else {
            continue;
        };
        return Ok(Located {
            client: Client::new(base, &home.token()?),
            own: Some(child),
        });
    }
    bail!("the server for this command did not start; its log is above");
}

impl Located {
    /// Whether the server ends with this command.
    pub(crate) fn is_own(&self) -> bool {
        self.own.is_some()
    }

    /// Ends a server of our own, giving it time to stop Postgres.
    pub(crate) async fn release(self) -> Result<()> {
        let Some(mut child) = self.own else {
            return Ok(());
        };
        crate::supervise::terminate(&mut child, Duration::from_secs(20)).await;
        Ok(())
    }
}
