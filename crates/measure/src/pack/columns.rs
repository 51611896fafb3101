//! Columns of integers: what is predictable of a number is compressed, what is not is stored as bits.
//!
//! A number becomes a token of one byte, its length in bits and the two bits below the leading one, and the bits below
//! these. Tokens are skewed and repeat, so they are compressed; the bits under them are noise, so they are not. The
//! same cut makes `zstd` itself small; here the numbers are known to be numbers.

use std::io::Read;

use crate::frame::Damage;

/// What decompresses to more is not from a run: a block is far smaller.
const LONGEST: u64 = 16 << 20;
/// Numbers below this are tokens themselves.
const PLAIN: u64 = 8;
/// Slow, but done once, and reading stays fast.
const LEVEL: i32 = 15;

/// A column that is written.
#[derive(Default)]
pub(super) struct Column {
    tokens: Vec<u8>,
    bits: Vec<u8>,
    /// Bits that do not fill a byte yet.
    open: u128,
    open_length: u32,
}

impl Column {
    pub(super) fn push(&mut self, number: u64) {
        if number < PLAIN {
            self.tokens.push(number as u8);
            return;
        }
        let below = 61 - number.leading_zeros();
        let top = (number >> below) & 3;
        self.tokens.push((PLAIN + u64::from(below - 1) * 4 + top) as u8);
        self.open |= u128::from(number & ((1 << below) - 1)) << self.open_length;
        self.open_length += below;
        while self.open_length >= 8 {
            self.bits.push(self.open as u8);
            self.open >>= 8;
            self.open_length -= 8;
        }
    }

    pub(super) fn push_signed(&mut self, number: i64) {
        self.push(fold(number));
    }

    /// The column as compressed tokens and bits.
    pub(super) fn finish(mut self) -> std::io::Result<(Vec<u8>, Vec<u8>)> {
        if self.open_length > 0 {
            self.bits.push(self.open as u8);
        }
        Ok((deflate(&self.tokens)?, self.bits))
    }
}

/// A column that is read.
pub(super) struct ColumnReader {
    tokens: std::vec::IntoIter<u8>,
    bits: std::vec::IntoIter<u8>,
    open: u128,
    open_length: u32,
}

impl ColumnReader {
    /// At most so many numbers.
    pub(super) fn new(tokens: &[u8], bits: Vec<u8>, most: u64) -> Result<Self, Damage> {
        Ok(Self {
            tokens: inflate(tokens, most)?.into_iter(),
            bits: bits.into_iter(),
            open: 0,
            open_length: 0,
        })
    }

    /// How many numbers it has.
    pub(super) fn len(&self) -> u64 {
        self.tokens.len() as u64
    }

    pub(super) fn next(&mut self) -> Result<u64, Damage> {
        let token = u64::from(self.tokens.next().ok_or("a column ends early")?);
        let Some(beyond) = token.checked_sub(PLAIN) else { return Ok(token) };
        let below = (beyond / 4 + 1) as u32;
        if below > 61 {
            return Err("a column has an unknown token");
        }
        while self.open_length < below {
            let byte = self.bits.next().ok_or("the bits of a column end early")?;
            self.open |= u128::from(byte) << self.open_length;
            self.open_length += 8;
        }
        let low = (self.open as u64) & ((1 << below) - 1);
        self.open >>= below;
        self.open_length -= below;
        Ok(((4 + beyond % 4) << below) | low)
    }

    pub(super) fn next_signed(&mut self) -> Result<i64, Damage> {
        self.next().map(unfold)
    }
}

/// Compresses what is kept for good.
pub(crate) fn deflate(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    if bytes.len() as u64 > LONGEST {
        return Err(std::io::Error::other("a part of the run is too large for the file"));
    }
    zstd::bulk::compress(bytes, LEVEL)
}

/// Decompresses what [`deflate`] gave, as far as memory allows for.
pub(crate) fn inflate(bytes: &[u8], most: u64) -> Result<Vec<u8>, Damage> {
    let most = most.min(LONGEST);
    let mut decompressed = Vec::new();
    // Grows with what there is, not with what a length claims.
    zstd::stream::read::Decoder::with_buffer(bytes)
        .and_then(|decoder| decoder.take(most + 1).read_to_end(&mut decompressed))
        .map_err(|_| "compressed data is damaged")?;
    if decompressed.len() as u64 > most {
        return Err("compressed data becomes too much");
    }
    Ok(decompressed)
}

/// Small numbers of either sign become small numbers.
pub(super) fn fold(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

pub(super) fn unfold(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn round_trip(numbers: &[u64]) -> Vec<u64> {
        let mut column = Column::default();
        for number in numbers {
            column.push(*number);
        }
        let (tokens, bits) = column.finish().unwrap();
        let mut reader = ColumnReader::new(&tokens, bits, LONGEST).unwrap();
        let read = numbers.iter().map(|_| reader.next().unwrap()).collect();
        assert!(reader.next().is_err());
        read
    }

    #[test]
    fn the_ends_of_every_length_come_back() {
        let numbers: Vec<u64> =
            (0..64).flat_map(|bit| [(1u64 << bit) - 1, 1 << bit, (1 << bit) + 1]).chain([u64::MAX]).collect();
        assert_eq!(round_trip(&numbers), numbers);
        for number in [0, -1, 1, i64::MIN, i64::MAX] {
            assert_eq!(unfold(fold(number)), number);
        }
    }

    proptest! {
        #[test]
        fn numbers_come_back(numbers in prop::collection::vec((any::<u64>(), 0..64u32).prop_map(|(n, s)| n >> s), 0..300)) {
            prop_assert_eq!(round_trip(&numbers), numbers);
        }
    }
}
