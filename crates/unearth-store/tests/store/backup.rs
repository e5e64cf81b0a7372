//! Backups: what comes back is what was there, or nothing.

use crate::world::{World, at};
use bytes::Bytes;
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;
use unearth_audit::Position;
use unearth_store::{
    Blobs,
    backup::{self, BackupError, Manifest},
    runs,
};

/// What happens to the bytes of a file.
type Damage<'a> = &'a dyn Fn(&[u8]) -> Vec<u8>;

/// A place for blobs and backups.
struct Place {
    folder: TempDir,
    blobs: Blobs,
}

impl Place {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let blobs = Blobs::in_folder(&folder.path().join("blobs")).unwrap();
        Self { folder, blobs }
    }

    fn backup(&self) -> PathBuf {
        self.folder.path().join("backup")
    }
}

/// A dataset, an audit in the middle of its training with maps and a resume point, and a worker and a session, which
/// are of the moment.
async fn lived_in(world: &World, place: &Place) {
    let run = world.running(1).await;
    for checkpoint in 0..2 {
        world.store_maps(&run, checkpoint).await;
    }
    let position = Position {
        epoch: 1,
        batch: 0,
        sweeps: 2,
        evaluations: 0,
    };
    runs::set_resume_point(&world.db, &run, position, "resume/1")
        .await
        .unwrap();
    let odd = "update audits set reason = E'tab\\t, line\\n, \\\\N and \\u00e9'";
    world.execute(odd).await;
    let packs: Vec<String> = sqlx::query_scalar("select pack_blob from datasets")
        .fetch_all(&world.sql)
        .await
        .unwrap();
    for key in packs {
        place
            .blobs
            .put(&key, Bytes::from(key.clone()))
            .await
            .unwrap();
    }
    place
        .blobs
        .put("resume/1", Bytes::from_static(b"point"))
        .await
        .unwrap();
    let nobodys = Bytes::from_static(b"nobody names it");
    place.blobs.put("uploads/orphan", nobodys).await.unwrap();
}

async fn write(world: &World, place: &Place) -> Result<Manifest, BackupError> {
    backup::write(&world.db, &place.blobs, &place.backup(), at(60)).await
}

#[tokio::test]
async fn everything_comes_back_and_new_rows_follow_on() {
    let (world, place) = (World::new().await, Place::new());
    lived_in(&world, &place).await;
    let manifest = write(&world, &place).await.unwrap();
    assert_eq!(manifest, backup::check(&place.backup()).unwrap());
    assert_eq!(manifest.made_at, at(60));
    let keys: Vec<_> = manifest.blobs.iter().map(|blob| &*blob.key).collect();
    assert!(
        keys.contains(&"resume/1") && !keys.contains(&"uploads/orphan"),
        "{keys:?}"
    );

    let (other, elsewhere) = (World::unmigrated(4).await, Place::new());
    let restored = backup::restore(&other.db, &elsewhere.blobs, &place.backup()).await;
    assert_eq!(restored.unwrap(), manifest);
    // But for sqlx' own table, which says when migrations were applied.
    let rows = |dump: String| dump.split("\naudits:").nth(1).unwrap().to_owned();
    assert_eq!(rows(other.dump().await), rows(world.dump().await));
    for key in keys {
        let (before, after) = (place.blobs.get(key).await, elsewhere.blobs.get(key).await);
        assert_eq!(before.unwrap(), after.unwrap());
    }

    // The run goes on under its lease, its maps have a partition, and the next one has a number of its own.
    let dataset = other.dataset(2, 0).await;
    other.audit(2, dataset).await;
    let distinct = other.number("select count(distinct id) from runs").await;
    assert_eq!(distinct, 2);
    let partitions =
        "select count(*) from pg_inherits where inhparent = 'snapshot_chunks'::regclass";
    assert_eq!(other.number(partitions).await, 1);
}

#[tokio::test]
async fn nobody_holds_what_is_restored() {
    let (world, place) = (World::new().await, Place::new());
    lived_in(&world, &place).await;
    backup::write(&world.db, &place.blobs, &place.backup(), at(5))
        .await
        .unwrap();
    let (other, elsewhere) = (World::unmigrated(4).await, Place::new());
    backup::restore(&other.db, &elsewhere.blobs, &place.backup())
        .await
        .unwrap();
    let run = other.try_claim(8, 5).await.unwrap();
    assert_eq!(run.resume.unwrap().1, "resume/1");
    assert_eq!(world.try_claim(8, 5).await, None);
}

#[tokio::test]
async fn a_database_that_is_in_use_stays_as_it_is() {
    let (world, place) = (World::new().await, Place::new());
    lived_in(&world, &place).await;
    write(&world, &place).await.unwrap();
    let (used, elsewhere) = (World::new().await, Place::new());
    used.dataset(7, 0).await;
    let before = used.dump().await;
    let error = backup::restore(&used.db, &elsewhere.blobs, &place.backup()).await;
    assert!(matches!(error, Err(BackupError::NotEmpty(_))), "{error:?}");
    assert_eq!(used.dump().await, before);
    assert!(elsewhere.blobs.list("").await.unwrap().is_empty());
    let again = write(&world, &place).await;
    assert!(matches!(again, Err(BackupError::Exists(_))), "{again:?}");
}

#[tokio::test]
async fn what_is_damaged_is_named_and_nothing_is_restored() {
    let (world, place) = (World::new().await, Place::new());
    lived_in(&world, &place).await;
    let manifest = write(&world, &place).await.unwrap();
    let (other, elsewhere) = (World::unmigrated(4).await, Place::new());
    let runs = place.backup().join("tables/runs.copy");
    let blob = place.backup().join("blobs").join(&manifest.blobs[0].blake3);
    let list = place.backup().join("manifest.json");
    let flipped = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        bytes
    };
    let cases: [(&Path, Damage<'_>, &str); 5] = [
        (
            &runs,
            &flipped,
            "runs.copy` is damaged: its bytes have changed",
        ),
        (
            &runs,
            &|bytes| bytes[1..].to_vec(),
            "runs.copy` is damaged: it has",
        ),
        (&blob, &flipped, "is damaged: its bytes have changed"),
        (
            &list,
            &|bytes| bytes[..40].to_vec(),
            "`manifest.json` cannot be read",
        ),
        (
            &list,
            &|bytes| {
                String::from_utf8_lossy(bytes)
                    .replace("\"runs\"", "\"../runs\"")
                    .into_bytes()
            },
            "`../runs` in its `manifest.json` is no name",
        ),
    ];
    for (file, damage, said) in cases {
        let whole = fs::read(file).unwrap();
        fs::write(file, damage(&whole)).unwrap();
        let error = backup::restore(&other.db, &elsewhere.blobs, &place.backup()).await;
        let error = error.unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
        fs::write(file, whole).unwrap();
    }
    fs::remove_file(&runs).unwrap();
    let error = backup::check(&place.backup()).unwrap_err().to_string();
    assert!(
        error.contains("runs.copy` is damaged: it is not there"),
        "{error}"
    );
    assert!(elsewhere.blobs.list("").await.unwrap().is_empty());
    let tables = "select count(*) from pg_class where relname = 'runs'";
    assert_eq!(other.number(tables).await, 0);
}

#[tokio::test]
async fn a_resume_point_that_is_gone_is_told_and_anything_else_is_an_error() {
    let (world, place) = (World::new().await, Place::new());
    lived_in(&world, &place).await;
    place.blobs.delete("resume/1").await.unwrap();
    let manifest = write(&world, &place).await.unwrap();
    assert_eq!(manifest.resume_points_gone, ["resume/1"]);

    fs::remove_dir_all(place.backup()).unwrap();
    let pack = &manifest.blobs[0].key;
    place.blobs.delete(pack).await.unwrap();
    let error = write(&world, &place).await;
    assert!(
        matches!(&error, Err(BackupError::Moving(key)) if key == pack),
        "{error:?}"
    );
    assert!(!place.backup().exists());
}

#[tokio::test]
async fn a_backup_of_a_newer_program_is_refused_by_name() {
    let (world, place) = (World::new().await, Place::new());
    lived_in(&world, &place).await;
    write(&world, &place).await.unwrap();
    let list = place.backup().join("manifest.json");
    let mut manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(&list).unwrap()).unwrap();
    manifest["schema"] = 29_990_101_000_001_i64.into();
    manifest["unearth"] = "9.9.9".into();
    fs::write(&list, manifest.to_string()).unwrap();
    let other = World::unmigrated(4).await;
    let error = backup::restore(&other.db, &Place::new().blobs, &place.backup()).await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains("of Unearth 9.9.9"), "{error}");
}
