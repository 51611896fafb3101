//! A fiber: one run of a body on a stack of its own.

use std::mem::ManuallyDrop;

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
}

impl Fiber {
    /// Whether it has begun and not finished: it must not be dropped then (it would be leaked).
    pub(in crate::vm) fn is_suspended(&self) -> bool {
        self.coroutine.started() && !self.coroutine.done()
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
