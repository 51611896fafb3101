//! The files of a journal: which there are, in which order, and that nobody else has them.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// How the names of files end.
const ENDING: &str = "edge";
const LOCK: &str = "lock";
/// A store may not have fewer bytes.
pub(super) const LEAST: u64 = 1 << 20;

/// Why there is no journal.
#[derive(Debug, Error)]
pub enum DiskError {
    /// The folder cannot be made or read.
    #[error("the store's folder `{folder}` cannot be used: {source}")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process has it.
    #[error("the store's folder `{0}` is in use by another process: give each its own")]
    InUse(PathBuf),
    /// It may not have enough bytes for anything.
    #[error("a store of {0} bytes is too small: give it {least} at least", least = LEAST)]
    TooSmall(u64),
}

/// A folder that is ours as long as this lives.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
    _lock: File,
}

impl Folder {
    pub(super) fn open(path: &Path) -> Result<Self, DiskError> {
        let failed = |source| DiskError::Folder { folder: path.to_owned(), source };
        fs::create_dir_all(path).map_err(failed)?;
        let lock =
            File::options().create(true).truncate(false).write(true).open(path.join(LOCK)).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(DiskError::InUse(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    pub(super) fn file(&self, number: u64) -> PathBuf {
        self.path.join(format!("{number:016}.{ENDING}"))
    }

    /// The numbers of all files that are called as ours are, in order, and how many are not.
    pub(super) fn numbers(&self) -> io::Result<(Vec<u64>, u64)> {
        let (mut numbers, mut foreign) = (Vec::new(), 0);
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let name = entry.file_name();
            let number = name.to_str().and_then(number).filter(|_| entry.path().is_file());
            match number {
                Some(number) => numbers.push(number),
                None if name == LOCK => {}
                None => foreign += 1,
            }
        }
        numbers.sort_unstable();
        Ok((numbers, foreign))
    }
}

fn number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(ENDING)?.strip_suffix('.')?;
    let is_ours = digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_digit());
    digits.parse().ok().filter(|_| is_ours)
}
