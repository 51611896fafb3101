//! The portrait's file: a mark, a version, lengths and a checksum, then what it says, compressed, and an end.
//!
//! Whoever reads one may have it from a mail or an artefact store: what is cut off, damaged, newer or too large is told
//! apart and refused in words, and nothing in it makes a reader take more memory than it says it has, nor more than
//! there may be.

use std::io::Read;

use super::model::Portrait;

const MARK: &[u8; 8] = b"LLPORTR\n";
const END: &[u8; 8] = b"\nLLPEND\n";
/// The version that is written. Older ones are read: each later one has one field more, at the end, which is written as
/// a zero byte when there is nothing in it.
const VERSION: u16 = 3;
/// Mark, version, compressed length, length, checksum.
const HEAD: usize = 8 + 2 + 8 + 8 + 4;
/// The most bytes of a file.
pub const LARGEST: usize = 256 << 20;
/// The most bytes of what a file says.
const LARGEST_INSIDE: usize = 1 << 30;
/// As good as slower levels within a few percent, in a tenth of the time.
const LEVEL: i32 = 9;

/// Why a file is no portrait that can be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortraitError {
    /// It is something else.
    #[error("is no portrait; `loadline db portrait` makes one")]
    Other,
    /// A later version of this program made it.
    #[error(
        "is a portrait of version {found}, and this loadline reads up to {VERSION}: use the loadline that made it, or a newer one"
    )]
    Newer {
        /// Its version.
        found: u16,
    },
    /// Its end is missing.
    #[error("is cut off: {found} of {expected} bytes are there; copy or make it again")]
    CutOff {
        /// Bytes that are there.
        found: u64,
        /// Bytes that it says it has.
        expected: u64,
    },
    /// It is not what was written.
    #[error("is damaged: {0}; copy or make it again")]
    Damaged(String),
    /// It is larger than any portrait may be.
    #[error("is too large for a portrait: {bytes} bytes, at most {most} are read")]
    TooLarge {
        /// Bytes that it has or says it has.
        bytes: u64,
        /// Bytes that there may be.
        most: u64,
    },
}

impl Portrait {
    /// The file's bytes.
    ///
    /// # Errors
    /// [`PortraitError::TooLarge`].
    pub fn write(&self) -> Result<Vec<u8>, PortraitError> {
        let damaged = |error: String| PortraitError::Damaged(error);
        let inside = postcard::to_stdvec(self).map_err(|error| damaged(error.to_string()))?;
        Self::wrapped(&inside)
    }

    /// The file that has this inside, whatever it is.
    ///
    /// # Errors
    /// [`PortraitError::TooLarge`].
    pub fn wrapped(inside: &[u8]) -> Result<Vec<u8>, PortraitError> {
        let packed =
            zstd::bulk::compress(inside, LEVEL).map_err(|error| PortraitError::Damaged(error.to_string()))?;
        within(inside.len(), LARGEST_INSIDE)?;
        within(HEAD + packed.len() + END.len(), LARGEST)?;
        let mut file = Vec::with_capacity(HEAD + packed.len() + END.len());
        file.extend_from_slice(MARK);
        file.extend_from_slice(&VERSION.to_le_bytes());
        file.extend_from_slice(&(packed.len() as u64).to_le_bytes());
        file.extend_from_slice(&(inside.len() as u64).to_le_bytes());
        let sum = checksum(&file, &packed);
        file.extend_from_slice(&sum.to_le_bytes());
        file.extend_from_slice(&packed);
        file.extend_from_slice(END);
        Ok(file)
    }

    /// A portrait from its file's bytes.
    ///
    /// # Errors
    /// See [`PortraitError`].
    pub fn read(file: &[u8]) -> Result<Self, PortraitError> {
        if !file.starts_with(&MARK[..file.len().min(MARK.len())]) || file.is_empty() {
            return Err(PortraitError::Other);
        }
        within(file.len(), LARGEST)?;
        let cut = |expected: u64| PortraitError::CutOff { found: file.len() as u64, expected };
        let head = file.get(..HEAD).ok_or_else(|| cut((HEAD + END.len()) as u64))?;
        let version = u16::from_le_bytes(piece(head, 8));
        if version > VERSION {
            return Err(PortraitError::Newer { found: version });
        }
        let (packed_bytes, bytes) =
            (u64::from_le_bytes(piece(head, 10)), u64::from_le_bytes(piece(head, 18)));
        let most = (LARGEST - HEAD - END.len()) as u64;
        if packed_bytes > most {
            return Err(PortraitError::Damaged(
                "it says that it is longer than a portrait can be".to_owned(),
            ));
        }
        if bytes > LARGEST_INSIDE as u64 {
            return Err(PortraitError::TooLarge { bytes, most: LARGEST_INSIDE as u64 });
        }
        let expected = HEAD as u64 + packed_bytes + END.len() as u64;
        if (file.len() as u64) < expected {
            return Err(cut(expected));
        }
        let (packed, end) = file[HEAD..].split_at(packed_bytes as usize);
        if end != END {
            return Err(PortraitError::Damaged("something is behind its end".to_owned()));
        }
        if checksum(&head[..26], packed) != u32::from_le_bytes(piece(head, 26)) {
            return Err(PortraitError::Damaged("its checksum is another".to_owned()));
        }
        let mut inside = unpacked(packed, bytes)
            .map_err(|error| PortraitError::Damaged(format!("it cannot be unpacked ({error})")))?;
        if inside.len() as u64 != bytes {
            return Err(PortraitError::Damaged("it holds more or less than it says".to_owned()));
        }
        inside.resize(inside.len() + usize::from(VERSION - version.max(1)), 0);
        let portrait: Self = postcard::from_bytes(&inside)
            .map_err(|error| PortraitError::Damaged(format!("its content has no meaning ({error})")))?;
        portrait.checked()
    }

    /// Whatever points into the list of relations points at one.
    fn checked(self) -> Result<Self, PortraitError> {
        let count = self.relations.len() as u64;
        let wrong = self.relations.iter().filter_map(|relation| relation.table);
        let wrong = wrong.chain(self.statistics.iter().map(|statistics| statistics.relation));
        let wrong = wrong.chain(self.counts.iter().map(|(relation, _)| *relation));
        if let Some(place) = wrong.into_iter().find(|place| u64::from(*place) >= count) {
            return Err(PortraitError::Damaged(format!("it speaks of relation {place} of {count}")));
        }
        if let Some(usage) = &self.usage
            && usage.of.len() != self.relations.len()
        {
            let of = usage.of.len();
            return Err(PortraitError::Damaged(format!("it has the use of {of} of {count} relations")));
        }
        Ok(self)
    }
}

fn within(bytes: usize, most: usize) -> Result<(), PortraitError> {
    if bytes > most {
        return Err(PortraitError::TooLarge { bytes: bytes as u64, most: most as u64 });
    }
    Ok(())
}

fn checksum(head: &[u8], packed: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(head);
    sum.update(packed);
    sum.finalize()
}

/// Reads one byte more than was said at most, so that memory follows what there is and not what is claimed.
fn unpacked(packed: &[u8], bytes: u64) -> std::io::Result<Vec<u8>> {
    let mut inside = Vec::new();
    zstd::stream::read::Decoder::new(packed)?.take(bytes + 1).read_to_end(&mut inside)?;
    Ok(inside)
}

/// The bytes at a place that the caller has checked to be there.
fn piece<const N: usize>(head: &[u8], at: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&head[at..at + N]);
    bytes
}
