//! `unearth backup`: everything, in a folder.

use super::MIB;
use crate::{
    cli::BackupArgs,
    exit::Failure,
    home::{self, Home},
    supervise::postgres,
};
use time::OffsetDateTime;
use tokio::task::spawn_blocking;
use unearth_store::backup::{self, Manifest};

#[tokio::main]
pub(crate) async fn run(args: &BackupArgs) -> Result<(), Failure> {
    let home = Home::open(&args.store)?;
    let blobs = home.blobs().await?;
    let (own, url) = postgres::of_command(&args.store, &home).await?;
    let db = home::connect(&url).await?;
    let written = backup::write(&db, &blobs, &args.folder, OffsetDateTime::now_utc()).await;
    db.close().await;
    if let Some(postgres) = own {
        postgres.stop().await;
    }
    let written = written?;
    // What was written is only as good as what can be read.
    let folder = args.folder.clone();
    let read = spawn_blocking(move || backup::check(&folder)).await??;
    debug_assert_eq!(read, written);
    say(&read);
    println!("saved in `{}` and read through", args.folder.display());
    Ok(())
}

/// What a backup holds.
pub(super) fn say(manifest: &Manifest) {
    let rows = |table: &str| {
        let found = manifest.tables.iter().find(|saved| saved.name == table);
        found.map_or(0, |saved| saved.rows)
    };
    println!("made        {}", manifest.made_at);
    println!(
        "by          Unearth {}, schema {}",
        manifest.unearth, manifest.schema
    );
    println!("datasets    {}", rows("datasets"));
    println!("audits      {}", rows("audits"));
    println!("decisions   {}", rows("decisions"));
    println!("blobs       {}", manifest.blobs.len());
    println!("size        {:.1} MiB", manifest.bytes() as f64 / MIB);
    if !manifest.resume_points_gone.is_empty() {
        println!(
            "restarting  {} trainings, whose resume points went away meanwhile",
            manifest.resume_points_gone.len()
        );
    }
}
