//! Which installed Postgres to run.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{account::Account, error::PostgresError};

/// The oldest major version that Unearth's SQL runs on.
pub const OLDEST_MAJOR: u32 = 14;

/// Names a folder of binaries that wins over everything else.
const EXPLICIT: &str = "UNEARTH_PG_BIN";

/// A folder with `postgres` and `initdb` of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    folder: PathBuf,
    major: u32,
}

impl Binaries {
    /// The folder that holds the programs.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The major version, which must equal that of the data.
    pub fn major(&self) -> u32 {
        self.major
    }

    pub(crate) fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    pub(crate) fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    /// Looks into `folder`, and says in words what is wrong with it.
    fn inspect(folder: &Path) -> Result<Self, String> {
        for program in ["postgres", "initdb"] {
            if !folder.join(program).is_file() {
                return Err(format!("there is no `{program}` in it"));
            }
        }
        let postgres = folder.join("postgres");
        let output = Command::new(&postgres)
            .arg("--version")
            .output()
            .map_err(|error| format!("{} does not run: {error}", postgres.display()))?;
        let said = String::from_utf8_lossy(&output.stdout);
        match major_of(&said) {
            Some(major) => Ok(Self {
                folder: folder.to_owned(),
                major,
            }),
            None => Err(format!(
                "`postgres --version` there says {:?}{}",
                said.trim(),
                String::from_utf8_lossy(&output.stderr).trim_end()
            )),
        }
    }
}

/// Reads the major version from `postgres (PostgreSQL) 15.18 (Debian …)`.
fn major_of(version: &str) -> Option<u32> {
    let number = version.split("(PostgreSQL) ").nth(1)?;
    let end = number
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(number.len());
    number[..end].parse().ok()
}

/// Chooses the binaries: the folder in `UNEARTH_PG_BIN`, else the system's newest, else the first usable
/// folder of `bundled`. Where data exist, only their major version will do.
///
/// # Errors
/// Where nothing fits; the message says what was looked at and what to do.
pub fn find_binaries(
    required_major: Option<u32>,
    bundled: &[PathBuf],
) -> Result<Binaries, PostgresError> {
    if let Some(folder) = env::var_os(EXPLICIT).filter(|value| !value.is_empty()) {
        return explicit_binaries(Path::new(&folder), required_major);
    }
    let mut search = Search {
        required_major,
        account: Account::to_drop_to()?,
        notes: Vec::new(),
    };
    search
        .newest(&system_folders())
        .or_else(|| search.first(bundled))
        .ok_or_else(|| search.nothing_found())
}

/// The folders that `cargo xtask setup` fills, seen from this executable: `.deps/postgres/bin` of the checkout
/// it was built in, `postgres/bin` beside it, and the place for root, whose checkout may be closed to the
/// account that runs the server.
pub fn bundled_folders() -> Vec<PathBuf> {
    let executable = env::current_exe().unwrap_or_default();
    let beside = executable
        .parent()
        .map(|folder| folder.join("postgres/bin"));
    let in_checkout = executable
        .ancestors()
        .find(|above| above.join(".deps").is_dir() && above.join("Cargo.toml").is_file())
        .map(|checkout| checkout.join(".deps/postgres/bin"));
    let for_root = PathBuf::from("/var/lib/unearth/postgres-binaries/bin");
    beside
        .into_iter()
        .chain(in_checkout)
        .chain([for_root])
        .collect()
}

fn explicit_binaries(
    folder: &Path,
    required_major: Option<u32>,
) -> Result<Binaries, PostgresError> {
    let unusable = |problem| PostgresError::UnusableExplicitBinaries {
        path: folder.to_owned(),
        problem,
    };
    let binaries = Binaries::inspect(folder).map_err(unusable)?;
    match required_major {
        Some(major) if major != binaries.major => Err(unusable(format!(
            "it holds PostgreSQL {}, and the data were written by PostgreSQL {major}",
            binaries.major
        ))),
        _ => Ok(binaries),
    }
}

/// `/usr/lib/postgresql/*/bin` (Debian), `/usr/pgsql-*/bin` (Red Hat), and where `PATH` has `postgres`.
fn system_folders() -> Vec<PathBuf> {
    let versions_in = |folder: &str, prefix: &'static str| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries
            .filter(move |entry| entry.file_name().to_string_lossy().starts_with(prefix))
            .map(|entry| entry.path().join("bin"))
    };
    let debian = versions_in("/usr/lib/postgresql", "");
    let red_hat = versions_in("/usr", "pgsql-");
    let on_path = env::var_os("PATH")
        .map(|path| env::split_paths(&path).collect::<Vec<_>>())
        .unwrap_or_default()
        .into_iter()
        // A link on PATH stands beside other programs; its target stands beside `initdb`.
        .filter_map(|folder| {
            folder
                .join("postgres")
                .canonicalize()
                .ok()?
                .parent()
                .map(Path::to_owned)
        });

    let mut folders: Vec<PathBuf> = debian.chain(red_hat).chain(on_path).collect();
    folders.retain(|folder| folder.is_dir());
    folders.sort();
    folders.dedup();
    folders
}

/// One search, with notes on what was rejected and why.
struct Search {
    required_major: Option<u32>,
    account: Option<Account>,
    notes: Vec<String>,
}

impl Search {
    fn newest(&mut self, folders: &[PathBuf]) -> Option<Binaries> {
        let usable = folders.iter().filter_map(|folder| self.usable(folder));
        usable.max_by_key(|binaries| binaries.major)
    }

    fn first(&mut self, folders: &[PathBuf]) -> Option<Binaries> {
        folders.iter().find_map(|folder| self.usable(folder))
    }

    fn usable(&mut self, folder: &Path) -> Option<Binaries> {
        match self.inspect(folder) {
            Ok(binaries) => Some(binaries),
            Err(problem) => {
                self.notes.push(format!("{}: {problem}", folder.display()));
                None
            }
        }
    }

    fn inspect(&self, folder: &Path) -> Result<Binaries, String> {
        if !folder.is_dir() {
            return Err("does not exist".into());
        }
        if let Some(account) = &self.account {
            account
                .require_reach(&folder.join("postgres"))
                .map_err(|error| error.to_string())?;
        }
        let binaries = Binaries::inspect(folder)?;
        match self.required_major {
            Some(major) if major != binaries.major => {
                Err(format!("holds PostgreSQL {}", binaries.major))
            }
            None if binaries.major < OLDEST_MAJOR => Err(format!(
                "holds PostgreSQL {}; {OLDEST_MAJOR} or newer is needed",
                binaries.major
            )),
            _ => Ok(binaries),
        }
    }

    fn nothing_found(self) -> PostgresError {
        let mut places = vec![
            format!("{EXPLICIT} is not set"),
            "looked in /usr/lib/postgresql/*/bin, /usr/pgsql-*/bin and PATH".to_owned(),
        ];
        places.extend(self.notes);
        let searched = places.join("; ");
        match self.required_major {
            Some(major) => PostgresError::NoBinariesOfMajor { major, searched },
            None => PostgresError::NoBinaries { searched },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A folder of stand-ins that answer `--version`.
    fn install(top: &Path, major: u32) -> PathBuf {
        let folder = top.join(format!("{major}/bin"));
        fs::create_dir_all(&folder).unwrap();
        for program in ["postgres", "initdb"] {
            let path = folder.join(program);
            fs::write(
                &path,
                format!("#!/bin/sh\necho '{program} (PostgreSQL) {major}.3 (Stand-in)'\n"),
            )
            .unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        folder
    }

    fn search(required_major: Option<u32>) -> Search {
        Search {
            required_major,
            account: None,
            notes: Vec::new(),
        }
    }

    #[test]
    fn reads_versions_as_packages_print_them() {
        assert_eq!(
            major_of("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"),
            Some(15)
        );
        assert_eq!(major_of("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(major_of("busybox"), None);
    }

    #[test]
    fn takes_the_newest() {
        let top = tempfile::tempdir().unwrap();
        let folders = [
            install(top.path(), 16),
            install(top.path(), 18),
            install(top.path(), 17),
        ];
        assert_eq!(search(None).newest(&folders).unwrap().major(), 18);
    }

    #[test]
    fn the_data_decide_before_age_does() {
        let top = tempfile::tempdir().unwrap();
        let folders = [install(top.path(), 16), install(top.path(), 18)];
        let mut search = search(Some(16));
        let found = search.newest(&folders).unwrap();
        assert_eq!((found.major(), found.folder()), (16, folders[0].as_path()));
    }

    #[test]
    fn versions_too_old_are_passed_over_unless_the_data_want_them() {
        let top = tempfile::tempdir().unwrap();
        let folders = [install(top.path(), 13)];
        assert!(search(None).newest(&folders).is_none());
        assert!(search(Some(13)).newest(&folders).is_some());
    }

    #[test]
    fn says_what_was_found_and_what_to_do() {
        let top = tempfile::tempdir().unwrap();
        let mut search = search(Some(15));
        assert!(search.newest(&[install(top.path(), 17)]).is_none());
        assert!(search.first(&[top.path().join("absent")]).is_none());
        let message = search.nothing_found().to_string();
        for part in [
            "written by PostgreSQL 15",
            "holds PostgreSQL 17",
            "absent: does not exist",
            "postgresql-15",
        ] {
            assert!(message.contains(part), "{part:?} is missing in: {message}");
        }
    }

    #[test]
    fn an_explicit_folder_is_never_replaced_silently() {
        let top = tempfile::tempdir().unwrap();
        let empty = explicit_binaries(top.path(), None).unwrap_err().to_string();
        assert!(empty.contains("there is no `postgres` in it"), "{empty}");

        let folder = install(top.path(), 17);
        let other = explicit_binaries(&folder, Some(15))
            .unwrap_err()
            .to_string();
        assert!(
            other.contains("holds PostgreSQL 17, and the data were written by PostgreSQL 15"),
            "{other}"
        );
        assert_eq!(explicit_binaries(&folder, Some(17)).unwrap().major(), 17);
    }

    #[test]
    fn a_folder_closed_to_the_account_is_noted() {
        let top = tempfile::tempdir().unwrap();
        fs::set_permissions(top.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let folder = install(top.path(), 17);
        let stranger = Account {
            name: "stranger".into(),
            uid: 54321,
            gid: 54321,
        };
        let mut search = Search {
            account: Some(stranger),
            ..search(None)
        };
        assert!(search.first(&[folder]).is_none());
        assert!(
            search.notes[0].contains("closed to the account `stranger`"),
            "{:?}",
            search.notes
        );
    }
}
