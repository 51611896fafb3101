//! The memory that response bodies may take: a limit for one, and one for all of a run together.
//!
//! A body grows as it comes, and claims what it grows by before it does; announced lengths claim nothing, because a
//! server may announce what it never sends. The claim lives as long as the bytes do, in a script's hands too. Bodies of
//! up to [`FREE`] bytes are not counted: there are as many as users, and they cost less than the users themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

/// What a body may take uncounted, in bytes.
pub(crate) const FREE: usize = 64 << 10;
/// The most that a body grows ahead of its data, in bytes.
const LARGEST_GROWTH: usize = 16 << 20;

/// What all clients of a run may hold.
#[derive(Debug)]
pub(crate) struct Bodies {
    /// The largest body, in bytes.
    one: u64,
    /// All bodies together, in bytes.
    all: u64,
    claimed: AtomicU64,
}

/// Which limit a body would go beyond, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// That of one body.
    One(u64),
    /// That of all together.
    All(u64),
}

/// A body that is being put together.
#[derive(Debug)]
pub(crate) struct Gathered<'a> {
    bodies: &'a Arc<Bodies>,
    bytes: Vec<u8>,
    claimed: u64,
}

/// A finished body and its claim.
struct Kept {
    bodies: Arc<Bodies>,
    bytes: Vec<u8>,
    claimed: u64,
}

impl Bodies {
    pub(crate) fn new(one: u64, all: u64) -> Bodies {
        Bodies { one, all, claimed: AtomicU64::new(0) }
    }

    /// Whether a body of this length would be kept.
    pub(crate) fn check(&self, length: u64) -> Result<(), Refused> {
        if length > self.one {
            return Err(Refused::One(self.one));
        }
        if length > self.all && length > FREE as u64 {
            return Err(Refused::All(self.all));
        }
        Ok(())
    }

    fn claim(&self, more: u64) -> bool {
        let add = |claimed: u64| claimed.checked_add(more).filter(|sum| *sum <= self.all);
        self.claimed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok()
    }

    fn release(&self, claimed: u64) {
        self.claimed.fetch_sub(claimed, Ordering::Relaxed);
    }
}

impl<'a> Gathered<'a> {
    pub(crate) fn new(bodies: &'a Arc<Bodies>) -> Gathered<'a> {
        Gathered { bodies, bytes: Vec::new(), claimed: 0 }
    }

    pub(crate) fn bodies(&self) -> &'a Arc<Bodies> {
        self.bodies
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Adds a piece, behind which `expected` more bytes are likely.
    ///
    /// # Errors
    /// When a limit would be exceeded; nothing is added then.
    pub(crate) fn push(&mut self, piece: &[u8], expected: usize) -> Result<(), Refused> {
        let length = self.bytes.len() + piece.len();
        self.bodies.check(length as u64)?;
        if length > self.bytes.capacity() {
            let ahead = expected.max(self.bytes.capacity().min(LARGEST_GROWTH));
            self.grow(length, length.saturating_add(ahead))?;
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }

    /// Makes room for `needed` bytes in all, or for `wanted` where that is allowed.
    fn grow(&mut self, needed: usize, wanted: usize) -> Result<(), Refused> {
        let limit = usize::try_from(self.bodies.one).unwrap_or(usize::MAX);
        for capacity in [wanted.min(limit), needed] {
            let cost = if capacity > FREE { capacity as u64 } else { 0 };
            let more = cost.saturating_sub(self.claimed);
            if more == 0 || self.bodies.claim(more) {
                self.claimed += more;
                self.bytes.reserve_exact(capacity - self.bytes.len());
                return Ok(());
            }
        }
        Err(Refused::All(self.bodies.all))
    }

    /// The whole body; its claim ends with the last of its clones.
    pub(crate) fn finish(mut self) -> Bytes {
        let mut bytes = std::mem::take(&mut self.bytes);
        if self.claimed == 0 {
            return bytes.into();
        }
        bytes.shrink_to_fit();
        let unused = self.claimed.saturating_sub(bytes.capacity() as u64);
        self.bodies.release(unused);
        let claimed = std::mem::take(&mut self.claimed) - unused;
        Bytes::from_owner(Kept { bodies: Arc::clone(self.bodies), bytes, claimed })
    }
}

impl Drop for Gathered<'_> {
    fn drop(&mut self) {
        // Most bodies claim nothing, and then nothing is touched that other threads look at.
        if self.claimed > 0 {
            self.bodies.release(self.claimed);
        }
    }
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.bodies.release(self.claimed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claimed(bodies: &Bodies) -> u64 {
        bodies.claimed.load(Ordering::Relaxed)
    }

    #[test]
    fn small_bodies_cost_nothing_and_large_ones_what_they_take() {
        let bodies = Arc::new(Bodies::new(1 << 20, 2 << 20));
        let mut small = Gathered::new(&bodies);
        small.push(&[1; 1000], 0).unwrap();
        let small = small.finish();
        assert_eq!((small.len(), claimed(&bodies)), (1000, 0));
        let mut large = Gathered::new(&bodies);
        for _ in 0..10 {
            large.push(&vec![2; 50_000], 0).unwrap();
            assert!(claimed(&bodies) == 0 || claimed(&bodies) >= large.bytes.capacity() as u64);
        }
        let large = large.finish();
        assert_eq!(large.len(), 500_000);
        assert!((500_000..600_000).contains(&claimed(&bodies)), "{}", claimed(&bodies));
        let part = large.slice(1..2);
        drop(large);
        assert!(claimed(&bodies) >= 500_000, "a part of it lives on");
        drop(part);
        assert_eq!(claimed(&bodies), 0);
    }

    #[test]
    fn both_limits_hold_and_what_is_given_up_is_free_again() {
        let bodies = Arc::new(Bodies::new(300_000, 500_000));
        let mut first = Gathered::new(&bodies);
        first.push(&vec![0; 300_000], 0).unwrap();
        assert_eq!(first.push(&[0], 0), Err(Refused::One(300_000)));
        let mut second = Gathered::new(&bodies);
        second.push(&vec![0; 200_000], 0).unwrap();
        assert_eq!(second.push(&[0], 0), Err(Refused::All(500_000)));
        drop(first);
        second.push(&vec![0; 100_000], 0).unwrap();
        drop(second);
        assert_eq!(claimed(&bodies), 0);
    }

    proptest::proptest! {
        #[test]
        fn never_more_than_is_allowed(pieces in proptest::collection::vec((0..4_usize, 0..120_000_usize, 0..2_000_000_usize), 0..60)) {
            let bodies = Arc::new(Bodies::new(400_000, 1_000_000));
            let mut all: Vec<Gathered<'_>> = (0..4).map(|_| Gathered::new(&bodies)).collect();
            for (which, length, expected) in pieces {
                let before = all[which].bytes.len();
                let pushed = all[which].push(&vec![7; length], expected).is_ok();
                assert_eq!(all[which].bytes.len(), before + if pushed { length } else { 0 });
                assert!(all[which].bytes.len() <= 400_000);
                let counted: usize = all.iter().map(|body| body.bytes.capacity()).filter(|size| *size > FREE).sum();
                assert!(counted as u64 <= claimed(&bodies) && claimed(&bodies) <= 1_000_000);
            }
            drop(all);
            assert_eq!(claimed(&bodies), 0);
        }
    }
}
