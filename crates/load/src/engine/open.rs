//! Open models on one worker: iterations start when the schedule says so, whether the system keeps up or not.
//!
//! A worker starts the arrivals of its own stripe with its own virtual users. When all of these are busy it looks
//! for a sibling whose count of free users it can lower: that claims one user there, and the sibling starts the
//! arrival. When nobody has a free user and the plan allows more, one is made for the arrival, which waits for it or
//! for whoever is free before. An arrival is dropped only when nobody is free and there are `maxVUs` users.
//!
//! While the run is paused nothing is due, and what was due before starts when it goes on, no later than it was.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::allotment::ScenarioShare;
use super::control::Level;
use super::course::Lane;
use super::drive::{Closing, Drive};
use super::drop_cause::DropCause;
use super::hold::Clock;
use super::pool::{Holder, Taken};
use super::reports::Offer;
use super::scenario_state::{ScenarioState, add, take_one};
use super::ticker::Ticker;
use super::worker_core::{Core, Crew, OnDuty};
use crate::executor::Executor;
use crate::pacer::{Pace, Pacer, Schedule};
use crate::segment::Share;
use crate::steered_schedule::SteeredSchedule;
use crate::vu::{Interrupt, Worker};

/// After so many starts in a row the virtual users get a turn.
const STARTS_PER_TURN: u32 = 128;
/// How long an arrival waits for prepared users that have not yet come to the start, because a sibling wakes late or
/// the scenario before is still giving them back.
const OPENING: Duration = Duration::from_secs(2);

/// An open scenario's part on one worker.
pub(super) struct Open<W: Worker> {
    core: Rc<Core<W>>,
    scenario: Arc<ScenarioState>,
    /// The users that were prepared for it on this worker.
    pre_allocated: u64,
    pacer: RefCell<Option<Pacer<Arc<dyn Schedule>>>>,
    /// The arrivals that a person made of the plan's.
    steered: RefCell<Option<Arc<SteeredSchedule>>>,
    clock: Cell<Option<Clock>>,
    held: Cell<bool>,
    gathered: Cell<bool>,
    /// Its arrivals, by their numbers in the whole test.
    share: Option<Share>,
    /// Arrivals of this stripe that were started, offered or dropped.
    handled: Cell<u64>,
    free: RefCell<VecDeque<Box<Holder<W::Vu>>>>,
    /// Arrivals for each of which a user is being made.
    waiting: RefCell<VecDeque<Instant>>,
    /// The tasks of iterations, by their users' positions.
    flights: RefCell<Vec<Option<AbortHandle>>>,
    crew: Rc<Crew>,
    /// Told when a user that a sibling claimed has been dealt with.
    settled: Notify,
    interrupt: Interrupt,
    closing: Cell<bool>,
}

impl<W: Worker + 'static> Open<W> {
    pub(super) fn new(
        core: &Rc<Core<W>>,
        scenario: &Arc<ScenarioState>,
        share: &ScenarioShare,
    ) -> Option<Self> {
        let executor = &scenario.definition().executor;
        let pre_allocated = match executor {
            Executor::ConstantArrivalRate(open) => open.pre_allocated_vus,
            Executor::RampingArrivalRate(open) => open.pre_allocated_vus,
            _ => return None,
        };
        let schedule: Arc<dyn Schedule> = Arc::new(executor.schedule()?);
        Some(Self {
            core: Rc::clone(core),
            scenario: Arc::clone(scenario),
            pre_allocated: share.slots.count_below(pre_allocated),
            pacer: RefCell::new(share.arrivals.clone().map(|share| Pacer::new(schedule, share))),
            steered: RefCell::default(),
            clock: Cell::new(None),
            held: Cell::new(false),
            gathered: Cell::new(false),
            share: share.arrivals.clone(),
            handled: Cell::new(0),
            free: RefCell::default(),
            waiting: RefCell::default(),
            flights: RefCell::default(),
            crew: Rc::default(),
            settled: Notify::new(),
            interrupt: Interrupt::new(),
            closing: Cell::new(false),
        })
    }

    /// Takes an arrival from a sibling that has claimed one of the free users for it.
    pub(super) fn accept(self: &Rc<Self>, scheduled: Instant) {
        let stopped = *self.core.shared.level.borrow() >= Level::Graceful;
        let holder = self.free.borrow_mut().pop_front();
        match holder {
            Some(holder) if !stopped => self.launch(holder, scheduled),
            unused => {
                let cause = if stopped { self.core.shared.stopped_by() } else { DropCause::NoFreeVu };
                self.core.count_dropped(&self.scenario, 1, cause);
                if let Some(holder) = unused {
                    self.rest(holder);
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
        if take_one(&self.scenario.addable) {
            self.waiting.borrow_mut().push_back(scheduled);
            self.add_vu();
        } else {
            self.core.count_dropped(&self.scenario, 1, DropCause::NoFreeVu);
        }
    }

    /// The oldest arrival that waits for a user, while iterations may start.
    fn next_waiting(&self) -> Option<Instant> {
        if self.interrupt.is_set() || self.held.get() || self.waiting.borrow().is_empty() {
            return None;
        }
        let stopped = *self.core.shared.level.borrow() >= Level::Graceful;
        if stopped { None } else { self.waiting.borrow_mut().pop_front() }
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

    /// Takes a user that is free: for an arrival that waits or the next one, or back to the pool.
    fn keep(self: &Rc<Self>, holder: Box<Holder<W::Vu>>) {
        if let Some(scheduled) = self.next_waiting() {
            self.launch(holder, scheduled);
        } else {
            self.rest(holder);
        }
    }

    fn rest(&self, holder: Box<Holder<W::Vu>>) {
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
        for _ in 0..self.pre_allocated {
            add(&counters.held, 1);
            match self.core.pool.try_take() {
                Some(Taken::Vu(holder)) => {
                    self.keep(holder);
                    self.has_come();
                }
                // The scenario before is still giving it back.
                None => self.gather_later(false),
                Some(Taken::Place) => self.gather_later(true),
            }
        }
    }

    /// One of the users that were prepared is at the start, or will never be.
    fn has_come(&self) {
        self.scenario.gathering.fetch_sub(1, Ordering::AcqRel);
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
            this.has_come();
        });
    }

    /// Makes one more user; one after the other, and the arrivals go on meanwhile.
    fn add_vu(self: &Rc<Self>) {
        add(&self.core.counters(&self.scenario).held, 1);
        let (this, member) = (Rc::clone(self), self.crew.join());
        self.core.spawn(async move {
            let _member = member;
            if let Some(holder) = this.core.make_another_vu().await {
                this.keep(holder);
            }
        });
    }

    /// After a pause of so long: those who are free take what waited for them meanwhile, which is no later than it was.
    fn take_up(self: &Rc<Self>, paused: Duration) {
        for scheduled in self.waiting.borrow_mut().iter_mut() {
            *scheduled += paused;
        }
        let free = &self.core.counters(&self.scenario).free;
        while !self.held.get() && !self.waiting.borrow().is_empty() && take_one(free) {
            let holder = self.free.borrow_mut().pop_front().expect("a claimed user is in the queue");
            self.keep(holder);
        }
    }

    /// Whether it is too early for an arrival, because a prepared user is about to come to the start.
    fn opening(&self, start: Instant, now: Instant) -> bool {
        let nobody_free =
            self.scenario.counters.iter().all(|counters| counters.free.load(Ordering::Relaxed) == 0);
        nobody_free && now < start + OPENING && self.scenario.gathering.load(Ordering::Acquire) > 0
    }
}

impl<W: Worker + 'static> Drive for Open<W> {
    fn steer(self: &Rc<Self>, clock: Clock, lane: &Lane) {
        let before = self.clock.replace(Some(clock)).unwrap_or(clock);
        self.held.set(clock.is_held());
        let set = lane
            .schedule
            .as_ref()
            .filter(|set| self.steered.borrow().as_ref().is_none_or(|known| !Arc::ptr_eq(known, set)));
        if let Some(schedule) = set {
            self.steered.replace(Some(Arc::clone(schedule)));
            let schedule: Arc<dyn Schedule> = Arc::<SteeredSchedule>::clone(schedule);
            self.pacer.replace(self.share.clone().map(|share| Pacer::new(schedule, share)));
        }
        self.take_up(clock.shifted(Duration::ZERO) - before.shifted(Duration::ZERO));
    }

    async fn run(self: &Rc<Self>, clock: Clock) {
        let over = self.scenario.definition().executor.duration();
        if !self.gathered.replace(true) {
            self.gather();
        }
        // A scenario whose time is over starts what was due until then, paused or not.
        let starts = !clock.is_held() || clock.elapsed(Instant::now()) >= over;
        let pacer = self.pacer.borrow().clone().filter(|_| starts);
        if let Some(pacer) = pacer {
            let ticker = Ticker::new(self.core.shared.fine_timer);
            let mut now = Instant::now();
            let mut in_a_row = 0;
            loop {
                match pacer.next(clock.elapsed(now), self.handled.get()) {
                    Pace::Start(_) if self.opening(clock.shifted(Duration::ZERO), now) => {
                        ticker.until(now + Duration::from_millis(1), now).await;
                        now = Instant::now();
                    }
                    Pace::Start(at) => {
                        self.handled.set(self.handled.get() + 1);
                        self.arrive(clock.shifted(at));
                        in_a_row += 1;
                        if in_a_row == STARTS_PER_TURN {
                            in_a_row = 0;
                            tokio::task::yield_now().await;
                            now = Instant::now();
                        }
                    }
                    Pace::Wait(at) => {
                        in_a_row = 0;
                        ticker.until(clock.shifted(at), now).await;
                        now = Instant::now();
                    }
                    Pace::Stop => break,
                }
            }
        }
        clock.until(over).await;
    }

    fn close(&self) {
        self.closing.set(true);
        // Nobody can claim a user from here on. Those that siblings have claimed before stay until the offer comes.
        let unclaimed = self.core.counters(&self.scenario).free.swap(0, Ordering::AcqRel);
        for _ in 0..unclaimed {
            if let Some(holder) = self.free.borrow_mut().pop_front() {
                self.rest(holder);
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
            self.rest(holder);
        }
    }

    /// Arrivals that were due when the run was stopped, and had not been looked at; and those whose user came too late.
    /// An arrival that is not looked at for another reason is a defect, and the account at the end finds it.
    fn settle(&self, closing: &Closing) {
        let waiting = self.waiting.take().len() as u64;
        self.core.count_dropped(&self.scenario, waiting, closing.stopped.unwrap_or(DropCause::NoFreeVu));
        if let (Some(pacer), Some(open)) = (&*self.pacer.borrow(), closing.open) {
            let mut due = pacer.due(open);
            if self.steered.borrow().is_some() {
                // Whoever hears late of another rate has started what was due by the one before.
                due = due.max(self.handled.get());
            }
            add(&self.core.counters(&self.scenario).due, due);
            if let Some(stopped) = closing.stopped {
                let owed = due.saturating_sub(self.handled.replace(due));
                self.core.count_dropped(&self.scenario, owed, stopped);
            }
        }
    }
}
