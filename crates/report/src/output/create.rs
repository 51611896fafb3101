//! Creating files so that nothing is destroyed and nobody is waited for.
//!
//! Opening a named pipe waits until somebody reads from it, and nobody may ever come. A run that waited there would
//! have begun to do nothing. A file that another process writes to, or another output of this one, is locked; one that
//! is something else than what is written is left alone.

use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::content::Content;

/// Creates a file, or empties one of the same kind, and locks it. A named pipe is opened when somebody reads from it.
///
/// # Errors
/// What creating can give; `AlreadyExists` for a file of another kind, `ResourceBusy` for one that somebody writes to,
/// and for a pipe without a reader, how to have one.
pub fn create_file(path: &Path, content: Content) -> io::Result<File> {
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.file_type().is_fifo() => open_pipe(path),
        Ok(metadata) if !metadata.is_file() => OpenOptions::new().write(true).open(path),
        _ => {
            let mut file =
                OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
            lock(&file)?;
            content.may_replace(&mut file, path)?;
            // Whoever held the lock before may have put another file in its place.
            if !Witness::of(&file, path)?.is_still_there() {
                return Err(busy());
            }
            file.set_len(0)?;
            io::Seek::rewind(&mut file)?;
            Ok(file)
        }
    }
}

/// Opens a file of the same kind to write behind what is there, or creates it, and locks it; otherwise as
/// [`create_file`].
///
/// # Errors
/// As those of [`create_file`].
pub fn append_file(path: &Path, content: Content) -> io::Result<File> {
    if std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return create_file(path, content);
    }
    let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
    lock(&file)?;
    content.may_replace(&mut file, path)?;
    Ok(file)
}

/// Whether [`create_file`] or [`replace_file`] may write there, as far as can be told before there is something to
/// write.
///
/// # Errors
/// As theirs.
pub fn check_file(path: &Path, content: Content) -> io::Result<()> {
    if path.as_os_str().is_empty() {
        return Err(io::Error::new(ErrorKind::InvalidFilename, "no file is named"));
    }
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => content.may_replace(&mut File::open(path)?, path),
        Ok(metadata) if metadata.is_dir() => Err(ErrorKind::IsADirectory.into()),
        Ok(_) => Ok(()),
        // Folders that are missing are made, but only in a folder.
        Err(_) => match path.ancestors().skip(1).find(|folder| folder.exists()) {
            Some(folder) if !folder.is_dir() => Err(ErrorKind::NotADirectory.into()),
            _ => Ok(()),
        },
    }
}

/// Writes a file that is whole or as it was before: beside it first, then in its place. Folders that are missing are
/// made.
///
/// # Errors
/// As [`create_file`], and what writing can give.
pub fn replace_file(path: &Path, content: Content, bytes: &[u8]) -> io::Result<()> {
    check_file(path, content)?;
    // What a link leads to is replaced, not the link.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let metadata = std::fs::metadata(&path);
    if metadata.as_ref().is_ok_and(|metadata| !metadata.is_file()) {
        return create_file(&path, content)?.write_all(bytes);
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let permissions = metadata.ok().map(|metadata| metadata.permissions());
    match write_beside(&path, permissions, bytes) {
        // A folder in which nothing can be made may have a file that can be written.
        Err(error) if error.kind() == ErrorKind::PermissionDenied && path.exists() => {
            create_file(&path, content)?.write_all(bytes)
        }
        written => written,
    }
}

fn write_beside(path: &Path, permissions: Option<Permissions>, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().ok_or(ErrorKind::InvalidFilename)?.to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let written = File::create(&beside).and_then(|mut file| {
        if let Some(permissions) = permissions {
            file.set_permissions(permissions)?;
        }
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written
}

fn lock(file: &File) -> io::Result<()> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(busy()),
        // A file system without locks is no reason not to write.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}

fn busy() -> io::Error {
    io::Error::new(ErrorKind::ResourceBusy, "another run or another output writes to it; name another file")
}

fn open_pipe(path: &Path) -> io::Result<File> {
    let probe = OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(path);
    // Kept until the other is open: without any writer the reader would take it for the end.
    let _probe = probe.map_err(|error| {
        if error.raw_os_error() == Some(libc::ENXIO) {
            let why = "nobody reads from this pipe; start its reader first";
            return io::Error::new(ErrorKind::NotConnected, why);
        }
        error
    })?;
    OpenOptions::new().write(true).open(path)
}

/// Which file a name stood for when it was opened.
#[derive(Debug, Clone)]
pub struct Witness {
    path: PathBuf,
    /// Device and number; nothing for what is no plain file.
    file: Option<(u64, u64)>,
}

impl Witness {
    /// Of an open file and its name.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn of(file: &File, path: &Path) -> io::Result<Self> {
        let metadata = file.metadata()?;
        let file = metadata.is_file().then(|| (metadata.dev(), metadata.ino()));
        Ok(Self { path: path.to_path_buf(), file })
    }

    /// Of a file by its name; of nothing, where there is none.
    pub fn at(path: &Path) -> Self {
        let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file);
        let file = metadata.map(|metadata| (metadata.dev(), metadata.ino()));
        Self { path: path.to_path_buf(), file }
    }

    /// Whether the name still stands for that file. Whoever writes to an open file notices nothing.
    pub fn is_still_there(&self) -> bool {
        self.file
            .is_none_or(|file| std::fs::metadata(&self.path).is_ok_and(|now| (now.dev(), now.ino()) == file))
    }

    /// The same as an error.
    ///
    /// # Errors
    /// When it does not.
    pub fn check(&self) -> io::Result<()> {
        if self.is_still_there() {
            return Ok(());
        }
        Err(io::Error::new(ErrorKind::NotFound, "somebody removed or replaced it while the run went on"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: &str, content: Content, name: &str, expected: Option<ErrorKind>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, before).unwrap();
        let created = create_file(&path, content).map(drop).map_err(|error| error.kind());
        assert_eq!(created.err(), expected, "{before:?} {content:?} {name}");
        let now = std::fs::read_to_string(&path).unwrap();
        assert_eq!(now, if expected.is_some() { before } else { "" });
        if expected.is_some() {
            assert_eq!(replace_file(&path, content, b"x").unwrap_err().kind(), ErrorKind::AlreadyExists);
            assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
        } else {
            replace_file(&path, content, b"x").unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), "x");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn only_what_is_of_the_same_kind_is_overwritten() {
        let refused = Some(ErrorKind::AlreadyExists);
        let all = [
            Content::Run,
            Content::Json,
            Content::Csv,
            Content::JUnit,
            Content::Summary,
            Content::Markdown,
            Content::Text,
        ];
        for content in all {
            check("", content, "x", None);
            check("export default function () {}", content, "script.ts", refused);
            check("SQLite format 3\0 and more", content, "history.sqlite", refused);
        }
        check("LOADLINE and more", Content::Run, "a.run", None);
        check("LOADLINE and more", Content::Json, "a.run", refused);
        check("LOADLINE and more", Content::Text, "a.run", refused);
        check("{\"type\":\"Metric\",\"data\":{}}", Content::Json, "a.json", None);
        check("{\"name\": \"package\"}", Content::Json, "package.json", refused);
        check("{\"name\": \"package\"}", Content::Summary, "package.json", refused);
        check("{\n  \"metrics\": {}}", Content::Summary, "a.json", None);
        check("metric_name,timestamp", Content::Csv, "a.csv", None);
        check("name,price", Content::Csv, "a.csv", refused);
        check("<?xml version=\"1.0\"?>\n<testsuites>", Content::JUnit, "a.xml", None);
        check("<project/>", Content::JUnit, "pom.xml", refused);
        check("some lines", Content::Text, "console.log", None);
    }

    #[test]
    fn one_file_has_one_writer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.run");
        let first = create_file(&path, Content::Run).unwrap();
        assert_eq!(create_file(&path, Content::Run).unwrap_err().kind(), ErrorKind::ResourceBusy);
        let witness = Witness::of(&first, &path).unwrap();
        assert!(witness.check().is_ok());
        drop(first);
        drop(create_file(&path, Content::Run).unwrap());
        std::fs::remove_file(&path).unwrap();
        assert!(witness.check().is_err());
        assert!(create_file(&folder.path().join("missing/out.json"), Content::Json).is_err());
        assert!(create_file(folder.path(), Content::Json).is_err());
    }

    #[test]
    fn what_is_appended_to_keeps_what_it_has() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("console.log");
        for line in ["one\n", "two\n"] {
            append_file(&path, Content::Text).unwrap().write_all(line.as_bytes()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo\n");
        let script = folder.path().join("script.ts");
        std::fs::write(&script, "export default function () {}").unwrap();
        assert_eq!(append_file(&script, Content::Text).unwrap_err().kind(), ErrorKind::AlreadyExists);
    }

    #[test]
    fn folders_are_made_for_what_is_written_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reports/today/junit.xml");
        check_file(&path, Content::JUnit).unwrap();
        replace_file(&path, Content::JUnit, b"<testsuites/>").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"<testsuites/>");
        let within = path.join("other.xml");
        assert_eq!(check_file(&within, Content::JUnit).unwrap_err().kind(), ErrorKind::NotADirectory);
    }
}
