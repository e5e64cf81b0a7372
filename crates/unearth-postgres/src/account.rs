//! The unprivileged account that runs the server when we are root.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use crate::{error::PostgresError, process};

/// `postgres` as packages make it; `nobody` exists everywhere.
const CANDIDATES: [&str; 2] = ["postgres", "nobody"];

/// An account in the passwd database. `initdb` insists on finding its user there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Account {
    /// The account to drop to: none for an ordinary user, who runs the server as themselves.
    pub(crate) fn to_drop_to() -> Result<Option<Self>, PostgresError> {
        if process::effective_uid() != 0 {
            return Ok(None);
        }
        let path = Path::new("/etc/passwd");
        let passwd = fs::read_to_string(path).map_err(PostgresError::file("read", path))?;
        CANDIDATES
            .iter()
            .find_map(|name| Self::named(name, &passwd))
            .map(Some)
            .ok_or(PostgresError::NoUnprivilegedAccount)
    }

    /// Finds `name` in the text of `/etc/passwd`.
    fn named(name: &str, passwd: &str) -> Option<Self> {
        passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            if fields.next()? != name {
                return None;
            }
            let uid = fields.nth(1)?.parse().ok()?;
            let gid = fields.next()?.parse().ok()?;
            (uid != 0).then(|| Self {
                name: name.to_owned(),
                uid,
                gid,
            })
        })
    }

    /// Checks that every folder above `path` lets this account through.
    pub(crate) fn require_reach(&self, path: &Path) -> Result<(), PostgresError> {
        match self.closed_folder_above(path)? {
            None => Ok(()),
            Some(folder) => Err(PostgresError::Unreachable {
                path: path.to_owned(),
                folder,
                account: self.name.clone(),
            }),
        }
    }

    /// The outermost existing folder above `path` that this account may not enter.
    pub(crate) fn closed_folder_above(
        &self,
        path: &Path,
    ) -> Result<Option<PathBuf>, PostgresError> {
        let absolute = std::path::absolute(path).map_err(PostgresError::file("resolve", path))?;
        let mut above: Vec<&Path> = absolute.ancestors().skip(1).collect();
        above.reverse();
        for folder in above {
            let Ok(metadata) = fs::metadata(folder) else {
                break; // The rest does not exist yet and will be made with the right owner.
            };
            if !self.may_enter(&metadata) {
                return Ok(Some(folder.to_owned()));
            }
        }
        Ok(None)
    }

    fn may_enter(&self, folder: &fs::Metadata) -> bool {
        let execute_bit = if folder.uid() == self.uid {
            0o100
        } else if folder.gid() == self.gid {
            0o010
        } else {
            0o001
        };
        folder.mode() & execute_bit != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\n\
        postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash\n\
        nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";

    #[test]
    fn finds_an_account_by_its_whole_name() {
        let found = Account::named("postgres", PASSWD).unwrap();
        assert_eq!((found.uid, found.gid), (101, 104));
        assert_eq!(Account::named("post", PASSWD), None);
    }

    #[test]
    fn never_drops_to_root() {
        assert_eq!(Account::named("root", PASSWD), None);
    }

    #[test]
    fn names_the_closed_folder() {
        use std::os::unix::fs::PermissionsExt;
        let top = tempfile::tempdir().unwrap();
        fs::set_permissions(top.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let closed = top.path().join("closed");
        fs::create_dir(&closed).unwrap();
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
        let stranger = Account {
            name: "stranger".into(),
            uid: 54321,
            gid: 54321,
        };

        assert_eq!(
            stranger
                .closed_folder_above(&top.path().join("new/data"))
                .unwrap(),
            None
        );
        let error = stranger
            .require_reach(&closed.join("data"))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("closed to the account `stranger`"),
            "{error}"
        );
        assert!(error.contains(closed.to_str().unwrap()), "{error}");
    }
}
