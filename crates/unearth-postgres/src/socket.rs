//! Where the socket lives: beside the data, or in a short folder where that path is too long.

use std::{
    env, fs,
    hash::{DefaultHasher, Hash, Hasher},
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
};

use crate::{account::Account, error::PostgresError, process, url};

/// `sun_path` of a Unix socket address holds 108 bytes, the last of them zero.
const LONGEST_PATH: usize = 107;
/// The permission bits of everybody but the owner.
const OTHERS: u32 = 0o077;

/// Makes the folder for the socket of the server in `root`, and returns it.
pub(crate) fn prepare_directory(
    root: &Path,
    account: Option<&Account>,
) -> Result<PathBuf, PostgresError> {
    let beside_the_data = root.join("run");
    let directory = if fits(&beside_the_data) {
        beside_the_data
    } else {
        short_directory(root)
    };
    make_private(&directory, account)?;
    Ok(directory)
}

/// Whether a socket in `directory` has an address, and one that can be written in a URL.
fn fits(directory: &Path) -> bool {
    let socket = directory.join(format!(".s.PGSQL.{}", url::PORT));
    socket
        .to_str()
        .is_some_and(|path| path.len() <= LONGEST_PATH)
}

/// A folder with a short name that belongs to `root`; others read it from `postmaster.pid`.
fn short_directory(root: &Path) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    root.hash(&mut hasher);
    let name = format!("unearth-{:016x}", hasher.finish());
    env::var_os("XDG_RUNTIME_DIR")
        .filter(|_| process::effective_uid() != 0) // Closed to the account that root drops to.
        .map(|runtime| PathBuf::from(runtime).join(&name))
        .filter(|directory| directory.is_absolute() && fits(directory))
        .unwrap_or_else(|| Path::new("/tmp").join(&name))
}

/// Makes `directory`, or checks that the one which is there is ours alone: anybody may write to /tmp.
fn make_private(directory: &Path, account: Option<&Account>) -> Result<(), PostgresError> {
    let made = fs::DirBuilder::new().mode(0o700).create(directory);
    match made {
        Ok(()) => crate::directory::give_to(directory, account),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let found =
                fs::symlink_metadata(directory).map_err(PostgresError::file("read", directory))?;
            let owner = account.map_or_else(process::effective_uid, |account| account.uid);
            let private = found.is_dir() && found.uid() == owner && found.mode() & OTHERS == 0;
            private
                .then_some(())
                .ok_or_else(|| PostgresError::UnsafeSocketDirectory {
                    path: directory.to_owned(),
                })
        }
        Err(error) => Err(PostgresError::file("make", directory)(error)),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_longest_address_that_fits_has_107_bytes() {
        let name_and_slash = "/.s.PGSQL.5432".len();
        let longest = format!("/{}", "d".repeat(LONGEST_PATH - name_and_slash - 1));
        assert!(fits(Path::new(&longest)));
        assert!(!fits(Path::new(&format!("{longest}d"))));
    }

    #[test]
    fn a_folder_that_others_may_enter_is_refused() {
        let top = tempfile::tempdir().unwrap();
        let open = top.path().join("run");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
        let error = make_private(&open, None).unwrap_err();
        assert!(
            matches!(error, PostgresError::UnsafeSocketDirectory { .. }),
            "{error}"
        );
    }
}
