//! What the hub and all workers share: settings, atomics, and the ends of the queues.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use loadline_measure::{Builtin, ScenarioProgress};
use tokio::sync::{mpsc, watch};

use super::allotment::Allotment;
use super::clock::Calendar;
use super::control::{Level, raise};
use super::drop_cause::{DropCause, FirstCause};
use super::reports::{Event, Offer, WindowReport};
use super::scenario_state::EngineState;
use super::settings::Settings;
use super::steering::Steering;
use super::stuck::Busy;
use crate::vu::VuId;

/// One run, as seen from every thread.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) settings: Settings,
    pub(super) builtin: Builtin,
    pub(super) engine: Arc<EngineState>,
    /// What people make of the run.
    pub(super) steering: Arc<Steering>,
    pub(super) allotment: Allotment,
    /// How urgently everything is to end.
    pub(super) level: watch::Sender<Level>,
    /// Why it is to end before its time; set before `level` is.
    pub(super) ended_by: FirstCause,
    /// Set when everyone is ready.
    pub(super) go: watch::Sender<Option<Calendar>>,
    pub(super) events: mpsc::UnboundedSender<Event>,
    pub(super) windows: mpsc::Sender<WindowReport>,
    /// One queue per worker.
    pub(super) offers: Vec<mpsc::UnboundedSender<Offer>>,
    /// The number of the next virtual user that is made in mid-run.
    pub(super) next_vu: AtomicU64,
    /// One per worker.
    pub(super) loop_lags: Vec<LoopLag>,
    /// Whom each worker is busy with.
    pub(super) busy: Vec<Busy>,
    /// Whether workers may use the kernel's timer.
    pub(super) fine_timer: bool,
}

impl Shared {
    /// How far each scenario is.
    pub(super) fn progress(&self) -> Vec<ScenarioProgress> {
        self.engine.scenarios.iter().map(|scenario| scenario.report()).collect()
    }

    pub(super) fn halt(&self, level: Level) {
        raise(&self.level, level);
    }

    /// Why everybody was told to stop; a stop that nobody gave a reason for is a failure.
    pub(super) fn stopped_by(&self) -> DropCause {
        self.ended_by.get().unwrap_or(DropCause::Failed)
    }

    pub(super) fn tell(&self, event: Event) {
        // Without a hub nobody is left to be told; the level then says that everything is to end.
        let _ = self.events.send(event);
    }

    pub(super) fn vu_id(&self, in_instance: u64) -> VuId {
        VuId { in_instance, in_test: self.settings.segment.nth(in_instance - 1) + 1 }
    }
}

/// How late a worker's event loop serves its timers.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct LoopLag {
    max_ns: AtomicU64,
    sum_ns: AtomicU64,
    count: AtomicU64,
    /// When the worker last looked, since the start of the run.
    last_ns: AtomicU64,
}

impl LoopLag {
    /// How often workers look.
    pub(super) const BEAT: Duration = Duration::from_millis(100);

    pub(super) fn note(&self, lag: Duration, since_start: Duration) {
        self.max_ns.fetch_max(lag.as_nanos() as u64, Ordering::Relaxed);
        self.sum_ns.fetch_add(lag.as_nanos() as u64, Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Relaxed);
        self.last_ns.store(since_start.as_nanos() as u64, Ordering::Relaxed);
    }

    /// The loop has nothing more to do; its silence is no lag.
    pub(super) fn rest(&self) {
        self.last_ns.store(u64::MAX, Ordering::Relaxed);
    }

    /// How long the loop has not turned; nothing while it rests.
    pub(super) fn silent(&self, since_start: Duration) -> Duration {
        since_start.saturating_sub(Duration::from_nanos(self.last_ns.load(Ordering::Relaxed)))
    }

    /// The largest, the sum and the number of lags since the last call. A loop that does not turn at all cannot
    /// note it; for that the time since its last beat counts.
    pub(super) fn take(&self, since_start: Duration) -> (Duration, Duration, u64) {
        let silent = self.silent(since_start);
        let max = Duration::from_nanos(self.max_ns.swap(0, Ordering::Relaxed));
        let sum = Duration::from_nanos(self.sum_ns.swap(0, Ordering::Relaxed));
        let count = self.count.swap(0, Ordering::Relaxed);
        if silent > 5 * Self::BEAT { (max.max(silent), sum + silent, count + 1) } else { (max, sum, count) }
    }
}
