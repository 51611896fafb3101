//! What a child prints, in a file that has a name and an end.
//!
//! A service may print without end, and what matters is mostly its last words: beyond a limit the file keeps its last
//! part and says that something is missing.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The most bytes that a file of output has.
const LONGEST: u64 = 4 << 20;
/// What is left of it when it has come to that.
const LEFT: u64 = 1 << 20;
const MISSING: &[u8] = b"[what was printed before is not kept]\n";

/// A file for what one child prints. No other process takes it meanwhile.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    _lock: File,
}

impl LogFile {
    /// An empty file of this name below `usual`, or in `otherwise` where that cannot be written; with a number behind
    /// its name while others hold it.
    ///
    /// # Errors
    /// When there can be none.
    pub fn create(name: &str, usual: &Path, otherwise: &Path) -> io::Result<Self> {
        let made = std::fs::create_dir_all(usual).and_then(|()| Self::within(usual, name));
        made.or_else(|_| Self::within(otherwise, name))
    }

    fn within(folder: &Path, name: &str) -> io::Result<Self> {
        for number in 1..100 {
            let name = if number == 1 { format!("{name}.log") } else { format!("{name}-{number}.log") };
            let path = folder.join(name);
            let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path)?;
            if file.try_lock().is_ok() {
                file.set_len(0)?;
                return Ok(Self { path, _lock: file });
            }
        }
        Err(io::Error::other(format!("a hundred processes write to `{}`", folder.join(name).display())))
    }

    /// Its name.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The last lines of a file, so many at the most; nothing where there is nothing to read.
pub fn last_lines(path: &Path, lines: usize) -> String {
    let read = || -> io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let from = file.metadata()?.len().saturating_sub(64 << 10);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(LONGEST).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let all: Vec<&str> = text.trim_end().lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// Writes everything that comes to the file of this name, until the end. The child is never held up: what cannot be
/// written is read all the same.
pub(crate) fn relay(mut from: impl Read, path: &Path) {
    let mut log =
        OpenOptions::new().read(true).write(true).open(path).ok().map(|file| Bounded { file, length: 0 });
    let mut buffer = vec![0; 64 << 10];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => {
                if let Some(open) = &mut log
                    && open.write(&buffer[..count]).is_err()
                {
                    log = None;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

struct Bounded {
    file: File,
    length: u64,
}

impl Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.length + bytes.len() as u64 > LONGEST {
            let mut left = Vec::new();
            self.file.seek(SeekFrom::Start(self.length.saturating_sub(LEFT)))?;
            (&self.file).take(LEFT).read_to_end(&mut left)?;
            self.file.set_len(0)?;
            self.file.seek(SeekFrom::Start(0))?;
            self.file.write_all(MISSING)?;
            // From the next whole line on.
            let whole = left.iter().position(|byte| *byte == b'\n').map_or(&left[..], |end| &left[end + 1..]);
            self.file.write_all(whole)?;
            self.length = (MISSING.len() + whole.len()) as u64;
        }
        self.file.write_all(bytes)?;
        self.length += bytes.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_prints_without_end_leaves_its_last_words() {
        let folder = tempfile::tempdir().unwrap();
        let log = LogFile::within(folder.path(), "base").unwrap();
        let lines = (0..2_000_000).fold(String::new(), |lines, number| lines + &format!("line {number}\n"));
        relay(lines.as_bytes(), log.path());
        let kept = std::fs::read_to_string(log.path()).unwrap();
        assert!(kept.len() as u64 <= LONGEST && kept.len() as u64 >= LEFT, "{}", kept.len());
        assert!(kept.starts_with("[what was printed before is not kept]\nline "), "{}", &kept[..80]);
        assert!(kept.ends_with("line 1999998\nline 1999999\n"));
        assert_eq!(last_lines(log.path(), 2), "line 1999998\nline 1999999");
        assert_eq!(last_lines(Path::new("/missing"), 2), "");
    }

    #[test]
    fn two_at_the_same_time_have_a_file_each() {
        let folder = tempfile::tempdir().unwrap();
        let first = LogFile::within(folder.path(), "base").unwrap();
        std::fs::write(first.path(), "one").unwrap();
        let second = LogFile::within(folder.path(), "base").unwrap();
        assert_eq!(second.path(), folder.path().join("base-2.log"));
        drop(first);
        let third = LogFile::within(folder.path(), "base").unwrap();
        assert_eq!(std::fs::read_to_string(third.path()).unwrap(), "");
        assert_eq!(third.path(), folder.path().join("base.log"));
    }
}
