//! Blobs by their age, finished or not.

use super::Blobs;
use crate::StoreError;
use futures::TryStreamExt as _;
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use time::OffsetDateTime;

/// Stands in the name of a file that is still being written.
const UNFINISHED: char = '#';

impl Blobs {
    /// Keys and sizes of the blobs that were last written before `before`; in a folder, with them the names of files that
    /// were never finished.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn older_than(
        &self,
        before: OffsetDateTime,
    ) -> Result<Vec<(String, u64)>, StoreError> {
        let listed: Vec<_> = self.store.list(None).try_collect().await?;
        let mut old: Vec<_> = listed
            .into_iter()
            .filter(|meta| meta.last_modified.timestamp() < before.unix_timestamp())
            .map(|meta| (meta.location.to_string(), meta.size))
            .collect();
        if let Some(folder) = self.folder() {
            unfinished(folder, folder, before, &mut old)?;
        }
        Ok(old)
    }

    /// Removes what [`older_than`](Self::older_than) told of.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn remove_anything(&self, key: &str) -> Result<(), StoreError> {
        match self.folder() {
            Some(folder) if key.contains(UNFINISHED) => match fs::remove_file(folder.join(key)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
                _ => Ok(()),
            },
            _ => self.delete(key).await,
        }
    }
}

fn unfinished(
    root: &Path,
    folder: &Path,
    before: OffsetDateTime,
    found: &mut Vec<(String, u64)>,
) -> Result<(), StoreError> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, facts) = (entry.path(), entry.metadata()?);
        if facts.is_dir() {
            unfinished(root, &path, before, found)?;
        } else if is_unfinished(&path) && OffsetDateTime::from(facts.modified()?) < before {
            let name: PathBuf = path.strip_prefix(root).unwrap_or(&path).into();
            found.push((name.to_string_lossy().into_owned(), facts.len()));
        }
    }
    Ok(())
}

fn is_unfinished(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy());
    name.is_some_and(|name| name.contains(UNFINISHED))
}
