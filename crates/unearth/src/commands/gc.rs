//! `unearth gc`: what nothing refers to any more.

use super::MIB;
use crate::{
    cli::GcArgs,
    exit::Failure,
    home::{self, Home},
};
use time::{Duration, OffsetDateTime};
use unearth_store::{
    Database, garbage,
    retention::{self, GivenUp},
};

#[tokio::main]
pub(crate) async fn run(args: &GcArgs) -> Result<(), Failure> {
    let home = Home::open(&args.store)?;
    let blobs = home.blobs().await?;
    let db = home::connect(&home.database_url(&args.store)?).await?;
    let now = OffsetDateTime::now_utc();

    let before = now - Duration::hours(args.older_than_hours.into());
    let orphans = garbage::orphans(&db, &blobs, before).await?;
    let mut bytes = 0;
    for orphan in &orphans {
        println!("{:>10.2} MiB  {}", orphan.bytes as f64 / MIB, orphan.key);
        bytes += orphan.bytes;
        if !args.dry_run {
            garbage::remove(&blobs, orphan).await?;
        }
    }
    let done = if args.dry_run {
        "would be removed"
    } else {
        "removed"
    };
    println!(
        "{} blobs that nothing refers to, {:.2} MiB, {done}",
        orphans.len(),
        bytes as f64 / MIB
    );
    if let Some(days) = args.snapshots_days {
        give_up_snapshots(&db, days, now, args.dry_run).await?;
    }
    if !args.dry_run {
        let kept = Duration::days(args.access_log_days.into());
        let gone = garbage::forget_accesses(&db, now - kept).await?;
        println!(
            "{gone} entries of the access log from before {} days removed",
            args.access_log_days
        );
    }
    db.close().await;
    Ok(())
}

async fn give_up_snapshots(
    db: &Database,
    days: u32,
    now: OffsetDateTime,
    dry_run: bool,
) -> Result<(), Failure> {
    let size_before = db.size_bytes().await?;
    let old = retention::keeping_since(db, now - Duration::days(days.into())).await?;
    let mut given_up = 0;
    for &audit in &old {
        println!("gradient maps of audit {audit}");
        if !dry_run && retention::give_up(db, audit, now).await? == GivenUp::Yes {
            given_up += 1;
        }
    }
    if dry_run {
        println!(
            "the gradient maps of {} audits would be given up",
            old.len()
        );
        return Ok(());
    }
    let returned = size_before.saturating_sub(db.size_bytes().await?);
    println!(
        "the gradient maps of {given_up} audits given up, {:.2} MiB of the database returned",
        returned as f64 / MIB
    );
    Ok(())
}
