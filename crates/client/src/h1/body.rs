//! Where a response's body goes: kept up to a limit, or only counted.

use std::sync::Arc;

use bytes::Bytes;

use crate::bodies::{Bodies, FREE, Gathered, Refused};
use crate::request::BodyMode;

/// Why bytes are not a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// Not HTTP; what is wrong.
    Syntax(String),
    /// The body is larger than what may be kept.
    Refused(Refused),
    /// The connection ended in the middle.
    Cut,
}

/// A body on its way in.
#[derive(Debug)]
pub(crate) struct Body<'a> {
    keep: bool,
    /// A body that came in one piece, copied once.
    whole: Bytes,
    /// A body that comes in several.
    parts: Gathered<'a>,
    received: u64,
}

/// Memory set aside at once for a body whose length was announced, in bytes; the rest comes with the data.
const TRUSTED_LENGTH: u64 = 1 << 20;

impl<'a> Body<'a> {
    pub(crate) fn new(mode: BodyMode, bodies: &'a Arc<Bodies>) -> Body<'a> {
        let keep = mode == BodyMode::Keep;
        Body { keep, whole: Bytes::new(), parts: Gathered::new(bodies), received: 0 }
    }

    /// Learns the length before the first byte, so that a body that can't be kept is refused before it is sent.
    pub(crate) fn expect(&mut self, length: u64) -> Result<(), Malformed> {
        if self.keep { self.parts.bodies().check(length).map_err(Malformed::Refused) } else { Ok(()) }
    }

    /// Takes a piece; `remaining` is what is known to follow it.
    pub(crate) fn push(&mut self, piece: &[u8], remaining: u64) -> Result<(), Malformed> {
        let first = self.received == 0;
        self.received += piece.len() as u64;
        if !self.keep || piece.is_empty() {
            return Ok(());
        }
        if first && remaining == 0 && piece.len() <= FREE {
            self.parts.bodies().check(self.received).map_err(Malformed::Refused)?;
            self.whole = Bytes::copy_from_slice(piece);
            return Ok(());
        }
        let expected = if first { remaining.min(TRUSTED_LENGTH) as usize } else { 0 };
        let whole = std::mem::take(&mut self.whole);
        self.parts.push(&whole, 0).and_then(|()| self.parts.push(piece, expected)).map_err(Malformed::Refused)
    }

    /// Bytes of the body so far, as sent.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// The body; empty when it was not kept.
    pub(crate) fn take(&mut self) -> Bytes {
        if self.parts.is_empty() {
            return std::mem::take(&mut self.whole);
        }
        let bodies = self.parts.bodies();
        std::mem::replace(&mut self.parts, Gathered::new(bodies)).finish()
    }
}
