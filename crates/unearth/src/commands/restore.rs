//! `unearth restore`: a backup becomes a service again.

use super::backup::say;
use crate::{
    cli::RestoreArgs,
    exit::{Failure, WRONG_ARGUMENTS},
    home::Home,
    supervise::postgres,
};
use anyhow::{Context as _, Result, anyhow};
use tokio::task::spawn_blocking;
use unearth_store::{
    Database,
    backup::{self, Manifest},
};

const CONNECTIONS: u32 = 2;

#[tokio::main]
pub(crate) async fn run(args: &RestoreArgs) -> Result<(), Failure> {
    if args.check {
        let folder = args.folder.clone();
        say(&spawn_blocking(move || backup::check(&folder)).await??);
        println!("`{}` is whole", args.folder.display());
        return Ok(());
    }
    let home = Home::open(&args.store)?;
    if let Some(server) = home.announced() {
        let busy = anyhow!(
            "`{}` is in use by {}: restore into a new data folder, `--data-dir`",
            home.root().display(),
            server.url
        );
        return Err(Failure::with_code(WRONG_ARGUMENTS, busy));
    }
    let (own, url) = postgres::of_command(&args.store, &home).await?;
    let restored = restored(args, &home, &url).await;
    if let Some(postgres) = own {
        postgres.stop().await;
    }
    say(&restored?);
    println!("restored into `{}`", home.root().display());
    Ok(())
}

async fn restored(args: &RestoreArgs, home: &Home, url: &str) -> Result<Manifest> {
    let blobs = home.blobs().await?;
    let db = Database::connect(url, CONNECTIONS)
        .await
        .context("cannot connect to the database")?;
    let restored = backup::restore(&db, &blobs, &args.folder).await;
    db.close().await;
    Ok(restored?)
}
