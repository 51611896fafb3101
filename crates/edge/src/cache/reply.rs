//! Answers with their bodies: what is kept, and what goes to a client.

use bytes::{Bytes, BytesMut};
use http::Response;
use url::Url;

use crate::fields::cache_status::CacheStatus;
use crate::policy::{Content, Held, Piece, Served, Stored};

/// What goes to the client.
#[derive(Debug)]
pub struct Reply {
    /// Head, with `Cache-Status`, and body.
    pub response: Response<Bytes>,
    /// What was done.
    pub status: CacheStatus,
}

/// An answer that is kept, with its body.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: u64,
    pub(super) stored: Stored,
    pub(super) body: Bytes,
    /// The text of its key.
    pub(super) key: String,
    pub(super) url: Option<Url>,
}

impl Entry {
    /// The same with another answer, which takes its place.
    pub(super) fn with(&self, stored: Stored, body: Bytes) -> Self {
        Self { id: self.id, stored, body, key: self.key.clone(), url: self.url.clone() }
    }
}

impl Reply {
    pub(super) fn of(served: Served, entry: &Entry) -> Self {
        let offset = match entry.stored.held {
            Held::Whole => 0,
            Held::Part(part) => part.bytes.first,
        };
        let body = match served.content {
            Content::None => Bytes::new(),
            Content::All => entry.body.clone(),
            Content::Bytes(bytes) => cut(&entry.body, offset, bytes.first, bytes.last),
        };
        Self::new(served.response.map(|()| body), served.status)
    }

    pub(super) fn new(mut response: Response<Bytes>, status: CacheStatus) -> Self {
        status.append_to(response.headers_mut());
        Self { response, status }
    }
}

/// The bytes from the first to the last, of a body that begins at the offset.
pub(super) fn cut(body: &Bytes, offset: u64, first: u64, last: u64) -> Bytes {
    let at = |place: u64| usize::try_from(place.saturating_sub(offset)).unwrap_or(usize::MAX).min(body.len());
    body.slice(at(first)..at(last.saturating_add(1)))
}

/// Whether a part has as many bytes as it says.
pub(super) fn has_all(stored: &Stored, body: &Bytes) -> bool {
    match stored.held {
        Held::Whole => true,
        Held::Part(part) => part.bytes.len() == body.len() as u64,
    }
}

pub(super) fn joined(pieces: &[Piece], old: &Entry, new: &Bytes) -> Bytes {
    let offset = match old.stored.held {
        Held::Whole => 0,
        Held::Part(part) => part.bytes.first,
    };
    let start = pieces.iter().find_map(|piece| match piece {
        Piece::New(bytes) => Some(bytes.first),
        Piece::Old(_) => None,
    });
    let mut body = BytesMut::new();
    for piece in pieces {
        match piece {
            Piece::Old(bytes) => body.extend_from_slice(&cut(&old.body, offset, bytes.first, bytes.last)),
            Piece::New(bytes) => {
                body.extend_from_slice(&cut(new, start.unwrap_or_default(), bytes.first, bytes.last));
            }
        }
    }
    body.freeze()
}
