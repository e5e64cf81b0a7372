//! The API over a socket.

use crate::{cli::ListenArgs, home::Home};
use anyhow::{Context as _, Result, bail};
use metrics_exporter_prometheus::PrometheusBuilder;
use std::{net::SocketAddr, time::Duration};
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use unearth_api::{ApiLimits, App, EventHub, disk_space};
use unearth_store::{Blobs, Database, tokens};
use uuid::Uuid;

/// Shortest access token that may be given.
const TOKEN_LENGTH_MIN: usize = 16;
/// How often samples of the metrics are drawn together.
const UPKEEP: Duration = Duration::from_secs(5);
/// How long open requests may take to end.
const CLOSING: Duration = Duration::from_secs(5);

/// A bound API that does not serve yet.
pub(crate) struct Server {
    listener: TcpListener,
    app: App,
    address: SocketAddr,
}

impl Server {
    /// Binds the address and prepares the API.
    pub(crate) async fn bind(
        args: &ListenArgs,
        db: Database,
        blobs: Blobs,
        stopping: CancellationToken,
    ) -> Result<Self> {
        if !args.listen.ip().is_loopback() && !args.behind_proxy {
            bail!(
                "{} is reachable from other machines, and there is no TLS here: put a proxy with TLS in front and say so with `--behind-proxy`",
                args.listen
            );
        }
        if let Some(token) = &args.token {
            if token.len() < TOKEN_LENGTH_MIN {
                bail!(
                    "UNEARTH_TOKEN is shorter than {TOKEN_LENGTH_MIN} characters: anybody could guess it; `openssl rand -hex 32` makes one"
                );
            }
            let now = OffsetDateTime::now_utc();
            tokens::replace(&db, Uuid::now_v7(), "UNEARTH_TOKEN", token, now).await?;
        }
        let listener = TcpListener::bind(args.listen)
            .await
            .with_context(|| format!("cannot listen on {}", args.listen))?;
        let address = listener.local_addr()?;
        let metrics = PrometheusBuilder::new()
            .install_recorder()
            .context("cannot set up metrics")?;
        let upkeep = metrics.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(UPKEEP).await;
                upkeep.run_upkeep();
            }
        });
        let app = App {
            events: EventHub::start(db.clone()),
            db,
            blobs,
            limits: ApiLimits {
                dataset_bytes: args.max_upload_bytes,
                ..ApiLimits::default()
            },
            public_url: args
                .public_url
                .clone()
                .unwrap_or_else(|| format!("http://{address}")),
            metrics,
            disk_space,
            now: OffsetDateTime::now_utc,
            new_id: Uuid::now_v7,
            stopping,
        };
        Ok(Self {
            listener,
            app,
            address,
        })
    }

    /// `http://127.0.0.1:7878`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves until the token given to [`bind`](Self::bind) is cancelled; open requests get a few
    /// seconds to end.
    pub(crate) async fn serve(self) -> Result<()> {
        let stopping = self.app.stopping.clone();
        let router = unearth_api::router(self.app);
        let serving = axum::serve(self.listener, router)
            .with_graceful_shutdown(stopping.clone().cancelled_owned());
        tokio::select! {
            served = serving.into_future() => served?,
            () = too_long(&stopping) => tracing::warn!("some requests did not end in time"),
        }
        Ok(())
    }
}

async fn too_long(stopping: &CancellationToken) {
    stopping.cancelled().await;
    tokio::time::sleep(CLOSING).await;
}

/// Makes sure that the data folder's token is accepted, and returns it.
pub(crate) async fn local_token(home: &Home, db: &Database) -> Result<String> {
    let token = home.token()?;
    if !tokens::is_valid(db, &token).await? {
        let now = OffsetDateTime::now_utc();
        tokens::insert(db, Uuid::now_v7(), "made at the first start", &token, now).await?;
    }
    Ok(token)
}

/// Says where the page is, on standard output, for people and for scripts that wait for it.
pub(crate) fn say_ready(url: &str, token: &str) {
    println!("Unearth is ready: {url}/login?token={token}");
}
