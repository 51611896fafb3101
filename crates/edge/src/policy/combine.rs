//! Parts of an answer put together (RFC 9111 §3.4, RFC 9110 §15.3.7.3).
//!
//! Only parts with the same strong validator are parts of the same bytes: without one, nobody knows.

use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_RANGE};

use super::stored::{Held, Stored};
use crate::fields::compact::Fields;
use crate::fields::range::{Bytes, Part};

/// Two parts that make one.
#[derive(Debug)]
pub struct Combined {
    /// What is kept from now on.
    pub stored: Stored,
    /// Where its bytes come from, in their order.
    pub pieces: Vec<Piece>,
}

/// Bytes of one of two bodies, counted in the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// Of what was kept.
    Old(Bytes),
    /// Of what has come.
    New(Bytes),
}

impl Piece {
    /// How many bytes of what has come it has.
    pub fn new_bytes(&self) -> u64 {
        match self {
            Self::Old(_) => 0,
            Self::New(bytes) => bytes.len(),
        }
    }
}

/// The old part and the new one as one; none when they are not of the same bytes, or there is a gap between them.
pub(super) fn combined(old: &Stored, new: Stored) -> Option<Combined> {
    let (Held::Part(before), Held::Part(after)) = (old.held, new.held) else { return None };
    let is_same = old.strong_tag()?.is_strongly(&new.strong_tag()?);
    let total = match (before.total, after.total) {
        (Some(one), Some(other)) if one != other => return None,
        (one, other) => one.or(other),
    };
    let touches = before.bytes.first <= after.bytes.last + 1 && after.bytes.first <= before.bytes.last + 1;
    if !is_same || !touches {
        return None;
    }
    let bytes = Bytes {
        first: before.bytes.first.min(after.bytes.first),
        last: before.bytes.last.max(after.bytes.last),
    };
    // Bytes that both have are the new ones.
    let mut pieces = Vec::new();
    if before.bytes.first < after.bytes.first {
        pieces.push(Piece::Old(Bytes { first: before.bytes.first, last: after.bytes.first - 1 }));
    }
    pieces.push(Piece::New(after.bytes));
    if before.bytes.last > after.bytes.last {
        pieces.push(Piece::Old(Bytes { first: after.bytes.last + 1, last: before.bytes.last }));
    }
    let is_whole = total.is_some_and(|total| bytes.first == 0 && bytes.last + 1 == total);
    let mut headers = old.headers.to_map();
    update(&mut headers, &new.headers.to_map());
    Some(Combined {
        stored: Stored {
            held: if is_whole { Held::Whole } else { Held::Part(Part { bytes, total }) },
            length: total,
            headers: Fields::of(&headers),
            ..new
        },
        pieces,
    })
}

/// Puts new header fields in the place of old ones (RFC 9111 §3.2); those that describe the stored bytes stay.
pub(super) fn update(old: &mut HeaderMap, new: &HeaderMap) {
    use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
    for name in new.keys() {
        if [CONTENT_LENGTH, CONTENT_RANGE, CONTENT_ENCODING, CONTENT_TYPE].contains(name) {
            continue;
        }
        old.remove(name);
        for value in new.get_all(name) {
            old.append(name, value.clone());
        }
    }
}
