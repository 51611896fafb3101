//! A fiber: one run of a body on a stack of its own.

use std::mem::ManuallyDrop;
use std::ops::Range;

use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, Yielder};

use super::super::stack_pool;

/// A fiber's coroutine: it takes nothing and hands out nothing.
pub(super) type FiberCoroutine = Coroutine<(), (), (), DefaultStack>;

/// What a resumed fiber did.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::vm) enum Resumed {
    /// It waits in `block` or [`suspend`].
    Suspended,
    /// Its body has returned.
    Finished,
}

/// One run of a body on a stack of its own.
pub(in crate::vm) struct Fiber {
    pub(super) coroutine: ManuallyDrop<FiberCoroutine>,
    pub(super) yielder: *const Yielder<(), ()>,
    pub(super) low: usize,
    /// Where its stack ended when it last suspended.
    pub(super) depth: usize,
}

/// Bytes in use that a resumption needs: those of a script that waits in a call or two.
const NEEDED_BYTES: usize = 4096;

impl Fiber {
    /// Whether it has begun and not finished: it must not be dropped then (it would be leaked).
    pub(in crate::vm) fn is_suspended(&self) -> bool {
        self.coroutine.started() && !self.coroutine.done()
    }

    /// Gives the pages back to the system that a suspended fiber has touched and does not use: what deep calls before a
    /// long wait have left below (rule 7).
    pub(in crate::vm) fn give_back(&self) {
        let page = rustix::param::page_size();
        let from = self.low.next_multiple_of(page);
        // The switch has pushed registers below `depth`, and a leaf function may use the red zone.
        let until = self.depth.saturating_sub(page) / page * page;
        if !self.is_suspended() || until <= from {
            return;
        }
        // SAFETY: the range lies within this fiber's own stack, which is mapped privately and stays so while the fiber
        // lives, and below everything it uses (rule 7).
        let given =
            unsafe { rustix::mm::madvise(from as *mut _, until - from, rustix::mm::Advice::LinuxDontNeed) };
        // A system that does not do this keeps the pages: nothing is lost but memory.
        let _ = given;
    }

    /// The addresses of the part of a suspended fiber's stack that its resumption needs first.
    pub(in crate::vm) fn needed(&self) -> Range<usize> {
        // The yielder lies at the other end of the stack.
        self.depth..self.yielder.addr().min(self.depth + NEEDED_BYTES)
    }
}

impl Drop for Fiber {
    fn drop(&mut self) {
        if self.is_suspended() {
            return;
        }
        // SAFETY: taken once, here. Not suspended: either done, and the stack is free, or never started, and
        // dropping drops the body's captures.
        let coroutine = unsafe { ManuallyDrop::take(&mut self.coroutine) };
        if coroutine.done() {
            stack_pool::give(coroutine.into_stack());
        }
    }
}
