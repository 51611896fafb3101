//! What goes to a client, with its body.

use bytes::{Bytes, BytesMut};
use http::Response;

use crate::fields::cache_status::{CACHE_STATUS, CacheStatus, Forward};
use crate::policy::{Content, Held, Piece, Served, Stored};

/// What goes to the client.
#[derive(Debug)]
pub struct Reply {
    /// Head, with `Cache-Status`, and body.
    pub response: Response<Bytes>,
    /// What was done.
    pub status: CacheStatus,
}

impl Reply {
    /// A stored answer, of whose body this is held.
    pub(super) fn of(served: Served, held: Held, body: &Bytes) -> Self {
        let body = match served.content {
            Content::None => Bytes::new(),
            Content::All => body.clone(),
            Content::Bytes(bytes) => cut(body, offset(held), bytes.first, bytes.last),
        };
        Self::new(served.response.map(|()| body), served.status)
    }

    pub(super) fn new(mut response: Response<Bytes>, status: CacheStatus) -> Self {
        status.append_to(response.headers_mut());
        Self { response, status }
    }

    /// The same for a request that waited for the answer to another one.
    pub(super) fn collapsed(mut self, why: &Forward) -> Self {
        let headers = self.response.headers_mut();
        let others: Vec<_> = headers.get_all(CACHE_STATUS).iter().cloned().collect();
        headers.remove(CACHE_STATUS);
        // Ours is the last.
        for other in others.iter().take(others.len().saturating_sub(1)) {
            headers.append(CACHE_STATUS, other.clone());
        }
        self.status = CacheStatus { hit: false, forward: Some(why.clone()), collapsed: true, ..self.status };
        self.status.append_to(headers);
        self
    }
}

/// Where in the whole what is held of a body begins.
fn offset(held: Held) -> u64 {
    match held {
        Held::Whole => 0,
        Held::Part(part) => part.bytes.first,
    }
}

/// The bytes from the first to the last, of a body that begins at the offset.
fn cut(body: &Bytes, offset: u64, first: u64, last: u64) -> Bytes {
    let at = |place: u64| usize::try_from(place.saturating_sub(offset)).unwrap_or(usize::MAX).min(body.len());
    body.slice(at(first)..at(last.saturating_add(1)))
}

/// Whether there are as many bytes of a body as there should be.
pub(super) fn has_all(stored: &Stored, body: &Bytes) -> bool {
    match stored.held {
        Held::Whole => stored.length.is_none_or(|length| length == body.len() as u64),
        Held::Part(part) => part.bytes.len() == body.len() as u64,
    }
}

/// What is held of a body that goes before what comes; none when something of it goes behind.
pub(super) fn before(pieces: &[Piece], held: Held, old: &Bytes) -> Option<Bytes> {
    match pieces {
        [Piece::New(_)] => Some(Bytes::new()),
        [Piece::Old(bytes), Piece::New(_)] => Some(cut(old, offset(held), bytes.first, bytes.last)),
        _ => None,
    }
}

/// Pieces of an old body and of a new one as one.
pub(super) fn joined(pieces: &[Piece], held: Held, old: &Bytes, new: &Bytes) -> Bytes {
    let start = pieces.iter().find_map(|piece| match piece {
        Piece::New(bytes) => Some(bytes.first),
        Piece::Old(_) => None,
    });
    let mut body = BytesMut::new();
    for piece in pieces {
        match piece {
            Piece::Old(bytes) => {
                body.extend_from_slice(&cut(old, offset(held), bytes.first, bytes.last));
            }
            Piece::New(bytes) => {
                body.extend_from_slice(&cut(new, start.unwrap_or_default(), bytes.first, bytes.last));
            }
        }
    }
    body.freeze()
}
