//! The folder of a private server and the files in it.

use std::{
    env,
    fs::{self, File, TryLockError},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, chown},
    path::{Path, PathBuf},
};

use rand::distr::{Alphanumeric, SampleString};

use crate::{account::Account, error::PostgresError, process};

/// Letters and digits: 190 bits.
const PASSWORD_LENGTH: usize = 32;

/// Where Unearth keeps its data when nothing else is said: `/var/lib/unearth` for root, else
/// `$XDG_DATA_HOME/unearth`, else `~/.local/share/unearth`.
///
/// # Errors
/// Where neither `XDG_DATA_HOME` nor `HOME` is an absolute path.
pub fn default_home() -> Result<PathBuf, PostgresError> {
    if process::effective_uid() == 0 {
        return Ok(PathBuf::from("/var/lib/unearth"));
    }
    let absolute = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    absolute("XDG_DATA_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
        .map(|data| data.join("unearth"))
        .ok_or(PostgresError::NoHome)
}

/// The folder of the private server when nothing else is said: `postgres` in [`default_home`].
///
/// # Errors
/// As [`default_home`].
pub fn default_directory() -> Result<PathBuf, PostgresError> {
    Ok(default_home()?.join("postgres"))
}

/// One private server's folder.
#[derive(Debug, Clone)]
pub(crate) struct Directory {
    root: PathBuf,
}

impl Directory {
    pub(crate) fn new(root: &Path) -> Result<Self, PostgresError> {
        let root = std::path::absolute(root).map_err(PostgresError::file("resolve", root))?;
        Ok(Self { root })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The cluster; it exists only once it is complete.
    pub(crate) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// The cluster while `initdb` makes it.
    pub(crate) fn unfinished_data(&self) -> PathBuf {
        self.root.join("data.unfinished")
    }

    pub(crate) fn log_file(&self) -> PathBuf {
        self.root.join("postgres.log")
    }

    pub(crate) fn password_file(&self) -> PathBuf {
        self.root.join("password")
    }

    /// Makes the folder, or takes the one that is there, for the account that runs the server.
    pub(crate) fn prepare(&self, account: Option<&Account>) -> Result<(), PostgresError> {
        if let Some(parent) = self.root.parent() {
            fs::create_dir_all(parent).map_err(PostgresError::file("make", parent))?;
        }
        match fs::DirBuilder::new().mode(0o700).create(&self.root) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(PostgresError::file("make", &self.root)(error));
            }
            _ => give_to(&self.root, account)?,
        }
        account.map_or(Ok(()), |account| account.require_reach(&self.data()))
    }

    /// Takes the folder for this process. The kernel lets go of it when the process ends, however it ends.
    pub(crate) fn lock(&self) -> Result<File, PostgresError> {
        let path = self.root.join("lock");
        let opened = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path);
        let file = opened.map_err(PostgresError::file("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(PostgresError::AlreadyRunning {
                directory: self.root.clone(),
            }),
            Err(TryLockError::Error(error)) => Err(PostgresError::file("lock", path)(error)),
        }
    }

    /// The major version that wrote the data; `None` before the first start.
    pub(crate) fn major(&self) -> Option<u32> {
        fs::read_to_string(self.data().join("PG_VERSION"))
            .ok()?
            .trim()
            .parse()
            .ok()
    }

    /// The password of the role, made at the first start.
    pub(crate) fn password(&self, account: Option<&Account>) -> Result<String, PostgresError> {
        match self.existing_password()? {
            Some(password) => Ok(password),
            None => self.new_password(account),
        }
    }

    /// The password of the role; `None` before the first start.
    pub(crate) fn existing_password(&self) -> Result<Option<String>, PostgresError> {
        let path = self.password_file();
        match fs::read_to_string(&path) {
            Ok(password) if password.len() == PASSWORD_LENGTH => Ok(Some(password)),
            // A crash cut the very first start short: nobody has used this password yet.
            Ok(_) if self.major().is_none() => Ok(None),
            Ok(password) => Ok(Some(password.trim_end().to_owned())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(PostgresError::file("read", path)(error)),
        }
    }

    fn new_password(&self, account: Option<&Account>) -> Result<String, PostgresError> {
        let path = self.password_file();
        let password = Alphanumeric.sample_string(&mut rand::rng(), PASSWORD_LENGTH);
        let opened = File::options()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&path);
        let mut file = opened.map_err(PostgresError::file("make", &path))?;
        file.write_all(password.as_bytes())
            .map_err(PostgresError::file("write", &path))?;
        file.sync_all()
            .map_err(PostgresError::file("write", &path))?;
        give_to(&path, account)?;
        Ok(password)
    }
}

/// Hands a file or folder to the account that runs the server; ours already where there is none.
pub(crate) fn give_to(path: &Path, account: Option<&Account>) -> Result<(), PostgresError> {
    match account {
        None => Ok(()),
        Some(account) => chown(path, Some(account.uid), Some(account.gid))
            .map_err(PostgresError::file("change the owner of", path)),
    }
}
