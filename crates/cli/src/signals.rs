//! Interrupts: the first one asks, the second one insists.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use loadline_load::Control;
use loadline_report::Phase;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;

use crate::screen::Screen;

/// How often this process was asked to stop.
#[derive(Clone, Default)]
pub(crate) struct Interrupts {
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    count: AtomicU8,
    /// The run is over: there is nothing left to stop.
    over: AtomicBool,
    second: Notify,
    first: Notify,
}

impl Interrupts {
    /// Listens for SIGINT and SIGTERM from now on, and passes them to the run.
    pub(crate) fn listen(
        control: Control,
        screen: Arc<Screen>,
        grace: std::time::Duration,
    ) -> std::io::Result<Self> {
        let interrupts = Self::default();
        let mut int = signal(SignalKind::interrupt())?;
        let mut term = signal(SignalKind::terminate())?;
        let state = Arc::clone(&interrupts.state);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    received = int.recv() => if received.is_none() { return },
                    received = term.recv() => if received.is_none() { return },
                }
                let before = state.count.fetch_add(1, Ordering::AcqRel);
                if state.over.load(Ordering::Acquire) {
                    state.first.notify_waiters();
                    continue;
                }
                match before {
                    0 => {
                        screen
                            .note("stopping: iterations under way may end; interrupt again to stop at once");
                        screen.phase(Phase::Stopping { grace });
                        state.first.notify_waiters();
                        control.stop();
                    }
                    1 => {
                        screen.note("stopping at once");
                        state.second.notify_waiters();
                        control.stop_now();
                    }
                    // Whoever asks a third time does not want to wait for anything; the Run file is whole up to its
                    // last second.
                    _ => std::process::exit(i32::from(crate::exit::Ending::Signal.code())),
                }
            }
        });
        Ok(interrupts)
    }

    /// Whether there was one.
    pub(crate) fn any(&self) -> bool {
        self.state.count.load(Ordering::Acquire) > 0
    }

    /// Whether there were two.
    pub(crate) fn twice(&self) -> bool {
        self.state.count.load(Ordering::Acquire) > 1
    }

    /// After the run: returns at the first one, or at once if there was one.
    pub(crate) async fn linger(&self) {
        self.state.over.store(true, Ordering::Release);
        self.first().await;
    }

    /// Returns at the first one.
    pub(crate) async fn first(&self) {
        let mut notified = std::pin::pin!(self.state.first.notified());
        // Enlisted before the look: one that comes between the two is not missed.
        notified.as_mut().enable();
        if !self.any() {
            notified.await;
        }
    }

    /// Returns at the second one.
    pub(crate) async fn second(&self) {
        let mut notified = std::pin::pin!(self.state.second.notified());
        notified.as_mut().enable();
        if !self.twice() {
            notified.await;
        }
    }
}
