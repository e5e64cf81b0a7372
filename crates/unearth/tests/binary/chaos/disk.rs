//! A small disk of its own, so that it can be full.

use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Several times what the test needs.
const SIZE: &str = "size=1500m,mode=755";
static PIECE: [u8; 1 << 20] = [0; 1 << 20];

/// A mounted tmpfs; unmounted when it is dropped.
pub(crate) struct Disk {
    mounted: Option<PathBuf>,
}

impl Disk {
    /// Mounts one on a folder, where this user may.
    pub(crate) fn mount(folder: &Path) -> Self {
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", SIZE, "tmpfs"])
            .arg(folder)
            .stderr(Stdio::null())
            .status();
        let is_mounted = mount.is_ok_and(|status| status.success());
        if !is_mounted {
            eprintln!("SKIPPED: no disk is made full here, since this user may mount none");
        }
        Self {
            mounted: is_mounted.then(|| folder.to_owned()),
        }
    }

    /// Leaves no byte free; false where the disk is not a small one of our own.
    pub(crate) fn fill(&self, ballast: &Path) -> bool {
        if self.mounted.is_none() {
            return false;
        }
        let mut file = File::create(ballast).expect("a name takes no room");
        for piece in [&PIECE[..], &PIECE[..4096]] {
            // A write that has no room may still have written some of it.
            while file.write(piece).is_ok_and(|written| written > 0) {}
        }
        true
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Some(folder) = &self.mounted {
            // Lazily: processes that are on their way out may still hold files.
            let _ = Command::new("umount").arg("-l").arg(folder).status();
        }
    }
}
