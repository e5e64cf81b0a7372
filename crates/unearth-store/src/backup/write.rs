//! A backup is made.

use super::{
    BackupError, at,
    manifest::{self, FORMAT, Manifest, SavedBlob, SavedTable},
    tables::{self, Table},
};
use crate::{Blobs, Database, StoreError, blob_names};
use bytes::Bytes;
use futures::{Stream, TryStreamExt as _};
use sqlx::PgConnection;
use std::{
    fs, io,
    path::{Path, PathBuf},
    pin::pin,
};
use time::OffsetDateTime;
use tokio::io::{AsyncWriteExt as _, BufWriter};

/// How often blobs may go away meanwhile.
const ATTEMPTS: usize = 5;
const BUFFER_BYTES: usize = 1 << 20;

/// Saves a database and its blobs in `folder`, which appears whole or not at all, and must not be there.
///
/// Others go on working; what they do after the beginning is not in it.
///
/// # Errors
/// [`BackupError`]; what was written so far stays beside `folder`, as `.partial`, and is written over next time.
pub async fn write(
    db: &Database,
    blobs: &Blobs,
    folder: &Path,
    now: OffsetDateTime,
) -> Result<Manifest, BackupError> {
    if folder.exists() {
        return Err(BackupError::Exists(folder.to_owned()));
    }
    let partial = partial_of(folder);
    let mut gone = String::new();
    for _ in 0..ATTEMPTS {
        empty(&partial)?;
        match attempt(db, blobs, &partial, now).await? {
            Attempt::Whole(manifest) => {
                fs::rename(&partial, folder).map_err(at(folder))?;
                return Ok(manifest);
            }
            Attempt::Gone(key) => gone = key,
        }
    }
    Err(BackupError::Moving(gone))
}

enum Attempt {
    Whole(Manifest),
    /// This blob is not there any more.
    Gone(String),
}

async fn attempt(
    db: &Database,
    blobs: &Blobs,
    folder: &Path,
    now: OffsetDateTime,
) -> Result<Attempt, BackupError> {
    let begin = "begin isolation level repeatable read read only";
    let mut tx = db.pool.begin_with(begin).await?;
    let schema = sqlx::query_scalar("select max(version) from _sqlx_migrations where success")
        .fetch_one(&mut *tx)
        .await?;
    let named = blob_names::all(&mut tx).await?;
    let mut manifest = Manifest {
        format: FORMAT,
        unearth: env!("CARGO_PKG_VERSION").to_owned(),
        schema,
        made_at: now,
        tables: Vec::new(),
        blobs: Vec::new(),
        resume_points_gone: Vec::new(),
    };
    // Blobs first: the sooner they are read, the fewer are gone.
    for named in named {
        match blob(blobs, folder, &named.key).await {
            Ok(saved) => manifest.blobs.push(saved),
            Err(BackupError::Store(error)) if error.is_blob_missing() => {
                if !named.is_resume_point {
                    tx.rollback().await?;
                    return Ok(Attempt::Gone(named.key));
                }
                manifest.resume_points_gone.push(named.key);
            }
            Err(error) => return Err(error),
        }
    }
    for table in tables::all(&mut tx).await? {
        manifest.tables.push(rows(&mut tx, folder, table).await?);
    }
    tx.rollback().await?;
    let json = serde_json::to_vec_pretty(&manifest).map_err(io::Error::from);
    let path = manifest::path(folder);
    json.and_then(|json| fs::write(&path, json))
        .and_then(|()| fs::File::open(&path)?.sync_all())
        .map_err(at(&path))?;
    Ok(Attempt::Whole(manifest))
}

async fn rows(
    connection: &mut PgConnection,
    folder: &Path,
    table: Table,
) -> Result<SavedTable, BackupError> {
    let rows = table.rows(connection).await?;
    let path = manifest::table_path(folder, &table.name);
    let stream = connection.copy_out_raw(&table.copy_out()).await?;
    let (bytes, hash) = save(stream.map_err(StoreError::from), &path).await?;
    Ok(SavedTable {
        name: table.name,
        columns: table.columns,
        rows,
        bytes,
        blake3: hash.to_hex().to_string(),
    })
}

async fn blob(blobs: &Blobs, folder: &Path, key: &str) -> Result<SavedBlob, BackupError> {
    let stream = blobs.stream(key).await?;
    let path = folder.join("blob.new");
    let (bytes, hash) = save(stream, &path).await?;
    let blake3 = hash.to_hex().to_string();
    let named = manifest::blob_path(folder, &blake3);
    fs::rename(&path, &named).map_err(at(&named))?;
    Ok(SavedBlob {
        key: key.to_owned(),
        bytes,
        blake3,
    })
}

/// Writes a file to the disk, in constant memory.
async fn save(
    pieces: impl Stream<Item = Result<Bytes, StoreError>>,
    path: &Path,
) -> Result<(u64, blake3::Hash), BackupError> {
    let file = tokio::fs::File::create(path).await.map_err(at(path))?;
    let mut file = BufWriter::with_capacity(BUFFER_BYTES, file);
    let (mut bytes, mut hasher) = (0, blake3::Hasher::new());
    let mut pieces = pin!(pieces);
    while let Some(piece) = pieces.try_next().await? {
        bytes += piece.len() as u64;
        hasher.update(&piece);
        file.write_all(&piece).await.map_err(at(path))?;
    }
    file.flush().await.map_err(at(path))?;
    file.get_ref().sync_all().await.map_err(at(path))?;
    Ok((bytes, hasher.finalize()))
}

/// `FOLDER.partial`, beside it.
fn partial_of(folder: &Path) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}

fn empty(folder: &Path) -> Result<(), BackupError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(folder)(error)),
        _ => {}
    }
    for within in ["tables", "blobs"] {
        let within = folder.join(within);
        fs::create_dir_all(&within).map_err(at(&within))?;
    }
    Ok(())
}
