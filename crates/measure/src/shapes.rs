//! What `Server-Timing` fields have in common: their text between the numbers.
//!
//! A server writes the same names in the same order into every answer of an endpoint, so that all but the numbers is
//! known after the first. What is known already is compared and not read again, which takes a tenth of the time; and
//! which part is within which has been found out once.

use crate::ledger::ServerAccount;
use crate::tags::TagSetId;

/// Fields that are remembered; a service has some for each endpoint.
const MOST_SHAPES: usize = 64;
/// Parts of one that is remembered.
pub(crate) const MOST_PIECES: usize = 20;

/// The field of some answers.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) pieces: Vec<Piece>,
}

/// A part of it: the text before its number, which is of this field alone.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) text: Box<[u8]>,
    pub(crate) part: TagSetId,
    /// The piece that it is within.
    pub(crate) parent: Option<usize>,
}

/// Those that a worker has seen.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    known: Vec<Shape>,
    /// The one that was read last.
    last: usize,
}

impl Shapes {
    /// What a field tells that has a known shape, of a request that can have taken `most` nanoseconds; `None` where it
    /// has none that is known.
    #[inline]
    pub(crate) fn read(&mut self, field: &[u8], most: i64) -> Option<ServerAccount> {
        let mut numbers = [0; MOST_PIECES];
        if !self.known.get(self.last)?.matches(field, &mut numbers) {
            self.last = self.known.iter().position(|shape| shape.matches(field, &mut numbers))?;
        }
        Some(self.known[self.last].account(&numbers, most))
    }

    /// Takes note of one.
    pub(crate) fn learn(&mut self, shape: Shape) {
        if self.known.len() < MOST_SHAPES && !shape.pieces.is_empty() && shape.pieces.len() <= MOST_PIECES {
            self.known.push(shape);
        }
    }
}

impl Shape {
    /// Whether a field is of this shape; its numbers, in nanoseconds.
    #[inline]
    fn matches(&self, field: &[u8], numbers: &mut [i64; MOST_PIECES]) -> bool {
        let mut rest = field;
        for (piece, number) in self.pieces.iter().zip(numbers) {
            let Some(behind) = rest.strip_prefix(&*piece.text) else { return false };
            let Some((nanoseconds, length)) = digits(behind) else { return false };
            *number = nanoseconds;
            rest = &behind[length..];
        }
        rest.is_empty()
    }

    fn account(&self, numbers: &[i64; MOST_PIECES], most: i64) -> ServerAccount {
        let mut within = [0_i64; MOST_PIECES];
        for (piece, number) in self.pieces.iter().zip(numbers) {
            if *number > most {
                return ServerAccount::refused();
            }
            if let Some(parent) = piece.parent {
                within[parent] += number;
            }
        }
        let mut account = ServerAccount::default();
        for (at, piece) in self.pieces.iter().enumerate() {
            let own = numbers[at] - within[at];
            account.push(piece.part, own.max(0), numbers[at]);
            account.overlaps(own);
        }
        account
    }
}

/// A number of milliseconds at the beginning of a text, in nanoseconds, and how long its text is: digits, and up to six
/// of them behind a point. `None` for what begins otherwise, or has more.
#[inline]
pub(crate) fn digits(text: &[u8]) -> Option<(i64, usize)> {
    let mut number: i64 = 0;
    let mut at = 0;
    while let Some(digit) = text.get(at).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10) {
        number = number * 10 + i64::from(digit);
        at += 1;
        if at > 9 {
            return None;
        }
    }
    if at == 0 {
        return None;
    }
    if text.get(at) != Some(&b'.') {
        return Some((number * 1_000_000, at));
    }
    at += 1;
    let mut scale = 1_000_000;
    while let Some(digit) = text.get(at).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10) {
        if scale == 1 {
            return None;
        }
        scale /= 10;
        number = number * 10 + i64::from(digit);
        at += 1;
    }
    Some((number * scale, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_far_as_they_go() {
        assert_eq!(digits(b"12.5, b"), Some((12_500_000, 4)));
        assert_eq!(digits(b"7"), Some((7_000_000, 1)));
        assert_eq!(digits(b"0.123456;"), Some((123_456, 8)));
        assert_eq!(digits(b"3."), Some((3_000_000, 2)));
        for text in [&b""[..], b".5", b"-1", b"0.1234567", b"12345678901", b"x"] {
            assert_eq!(digits(text), None);
        }
    }
}
