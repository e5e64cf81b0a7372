//! What can go wrong, said so that the reader knows what to do next.

use std::{io, path::PathBuf, process::ExitStatus};

/// Why a private Postgres could not be found, started or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PostgresError {
    /// No usable server is installed.
    #[error(
        "no PostgreSQL server found ({searched}). Install PostgreSQL (on Debian: `apt-get install postgresql`), \
         or run `cargo xtask setup` in a checkout, or name a folder of binaries in UNEARTH_PG_BIN, \
         or set DATABASE_URL to a server of your own"
    )]
    NoBinaries {
        /// Where we looked and what was there.
        searched: String,
    },

    /// The data were written by a major version that is not installed.
    #[error(
        "the data were written by PostgreSQL {major}, and no PostgreSQL {major} was found ({searched}). \
         Install it (on Debian: `apt-get install postgresql-{major}`), or name its folder in UNEARTH_PG_BIN"
    )]
    NoBinariesOfMajor {
        /// The major version that the data directory asks for.
        major: u32,
        /// Where we looked and what was there.
        searched: String,
    },

    /// `UNEARTH_PG_BIN` names a folder that does not hold a usable server.
    #[error(
        "UNEARTH_PG_BIN is {path}, but {problem}. Point it at a folder with `postgres` and `initdb`, or unset it"
    )]
    UnusableExplicitBinaries {
        /// The value of the variable.
        path: PathBuf,
        /// What is missing or wrong there.
        problem: String,
    },

    /// Neither `XDG_DATA_HOME` nor `HOME` says where data may live.
    #[error("no place to keep the database: set HOME or XDG_DATA_HOME, or name a data directory")]
    NoHome,

    /// Root has no unprivileged account to run the server as.
    #[error(
        "PostgreSQL refuses to run as root, and neither of the accounts `postgres` and `nobody` exists: \
         create one (`useradd --system postgres`), or run as an ordinary user, or set DATABASE_URL"
    )]
    NoUnprivilegedAccount,

    /// The unprivileged account cannot reach a path because a folder above it is closed.
    #[error(
        "{folder} is closed to the account `{account}`, which runs the server, so it cannot reach {path}. \
         Choose a path outside, for example below /var/lib, or open the folder with `chmod o+x`"
    )]
    Unreachable {
        /// The path wanted.
        path: PathBuf,
        /// The closed folder above it.
        folder: PathBuf,
        /// The account.
        account: String,
    },

    /// A file or directory of ours could not be read or written.
    #[error("cannot {action} {path}")]
    File {
        /// What was tried, as an infinitive.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },

    /// The folder for the socket exists and belongs to somebody else, or others may enter it.
    #[error(
        "{path} should be a private folder of ours for the database socket and is not: remove it and start again"
    )]
    UnsafeSocketDirectory {
        /// The folder.
        path: PathBuf,
    },

    /// Another process of ours holds the directory.
    #[error(
        "another process already runs the private Postgres in {directory}: use that one, or stop it first"
    )]
    AlreadyRunning {
        /// The directory of the private server.
        directory: PathBuf,
    },

    /// A server that we did not start holds the data directory.
    #[error(
        "another PostgreSQL server (process {pid}) uses the data in {directory}, and it did not end within \
         {waited_seconds} s: stop it with `kill -INT {pid}` and start again"
    )]
    HeldByOtherServer {
        /// The directory of the private server.
        directory: PathBuf,
        /// The process that holds it, as its lock file says.
        pid: u32,
        /// How long we waited for it to end.
        waited_seconds: u64,
    },

    /// The previous server was killed and some of its back-ends are still at work.
    #[error(
        "a previous server in {directory} was killed, and its back-end processes did not end within \
         {waited_seconds} s: find them with `pgrep -af postgres`, end them with `kill -TERM`, and start again"
    )]
    HeldByBackends {
        /// The directory of the private server.
        directory: PathBuf,
        /// How long we waited for them to end.
        waited_seconds: u64,
    },

    /// A program could not be started at all.
    #[error("cannot run {program}")]
    Spawn {
        /// The program.
        program: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },

    /// `initdb` failed.
    #[error("{program} could not make a new database cluster ({status}): {output}")]
    Initdb {
        /// The program.
        program: PathBuf,
        /// How it ended.
        status: ExitStatus,
        /// What it said.
        output: String,
    },

    /// The server ended before it accepted connections.
    #[error("PostgreSQL ended while starting ({status}). The end of {log} says:\n{tail}")]
    EndedAtStart {
        /// How it ended.
        status: ExitStatus,
        /// Its log file.
        log: PathBuf,
        /// The end of the log.
        tail: String,
    },

    /// The server lives but does not accept connections.
    #[error(
        "PostgreSQL did not accept connections within {waited_seconds} s. The end of {log} says:\n{tail}"
    )]
    NotReady {
        /// How long we waited.
        waited_seconds: u64,
        /// Its log file.
        log: PathBuf,
        /// The end of the log.
        tail: String,
    },

    /// The server did not shut down cleanly.
    #[error("PostgreSQL did not shut down cleanly ({status}); it recovers at the next start")]
    UncleanStop {
        /// How it ended.
        status: ExitStatus,
    },
}

impl PostgresError {
    /// Wraps an I/O error with what was tried and where.
    pub(crate) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }
}
