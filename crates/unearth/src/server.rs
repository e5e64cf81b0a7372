//! The API over a socket.

use crate::{
    cli::ListenArgs,
    home::{self, Home},
};
use anyhow::{Context as _, Result, bail};
use metrics_exporter_prometheus::PrometheusBuilder;
use std::{net::SocketAddr, time::Duration};
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use unearth_api::{ApiLimits, App, CODE_LIFETIME, EventHub, Exports, FailedAttempts, disk_space};
use unearth_audit::AccessRole;
use unearth_store::{
    Blobs, Database,
    access::{self, Identity, Known, NewToken, Secret, identify},
};
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
        exports: Exports,
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
            let new = admins("UNEARTH_TOKEN", token);
            access::replace(&db, new, OffsetDateTime::now_utc()).await?;
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
            exports,
            public_url: args
                .public_url
                .clone()
                .unwrap_or_else(|| format!("http://{address}")),
            is_behind_proxy: args.behind_proxy,
            failed_attempts: FailedAttempts::default(),
            metrics,
            disk_space,
            now: OffsetDateTime::now_utc,
            new_id: Uuid::now_v7,
            new_secret: home::new_secret,
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
        let service = unearth_api::router(self.app)
            // Whom a wrong token comes from is part of the rules.
            .into_make_service_with_connect_info::<SocketAddr>();
        let serving = axum::serve(self.listener, service)
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

/// Makes sure that the data folder's token is accepted, and returns who its holder is. A new one takes the place of one
/// that was revoked.
pub(crate) async fn local_identity(home: &Home, db: &Database) -> Result<Identity> {
    loop {
        let (token, now) = (home.token()?, OffsetDateTime::now_utc());
        match identify(db, Secret::Token(&token), now).await? {
            Known::Valid(identity) => return Ok(identity),
            Known::Unknown => {
                access::insert(db, admins("made at the first start", &token), now).await?;
            }
            Known::Expired | Known::Revoked => home.forget_token()?,
        }
    }
}

fn admins<'a>(name: &'a str, token: &'a str) -> NewToken<'a> {
    NewToken {
        id: Uuid::now_v7(),
        name,
        role: AccessRole::Admin,
        expires_at: None,
        token,
    }
}

/// Says where the page is, on standard output, for people and for scripts that wait for it: a link that signs one
/// browser in.
pub(crate) async fn say_ready(db: &Database, url: &str, holder: &Identity) -> Result<()> {
    let (code, now) = (home::new_secret(), OffsetDateTime::now_utc());
    access::insert_code(db, holder.token, &code, now + CODE_LIFETIME, now).await?;
    println!("Unearth is ready: {url}/login?code={code}");
    Ok(())
}
