//! One worker from its birth to its last window: prepare, wait for the start, run, deliver.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use loadline_measure::{Recorder, Window};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::{Instant, sleep_until};

use super::closed::Closed;
use super::control::{Level, reached};
use super::drive::drive;
use super::open::Open;
use super::reports::{Event, Offer, WindowReport};
use super::scenario_state::phase;
use super::shared::{LoopLag, Shared};
use super::worker_core::{Core, Crew};
use crate::vu::{Program, Worker, WorkerContext};

const SECOND: Duration = Duration::from_secs(1);

/// A worker's whole life. Runs in a `LocalSet`, on a thread of its own or, with a paused clock, in a test.
pub(super) async fn work<P: Program>(
    program: Arc<P>,
    shared: Arc<Shared>,
    index: usize,
    offers: mpsc::UnboundedReceiver<Offer>,
) {
    let mut recorder = Recorder::new(Arc::clone(&shared.settings.schema));
    if let Some(samples) = &shared.settings.samples {
        recorder.stream(samples.clone());
    }
    if let Some(traces) = &shared.settings.traces {
        recorder.trace(traces.clone());
    }
    let recorder = Rc::new(RefCell::new(recorder));
    let context =
        WorkerContext { worker: index, recorder: Rc::clone(&recorder), engine: Arc::clone(&shared.engine) };
    let worker = program.worker(context);
    let core = Rc::new(Core::new(index, Arc::clone(&shared), recorder, worker));
    if prepare(&core).await
        && let Some(start) = wait_for_go(&core).await
    {
        run(&core, start, offers).await;
    }
    // What the program looks at when its users are done is no part of the run, whose length rates are divided by.
    let at = Instant::now();
    core.end();
    let lost_samples = core.recorder.borrow().lost_samples();
    shared.tell(Event::Finished { worker: index, at, lost_samples });
    // Thousands of script realms take a while to drop; everything has been delivered before.
    let users = core.pool.clear();
    if shared.settings.leave_users {
        std::mem::forget((users, core));
    }
}

/// Prepares this worker's virtual users. Whether the run may go on.
async fn prepare<W: Worker + 'static>(core: &Rc<Core<W>>) -> bool {
    for &id in &core.shared.allotment.workers[core.index].ids {
        if *core.shared.level.borrow() >= Level::Graceful {
            return false;
        }
        let Some(holder) = core.make_vu(id).await else { return false };
        core.pool.put(holder);
        tokio::task::yield_now().await;
    }
    core.shared.tell(Event::Ready);
    true
}

/// The start, unless the run is stopped before. Who wakes so late that it has been stopped since has its part in the
/// account all the same, and finds out when it drives.
async fn wait_for_go<W: Worker + 'static>(core: &Rc<Core<W>>) -> Option<Instant> {
    let (mut go, mut level) = (core.shared.go.subscribe(), core.shared.level.subscribe());
    tokio::select! {
        biased;
        go = go.wait_for(Option::is_some) => {
            core.set_calendar(go.ok().as_deref().copied().flatten()?);
            core.shared.engine.started_at()
        }
        _ = reached(&mut level, Level::Graceful) => None,
    }
}

async fn run<W: Worker + 'static>(
    core: &Rc<Core<W>>,
    start: Instant,
    mut offers: mpsc::UnboundedReceiver<Offer>,
) {
    let drivers = Rc::new(Crew::default());
    let mut open = Vec::new();
    for (scenario, share) in
        core.shared.engine.scenarios.iter().zip(&core.shared.allotment.workers[core.index].scenarios)
    {
        if scenario.is_idle() {
            // Other machines do all of it.
            core.counters(scenario).phase.store(phase::DONE, Ordering::Relaxed);
            scenario.worker_done();
            open.push(None);
            continue;
        }
        let member = drivers.join();
        let (core, scenario) = (Rc::clone(core), Arc::clone(scenario));
        let part = Open::new(&core, &scenario, share).map(Rc::new);
        open.push(part.clone());
        let closed = part.is_none().then(|| Rc::new(Closed::new(&core, &scenario, share)));
        core.clone().spawn(async move {
            let _member = member;
            match (part, closed) {
                (Some(part), _) => drive(core, scenario, part).await,
                (None, Some(closed)) => drive(core, scenario, closed).await,
                (None, None) => {}
            }
        });
    }
    let accept = |offer: Offer| {
        if let Some(Some(open)) = open.get(offer.scenario) {
            open.accept(offer.scheduled);
        }
    };
    let mut delivery = Delivery { backlog: None, next: 0 };
    let mut beat = start + LoopLag::BEAT;
    let mut boundary = start + SECOND;
    loop {
        tokio::select! {
            biased;
            () = drivers.empty() => break,
            () = sleep_until(beat) => {}
            Some(offer) = offers.recv() => {
                accept(offer);
                while let Ok(offer) = offers.try_recv() {
                    accept(offer);
                }
                continue;
            }
        }
        let now = Instant::now();
        core.shared.loop_lags[core.index].note(now - beat, now - start);
        while beat <= now {
            beat += LoopLag::BEAT;
        }
        if now >= boundary {
            let over = (now - start).as_secs() - 1;
            boundary = start + Duration::from_secs(over + 2);
            delivery.deliver(core, over);
        }
    }
    // From here on nobody can send one; who did before counts on an answer.
    offers.close();
    while let Ok(offer) = offers.try_recv() {
        accept(offer);
    }
    core.shared.loop_lags[core.index].rest();
    delivery.finish(core).await;
}

/// Hands windows to the hub and keeps what finds no room.
struct Delivery {
    backlog: Option<Window>,
    /// The first second that has not been delivered.
    next: u64,
}

impl Delivery {
    fn window<W: Worker + 'static>(&mut self, core: &Core<W>) -> Window {
        let window = core.recorder.borrow_mut().take_window();
        match self.backlog.take() {
            None => window,
            Some(mut backlog) => {
                backlog.merge(window);
                backlog
            }
        }
    }

    fn deliver<W: Worker + 'static>(&mut self, core: &Core<W>, second: u64) {
        self.next = second + 1;
        let report = WindowReport { worker: core.index, second, window: self.window(core) };
        if let Err(TrySendError::Full(report)) = core.shared.windows.try_send(report) {
            self.backlog = Some(report.window);
        }
    }

    async fn finish<W: Worker + 'static>(&mut self, core: &Core<W>) {
        let window = self.window(core);
        if !window.is_empty() {
            // Without a hub nobody is left who could miss it.
            let _ = core
                .shared
                .windows
                .send(WindowReport { worker: core.index, second: self.next, window })
                .await;
        }
    }
}
