//! Creating a file without waiting for anybody.
//!
//! Opening a named pipe waits until somebody reads from it, and nobody may ever come. A run that waited there would
//! have begun to do nothing.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

/// Creates a file, or empties it. A named pipe is opened when somebody reads from it.
///
/// # Errors
/// What creating can give; for a pipe without a reader, how to have one.
pub fn create_file(path: &Path) -> io::Result<File> {
    if !std::fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo()) {
        return File::create(path);
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_created_and_emptied() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.json");
        std::fs::write(&path, "before").unwrap();
        drop(create_file(&path).unwrap());
        assert_eq!(std::fs::read(&path).unwrap(), b"");
        assert!(create_file(&folder.path().join("missing/out.json")).is_err());
    }
}
