//! The value of `Server-Timing`, written without formatting machinery: a request waits for it.

use http::{HeaderName, HeaderValue};

/// The field.
pub(crate) const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// The longest value: intermediaries have room for only so much of a head.
const LONGEST: usize = 1_000;
/// Digits of the largest time, in thousandths of a millisecond.
const DIGITS: usize = 20;
/// What stands around a name: `, `, `;dur=`, the digits and their point.
const AROUND: usize = 2 + 5 + DIGITS + 1;

/// Metrics, one behind the other.
pub(super) struct Field(Vec<u8>);

impl Field {
    pub(super) fn new() -> Field {
        Field(Vec::with_capacity(256))
    }

    /// One more, of so many nanoseconds; whether there was room, beside that of the last one. What is less than a microsecond is cut
    /// off, so that parts are never more than what they are parts of.
    pub(super) fn add(&mut self, name: &str, took: u64) -> bool {
        let has_room = self.0.len() + 2 * AROUND + name.len() + "other".len() <= LONGEST;
        if has_room {
            self.put(name, took);
        }
        has_room
    }

    /// The last one, for which room was kept.
    pub(super) fn add_last(&mut self, name: &str, took: u64) {
        self.put(name, took);
    }

    pub(super) fn value(self) -> Option<HeaderValue> {
        HeaderValue::try_from(self.0).ok()
    }

    fn put(&mut self, name: &str, took: u64) {
        if !self.0.is_empty() {
            self.0.extend_from_slice(b", ");
        }
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b";dur=");
        let mut digits = [b'0'; DIGITS];
        let (mut rest, mut first) = (took / 1_000, DIGITS);
        // At least one digit before the point, and three behind it.
        while rest > 0 || first > DIGITS - 4 {
            first -= 1;
            digits[first] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        let (whole, part) = digits[first..].split_at(DIGITS - 3 - first);
        self.0.extend_from_slice(whole);
        self.0.push(b'.');
        self.0.extend_from_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_milliseconds_with_three_digits() {
        for (nanoseconds, expected) in [
            (0, "0.000"),
            (999, "0.000"),
            (1_000, "0.001"),
            (999_999, "0.999"),
            (1_000_000, "1.000"),
            (12_345_678_901, "12345.678"),
            (u64::MAX, "18446744073709.551"),
        ] {
            let mut field = Field::new();
            field.add("a", nanoseconds);
            assert_eq!(field.value().unwrap(), format!("a;dur={expected}"));
        }
    }
}
