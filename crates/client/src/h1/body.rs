//! Where a response's body goes: kept up to a limit, or only counted.

use bytes::Bytes;

use crate::request::BodyMode;

/// Why bytes are not a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// Not HTTP; what is wrong.
    Syntax(String),
    /// The body is larger than what may be kept, in bytes.
    TooLarge(u64),
    /// The connection ended in the middle.
    Cut,
}

/// A body on its way in.
#[derive(Debug)]
pub(crate) struct Body {
    keep: bool,
    limit: u64,
    /// A body that came in one piece, copied once.
    whole: Bytes,
    /// A body that comes in several.
    parts: Vec<u8>,
    received: u64,
}

/// Memory set aside at once for a body whose length was announced, in bytes; the rest comes with the data.
const TRUSTED_LENGTH: u64 = 1 << 20;

impl Body {
    pub(crate) fn new(mode: BodyMode, limit: u64) -> Body {
        let keep = mode == BodyMode::Keep;
        Body { keep, limit, whole: Bytes::new(), parts: Vec::new(), received: 0 }
    }

    /// Learns the length before the first byte, so that a body that can't be kept is refused before it is sent.
    pub(crate) fn expect(&mut self, length: u64) -> Result<(), Malformed> {
        if self.keep && length > self.limit {
            return Err(Malformed::TooLarge(self.limit));
        }
        Ok(())
    }

    /// Takes a piece; `remaining` is what is known to follow it.
    pub(crate) fn push(&mut self, piece: &[u8], remaining: u64) -> Result<(), Malformed> {
        let first = self.received == 0;
        self.received += piece.len() as u64;
        if !self.keep || piece.is_empty() {
            return Ok(());
        }
        if self.received > self.limit {
            return Err(Malformed::TooLarge(self.limit));
        }
        if first && remaining == 0 {
            self.whole = Bytes::copy_from_slice(piece);
            return Ok(());
        }
        if !self.whole.is_empty() {
            self.parts.extend_from_slice(&std::mem::take(&mut self.whole));
        } else if first {
            self.parts.reserve(piece.len() + remaining.min(TRUSTED_LENGTH) as usize);
        }
        self.parts.extend_from_slice(piece);
        Ok(())
    }

    /// Bytes of the body so far, as sent.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// The body; empty when it was not kept.
    pub(crate) fn take(&mut self) -> Bytes {
        if self.parts.is_empty() {
            std::mem::take(&mut self.whole)
        } else {
            std::mem::take(&mut self.parts).into()
        }
    }
}
