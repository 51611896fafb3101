//! The counts of an encoded `HdrHistogram` (its format V2, deflated or not), one after another.
//!
//! A histogram is a few bytes whatever it counts, and takes what its header says once it is unpacked: tens of megabytes
//! for each line, gigabytes for a length that is a lie. So nothing is unpacked. What is encoded is a count for each
//! cell, with stretches of zeros as one number, and the cell says the value.
//!
//! The format: <https://github.com/HdrHistogram/HdrHistogram/blob/master/README.md>, and its other implementations.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::ZlibDecoder;

/// What an encoded histogram begins with.
const PLAIN: u32 = 0x1c84_9313;
/// … and a deflated one.
const DEFLATED: u32 = 0x1c84_9314;
/// The bytes before the counts: cookie, length, offset, digits, lowest and highest value, ratio.
const HEADER: usize = 40;
/// The most that is inflated: more than the counts of any histogram that was recorded take.
const LONGEST: u64 = 16 << 20;

/// Calls `found` for each count that is not zero: the largest value that was counted there, and how often.
///
/// # Errors
/// In words, when it is none, and what `found` gives.
pub(crate) fn counts(
    packed: &[u8],
    mut found: impl FnMut(u64, u64) -> Result<(), String>,
) -> Result<(), String> {
    let plain = inflated(packed)?;
    let cells = Cells::of(&plain)?;
    let length = number(&plain, 4) as usize;
    let counts = plain.get(HEADER..).unwrap_or_default();
    let mut rest = counts.get(..length).ok_or("it ends within its counts")?;
    let mut cell = 0_u64;
    while !rest.is_empty() {
        match signed(&mut rest)? {
            0 => cell += 1,
            zeros @ ..0 => cell = cell.checked_add(zeros.unsigned_abs()).ok_or("it has too many cells")?,
            count => {
                let value = cells.value(cell).ok_or("it has more counts than cells")?;
                found(value, count.unsigned_abs())?;
                cell += 1;
            }
        }
    }
    Ok(())
}

fn inflated(packed: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    if packed.len() < 8 {
        return Err("it is too short for a histogram".to_owned());
    }
    let plain = match number(packed, 0) {
        PLAIN => Cow::Borrowed(packed),
        DEFLATED => {
            let mut plain = Vec::new();
            let length = number(packed, 4) as usize;
            let deflated = packed.get(8..).unwrap_or_default();
            let deflated = deflated.get(..length).ok_or("it ends before its end")?;
            let read = ZlibDecoder::new(deflated).take(LONGEST + 1).read_to_end(&mut plain);
            read.map_err(|error| format!("it cannot be inflated: {error}"))?;
            Cow::Owned(plain)
        }
        _ => return Err("it does not begin as a histogram does".to_owned()),
    };
    if plain.len() as u64 > LONGEST {
        return Err(format!("it goes on beyond {} MiB", LONGEST >> 20));
    }
    if plain.len() < HEADER || number(&plain, 0) != PLAIN {
        return Err("it does not begin as a histogram does".to_owned());
    }
    Ok(plain)
}

/// Which values lie in which cell.
struct Cells {
    /// The lowest value that is told from zero, as a power of two.
    unit: u32,
    /// Cells of a doubling, as a power of two.
    half: u32,
    number: u64,
}

impl Cells {
    fn of(header: &[u8]) -> Result<Self, String> {
        let long = |at| u64::from(number(header, at)) << 32 | u64::from(number(header, at + 4));
        let (offset, digits) = (number(header, 8), number(header, 12));
        let (low, high, ratio) = (long(16), long(24), f64::from_bits(long(32)));
        if offset != 0 || ratio != 1.0 {
            return Err("its values are scaled, which is not read".to_owned());
        }
        if digits > 5 || low < 1 || high / 2 < low {
            return Err(format!("it counts from {low} to {high} with {digits} digits, which cannot be"));
        }
        let unit = low.ilog2();
        // Single units up to twice the power of ten.
        let doubled = 2 * 10_u64.pow(digits);
        let full = doubled.next_power_of_two().ilog2();
        if unit + full > 63 {
            return Err(format!("it counts from {low} with {digits} digits, which cannot be"));
        }
        let mut doublings = 1;
        while unit + full + doublings <= 64 && high >> (unit + full + doublings - 1) > 0 {
            doublings += 1;
        }
        let half = full - 1;
        Ok(Self { unit, half, number: u64::from(doublings + 1) << half })
    }

    /// The largest value of a cell; nothing when there is no such cell.
    fn value(&self, cell: u64) -> Option<u64> {
        if cell >= self.number {
            return None;
        }
        let doubling = cell >> self.half;
        let within = cell & ((1 << self.half) - 1);
        // The first doubling has the cells below it beside its own.
        let (steps, shift) = match doubling {
            0 => (within, self.unit),
            doubling => (within + (1 << self.half), self.unit + doubling as u32 - 1),
        };
        let lowest = u128::from(steps) << shift;
        u64::try_from(lowest + (1_u128 << shift) - 1).ok()
    }
}

/// Four bytes as a number; zero beyond the end.
fn number(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_be_bytes)
}

/// The next number: seven bits in each of up to eight bytes and eight in a ninth, with its sign in the lowest bit.
fn signed(rest: &mut &[u8]) -> Result<i64, String> {
    let mut value = 0_u64;
    for position in 0..9 {
        let (byte, behind) = rest.split_first().ok_or("it ends within a count")?;
        *rest = behind;
        if position == 8 {
            value |= u64::from(*byte) << 56;
            break;
        }
        value |= u64::from(byte & 0x7f) << (7 * position);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Ok((value >> 1) as i64 ^ -((value & 1) as i64))
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram;
    use hdrhistogram::serialization::{Serializer, V2DeflateSerializer, V2Serializer};
    use proptest::prelude::*;

    use super::*;

    fn all(packed: &[u8]) -> Result<Vec<(u64, u64)>, String> {
        let mut all = Vec::new();
        counts(packed, |value, count| {
            all.push((value, count));
            Ok(())
        })?;
        Ok(all)
    }

    proptest! {
        #[test]
        fn the_counts_are_those_of_the_other_implementation(
            low in 1_u64..5_000,
            widths in 2_u64..1 << 40,
            digits in 0_u8..=4,
            values in proptest::collection::vec((any::<u64>(), 1_u64..1_000_000), 0..50),
            deflated in any::<bool>(),
        ) {
            let high = low * widths;
            let mut histogram = Histogram::<u64>::new_with_bounds(low, high, digits).unwrap();
            for (value, count) in values {
                histogram.record_n(value % high, count).unwrap();
            }
            let mut packed = Vec::new();
            if deflated {
                V2DeflateSerializer::new().serialize(&histogram, &mut packed).unwrap();
            } else {
                V2Serializer::new().serialize(&histogram, &mut packed).unwrap();
            }
            let expected: Vec<(u64, u64)> =
                histogram.iter_recorded().map(|it| (it.value_iterated_to(), it.count_at_value())).collect();
            prop_assert_eq!(all(&packed).unwrap(), expected);
            for length in 0..packed.len().min(60) {
                prop_assert!(all(&packed[..length]).is_err());
            }
        }

        #[test]
        fn any_bytes_are_counts_or_refused(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), plain in any::<bool>()) {
            if bytes.len() > 8 {
                bytes[..4].copy_from_slice(&if plain { PLAIN } else { DEFLATED }.to_be_bytes());
                bytes[4..8].copy_from_slice(&200_u32.saturating_sub(60).to_be_bytes());
            }
            let _ = all(&bytes);
        }
    }

    #[test]
    fn a_length_that_is_a_lie_takes_no_memory() {
        let mut packed = Vec::new();
        let mut histogram = Histogram::<u64>::new_with_bounds(1, 1 << 40, 3).unwrap();
        histogram.record(77).unwrap();
        V2Serializer::new().serialize(&histogram, &mut packed).unwrap();
        assert_eq!(all(&packed).unwrap(), [(77, 1)]);
        packed[4..8].copy_from_slice(&u32::MAX.to_be_bytes());
        assert_eq!(all(&packed).unwrap_err(), "it ends within its counts");
    }
}
