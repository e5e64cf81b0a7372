//! A backup is restored.

use super::{
    BackupError, at,
    check::check,
    manifest::{self, Manifest, SavedTable},
    tables::{self, Table},
};
use crate::{Blobs, Database, snapshots};
use sqlx::{AssertSqlSafe, PgConnection};
use std::path::Path;
use tokio::{fs::File, io::AsyncReadExt as _};

const PIECE_BYTES: usize = 1 << 20;

/// Restores a backup into an empty database and a blob store, after reading all of it through. Rows appear all at once,
/// when everything else is there; a restoration that was cut short can be begun again.
///
/// # Errors
/// [`BackupError`]; no row is kept then.
pub async fn restore(db: &Database, blobs: &Blobs, folder: &Path) -> Result<Manifest, BackupError> {
    let manifest = check(folder)?;
    db.migrate_to_backup(&manifest).await?;
    let mut tx = db.begin().await?;
    let tables = matched(&manifest, tables::all(&mut tx).await?, folder)?;
    for (table, _) in &tables {
        if table.rows(&mut tx).await? > 0 {
            return Err(BackupError::NotEmpty(table.name.clone()));
        }
    }
    // No row names them yet: should this end here, they are nobody's, and the next attempt writes them again.
    for blob in &manifest.blobs {
        let path = manifest::blob_path(folder, &blob.blake3);
        let mut file = File::open(&path).await.map_err(at(&path))?;
        blobs.put_stream(&blob.key, &mut file).await?;
    }
    for (table, saved) in &tables {
        let path = manifest::table_path(folder, &table.name);
        copy(&mut tx, table, &path).await?;
        let found = table.rows(&mut tx).await?;
        if found != saved.rows {
            return Err(BackupError::RowsMissing {
                table: table.name.clone(),
                found,
                saved: saved.rows,
            });
        }
        table.continue_identities(&mut tx).await?;
        if tables::has_partitions_made_for(table) {
            snapshots::make_partitions(&mut tx).await?;
        }
    }
    let_leases_go(&mut tx, &manifest).await?;
    tx.commit().await?;
    db.migrate().await?;
    db.refresh_statistics().await?;
    Ok(manifest)
}

/// Whoever held them works on the database that was saved.
async fn let_leases_go(
    connection: &mut PgConnection,
    manifest: &Manifest,
) -> Result<(), BackupError> {
    // The schema may be older than this program's, so not checked against it; these columns have always been there.
    for table in ["runs", "datasets", "score_sets"] {
        let statement =
            format!("update {table} set lease_expires_at = $1 where lease_expires_at > $1");
        sqlx::query(AssertSqlSafe(statement))
            .bind(manifest.made_at)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// The tables of the database with what the backup has of them. Equal schemas have equal tables.
fn matched<'m>(
    manifest: &'m Manifest,
    tables: Vec<Table>,
    folder: &Path,
) -> Result<Vec<(Table, &'m SavedTable)>, BackupError> {
    let differs = |detail: String| BackupError::NotABackup {
        folder: folder.to_owned(),
        detail,
    };
    if tables.len() != manifest.tables.len() {
        let (found, wanted) = (manifest.tables.len(), tables.len());
        let detail = format!("it has {found} tables and its schema has {wanted}");
        return Err(differs(detail));
    }
    let matched = tables.into_iter().map(|table| {
        let saved = (manifest.tables.iter())
            .find(|saved| saved.name == table.name && saved.columns == table.columns);
        saved
            .map(|saved| (table.clone(), saved))
            .ok_or_else(|| differs(format!("its table `{}` is of another schema", table.name)))
    });
    matched.collect()
}

async fn copy(
    connection: &mut PgConnection,
    table: &Table,
    path: &Path,
) -> Result<(), BackupError> {
    let mut file = File::open(path).await.map_err(at(path))?;
    let mut sink = connection.copy_in_raw(&table.copy_in()).await?;
    let mut piece = Vec::with_capacity(PIECE_BYTES);
    loop {
        piece.clear();
        let read = (&mut file).take(PIECE_BYTES as u64);
        let read = { read }.read_to_end(&mut piece).await;
        match read.map_err(at(path)) {
            Ok(0) => break,
            Ok(_) => {
                sink.send(piece.as_slice()).await?;
            }
            Err(error) => {
                sink.abort("the file cannot be read").await?;
                return Err(error);
            }
        }
    }
    sink.finish().await?;
    Ok(())
}

impl Database {
    /// Brings a database that nobody has used to the schema of a backup.
    async fn migrate_to_backup(&self, manifest: &Manifest) -> Result<(), BackupError> {
        let known = Self::newest_schema();
        if manifest.schema > known {
            return Err(BackupError::Newer {
                backup: manifest.schema,
                version: manifest.unearth.clone(),
                known,
            });
        }
        self.migrate_to(manifest.schema).await?;
        match self.applied_schema().await? {
            Some((found, _)) if found != manifest.schema => Err(BackupError::OtherSchema {
                found,
                backup: manifest.schema,
            }),
            _ => Ok(()),
        }
    }
}
