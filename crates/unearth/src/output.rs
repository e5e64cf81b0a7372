//! Files that commands write.

use anyhow::{Context as _, Result, ensure};
use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
};

/// A file that can be made when the work is done, as far as that can be told before; `flag` named it.
pub(crate) fn writable(file: &Path, flag: &str) -> Result<PathBuf> {
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    ensure!(
        folder.is_dir(),
        "`{flag} {}`: there is no folder `{}`",
        file.display(),
        folder.display()
    );
    ensure!(!file.is_dir(), "`{flag} {}` is a folder", file.display());
    Ok(file.to_owned())
}

/// `ranked.csv` → `ranked.csv.json`.
pub(crate) fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Writes a file: whole or not at all.
pub(crate) fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    let new = beside(file, ".part");
    let written = || {
        let mut out = File::create(&new)?;
        out.write_all(bytes)?;
        out.sync_all()?;
        fs::rename(&new, file)
    };
    written().with_context(|| format!("cannot write `{}`", file.display()))
}
