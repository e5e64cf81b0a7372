//! Finding a private server that another process runs.

use std::{os::unix::net::UnixStream, path::Path};

use crate::{directory::Directory, postmaster_pid::PostmasterPid, url};

/// The URL of the private server that runs in `directory` now; `None` where none does, or where this user
/// may not know.
///
/// The server says itself where its socket is; its password lies beside the data.
pub fn connect_running(directory: &Path) -> Option<String> {
    let directory = Directory::new(directory).ok()?;
    let server = PostmasterPid::read(&directory.data()).filter(PostmasterPid::is_ready)?;
    let password = directory.existing_password().ok()??;
    // The file outlives a killed server; an accepted connection does not.
    UnixStream::connect(server.socket()?).ok()?;
    Some(url::for_socket(server.socket_directory()?, &password))
}
