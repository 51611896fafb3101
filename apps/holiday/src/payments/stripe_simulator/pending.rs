//! What the simulator still has to do by itself: users who will pay, events on their way.

use std::sync::Arc;

use tokio::sync::watch;

/// Counts what is under way.
#[derive(Clone, Default)]
pub(super) struct Pending(Arc<watch::Sender<usize>>);

/// Something under way, until it is dropped.
pub(super) struct Begun(Pending);

impl Pending {
    /// Something begins.
    pub(super) fn begin(&self) -> Begun {
        self.0.send_modify(|count| *count += 1);
        Begun(self.clone())
    }

    /// Nothing is under way any more.
    pub(super) async fn none(&self) {
        let mut count = self.0.subscribe();
        let _ = count.wait_for(|count| *count == 0).await;
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}
