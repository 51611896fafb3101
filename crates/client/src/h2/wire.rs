//! What the task that moves a connection's frames and the requests on it know of each other.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::Notify;

/// What the connection's task tells its users.
#[derive(Debug, Default)]
pub(super) struct Wire {
    pub(super) sent: AtomicU64,
    pub(super) received: AtomicU64,
    pub(super) closed: AtomicBool,
    pub(super) used: AtomicBool,
    /// A place may be free, or none will ever be.
    pub(super) changed: Notify,
}

impl Wire {
    /// No more requests; those that wait for a place go elsewhere.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        self.changed.notify_waiters();
    }
}
