//! The running server.

use std::{
    env,
    fs::{self, File},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    account::Account,
    binaries::{Binaries, find_binaries},
    cluster,
    config::{Config, Durability},
    directory::Directory,
    error::PostgresError,
    keeper::Keeper,
    log::Log,
    postmaster_pid::PostmasterPid,
    process::Signal,
    socket, url,
};

/// A killed server's back-ends need a moment to notice; a server told to stop needs one to flush.
const PATIENCE_WITH_PREDECESSOR: Duration = Duration::from_secs(20);
/// Recovery after a crash replays at most a few gigabytes of log.
const PATIENCE_WITH_START: Duration = Duration::from_mins(5);
/// A fast shutdown writes one checkpoint.
const PATIENCE_WITH_STOP: Duration = Duration::from_mins(1);
/// How often to look whether a condition outside this process holds.
const GLANCE: Duration = Duration::from_millis(5);
/// Pause before another attempt on a directory that its predecessor has not let go of.
const PAUSE: Duration = Duration::from_millis(100);

/// A private server that lives as long as this handle, and never longer than this process.
#[derive(Debug)]
pub struct PrivatePostgres {
    keeper: Keeper,
    url: String,
    major: u32,
    socket_directory: PathBuf,
    /// Held so that no other process starts a server on the same directory.
    _lock: File,
}

impl PrivatePostgres {
    /// Starts the server of `config`'s directory and returns once it accepts connections. The first start
    /// makes the cluster (about 0.6 s); later ones take some 40 ms, or as long as recovery needs.
    ///
    /// # Errors
    /// Where no fitting binaries are installed, another server uses the directory, or the server does not
    /// come up; the message quotes its log.
    pub fn start(config: &Config) -> Result<Self, PostgresError> {
        let account = Account::to_drop_to()?;
        let directory = Directory::new(&config.directory)?;
        directory.prepare(account.as_ref())?;
        let lock = directory.lock()?;

        let binaries = find_binaries(directory.major(), &config.bundled)?;
        let password = directory.password(account.as_ref())?;
        cluster::initialise(&directory, &binaries, account.as_ref(), config.durability)?;
        let socket_directory = socket::prepare_directory(directory.root(), account.as_ref())?;

        let launch = Launch {
            directory: &directory,
            binaries: &binaries,
            account: account.as_ref(),
            durability: config.durability,
            socket_directory: &socket_directory,
        };
        let keeper = launch.until_ready()?;
        tracing::info!(
            directory = %directory.root().display(),
            major = binaries.major(),
            pid = keeper.pid(),
            "the private Postgres accepts connections"
        );
        Ok(Self {
            keeper,
            url: url::for_socket(&socket_directory, &password),
            major: binaries.major(),
            socket_directory,
            _lock: lock,
        })
    }

    /// A `postgres://` URL with the password in it: keep it out of logs.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The major version of the server.
    pub fn major(&self) -> u32 {
        self.major
    }

    /// The process number of the server.
    pub fn pid(&self) -> u32 {
        self.keeper.pid()
    }

    /// How the server ended, should it have ended by itself; `None` while it runs.
    pub fn ended(&self) -> Option<ExitStatus> {
        self.keeper.ended()
    }

    /// Ends all sessions, flushes everything and waits for the end.
    ///
    /// # Errors
    /// Where the server ended otherwise than asked. Committed data are safe all the same.
    pub fn stop(self) -> Result<(), PostgresError> {
        match self.shut_down() {
            Some(status) if !status.success() => Err(PostgresError::UncleanStop { status }),
            _ => Ok(()),
        }
    }

    fn shut_down(&self) -> Option<ExitStatus> {
        for signal in [Signal::FastShutdown, Signal::ImmediateShutdown] {
            if let Err(error) = self.keeper.signal(signal) {
                tracing::warn!(%error, ?signal, "cannot signal the private Postgres");
            }
            if let Some(status) = self.keeper.wait(PATIENCE_WITH_STOP) {
                return Some(status);
            }
            tracing::warn!(?signal, "the private Postgres did not end in time");
        }
        None
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        self.shut_down();
        // Empty now, and perhaps in /tmp; the next start makes it again.
        let _ = fs::remove_dir(&self.socket_directory);
    }
}

/// A command for one of the server's programs: as the right user, deaf to the terminal's Ctrl-C, and
/// untouched by `PGPORT`, `PGDATA` and the like.
pub(crate) fn server_command(program: &Path, account: Option<&Account>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PG")) {
        command.env_remove(name);
    }
    command
        .env("LC_ALL", "C") // We read its messages.
        .current_dir("/") // The account may not be allowed where we are.
        .process_group(0)
        .stdin(Stdio::null());
    if let Some(account) = account {
        command.uid(account.uid).gid(account.gid);
    }
    command
}

/// Everything one start needs.
struct Launch<'a> {
    directory: &'a Directory,
    binaries: &'a Binaries,
    account: Option<&'a Account>,
    durability: Durability,
    socket_directory: &'a Path,
}

/// How one attempt to start ended.
enum Attempt {
    Ready(Keeper),
    /// The directory is still in the hands of a predecessor.
    Held(PostgresError),
}

impl Launch<'_> {
    /// Tries until the server is ready or a predecessor has used up our patience.
    fn until_ready(&self) -> Result<Keeper, PostgresError> {
        let deadline = Instant::now() + PATIENCE_WITH_PREDECESSOR;
        loop {
            match self.attempt()? {
                Attempt::Ready(keeper) => return Ok(keeper),
                Attempt::Held(error) if Instant::now() >= deadline => return Err(error),
                Attempt::Held(_) => thread::sleep(PAUSE),
            }
        }
    }

    fn attempt(&self) -> Result<Attempt, PostgresError> {
        let (log, file) = Log::open(&self.directory.log_file())?;
        let program = self.binaries.postgres();
        let keeper = self
            .command(&program, file)
            .and_then(Keeper::spawn)
            .map_err(|source| PostgresError::Spawn { program, source })?;

        let deadline = Instant::now() + PATIENCE_WITH_START;
        while Instant::now() < deadline {
            if self.is_ready(keeper.pid()) {
                return Ok(Attempt::Ready(keeper));
            }
            if let Some(status) = keeper.wait(GLANCE) {
                return self.explain(status, &log);
            }
        }
        // Its handle goes away with this error, so it must not be left running.
        let _ = keeper.signal(Signal::ImmediateShutdown);
        Err(PostgresError::NotReady {
            waited_seconds: PATIENCE_WITH_START.as_secs(),
            tail: log.tail(),
            log: log.path().to_owned(),
        })
    }

    fn is_ready(&self, pid: u32) -> bool {
        PostmasterPid::read(&self.directory.data())
            .is_some_and(|server| server.pid == pid && server.is_ready())
    }

    /// Tells a predecessor that is still ending from every other reason.
    fn explain(&self, status: ExitStatus, log: &Log) -> Result<Attempt, PostgresError> {
        let said = log.said();
        let directory = self.directory.root().to_owned();
        let waited_seconds = PATIENCE_WITH_PREDECESSOR.as_secs();
        if said.contains("pre-existing shared memory block") {
            return Ok(Attempt::Held(PostgresError::HeldByBackends {
                directory,
                waited_seconds,
            }));
        }
        let ended = PostgresError::EndedAtStart {
            status,
            tail: log.tail(),
            log: log.path().to_owned(),
        };
        if !(said.contains("lock file") && said.contains("already exists")) {
            return Err(ended);
        }
        // Who held it may be gone by now.
        let held = self
            .lock_holder()
            .map(|pid| PostgresError::HeldByOtherServer {
                directory,
                pid,
                waited_seconds,
            });
        Ok(Attempt::Held(held.unwrap_or(ended)))
    }

    fn lock_holder(&self) -> Option<u32> {
        PostmasterPid::read(&self.directory.data()).map(|server| server.pid)
    }

    fn command(&self, program: &Path, log: File) -> std::io::Result<Command> {
        let mut command = server_command(program, self.account);
        command.arg("-D").arg(self.directory.data());
        command.arg("-k").arg(quoted(self.socket_directory));
        command.args(["-p", &url::PORT.to_string()]);
        for setting in self.settings() {
            command.args(["-c", setting]);
        }
        command.stdout(log.try_clone()?).stderr(log);
        Ok(command)
    }

    fn settings(&self) -> Vec<&'static str> {
        let mut settings = vec![
            "listen_addresses=", // No network.
            "unix_socket_permissions=0700",
            "cluster_name=unearth",
            "timezone=UTC",
            "log_timezone=UTC",
        ];
        match self.durability {
            Durability::Full => settings.extend(["fsync=on", "max_wal_size=2GB"]),
            // Commits still reach the operating system, so they survive the death of the server.
            Durability::TestOnly => settings.extend([
                "fsync=off",
                "full_page_writes=off",
                "shared_buffers=32MB",
                "max_wal_size=1GB",
            ]),
        }
        settings
    }
}

/// A folder as an item of `unix_socket_directories`, which is a list.
fn quoted(folder: &Path) -> String {
    format!("\"{}\"", folder.to_string_lossy().replace('"', "\"\""))
}
