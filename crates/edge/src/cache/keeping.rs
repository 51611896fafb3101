//! A body that is collected while it goes to the client, to be kept once it is whole.

use std::sync::Arc;

use bytes::Bytes;

use super::asking::Asking;
use super::entry::Entry;
use super::limits::{Tallies, add};
use crate::policy::{Piece, Stored};

/// A body that is collected to be kept.
///
/// Give it each piece of the origin's body as it comes ([`Self::add`]), and it to the cache at the end
/// ([`Cache::keep`](super::Cache::keep)). Dropped before that, because the body ended early or nobody waits for its
/// end, nothing is kept, and it is counted.
#[derive(Debug)]
pub struct Keeping {
    /// None once it is kept.
    pub(super) what: Option<Box<What>>,
    content: Vec<u8>,
    is_too_large: bool,
    most: usize,
    tallies: Arc<Tallies>,
}

#[derive(Debug)]
pub(super) struct What {
    pub(super) asking: Asking,
    pub(super) stored: Stored,
    pub(super) joined: Option<Joined>,
}

/// What came is only a part of what is kept.
#[derive(Debug)]
pub(super) struct Joined {
    pub(super) pieces: Vec<Piece>,
    pub(super) basis: Arc<Entry>,
}

impl Keeping {
    pub(super) fn new(what: What, expected: Option<u64>, most: u64, tallies: Arc<Tallies>) -> Self {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        // What a head promises takes no room before it comes.
        let room = expected.and_then(|length| usize::try_from(length).ok()).unwrap_or_default().min(most);
        let content = Vec::with_capacity(room.min(1 << 20));
        Self { what: Some(Box::new(what)), content, is_too_large: false, most, tallies }
    }

    /// Adds a piece of the body. Whether it may still be kept: not when it has become larger than what may be.
    pub fn add(&mut self, bytes: &[u8]) -> bool {
        if !self.is_too_large && self.content.len().saturating_add(bytes.len()) <= self.most {
            self.content.extend_from_slice(bytes);
        } else {
            self.is_too_large = true;
            self.content = Vec::new();
        }
        !self.is_too_large
    }

    /// What was collected; none when it was too large.
    pub(super) fn finish(mut self) -> Option<(Box<What>, Bytes)> {
        if self.is_too_large {
            return None;
        }
        let content = std::mem::take(&mut self.content).into_boxed_slice();
        Some((self.what.take()?, Bytes::from(content)))
    }
}

impl Drop for Keeping {
    fn drop(&mut self) {
        if self.what.is_some() {
            add(if self.is_too_large { &self.tallies.too_large } else { &self.tallies.cut_short }, 1);
        }
    }
}
