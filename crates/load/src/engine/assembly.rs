//! Puts a run together: deals out the work, lays the queues, starts the workers.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use loadline_measure::Builtin;
use tokio::sync::{mpsc, watch};

use super::allotment::Allotment;
use super::control::{Control, Level};
use super::drop_cause::FirstCause;
use super::host::Host;
use super::outcome::EngineError;
use super::reports::{Event, WindowReport};
use super::scenario_state::{EngineState, ScenarioState};
use super::settings::Settings;
use super::shared::{LoopLag, Shared};
use super::stuck::Busy;
use crate::plan::Plan;
use crate::vu::Program;

/// Windows per worker that may wait for a slow observer.
const QUEUE: usize = 8;

/// The hub's ends of a run whose workers have begun to prepare.
pub(super) struct Assembly {
    pub(super) shared: Arc<Shared>,
    pub(super) events: mpsc::UnboundedReceiver<Event>,
    pub(super) windows: mpsc::Receiver<WindowReport>,
    /// When the last iteration has stopped for certain, since the start.
    pub(super) plan_end: Duration,
    /// The longest `gracefulStop`.
    pub(super) longest_grace: Duration,
}

/// Checks the plan and starts its workers.
pub(super) fn assemble<P: Program>(
    plan: Plan,
    program: &Arc<P>,
    settings: Settings,
    control: &Control,
    host: Host,
) -> Result<Assembly, EngineError> {
    plan.check()?;
    let (plan_end, longest_grace) = (plan.end(), plan.longest_grace());
    let builtin = Builtin::define(&settings.schema)?;
    let allotment = Allotment::new(&plan, &settings.segment, settings.workers);
    let workers = allotment.workers.len();
    let scenarios = plan.scenarios.into_iter().enumerate().map(|(index, scenario)| {
        let course = control.steering().subscribe();
        Arc::new(ScenarioState::new(scenario, index, &settings.segment, workers, &settings.schema, course))
    });
    let engine = EngineState {
        scenarios: scenarios.collect(),
        initialised: AtomicU64::new(0),
        allowed: AtomicU64::new(allotment.prepared()),
        started_at: OnceLock::new(),
    };
    let engine = Arc::new(engine);
    control.steering().prepare(&engine);
    let (event_sender, events) = mpsc::unbounded_channel();
    let (window_sender, windows) = mpsc::channel(QUEUE * workers);
    let (offers, inboxes): (Vec<_>, Vec<_>) = (0..workers).map(|_| mpsc::unbounded_channel()).unzip();
    let shared = Arc::new(Shared {
        builtin,
        engine,
        steering: Arc::clone(control.steering()),
        next_vu: AtomicU64::new(allotment.prepared() + 1),
        allotment,
        level: watch::Sender::default(),
        go: watch::Sender::default(),
        events: event_sender,
        windows: window_sender,
        offers,
        loop_lags: (0..workers).map(|_| LoopLag::default()).collect(),
        busy: (0..workers).map(|_| Busy::default()).collect(),
        ended_by: FirstCause::default(),
        fine_timer: host == Host::Threads,
        settings,
    });
    for (index, inbox) in inboxes.into_iter().enumerate() {
        if let Err(error) = host.spawn(Arc::clone(program), Arc::clone(&shared), index, inbox) {
            shared.halt(Level::Now);
            return Err(error);
        }
    }
    Ok(Assembly { shared, events, windows, plan_end, longest_grace })
}
