//! A backup is read through.

use super::{
    BackupError, at,
    manifest::{self, FORMAT, Manifest},
};
use std::{
    fs::{self, File},
    io::ErrorKind,
    path::Path,
};

/// Reads every file of a backup and compares it with what was written. Nothing but the folder is looked at.
///
/// # Errors
/// [`BackupError::NotABackup`] or [`BackupError::Damaged`], which names the first file that differs.
pub fn check(folder: &Path) -> Result<Manifest, BackupError> {
    let manifest = read(folder)?;
    for table in &manifest.tables {
        let path = manifest::table_path(folder, &table.name);
        compare(&path, table.bytes, &table.blake3)?;
    }
    for blob in &manifest.blobs {
        let path = manifest::blob_path(folder, &blob.blake3);
        compare(&path, blob.bytes, &blob.blake3)?;
    }
    Ok(manifest)
}

fn read(folder: &Path) -> Result<Manifest, BackupError> {
    let no_backup = |detail: String| BackupError::NotABackup {
        folder: folder.to_owned(),
        detail,
    };
    let path = manifest::path(folder);
    let json = match fs::read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(no_backup("it has no `manifest.json`".to_owned()));
        }
        read => read.map_err(at(&path))?,
    };
    let manifest: Manifest = serde_json::from_slice(&json)
        .map_err(|error| no_backup(format!("`manifest.json` cannot be read: {error}")))?;
    if manifest.format != FORMAT {
        let detail = format!(
            "its layout is {}, and only {FORMAT} is known",
            manifest.format
        );
        return Err(no_backup(detail));
    }
    let names = manifest.tables.iter().map(|table| &table.name);
    let hashes = manifest.blobs.iter().map(|blob| &blob.blake3);
    // They become parts of paths.
    if let Some(odd) = names.chain(hashes).find(|name| !is_plain(name)) {
        return Err(no_backup(format!(
            "`{odd}` in its `manifest.json` is no name"
        )));
    }
    Ok(manifest)
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn compare(path: &Path, bytes: u64, blake3: &str) -> Result<(), BackupError> {
    let damaged = |detail: String| BackupError::Damaged {
        file: path.to_owned(),
        detail,
    };
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(damaged("it is not there".to_owned()));
        }
        opened => opened.map_err(at(path))?,
    };
    let found = file.metadata().map_err(at(path))?.len();
    if found != bytes {
        return Err(damaged(format!(
            "it has {found} bytes and should have {bytes}"
        )));
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file).map_err(at(path))?;
    if hasher.finalize().to_hex().as_str() != blake3 {
        return Err(damaged("its bytes have changed".to_owned()));
    }
    Ok(())
}
