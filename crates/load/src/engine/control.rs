//! The handle by which a run is stopped and steered from outside: by a signal, a key, an API.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::steer_error::SteerError;
use super::steered::{RunStatus, Setting, Steered};
use super::steering::Steering;

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

/// Stops and steers a run. Clones are of the same run; a request to stop or to pause stays, so one made before the run
/// starts is honoured too. Every call comes back at once, and may be made from any thread.
///
/// ```
/// use loadline_load::{Control, Setting, SteerError};
///
/// let control = Control::new();
/// // A run that is paused before it starts waits for somebody who resumes it.
/// assert_eq!(control.pause(), Ok(1));
/// let setting = Setting { vus: Some(20), ..Setting::default() };
/// assert_eq!(control.set("search", &setting), Err(SteerError::Preparing));
/// assert!(control.status().paused);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Control {
    level: Arc<watch::Sender<Level>>,
    steering: Arc<Steering>,
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

    /// Stops like [`Control::stop`], and remembers that a person did.
    ///
    /// # Errors
    /// The run is over.
    pub fn stop_by_hand(&self) -> Result<u64, SteerError> {
        let revision = self.steering.stopped()?;
        self.stop();
        Ok(revision)
    }

    /// Whether a person stopped it.
    pub fn was_stopped_by_hand(&self) -> bool {
        self.steering.was_stopped()
    }

    /// Starts nothing more until it is resumed: iterations under way come to their end, and time stands still for plans
    /// and schedules. Before its start a run is held there. The number of the change; of the last one where it was
    /// paused already.
    ///
    /// # Errors
    /// The run is over.
    pub fn pause(&self) -> Result<u64, SteerError> {
        self.steering.pause()
    }

    /// Goes on from where it was paused. The number of the change; of the last one where it was not paused.
    ///
    /// # Errors
    /// The run is over.
    pub fn resume(&self) -> Result<u64, SteerError> {
        self.steering.resume()
    }

    /// Changes a scenario from now on. Numbers are those of the whole test, of which a segment makes its part. The
    /// number of the change.
    ///
    /// # Errors
    /// There is no such scenario, it is over, or has nothing of the kind; or the number is beyond its bounds.
    pub fn set(&self, scenario: &str, setting: &Setting) -> Result<u64, SteerError> {
        self.steering.set(scenario, setting)
    }

    /// Takes note of something that happened, in words that stand beside its moment. Secrets are left out by whoever
    /// says it. The number of the change.
    ///
    /// # Errors
    /// The run is over.
    pub fn mark(&self, words: &str) -> Result<u64, SteerError> {
        self.steering.mark(words)
    }

    /// How the run stands.
    pub fn status(&self) -> RunStatus {
        self.steering.status()
    }

    /// What people did since the last call, in order, and how much more they did that found no room.
    pub fn take_deeds(&self) -> (Vec<Steered>, u64) {
        self.steering.take_deeds()
    }

    /// How long the run has been paused in all.
    pub fn paused(&self) -> Duration {
        self.steering.paused()
    }

    pub(super) fn steering(&self) -> &Arc<Steering> {
        &self.steering
    }

    /// Returns when it is asked to stop.
    pub async fn stops(&self) {
        reached(&mut self.subscribe(), Level::Graceful).await;
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
