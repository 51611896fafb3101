//! `Range` and `Content-Range` in bytes (RFC 9110 §14).
//!
//! Only one range of bytes is understood: a request for several, or in other units, is answered as if it had no
//! `Range`, which RFC 9110 §14.2 permits.

use std::fmt;

use http::HeaderMap;
use http::header::{CONTENT_RANGE, RANGE};

use super::list::{first, joined};

/// Bytes that a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// From the first to the last, both included.
    Between(u64, u64),
    /// From here to the end.
    From(u64),
    /// So many at the end.
    Last(u64),
}

/// Bytes of an answer, the first and the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes {
    /// The first.
    pub first: u64,
    /// The last, which is not before the first.
    pub last: u64,
}

/// What a `Content-Range` says: which bytes these are, and of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Which.
    pub bytes: Bytes,
    /// Of how many, when that is known.
    pub total: Option<u64>,
}

impl Bytes {
    /// How many.
    pub fn len(self) -> u64 {
        self.last - self.first + 1
    }

    /// Never: a range has a byte at least.
    pub fn is_empty(self) -> bool {
        false
    }

    /// Whether these are all in others.
    pub fn is_within(self, outer: Self) -> bool {
        outer.first <= self.first && self.last <= outer.last
    }
}

impl Asked {
    /// The one range that a request asks for; none when it asks for all, for several or in other units.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let said = joined(headers, RANGE)?;
        let (unit, set) = said.split_once('=')?;
        if !unit.trim().eq_ignore_ascii_case("bytes") || set.contains(',') {
            return None;
        }
        let (from, to) = set.trim().split_once('-')?;
        match (from.is_empty(), to.is_empty()) {
            (true, true) => None,
            (true, false) => number(to).map(Self::Last),
            (false, true) => number(from).map(Self::From),
            (false, false) => {
                let (from, to) = (number(from)?, number(to)?);
                (from <= to).then_some(Self::Between(from, to))
            }
        }
    }

    /// The bytes that are meant of so many; none when there is no such byte.
    pub fn of_length(self, length: u64) -> Option<Bytes> {
        let end = length.checked_sub(1)?;
        match self {
            Self::Between(first, last) => (first <= end).then(|| Bytes { first, last: last.min(end) }),
            Self::From(first) => (first <= end).then_some(Bytes { first, last: end }),
            Self::Last(0) => None,
            Self::Last(count) => Some(Bytes { first: length.saturating_sub(count), last: end }),
        }
    }
}

impl Part {
    /// What an answer says; none without the field, and when it is not of bytes or contradicts itself.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let said = first(headers, CONTENT_RANGE)?.strip_prefix("bytes ")?;
        let (bytes, total) = said.split_once('/')?;
        let (from, to) = bytes.split_once('-')?;
        let bytes = Bytes { first: number(from)?, last: number(to)? };
        let total = if total == "*" { None } else { Some(number(total)?) };
        let is_possible = bytes.first <= bytes.last && total.is_none_or(|total| bytes.last < total);
        (is_possible && bytes.last < u64::MAX).then_some(Self { bytes, total })
    }
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "bytes {}-{}/", self.bytes.first, self.bytes.last)?;
        match self.total {
            Some(total) => write!(formatter, "{total}"),
            None => formatter.write_str("*"),
        }
    }
}

fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(range: &str) -> Option<Asked> {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, range.parse().unwrap());
        Asked::of(&headers)
    }

    #[test]
    fn ranges_are_understood_or_not() {
        for (range, expected) in [
            ("bytes=0-4", Some(Asked::Between(0, 4))),
            ("BYTES=5-", Some(Asked::From(5))),
            ("bytes=-5", Some(Asked::Last(5))),
            ("bytes=4-0", None),
            ("bytes=0-1,3-4", None),
            ("bytes=-", None),
            ("bytes=a-b", None),
            ("lines=0-4", None),
            ("bytes", None),
        ] {
            assert_eq!(asked(range), expected, "{range}");
        }
    }

    #[test]
    fn ranges_are_of_a_length() {
        for (asked, length, expected) in [
            (Asked::Between(0, 4), 10, Some((0, 4))),
            (Asked::Between(8, 40), 10, Some((8, 9))),
            (Asked::Between(10, 11), 10, None),
            (Asked::From(9), 10, Some((9, 9))),
            (Asked::From(10), 10, None),
            (Asked::Last(3), 10, Some((7, 9))),
            (Asked::Last(30), 10, Some((0, 9))),
            (Asked::Last(0), 10, None),
            (Asked::From(0), 0, None),
        ] {
            assert_eq!(asked.of_length(length).map(|bytes| (bytes.first, bytes.last)), expected, "{asked:?}");
        }
    }

    #[test]
    fn parts_are_read_or_refused() {
        for (said, is_read) in [
            ("bytes 0-4/10", true),
            ("bytes 0-4/*", true),
            ("bytes 5-4/10", false),
            ("bytes 0-10/10", false),
            ("bytes */10", false),
            ("lines 0-4/10", false),
            ("bytes 0-18446744073709551615/*", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_RANGE, said.parse().unwrap());
            let part = Part::of(&headers);
            assert_eq!(part.is_some(), is_read, "{said}");
            assert!(part.is_none_or(|part| part.to_string() == said), "{said}");
        }
    }
}
