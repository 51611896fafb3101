//! The wish that an iteration ends now: set once, seen by everyone who holds a clone.
//!
//! A wish and not a kill, because a virtual user may be in the middle of a script on a stack of its own, which has
//! to be unwound by whoever owns it.

use std::cell::Cell;
use std::rc::Rc;

use tokio::sync::Notify;

/// A flag that can be waited for. Clones are one flag; it lives on one worker thread.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Rc<State>);

#[derive(Debug, Default)]
struct State {
    set: Cell<bool>,
    waiting: Notify,
}

impl Interrupt {
    /// An interrupt that is not set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets it, for good, and wakes everyone who waits.
    pub fn set(&self) {
        self.0.set.set(true);
        self.0.waiting.notify_waiters();
    }

    /// Whether both are clones of one.
    pub fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// Whether it is set.
    pub fn is_set(&self) -> bool {
        self.0.set.get()
    }

    /// Returns when it is set; at once when it already is. Any number of futures may wait.
    pub async fn wait(&self) {
        if !self.is_set() {
            // `notify_waiters` reaches a future from its creation on, and nothing can set the flag in between: the
            // flag belongs to this thread.
            self.0.waiting.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everyone_who_waits_is_woken() {
        let interrupt = Interrupt::new();
        let setter = interrupt.clone();
        let set = async move { setter.set() };
        tokio::join!(interrupt.wait(), interrupt.wait(), set);
        assert!(interrupt.is_set());
        interrupt.wait().await;
    }
}
