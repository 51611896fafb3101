//! The question that computing code is asked from time to time: whether it has to end.
//!
//! A future cannot ask it, because code that computes lets nobody else run on its thread.

use std::fmt;
use std::sync::Arc;

/// A question that may be asked on any thread.
#[derive(Clone, Default)]
pub struct StopWhen(Option<Arc<dyn Fn() -> bool + Send + Sync>>);

impl StopWhen {
    /// Never.
    pub fn never() -> Self {
        Self::default()
    }

    /// When `question` says so. It is asked often, so it should cost next to nothing.
    pub fn asked(question: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(question)))
    }

    /// Whether the code has to end now.
    pub fn is_now(&self) -> bool {
        self.0.as_ref().is_some_and(|question| question())
    }

    /// Whether the answer can ever be yes.
    pub(super) fn is_asked(&self) -> bool {
        self.0.is_some()
    }
}

impl fmt::Debug for StopWhen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StopWhen").field(&self.0.as_ref().map(|_| "asked")).finish()
    }
}
