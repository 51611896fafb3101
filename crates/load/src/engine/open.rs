//! Open models on one worker: iterations start when the schedule says so, whether the system keeps up or not.
//!
//! A worker starts the arrivals of its own stripe with its own virtual users. When all of these are busy it looks
//! for a sibling whose count of free users it can lower: that claims one user there, and the sibling starts the
//! arrival. Only when nobody has a free user the arrival is dropped, and if the plan allows more users one is made.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

use super::allotment::ScenarioShare;
use super::control::Level;
use super::drive::Drive;
use super::pool::{Holder, Taken};
use super::reports::Offer;
use super::scenario_state::{ScenarioState, add, take_one};
use super::ticker::Ticker;
use super::worker_core::{Core, Crew, OnDuty};
use crate::executor::Executor;
use crate::pacer::{Pace, Pacer, Schedule};
use crate::vu::{Interrupt, Worker};

/// After so many starts in a row the virtual users get a turn.
const STARTS_PER_TURN: u32 = 128;
/// How long an arrival waits for siblings that have not yet brought their users to the start.
const OPENING: Duration = Duration::from_millis(100);

/// An open scenario's part on one worker.
pub(super) struct Open<W: Worker> {
    core: Rc<Core<W>>,
    scenario: Arc<ScenarioState>,
    share: ScenarioShare,
    pre_allocated: u64,
    pacer: Option<Pacer<Box<dyn Schedule>>>,
    /// Arrivals of this stripe that were started, offered or dropped.
    handled: Cell<u64>,
    free: RefCell<VecDeque<Box<Holder<W::Vu>>>>,
    /// The tasks of iterations, by their users' positions.
    flights: RefCell<Vec<Option<AbortHandle>>>,
    crew: Rc<Crew>,
    /// Told when a user that a sibling claimed has been dealt with.
    settled: Notify,
    interrupt: Interrupt,
    closing: Cell<bool>,
    adding: Cell<bool>,
}

impl<W: Worker + 'static> Open<W> {
    pub(super) fn new(
        core: &Rc<Core<W>>,
        scenario: &Arc<ScenarioState>,
        share: ScenarioShare,
    ) -> Option<Self> {
        let (schedule, pre_allocated): (Box<dyn Schedule>, _) = match &scenario.definition().executor {
            Executor::ConstantArrivalRate(open) => (Box::new(open.schedule()), open.pre_allocated_vus),
            Executor::RampingArrivalRate(open) => (Box::new(open.schedule()), open.pre_allocated_vus),
            _ => return None,
        };
        Some(Self {
            core: Rc::clone(core),
            scenario: Arc::clone(scenario),
            share,
            pre_allocated,
            pacer: share.arrivals.map(|stripe| Pacer::new(schedule, stripe)),
            handled: Cell::new(0),
            free: RefCell::default(),
            flights: RefCell::default(),
            crew: Rc::default(),
            settled: Notify::new(),
            interrupt: Interrupt::new(),
            closing: Cell::new(false),
            adding: Cell::new(false),
        })
    }

    /// Takes an arrival from a sibling that has claimed one of the free users for it.
    pub(super) fn accept(self: &Rc<Self>, scheduled: Instant) {
        let stopped = *self.core.shared.level.borrow() >= Level::Graceful;
        let holder = self.free.borrow_mut().pop_front();
        match holder {
            Some(holder) if !stopped => self.launch(holder, scheduled),
            unused => {
                self.core.count_dropped(&self.scenario, 1);
                if let Some(holder) = unused {
                    self.keep(holder);
                }
            }
        }
        self.settled.notify_one();
    }

    fn arrive(self: &Rc<Self>, scheduled: Instant) {
        let counters = &self.scenario.counters;
        let own = self.core.index;
        if take_one(&counters[own].free) {
            let holder = self.free.borrow_mut().pop_front().expect("a claimed user is in the queue");
            self.launch(holder, scheduled);
            return;
        }
        let workers = counters.len();
        for sibling in (own + 1..own + workers).map(|n| n % workers) {
            if take_one(&counters[sibling].free) {
                let offer = Offer { scenario: self.scenario.index(), scheduled };
                if self.core.shared.offers[sibling].send(offer).is_ok() {
                    return;
                }
            }
        }
        self.core.count_dropped(&self.scenario, 1);
        self.add_vu();
    }

    /// Starts an iteration on a free user that has been claimed.
    fn launch(self: &Rc<Self>, holder: Box<Holder<W::Vu>>, scheduled: Instant) {
        let position = holder.position;
        let mut vu = OnDuty::new(&self.core, &self.scenario, holder);
        let (this, member) = (Rc::clone(self), self.crew.join());
        let task = self.core.spawn(async move {
            let _member = member;
            vu.iterate(&this.interrupt, Some(scheduled)).await;
            this.keep(vu.release());
        });
        let mut flights = self.flights.borrow_mut();
        if flights.len() <= position {
            flights.resize_with(position + 1, || None);
        }
        flights[position] = Some(task);
    }

    /// Takes a user that is free: for the next arrival, or back to the pool.
    fn keep(&self, holder: Box<Holder<W::Vu>>) {
        let counters = self.core.counters(&self.scenario);
        if self.closing.get() {
            counters.held.fetch_sub(1, Ordering::Relaxed);
            self.core.pool.put(holder);
        } else {
            self.free.borrow_mut().push_back(holder);
            counters.free.fetch_add(1, Ordering::Release);
        }
    }

    /// Brings the users that were prepared for this scenario to the start.
    fn gather(self: &Rc<Self>) {
        let counters = self.core.counters(&self.scenario);
        for _ in 0..self.share.slots.count_below(self.pre_allocated) {
            add(&counters.held, 1);
            match self.core.pool.try_take() {
                Some(Taken::Vu(holder)) => self.keep(holder),
                // The scenario before is still giving it back.
                None => self.gather_later(false),
                Some(Taken::Place) => self.gather_later(true),
            }
        }
        self.scenario.open_workers.fetch_add(1, Ordering::AcqRel);
    }

    fn gather_later(self: &Rc<Self>, make: bool) {
        let (this, member) = (Rc::clone(self), self.crew.join());
        self.core.spawn(async move {
            let _member = member;
            let holder =
                async { if make { this.core.make_another_vu().await } else { this.core.take_vu().await } };
            let holder = tokio::select! {
                biased;
                () = this.interrupt.wait() => None,
                holder = holder => holder,
            };
            match holder {
                Some(holder) => this.keep(holder),
                None => {
                    this.core.counters(&this.scenario).held.fetch_sub(1, Ordering::Relaxed);
                }
            }
        });
    }

    /// Makes one more user, if the plan allows it and this worker is not making one already.
    fn add_vu(self: &Rc<Self>) {
        if self.adding.get() || !take_one(&self.scenario.addable) {
            return;
        }
        self.adding.set(true);
        add(&self.core.counters(&self.scenario).held, 1);
        let (this, member) = (Rc::clone(self), self.crew.join());
        self.core.spawn(async move {
            let _member = member;
            if let Some(holder) = this.core.make_another_vu().await {
                this.keep(holder);
            }
            this.adding.set(false);
        });
    }

    /// Whether it is too early to drop an arrival, because a sibling may be about to bring a free user.
    fn opening(&self, start: Instant, now: Instant) -> bool {
        let nobody_free =
            self.scenario.counters.iter().all(|counters| counters.free.load(Ordering::Relaxed) == 0);
        nobody_free
            && now < start + OPENING
            && self.scenario.open_workers.load(Ordering::Acquire) < self.scenario.counters.len()
    }
}

impl<W: Worker + 'static> Drive for Open<W> {
    async fn run(self: &Rc<Self>, start: Instant, end: Instant) {
        self.gather();
        if let Some(pacer) = &self.pacer {
            let ticker = Ticker::new(self.core.shared.fine_timer);
            let mut now = Instant::now();
            let mut in_a_row = 0;
            loop {
                match pacer.next(now.saturating_duration_since(start), self.handled.get()) {
                    Pace::Start(_) if self.opening(start, now) => {
                        ticker.until(now + Duration::from_millis(1), now).await;
                        now = Instant::now();
                    }
                    Pace::Start(at) => {
                        self.handled.set(self.handled.get() + 1);
                        self.arrive(start + at);
                        in_a_row += 1;
                        if in_a_row == STARTS_PER_TURN {
                            in_a_row = 0;
                            tokio::task::yield_now().await;
                            now = Instant::now();
                        }
                    }
                    Pace::Wait(at) => {
                        in_a_row = 0;
                        ticker.until(start + at, now).await;
                        now = Instant::now();
                    }
                    Pace::Stop => break,
                }
            }
        }
        sleep_until(end).await;
    }

    fn close(&self) {
        self.closing.set(true);
        // Nobody can claim a user from here on. Those that siblings have claimed before stay until the offer comes.
        let unclaimed = self.core.counters(&self.scenario).free.swap(0, Ordering::AcqRel);
        for _ in 0..unclaimed {
            if let Some(holder) = self.free.borrow_mut().pop_front() {
                self.keep(holder);
            }
        }
    }

    async fn quiet(&self) {
        while !self.crew.is_empty() || !self.free.borrow().is_empty() {
            tokio::select! {
                () = self.crew.empty(), if !self.crew.is_empty() => {}
                () = self.settled.notified() => {}
            }
        }
    }

    fn interrupt(&self) {
        self.interrupt.set();
    }

    fn abandon(&self) {
        for task in self.flights.borrow().iter().flatten() {
            task.abort();
        }
        // A sibling that claimed a user and never sent the arrival is gone.
        let unused = std::mem::take(&mut *self.free.borrow_mut());
        for holder in unused {
            self.keep(holder);
        }
    }

    fn settle(&self, start: Instant, now: Instant) {
        let Some(pacer) = &self.pacer else { return };
        let mut owed = 0;
        while let Pace::Start(_) = pacer.next(now.saturating_duration_since(start), self.handled.get() + owed)
        {
            owed += 1;
        }
        self.handled.set(self.handled.get() + owed);
        self.core.count_dropped(&self.scenario, owed);
    }
}
