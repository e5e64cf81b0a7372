//! An S3 server for tests, as a process of its own.
//!
//! It is `s3s-fs`, a server over a folder, as the example `s3_server` of this package: cargo builds examples with the
//! tests, so `cargo nextest run --workspace` has it, and a build of the product has not.

use std::{
    env, fs,
    io::{self, BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// The bucket that a server has.
pub const BUCKET: &str = "unearth-tests";
const ACCESS_KEY: &str = "test-access-key";
const SECRET_KEY: &str = "test-secret-key";

/// An S3 server over a temporary folder, gone with this value.
///
/// ```no_run
/// let server = unearth_test_s3::TestS3::start()?;
/// assert!(server.url().starts_with("http://127.0.0.1:"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct TestS3 {
    process: Child,
    url: String,
    folder: TempDir,
}

impl TestS3 {
    /// Starts a server with one empty [`BUCKET`].
    ///
    /// # Errors
    /// When its program was not built or does not start.
    pub fn start() -> io::Result<Self> {
        let folder = TempDir::with_prefix("unearth-test-s3-")?;
        fs::create_dir(folder.path().join(BUCKET))?;
        let (process, url) = spawn("127.0.0.1:0", folder.path())?;
        Ok(Self {
            process,
            url,
            folder,
        })
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The variables by which clients reach it.
    pub fn settings(&self) -> Vec<(String, String)> {
        [
            ("AWS_ENDPOINT_URL", self.url()),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    /// Kills it, as a power failure does.
    ///
    /// # Errors
    /// When the system does.
    pub fn kill(&mut self) -> io::Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    /// Starts it again where it was.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_again(&mut self) -> io::Result<()> {
        let address = self.url.trim_start_matches("http://");
        (self.process, self.url) = spawn(address, self.folder.path())?;
        Ok(())
    }

    /// Files that the server keeps of uploads that were neither completed nor aborted.
    ///
    /// # Errors
    /// When its folder cannot be read.
    pub fn unfinished_uploads(&self) -> io::Result<Vec<PathBuf>> {
        let mut unfinished = Vec::new();
        for entry in fs::read_dir(self.folder.path())? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with(".upload") {
                unfinished.push(path);
            }
        }
        Ok(unfinished)
    }
}

impl Drop for TestS3 {
    fn drop(&mut self) {
        // It may have been killed before.
        let _ = self.kill();
    }
}

/// Starts the server at an address, on a folder, and waits until it says where it is.
fn spawn(address: &str, folder: &Path) -> io::Result<(Child, String)> {
    let mut process = Command::new(program()?)
        .arg(address)
        .arg(folder)
        .args([ACCESS_KEY, SECRET_KEY])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let output = process.stdout.take().map(BufReader::new);
    match output.and_then(|output| output.lines().next()) {
        Some(url) => Ok((process, url?)),
        None => Err(io::Error::other("the S3 server ended at once")),
    }
}

/// The example lies in `examples`, beside the `deps` that tests run from.
fn program() -> io::Result<PathBuf> {
    let test = env::current_exe()?;
    let program = test
        .ancestors()
        .nth(2)
        .map(|build| build.join("examples/s3_server"));
    match program {
        Some(program) if program.is_file() => Ok(program),
        _ => Err(io::Error::new(
            io::ErrorKind::NotFound,
            "the S3 server was not built: run the tests with `--workspace`, or first \
             `cargo build --workspace --examples`",
        )),
    }
}
