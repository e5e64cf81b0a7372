//! Folders that are complete or absent, and know what they hold.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use crate::steps::Outcome;

/// The file in which a folder says what it was made of.
const STAMP: &str = "installed-from";

/// Makes `folder` with `fill`, unless it was made of the same `source` before.
///
/// It is filled under another name and renamed at the end, so that an interrupted set-up leaves no half of it.
pub(crate) fn ensure(
    folder: &Path,
    source: &str,
    fill: impl FnOnce(&Path) -> Result<()>,
) -> Result<Outcome> {
    if fs::read_to_string(folder.join(STAMP)).is_ok_and(|stamp| stamp == source) {
        return Ok(Outcome::Skipped("done before"));
    }
    let unfinished = folder.with_extension("unfinished");
    let replaced = folder.with_extension("replaced");
    remove(&unfinished)?;
    fs::create_dir_all(&unfinished)
        .with_context(|| format!("cannot make {}", unfinished.display()))?;
    fill(&unfinished)?;
    fs::write(unfinished.join(STAMP), source)?;

    remove(&replaced)?;
    if folder.exists() {
        fs::rename(folder, &replaced)
            .with_context(|| format!("cannot replace {}", folder.display()))?;
    }
    fs::rename(&unfinished, folder).with_context(|| format!("cannot make {}", folder.display()))?;
    remove(&replaced)?;
    Ok(Outcome::Done)
}

/// Removes a file or folder that may be there.
pub(crate) fn remove(path: &Path) -> Result<()> {
    let removed = if path.is_dir() && !path.is_symlink() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn is_made_once_per_source_and_never_by_half() {
        let top = std::env::temp_dir().join(format!("xtask-installed-{}", std::process::id()));
        let folder = top.join("part");
        let write =
            |text: &'static str| move |into: &Path| Ok(fs::write(into.join("content"), text)?);
        let content = || fs::read_to_string(folder.join("content")).unwrap();

        assert_eq!(ensure(&folder, "one", write("1")).unwrap(), Outcome::Done);
        assert!(matches!(
            ensure(&folder, "one", |_| bail!("not again")).unwrap(),
            Outcome::Skipped(_)
        ));
        ensure(&folder, "two", |into| {
            fs::write(into.join("half"), "")?;
            bail!("interrupted")
        })
        .unwrap_err();
        assert_eq!(content(), "1");
        assert_eq!(ensure(&folder, "two", write("2")).unwrap(), Outcome::Done);
        assert_eq!(content(), "2");
        assert!(!folder.join("half").exists());
        assert_eq!(fs::read_dir(&top).unwrap().count(), 1);
        fs::remove_dir_all(&top).unwrap();
    }
}
