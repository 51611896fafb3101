//! Where script files come from: the disk, or a tree in memory.
//!
//! The compiler asks for files only through [`Files`], so everything else in it is a pure function of the
//! tree, tests need no temporary folders, and a script can be compiled that was never saved anywhere.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

/// Links followed in a row before a path is taken for a circle of links.
const MAX_LINKS: usize = 40;

/// What stands at a path.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link; never the answer for a call that follows links.
    Link,
}

/// A read-only tree of files with absolute paths.
pub trait Files: Send + Sync + 'static {
    /// The bytes of the file at `path`, links followed.
    ///
    /// # Errors
    /// Whatever reading a file can give; `NotFound` when there is none.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// What stands at `path`; with `follow`, links are followed to what they point at.
    ///
    /// # Errors
    /// `NotFound` when nothing stands there.
    fn kind(&self, path: &Path, follow: bool) -> io::Result<Kind>;

    /// Where the link at `path` points, as written in it.
    ///
    /// # Errors
    /// `InvalidInput` when `path` is no link.
    fn link(&self, path: &Path) -> io::Result<PathBuf>;

    /// The names in a folder, for "did you mean"; empty when it cannot be listed.
    fn names(&self, folder: &Path) -> Vec<String>;
}

/// `path` with every link in it followed, as imports see it; what does not exist stays as written.
pub(crate) fn real(files: &dyn Files, path: &Path) -> PathBuf {
    follow(files, path, 0)
}

fn follow(files: &dyn Files, path: &Path, depth: usize) -> PathBuf {
    let mut real = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => continue,
            Component::ParentDir => {
                real.pop();
                continue;
            }
            part => real.push(part),
        }
        if depth < MAX_LINKS
            && let Ok(link) = files.link(&real)
        {
            let target = real.parent().unwrap_or(Path::new("/")).join(link);
            real = follow(files, &target, depth + 1);
        }
    }
    real
}

/// The most bytes that a file of a script's own code may have.
const LARGEST_SOURCE: u64 = 32 << 20;

/// Reads a file of at most `limit` bytes. What is no regular file is not opened: a pipe or a device may never end, or
/// keep whoever opens it waiting.
///
/// # Errors
/// Whatever reading a file can give; `InvalidInput` for what is no regular file, and `FileTooLarge`, both with what to
/// say.
pub fn read_regular(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        let what = if metadata.is_dir() { "a folder" } else { "a pipe, a socket or a device" };
        let why = format!("it is {what}, and only regular files are opened");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    let too_large = |size: &str| {
        let why = format!("it has {size}, and at most {limit} bytes may be read here");
        io::Error::new(io::ErrorKind::FileTooLarge, why)
    };
    if metadata.len() > limit {
        return Err(too_large(&format!("{} bytes", metadata.len())));
    }
    let mut bytes = Vec::new();
    // It may grow meanwhile, and files such as those of `/proc` do not tell their size.
    File::open(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(too_large("more"));
    }
    Ok(bytes)
}

/// The machine's own file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        read_regular(path, LARGEST_SOURCE)
    }

    fn kind(&self, path: &Path, follow: bool) -> io::Result<Kind> {
        let metadata = if follow { std::fs::metadata(path)? } else { std::fs::symlink_metadata(path)? };
        Ok(if metadata.is_dir() {
            Kind::Folder
        } else if metadata.is_symlink() {
            Kind::Link
        } else {
            Kind::File
        })
    }

    fn link(&self, path: &Path) -> io::Result<PathBuf> {
        std::fs::read_link(path)
    }

    fn names(&self, folder: &Path) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect()
    }
}

/// Files held in memory; folders exist because files stand in them.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Memory {
    /// An empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same tree with one more file at an absolute path.
    #[must_use]
    pub fn with(mut self, path: impl Into<PathBuf>, text: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.into(), text.into());
        self
    }
}

impl Files for Memory {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn kind(&self, path: &Path, _follow: bool) -> io::Result<Kind> {
        if self.files.contains_key(path) {
            Ok(Kind::File)
        } else if self.files.keys().any(|file| file.starts_with(path)) {
            Ok(Kind::Folder)
        } else {
            Err(io::ErrorKind::NotFound.into())
        }
    }

    fn link(&self, _path: &Path) -> io::Result<PathBuf> {
        Err(io::ErrorKind::InvalidInput.into())
    }

    fn names(&self, folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = self
            .files
            .keys()
            .filter_map(|file| file.strip_prefix(folder).ok()?.iter().next()?.to_str().map(str::to_owned))
            .collect();
        names.dedup();
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_within_the_limit_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.csv");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(read_regular(&path, 5).unwrap(), b"12345");
        let refused = |path: &Path, limit| read_regular(path, limit).unwrap_err().to_string();
        assert_eq!(refused(&path, 4), "it has 5 bytes, and at most 4 bytes may be read here");
        assert!(refused(folder.path(), 4).contains("a folder"));
        assert!(refused(Path::new("/dev/zero"), 4).contains("a device"));
        // It tells no size, and has one.
        assert!(read_regular(Path::new("/proc/self/status"), 1 << 20).is_ok());
        assert!(refused(Path::new("/proc/self/status"), 4).contains("it has more"));
        // A hole takes no space on disk.
        File::create(&path).unwrap().set_len(2 << 30).unwrap();
        assert!(refused(&path, 1 << 20).contains("2147483648 bytes"));
        assert_eq!(Disk.read(&path).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }
}
