//! Emptying a folder of many files.
//!
//! A file system that hands blocks back to the disk as files go (ext4 with `discard`) keeps whoever removes one waiting
//! for milliseconds, and a database has more than a thousand. So several are removed at once. Folders are followed by
//! their descriptors: in one that another user may write to, a name could become a link to somewhere else meanwhile.

use std::ffi::CString;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, openat, unlinkat};

/// As many are under way at once.
const AT_ONCE: usize = 16;
/// Fewer files than this are removed just as well one by one.
const FEW: usize = 64;
/// Folders that are held open meanwhile, at the most; what is in others is left.
const MOST_FOLDERS: usize = 200;

/// Removes files below a folder, but for those right in it and for folders; whoever removes these finds little left to
/// do, and says what could not be removed.
pub(crate) fn empty(folder: &Path) {
    let mut found = Found::default();
    let top = openat(CWD, folder, OPENING, Mode::empty());
    if top.map_err(io::Error::from).and_then(|top| found.look(top, true)).is_err() || found.files.len() < FEW
    {
        return;
    }
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some((folder, name)) = found.files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let _ = unlinkat(&found.folders[*folder], name, AtFlags::empty());
        }
    };
    thread::scope(|scope| {
        for _ in 1..AT_ONCE {
            // Without threads the rest of the work is this one's.
            let _ = thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
}

const OPENING: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// What is there: folders, and files by the place of their folder.
#[derive(Default)]
struct Found {
    folders: Vec<OwnedFd>,
    files: Vec<(usize, CString)>,
}

impl Found {
    /// Looks into a folder and those in it. What cannot be looked at is left.
    fn look(&mut self, folder: OwnedFd, is_top: bool) -> io::Result<()> {
        let mut within = Vec::new();
        let place = self.folders.len();
        for entry in Dir::read_from(&folder)? {
            let entry = entry?;
            let name = entry.file_name();
            match entry.file_type() {
                FileType::Directory if name != c"." && name != c".." => within.push(name.to_owned()),
                FileType::RegularFile if !is_top => self.files.push((place, name.to_owned())),
                _ => {}
            }
        }
        self.folders.push(folder);
        for name in within {
            if self.folders.len() < MOST_FOLDERS
                && let Ok(folder) = openat(&self.folders[place], &name, OPENING, Mode::empty())
            {
                self.look(folder, false)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_below_goes_and_nothing_that_is_only_linked() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("kept"), "").unwrap();
        let place = tempfile::tempdir().unwrap();
        let deep = place.path().join("data/base/5");
        fs::create_dir_all(&deep).unwrap();
        for number in 0..300 {
            fs::write(deep.join(number.to_string()), "rows").unwrap();
        }
        fs::write(place.path().join("lock"), "").unwrap();
        std::os::unix::fs::symlink(outside.path(), place.path().join("data/link")).unwrap();
        empty(place.path());
        assert_eq!(fs::read_dir(&deep).unwrap().count(), 0);
        assert!(place.path().join("lock").exists() && outside.path().join("kept").exists());
    }

    #[test]
    fn what_is_not_there_is_nothing_to_remove() {
        let place = tempfile::tempdir().unwrap();
        empty(&place.path().join("nowhere"));
        empty(place.path());
    }
}
