//! The handle by which a run is stopped from outside: by a signal, a key, an API.

use std::sync::Arc;

use tokio::sync::watch;

/// How urgently a run is to end. Only ever rises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Level {
    /// It is not.
    #[default]
    Run,
    /// No new iterations; running ones have their scenario's `gracefulStop`.
    Graceful,
    /// Running iterations are interrupted.
    Now,
}

/// Stops a run. Clones stop the same run; a request stays, so one made before the run starts is honoured too.
#[derive(Debug, Clone, Default)]
pub struct Control {
    level: Arc<watch::Sender<Level>>,
}

impl Control {
    /// A handle that asks for nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts no new iterations; those that run have their scenario's `gracefulStop` and are then interrupted.
    pub fn stop(&self) {
        raise(&self.level, Level::Graceful);
    }

    /// Interrupts everything. The run returns promptly, with everything that was measured.
    pub fn stop_now(&self) {
        raise(&self.level, Level::Now);
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<Level> {
        self.level.subscribe()
    }
}

/// Raises a level, never lowers it.
pub(super) fn raise(sender: &watch::Sender<Level>, to: Level) {
    sender.send_if_modified(|level| {
        let rises = to > *level;
        *level = (*level).max(to);
        rises
    });
}

/// Returns when the level is at least this.
pub(super) async fn reached(receiver: &mut watch::Receiver<Level>, at_least: Level) -> Level {
    match receiver.wait_for(|level| *level >= at_least).await {
        Ok(level) => *level,
        // Nobody is left who could raise it.
        Err(_) => std::future::pending().await,
    }
}
