//! Which request this thread works for just now.
//!
//! As with spans (`trace/context.rs`), a request is the current one each time its future is polled, and no longer: what the handler
//! polls sees it, another request on the same thread does not. A spawned task works for none, unless it was given
//! [`super::ThisRequest`].

use std::{cell::RefCell, sync::Arc, time::Duration};

use super::{names::Named, parts::Parts};

thread_local! {
    static CURRENT: RefCell<Option<Arc<Parts>>> = const { RefCell::new(None) };
}

/// The one that was current before, for afterwards.
pub(crate) struct Around(Option<Arc<Parts>>);

impl Around {
    /// Makes a request current. It is handed over, not counted: nothing that other threads look at is touched.
    pub(crate) fn enter(parts: Arc<Parts>) -> Around {
        Around(CURRENT.replace(Some(parts)))
    }

    /// Makes the one before current again, and hands the other back.
    pub(crate) fn leave(&mut self) -> Option<Arc<Parts>> {
        CURRENT.replace(self.0.take())
    }
}

/// The current one, of whichever monitor.
pub(super) fn current() -> Option<Arc<Parts>> {
    CURRENT.with_borrow(Option::clone)
}

impl Named {
    /// The current request, if it wants to know and is of the same monitor: numbers of another mean nothing to it.
    pub(crate) fn current(&self) -> Option<Arc<Parts>> {
        let is_own = |parts: &&Arc<Parts>| Arc::ptr_eq(&parts.names, &self.names);
        // While a thread ends there is none.
        let current = CURRENT.try_with(|current| current.borrow().as_ref().filter(is_own).map(Arc::clone));
        current.ok().flatten()
    }

    /// Notes in a request what the part of this name took.
    pub(crate) fn note(&self, parts: &Parts, took: Duration) {
        parts.add(self.id, took);
    }
}
