//! A folder for a while, in the system's place for such folders.
//!
//! It goes when it is dropped. A process that is killed leaves it behind, but not the lock in it, so that the next
//! start can tell that nobody needs it any more.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use crate::empty::empty;

const PREFIX: &str = "loadline-tmp-";
const LOCK: &str = ".loadline-lock";
/// The lock's name until it is held: under its own name it is never seen unlocked while somebody needs the folder.
const LOCK_BEING_MADE: &str = ".loadline-lock.new";
/// A folder without a lock may be one that is just being made.
const BEING_MADE: Duration = Duration::from_mins(1);

/// A folder that is gone when nobody needs it any more.
#[derive(Debug)]
pub struct TemporaryFolder {
    folder: TempDir,
    // Held as long as the folder is needed.
    _lock: File,
}

impl TemporaryFolder {
    /// A new one; those that processes before left behind are removed.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new() -> io::Result<Self> {
        Self::within(&std::env::temp_dir())
    }

    fn within(place: &Path) -> io::Result<Self> {
        sweep(place);
        // Others may pass through, such as the user that a database runs as, and see nothing.
        let folder = tempfile::Builder::new()
            .prefix(PREFIX)
            .permissions(Permissions::from_mode(0o711))
            .tempdir_in(place)?;
        let unnamed = folder.path().join(LOCK_BEING_MADE);
        let lock = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unnamed)?;
        lock.try_lock()?;
        fs::rename(unnamed, folder.path().join(LOCK))?;
        Ok(Self { folder, _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // What is left of it goes with its own drop.
        let _ = empty_but_lock(self.folder.path());
    }
}

/// Removes what processes of this user left behind.
fn sweep(place: &Path) {
    let Ok(entries) = fs::read_dir(place) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX)) {
            // What cannot be removed today is no reason not to go on.
            let _ = remove_if_left(&entry.path());
        }
    }
}

fn remove_if_left(folder: &Path) -> io::Result<()> {
    let metadata = fs::symlink_metadata(folder)?;
    if !metadata.is_dir() || metadata.uid() != rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    let lock = folder.join(LOCK);
    // A lock that is a link to something else is not ours.
    if !fs::symlink_metadata(&lock).is_ok_and(|lock| lock.is_file()) {
        let old = metadata.modified()?.elapsed().is_ok_and(|age| age > BEING_MADE);
        if !old {
            return Ok(());
        }
        match fs::remove_file(folder.join(LOCK_BEING_MADE)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // Only what is empty: a folder without our lock may be somebody else's.
        return fs::remove_dir(folder);
    }
    let lock = File::open(lock)?;
    lock.try_lock()?;
    empty_but_lock(folder)?;
    fs::remove_dir_all(folder)
}

/// Removes what is in it, but not the lock: without it nobody could tell whose the rest is, should this be cut short.
fn empty_but_lock(folder: &Path) -> io::Result<()> {
    empty(folder);
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else if entry.file_name() != LOCK {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_start_removes_what_was_left_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let alive = TemporaryFolder::within(place.path()).unwrap();
        let left = place.path().join("loadline-tmp-left");
        fs::create_dir(&left).unwrap();
        fs::write(left.join(LOCK), "").unwrap();
        fs::write(left.join("round.run"), "data").unwrap();
        let others = place.path().join("loadline-tmp-notes");
        fs::create_dir(&others).unwrap();
        fs::write(others.join("text"), "mine").unwrap();
        let being_made = place.path().join("loadline-tmp-new");
        fs::create_dir(&being_made).unwrap();

        let next = TemporaryFolder::within(place.path()).unwrap();
        assert!(alive.path().exists() && next.path().exists());
        assert!(!left.exists());
        assert!(others.exists() && being_made.exists());
        drop((alive, next));
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 2);
    }

    #[test]
    fn the_lock_goes_last() {
        let place = tempfile::tempdir().unwrap();
        let left = place.path().join("loadline-tmp-left");
        fs::create_dir_all(left.join("data/base")).unwrap();
        for file in [LOCK, "postgres.log", "data/base/1"] {
            fs::write(left.join(file), "").unwrap();
        }
        empty_but_lock(&left).unwrap();
        let names: Vec<_> = fs::read_dir(&left).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, [LOCK]);
        drop(TemporaryFolder::within(place.path()).unwrap());
        assert!(!left.exists());
    }

    #[test]
    fn who_starts_removes_nothing_of_who_starts_as_well() {
        let place = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        let folder = TemporaryFolder::within(place.path()).unwrap();
                        assert!(folder.path().join(LOCK).exists());
                    }
                });
            }
        });
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }
}
