//! How a file of a journal is written: a line that says what it is, and records one behind the other.
//!
//! A record is its length, a checksum of that, a checksum of the record, and the record. With its own checksum a length
//! that is wrong is told apart from a record whose end is missing.

use std::io::Read;

use bytes::Bytes;
use crc32fast::Hasher;

/// What every file begins with.
pub(super) const MAGIC: &[u8; 20] = b"loadline edge store\n";
/// The version of what stands behind it; every change of records is another one.
pub(super) const VERSION: u32 = 1;
/// Bytes of both.
pub(super) const START: usize = MAGIC.len() + 4;
/// Bytes before a record.
pub(super) const BEFORE: usize = 12;

/// What a file begins with.
pub(super) fn start() -> Vec<u8> {
    [&MAGIC[..], &VERSION.to_le_bytes()].concat()
}

/// A record in its frame; none when it is too long for one.
pub(super) fn framed(head: &[u8], body: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(head.len().checked_add(body.len())?).ok()?.to_le_bytes();
    let mut sum = Hasher::new();
    sum.update(head);
    sum.update(body);
    let mut frame = Vec::with_capacity(BEFORE + head.len() + body.len());
    frame.extend_from_slice(&length);
    frame.extend_from_slice(&crc32fast::hash(&length).to_le_bytes());
    frame.extend_from_slice(&sum.finalize().to_le_bytes());
    frame.extend_from_slice(head);
    frame.extend_from_slice(body);
    Some(frame)
}

/// What comes next in a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Record(Bytes),
    /// The file ends here.
    End,
    /// It ends within a record.
    Torn,
    /// What stands here was not written so.
    Damaged,
}

/// Reads the next record of a file that has so many bytes left.
///
/// # Errors
/// It cannot be read.
pub(super) fn next(file: &mut impl Read, left: &mut u64) -> std::io::Result<Next> {
    if *left == 0 {
        return Ok(Next::End);
    }
    if *left < BEFORE as u64 {
        return Ok(Next::Torn);
    }
    let mut before = [0; BEFORE];
    file.read_exact(&mut before)?;
    let number = |at: usize| u32::from_le_bytes([before[at], before[at + 1], before[at + 2], before[at + 3]]);
    *left -= BEFORE as u64;
    if crc32fast::hash(&before[..4]) != number(4) {
        return Ok(Next::Damaged);
    }
    let length = u64::from(number(0));
    if length > *left {
        return Ok(Next::Torn);
    }
    let mut record = vec![0; number(0) as usize];
    file.read_exact(&mut record)?;
    *left -= length;
    if crc32fast::hash(&record) != number(8) {
        return Ok(Next::Damaged);
    }
    Ok(Next::Record(Bytes::from(record)))
}
