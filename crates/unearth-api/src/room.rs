//! Whether an audit fits on the disks, as far as they can be seen from here.

use crate::{
    App,
    problem::{self, Problem},
};
use std::{os::unix::fs::MetadataExt as _, path::Path};
use unearth_audit::Estimate;
use unearth_store::audits;

/// Room on the file system that holds a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskSpace {
    /// Which file system; equal for folders that share one.
    pub file_system: u64,
    /// Bytes that may still be written to it.
    pub free_bytes: u64,
}

/// Room on the file system of `folder`; none when the folder is not there or may not be looked at,
/// as with a database on another machine.
pub fn disk_space(folder: &Path) -> Option<DiskSpace> {
    let file_system = std::fs::metadata(folder).ok()?.dev();
    let room = rustix::fs::statvfs(folder).ok()?;
    Some(DiskSpace {
        file_system,
        free_bytes: room.f_bavail.saturating_mul(room.f_frsize),
    })
}

/// Refuses an audit that would not fit beside those that are queued or running.
///
/// These count with their whole estimates, also with what they have written already: better an
/// audit refused too early than one that fills the disk.
pub(crate) async fn check(app: &App, estimate: &Estimate) -> Result<(), Problem> {
    let pending = audits::pending_bytes(&app.db).await?;
    let folder = app.db.data_directory().await?;
    let database = Need {
        place: "the database",
        bytes: estimate.database_bytes,
        pending: pending.database,
        space: folder.and_then(|folder| (app.disk_space)(Path::new(&folder))),
    };
    let blobs = Need {
        place: "the blob store",
        bytes: estimate.blob_bytes,
        pending: pending.blobs,
        space: app.blobs.folder().and_then(app.disk_space),
    };
    for need in by_file_system(database, blobs) {
        need.check()?;
    }
    Ok(())
}

/// What is wanted of one file system.
#[derive(Debug, Clone, Copy)]
struct Need {
    place: &'static str,
    /// Wanted by the new audit.
    bytes: u64,
    /// Wanted by those before it.
    pending: u64,
    /// None where nobody can tell: a database on another machine, blobs in a bucket.
    space: Option<DiskSpace>,
}

fn by_file_system(database: Need, blobs: Need) -> Vec<Need> {
    match (database.space, blobs.space) {
        (Some(one), Some(other)) if one.file_system == other.file_system => vec![Need {
            place: "the database and the blob store on one disk",
            bytes: database.bytes.saturating_add(blobs.bytes),
            pending: database.pending.saturating_add(blobs.pending),
            space: database.space,
        }],
        _ => vec![database, blobs],
    }
}

impl Need {
    fn check(self) -> Result<(), Problem> {
        let needed = self.bytes.saturating_add(self.pending);
        let Some(free) = self.space.map(|space| space.free_bytes) else {
            return Ok(());
        };
        if needed <= free {
            return Ok(());
        }
        let others = match self.pending {
            0 => String::new(),
            bytes => format!(", {bytes} of them for audits that are queued or running"),
        };
        let place = self.place;
        let detail =
            format!("about {needed} bytes are needed for {place}{others}, and {free} are free");
        Err(Problem::new(&problem::TOO_LITTLE_ROOM, detail).hint(
            "free some disk space, lower `recipe.checkpoints` or `recipe.image_size`, or delete audits",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_one_file_system_are_known_as_such() {
        let folder = tempfile::tempdir().expect("a folder");
        let below = folder.path().join("below");
        std::fs::create_dir(&below).expect("a folder below it");
        let file_system = |folder: &Path| disk_space(folder).map(|space| space.file_system);
        assert!(file_system(&below).is_some());
        assert_eq!(file_system(&below), file_system(folder.path()));
        assert_ne!(file_system(&below), file_system(Path::new("/proc")));
    }

    #[test]
    fn a_folder_that_is_not_there_has_no_room_to_tell_of() {
        assert_eq!(disk_space(Path::new("/no/such/folder")), None);
    }
}
