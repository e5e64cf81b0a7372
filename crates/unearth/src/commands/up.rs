//! `unearth up`: everything on one machine.

use crate::{
    cli::UpArgs,
    exit::Failure,
    home::{self, Home, RunningServer},
    server::{self, Server},
    signals,
    supervise::{postgres, worker},
};

#[tokio::main]
pub(crate) async fn run(args: &UpArgs, log: &str) -> Result<(), Failure> {
    let stopping = signals::stopping()?;
    let home = Home::open(&args.store)?;
    let blobs = home.blobs().await?;
    let (postgres, database_url) = postgres::named_or_own(&args.store, &home).await?;
    if postgres.is_some() {
        // The private Postgres is ours alone, so no other worker is on this folder.
        home.clear_scratch()?;
    }
    let db = home::connect_and_migrate(&database_url).await?;
    let holder = server::local_identity(&home, &db).await?;

    let api = Server::bind(
        &args.listen,
        home.exports(),
        db.clone(),
        blobs,
        stopping.clone(),
    )
    .await?;
    let url = api.url();
    let spawning = worker::Spawning {
        device: args.device.clone(),
        log: log.to_owned(),
        home: home.clone(),
        database_url,
    };
    let supervised = tokio::spawn(worker::keep_alive(spawning, db.clone(), stopping.clone()));
    let serving = tokio::spawn(api.serve());
    home.announce(&RunningServer {
        url: url.clone(),
        pid: std::process::id(),
    })?;
    server::say_ready(&db, &url, &holder).await?;

    let served = serving.await;
    // The API ends because it was asked to or because it failed; the rest ends with it.
    stopping.cancel();
    home.withdraw();
    let supervision = supervised.await;
    db.close().await;
    if let Some(postgres) = postgres {
        postgres.stop().await;
    }
    supervision?;
    Ok(served??)
}
