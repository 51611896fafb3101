//! How many requests are being answered, by method.

use std::sync::atomic::{AtomicI64, Ordering};

use super::{METHODS, MethodIndex, shards, this_shard};

#[derive(Debug, Default)]
#[repr(align(64))]
struct Copy([AtomicI64; METHODS]);

/// Requests that began and did not end. One copy may go below zero, when a request ends on another thread than it began; their sum
/// does not.
#[derive(Debug)]
pub(crate) struct Active(Box<[Copy]>);

impl Active {
    pub(crate) fn new() -> Active {
        Active((0..shards()).map(|_| Copy::default()).collect())
    }

    pub(crate) fn add(&self, method: MethodIndex, change: i64) {
        self.0[this_shard(self.0.len())].0[method.index()].fetch_add(change, Ordering::Relaxed);
    }

    pub(crate) fn get(&self, method: MethodIndex) -> i64 {
        self.0.iter().map(|copy| copy.0[method.index()].load(Ordering::Relaxed)).sum()
    }
}
