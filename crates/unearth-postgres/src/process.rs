//! The few system calls that the standard library does not offer.
#![expect(
    unsafe_code,
    reason = "prctl, kill and waitid have no safe counterpart in the standard library"
)]

use std::{io, mem::MaybeUninit, os::unix::process::CommandExt, process::Command};

/// What to ask of a running server.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Signal {
    /// SIGINT: end all sessions, write a checkpoint, end.
    FastShutdown,
    /// SIGQUIT: end at once; the next start recovers from the log.
    ImmediateShutdown,
}

/// The effective user of this process; 0 is root.
pub(crate) fn effective_uid() -> u32 {
    // SAFETY: geteuid takes nothing, touches no memory of ours and cannot fail.
    unsafe { libc::geteuid() }
}

/// Arranges that the child gets a fast shutdown when the thread that spawns it ends.
///
/// The kernel watches the spawning *thread*, not the process: spawn from a thread that lives as long as
/// the child should.
pub(crate) fn die_with_spawning_thread(command: &mut Command) {
    let parent = std::process::id();
    let ask_for_signal = move || {
        // SAFETY: prctl and getppid are async-signal-safe system calls without pointer arguments.
        let (asked, parent_now) = unsafe {
            (
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGINT),
                libc::getppid(),
            )
        };
        if asked != 0 {
            return Err(io::Error::last_os_error());
        }
        // A parent that died between fork and prctl sends no signal any more.
        if u32::try_from(parent_now) != Ok(parent) {
            return Err(io::Error::from_raw_os_error(libc::ESRCH));
        }
        Ok(())
    };
    // SAFETY: the closure runs between fork and exec and makes only the two system calls above; it neither
    // allocates nor takes locks. The standard library runs it after the change of user, which would
    // otherwise clear the request.
    unsafe {
        command.pre_exec(ask_for_signal);
    }
}

/// Sends a signal to a child that has not been reaped yet.
pub(crate) fn send(pid: u32, signal: Signal) -> io::Result<()> {
    let number = match signal {
        Signal::FastShutdown => libc::SIGINT,
        Signal::ImmediateShutdown => libc::SIGQUIT,
    };
    // SAFETY: kill takes two integers. The caller holds the child unreaped, so the number is still its own.
    let sent = unsafe { libc::kill(pid.cast_signed(), number) };
    if sent == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Blocks until the child has ended, and leaves it to be reaped, so that its number is not given away.
pub(crate) fn wait_without_reaping(pid: u32) -> io::Result<()> {
    loop {
        let mut info = MaybeUninit::<libc::siginfo_t>::uninit();
        // SAFETY: `info` is writable memory of the right type and is not read afterwards.
        let waited = unsafe {
            libc::waitid(
                libc::P_PID,
                pid,
                info.as_mut_ptr(),
                libc::WEXITED | libc::WNOWAIT,
            )
        };
        if waited == 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}
