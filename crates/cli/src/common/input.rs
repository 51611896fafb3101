//! Files that a command line or a project names, read whole and within a limit.
//!
//! Whoever names one knows what it is, so it may be a pipe (`<(jq …)`); what never ends is still not read for ever.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// The bytes of a file.
///
/// # Errors
/// What reading can give, and `FileTooLarge` beyond `limit` bytes.
pub(crate) fn bytes(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    read(File::open(path)?, limit)
}

/// A file that is text.
///
/// # Errors
/// As [`bytes`], and `InvalidData` for what is no UTF-8.
pub(crate) fn text(path: &Path, limit: u64) -> io::Result<String> {
    String::from_utf8(bytes(path, limit)?)
        .map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is not UTF-8 text"))
}

/// Everything that is left to read.
///
/// # Errors
/// As [`bytes`].
pub(crate) fn read(from: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        let why = format!("it has more than the {} MiB that are read of it", limit >> 20);
        return Err(io::Error::new(ErrorKind::FileTooLarge, why));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_ends_is_not_read_for_ever() {
        let error = bytes(Path::new("/dev/zero"), 3 << 20).unwrap_err();
        assert_eq!(error.to_string(), "it has more than the 3 MiB that are read of it");
        assert_eq!(read(&b"text"[..], 4).unwrap(), b"text");
        assert!(read(&b"text"[..], 3).is_err());
    }
}
