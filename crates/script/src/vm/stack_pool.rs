//! Stacks for virtual users, kept for reuse by the thread that made them.
//!
//! A stack is needed only while an iteration runs. Mapping and unmapping one costs several microseconds and its
//! touched pages, so finished stacks wait here, last used first: their top pages are warm. Only as many as a busy
//! worker reuses are kept; the others go back to the system.

use std::cell::RefCell;

use corosensei::stack::DefaultStack;

/// Reserved address space of one stack, in bytes. Pages are touched on demand: an idle user holds two or three.
/// Stays below 2 MiB so that the kernel can't back one with a huge page. Some 3,000 calls deep in a release build.
pub(super) const STACK_BYTES: usize = 1984 * 1024;

/// How many unused stacks a thread keeps.
const KEPT: usize = 256;

thread_local! {
    static POOL: RefCell<Vec<DefaultStack>> = const { RefCell::new(Vec::new()) };
}

/// A stack of [`STACK_BYTES`] from the pool, or a new one.
///
/// # Errors
/// When the system refuses the mapping (address space or `vm.max_map_count` is used up).
pub(super) fn take() -> std::io::Result<DefaultStack> {
    match POOL.with_borrow_mut(Vec::pop) {
        Some(stack) => Ok(stack),
        None => DefaultStack::new(STACK_BYTES),
    }
}

/// Gives a stack back on which nothing runs any more.
pub(super) fn give(stack: DefaultStack) {
    // During thread exit the pool is gone: the stack is then simply unmapped.
    let _ = POOL.try_with(|pool| {
        let mut pool = pool.borrow_mut();
        if pool.len() < KEPT {
            pool.push(stack);
        }
    });
}
