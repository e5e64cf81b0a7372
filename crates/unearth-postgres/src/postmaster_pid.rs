//! The lock file `postmaster.pid`, in which the server says who it is and whether it is ready.

use std::{fs, path::Path, path::PathBuf};

/// What the server has written so far; the file grows line by line during the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PostmasterPid {
    pub(crate) pid: u32,
    port: Option<u16>,
    socket_directory: Option<PathBuf>,
    status: Option<String>,
}

impl PostmasterPid {
    /// Reads the file in `data`; `None` where there is none or nothing useful in it yet.
    pub(crate) fn read(data: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(data.join("postmaster.pid")).ok()?)
    }

    /// Lines as in `src/include/utils/pidfile.h`: pid, data directory, start time, port, socket directory,
    /// listen address, shared memory key, status.
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines().map(str::trim);
        let pid = lines.next()?.parse().ok()?;
        let port = lines.nth(2).and_then(|line| line.parse().ok());
        let socket_directory = lines
            .next()
            .filter(|line| !line.is_empty())
            .map(PathBuf::from);
        let status = lines.nth(2).map(str::to_owned);
        Some(Self {
            pid,
            port,
            socket_directory,
            status,
        })
    }

    /// Whether the server accepts connections.
    pub(crate) fn is_ready(&self) -> bool {
        self.status.as_deref() == Some("ready")
    }

    /// The file of the socket, once it is known.
    pub(crate) fn socket(&self) -> Option<PathBuf> {
        Some(
            self.socket_directory
                .as_ref()?
                .join(format!(".s.PGSQL.{}", self.port?)),
        )
    }

    /// The directory of the socket, once it is known.
    pub(crate) fn socket_directory(&self) -> Option<&Path> {
        self.socket_directory.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: &str =
        "4242\n/srv/u/data\n1764000000\n5432\n/srv/u/run\n\n  5432001     98304\nready   \n";

    #[test]
    fn reads_a_ready_server() {
        let server = PostmasterPid::parse(READY).unwrap();
        assert!(server.is_ready());
        assert_eq!(server.pid, 4242);
        assert_eq!(
            server.socket().unwrap(),
            Path::new("/srv/u/run/.s.PGSQL.5432")
        );
    }

    #[test]
    fn every_prefix_of_the_file_is_a_server_that_is_not_ready() {
        for end in 0..READY.find("ready").unwrap() {
            let ready = PostmasterPid::parse(&READY[..end]).is_some_and(|server| server.is_ready());
            assert!(!ready, "ready after {end} bytes");
        }
    }

    #[test]
    fn a_starting_server_is_not_ready() {
        let server = PostmasterPid::parse(&READY.replace("ready   ", "starting")).unwrap();
        assert!(!server.is_ready());
    }
}
