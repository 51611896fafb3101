//! Which copy of a counter a thread adds to.
//!
//! Threads that add to one counter at the same time wait for each other's cache line. So there are a few copies of each, a thread keeps
//! to one of them, and a reader adds them up.

use std::{
    cell::Cell,
    num::NonZero,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

/// More copies would cost memory per series for less and less.
const MOST_SHARDS: usize = 8;

/// How many copies suit this machine; a power of two.
pub(crate) fn shards() -> usize {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    cores.min(MOST_SHARDS).next_power_of_two()
}

/// This thread's copy among `shards`, which is a power of two.
pub(crate) fn this_shard(shards: usize) -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    NUMBER.with(|number| {
        if number.get() == usize::MAX {
            number.set(THREADS.fetch_add(1, Ordering::Relaxed));
        }
        number.get() & (shards - 1)
    })
}
