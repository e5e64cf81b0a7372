//! The server's log file: appended to by the server, quoted by our errors.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use crate::error::PostgresError;

/// Enough for the reason of a failed start, little enough for a terminal.
const TAIL_LINES: usize = 20;

/// A position in the log file, from which one start's messages are read.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    from: u64,
}

impl Log {
    /// Opens (or makes) the file for the server, and remembers where its messages will begin.
    pub(crate) fn open(path: &Path) -> Result<(Self, File), PostgresError> {
        let opened = File::options().create(true).append(true).open(path);
        let file = opened.map_err(PostgresError::file("open", path))?;
        let from = file
            .metadata()
            .map_err(PostgresError::file("read", path))?
            .len();
        Ok((
            Self {
                path: path.to_owned(),
                from,
            },
            file,
        ))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Everything said since this start; what cannot be read counts as nothing said.
    pub(crate) fn said(&self) -> String {
        self.read().unwrap_or_default()
    }

    /// The last lines said since this start.
    pub(crate) fn tail(&self) -> String {
        let said = self.said();
        let lines: Vec<&str> = said.lines().collect();
        lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
    }

    fn read(&self) -> io::Result<String> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.from))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn quotes_only_what_was_said_since_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("postgres.log");
        std::fs::write(&path, "an old message\n").unwrap();

        let (log, mut file) = Log::open(&path).unwrap();
        assert_eq!(log.tail(), "");
        for line in 0..TAIL_LINES + 5 {
            writeln!(file, "line {line}").unwrap();
        }
        assert!(log.said().starts_with("line 0\n"));
        assert!(log.tail().starts_with("line 5\n"));
        assert_eq!(log.tail().lines().count(), TAIL_LINES);
    }
}
