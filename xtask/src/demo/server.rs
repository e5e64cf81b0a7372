//! The Unearth that the demo starts and stops.

use std::{
    env,
    io::{BufRead, BufReader},
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc,
    thread,
};

use anyhow::{Context, Result, bail};

use crate::{process, workspace};

/// A running `unearth up`, ended with this value.
pub(super) struct Server {
    child: Child,
    page: String,
}

impl Server {
    /// Starts it and returns once it says where its page is.
    pub(super) fn start() -> Result<Self> {
        let mut command = unearth("up");
        // Its ordinary log would drown the progress of the audit.
        command.args(["--log", "warn"]);
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start `unearth up`")?;
        let said = child.stdout.take().context("`unearth up` has no output")?;
        let mut server = Self {
            child,
            page: String::new(),
        };
        match first_address(said).recv() {
            Ok(page) => server.page = page,
            Err(_) => bail!(
                "`unearth up` ended before it was ready ({})",
                server.child.wait()?
            ),
        }
        Ok(server)
    }

    /// A link to the page that signs one browser in.
    pub(super) fn page(&self) -> &str {
        &self.page
    }

    /// Waits for its end, which Ctrl-C brings: the terminal sends it to all of us.
    pub(super) fn wait(mut self) -> Result<()> {
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end and waits until it has.
    pub(super) fn stop(&mut self) -> Result<()> {
        process::run(Command::new("kill").args(["-TERM", &self.child.id().to_string()]))?;
        let status = self.child.wait()?;
        if !status.success() {
            bail!("`unearth up` did not end cleanly ({status})");
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Only after a failure of ours is it still running; the error is already on its way.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.stop();
        }
    }
}

/// A command of the release binary, run where the user is.
pub(super) fn unearth(subcommand: &str) -> Command {
    let mut command = Command::new(workspace::target("release").join("unearth"));
    command.arg(subcommand);
    if let Ok(folder) = env::current_dir() {
        command.current_dir(folder);
    }
    command
}

/// Passes on everything the server says, and sends the first address in it.
fn first_address(said: ChildStdout) -> mpsc::Receiver<String> {
    let (found, address) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(said).lines().map_while(Result::ok) {
            println!("{line}");
            if let Some(word) = address_in(&line) {
                let _ = found.send(word.to_owned());
            }
        }
    });
    address
}

fn address_in(line: &str) -> Option<&str> {
    line.split_whitespace()
        .find(|word| word.starts_with("http://") || word.starts_with("https://"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_address_in_a_line() {
        assert_eq!(
            address_in("ready: http://127.0.0.1:7878/?token=1 (Ctrl-C ends it)"),
            Some("http://127.0.0.1:7878/?token=1")
        );
        assert_eq!(address_in("starting Postgres"), None);
    }
}
