//! Whether the files of a folder have changed since something was made from them.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    path::Path,
};

/// A hash over names and contents of all files below `folder`, without the folders named in `without`.
///
/// It serves to notice changes on one machine; another compiler may compute another.
pub(crate) fn of(folder: &Path, without: &[&str]) -> io::Result<u64> {
    let mut hasher = DefaultHasher::new();
    add(folder, without, &mut hasher)?;
    Ok(hasher.finish())
}

fn add(folder: &Path, without: &[&str], hasher: &mut DefaultHasher) -> io::Result<()> {
    let mut paths = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default();
        if without.iter().any(|left_out| name == *left_out) {
            continue;
        }
        name.hash(hasher);
        if path.is_dir() {
            add(&path, without, hasher)?;
        } else {
            fs::read(&path)?.hash(hasher);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_with_names_and_contents_but_not_with_what_is_left_out() {
        let top = std::env::temp_dir().join(format!("xtask-hash-{}", std::process::id()));
        fs::create_dir_all(top.join("node_modules")).unwrap();
        fs::write(top.join("a"), "1").unwrap();
        let hash = || of(&top, &["node_modules"]).unwrap();

        let first = hash();
        fs::write(top.join("node_modules/b"), "2").unwrap();
        assert_eq!(hash(), first);
        fs::rename(top.join("a"), top.join("c")).unwrap();
        let renamed = hash();
        assert_ne!(renamed, first);
        fs::write(top.join("c"), "3").unwrap();
        assert_ne!(hash(), renamed);
        fs::remove_dir_all(&top).unwrap();
    }
}
