//! How many more of something there may be.

use std::sync::atomic::{AtomicUsize, Ordering};

/// A number that is taken from until nothing is left.
#[derive(Debug)]
pub(crate) struct Budget(AtomicUsize);

impl Budget {
    pub(crate) fn new(amount: usize) -> Budget {
        Budget(AtomicUsize::new(amount))
    }

    /// Takes one; false when there is none.
    pub(crate) fn take(&self) -> bool {
        self.0.try_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    pub(crate) fn give_back(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    #[cfg(test)]
    pub(crate) fn left(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}
