//! Closed models on one worker: every virtual user iterates in a loop of its own, the next after the last.
//!
//! All five closed executors are the same loop; they differ in when a slot is wanted, and in whether there is an
//! iteration left to do. Only `ramping-vus` changes its mind about slots in mid-run, by its plan; a person may set how
//! many are wanted of all whose plan is a number of users.
//!
//! Who finds the run paused after an iteration stays in its slot with its counts, and goes on there.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use super::allotment::ScenarioShare;
use super::course::Lane;
use super::drive::{Closing, Drive};
use super::drop_cause::DropCause;
use super::hold::Clock;
use super::scenario_state::{ScenarioState, add};
use super::slot::{Occupied, Slot};
use super::worker_core::{Core, Crew, OnDuty};
use crate::executor::{Executor, SlotAction, SlotChange};
use crate::segment::Share;
use crate::vu::{Interrupt, Worker};

/// A user who never waits for anything lets others run after so many iterations …
const LAPS_PER_TURN: u32 = 64;
/// … or after this time, whichever comes first.
const TURN: Duration = Duration::from_micros(100);

/// A closed scenario's part on one worker.
pub(super) struct Closed<W: Worker> {
    core: Rc<Core<W>>,
    scenario: Arc<ScenarioState>,
    /// Its slots, by their numbers in the whole test.
    share: Share,
    changes: RefCell<Vec<SlotChange>>,
    /// How many of the changes have happened.
    changed: Cell<usize>,
    clock: Cell<Option<Clock>>,
    /// When nothing more is started; not known while it is paused.
    end: Cell<Option<Instant>>,
    held: Cell<bool>,
    /// How many users somebody has set.
    users: Cell<Option<u64>>,
    /// Users that it may have beyond those that the plan keeps for it.
    granted: Cell<usize>,
    slots: RefCell<Vec<Rc<Slot>>>,
    crew: Rc<Crew>,
    closing: Cell<bool>,
    /// Told when those who wait in their slots have something to look at.
    gate: Notify,
}

impl<W: Worker + 'static> Closed<W> {
    pub(super) fn new(core: &Rc<Core<W>>, scenario: &Arc<ScenarioState>, share: &ScenarioShare) -> Self {
        let definition = scenario.definition();
        let count = share.slots.count_below(definition.executor.max_vus()) as usize;
        let at_once = |count| {
            let start = |slot| SlotChange { at: Duration::ZERO, slot, action: SlotAction::Start };
            (0..count).map(start).collect()
        };
        let changes = match &definition.executor {
            Executor::RampingVus(ramping) => ramping.slot_changes(definition.graceful_stop, &share.slots),
            Executor::ExternallyControlled(external) => {
                at_once(share.slots.count_below(external.vus) as usize)
            }
            _ => at_once(count),
        };
        Self {
            core: Rc::clone(core),
            scenario: Arc::clone(scenario),
            share: share.slots.clone(),
            changes: RefCell::new(changes),
            changed: Cell::new(0),
            clock: Cell::new(None),
            end: Cell::new(None),
            held: Cell::new(false),
            users: Cell::new(None),
            granted: Cell::new(0),
            slots: RefCell::new((0..count).map(|_| Rc::default()).collect()),
            crew: Rc::default(),
            closing: Cell::new(false),
            gate: Notify::new(),
        }
    }

    fn start(self: &Rc<Self>, slot: &Rc<Slot>) {
        slot.wanted.set(true);
        if slot.interrupt.borrow().is_set() {
            slot.interrupt.replace(Interrupt::new());
        }
        if !slot.running.replace(true) {
            let occupied = Occupied(Rc::clone(slot));
            let (this, member) = (Rc::clone(self), self.crew.join());
            let task = async move {
                let _member = member;
                this.occupy(occupied).await;
            };
            slot.task.replace(Some(self.core.spawn(task)));
        }
    }

    /// Takes a virtual user and lets it iterate until it is not wanted or there is nothing left to do.
    async fn occupy(&self, occupied: Occupied) {
        let slot = &occupied.0;
        let interrupt = slot.interrupt.borrow().clone();
        let holder = tokio::select! {
            biased;
            () = interrupt.wait() => return,
            holder = self.core.take_vu() => holder,
        };
        let Some(holder) = holder else { return };
        let counters = self.core.counters(&self.scenario);
        add(&counters.held, 1);
        let mut vu = OnDuty::new(&self.core, &self.scenario, holder);
        let mut now = Instant::now();
        let mut turn = (now, 0);
        loop {
            if self.is_parked(slot) {
                vu.rest();
                self.park(slot).await;
                vu.go_on();
                now = Instant::now();
                turn = (now, 0);
            }
            let over = self.end.get().is_some_and(|end| now >= end);
            if !slot.wanted.get() || self.closing.get() || over || !self.claim(slot) {
                break;
            }
            let interrupt = slot.interrupt.borrow().clone();
            let lap = vu.iterate(&interrupt, None).await;
            now = lap.ended;
            turn.1 += 1;
            if lap.aborted {
                // The scenario is closed here, which settles what was not begun, and whoever runs is interrupted.
                interrupt.wait().await;
            }
            if lap.yielded {
                turn = (now, 0);
            } else if turn.1 == LAPS_PER_TURN || now - turn.0 > TURN {
                tokio::task::yield_now().await;
                now = Instant::now();
                turn = (now, 0);
            }
        }
        self.core.pool.put(vu.release());
        counters.held.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether a user that is between two iterations has to wait.
    fn is_parked(&self, slot: &Slot) -> bool {
        self.held.get() && slot.wanted.get() && !self.closing.get() && !slot.interrupt.borrow().is_set()
    }

    async fn park(&self, slot: &Slot) {
        while self.is_parked(slot) {
            let interrupt = slot.interrupt.borrow().clone();
            tokio::select! {
                () = self.gate.notified() => {}
                () = interrupt.wait() => {}
            }
        }
    }

    fn slot(&self, slot: usize) -> Option<Rc<Slot>> {
        self.slots.borrow().get(slot).cloned()
    }

    /// The slots in which something runs.
    fn running(&self) -> Vec<Rc<Slot>> {
        self.slots.borrow().iter().filter(|slot| slot.running.get()).cloned().collect()
    }

    fn next_change(&self) -> Option<SlotChange> {
        self.changes.borrow().get(self.changed.get()).copied()
    }

    /// There may be more users than were planned.
    fn admit(&self, most: u64) {
        let mut slots = self.slots.borrow_mut();
        let more = (self.share.count_below(most) as usize).saturating_sub(slots.len());
        slots.extend((0..more).map(|_| Rc::default()));
    }

    /// Lets more users be made where so many are wanted: what the plan does not keep for this scenario until its end
    /// is another's, who would wait for it in vain.
    fn grant(&self, wanted: usize, now: Duration) {
        let definition = self.scenario.definition();
        let reserved = definition.executor.reserved(definition.graceful_stop).striped(&self.share);
        let kept = reserved.least_between(now, definition.executor.duration()) as usize;
        let more = wanted.saturating_sub(kept).saturating_sub(self.granted.get());
        self.granted.set(self.granted.get() + more);
        self.core.pool.add_places(more);
    }

    /// So many users are wanted from now on, whatever was planned. Those who leave have the grace that they have by
    /// plan.
    fn want(self: &Rc<Self>, users: u64, now: Duration) {
        let wanted = self.share.count_below(users) as usize;
        self.grant(wanted, now);
        let definition = self.scenario.definition();
        let grace = match &definition.executor {
            Executor::RampingVus(ramping) => ramping.graceful_ramp_down,
            _ => definition.graceful_stop,
        };
        let slots = self.slots.borrow().clone();
        let planned = self.changes.take();
        let mut changes = Vec::new();
        for (position, slot) in slots.iter().enumerate() {
            let interrupt = |at| SlotChange { at, slot: position, action: SlotAction::Interrupt };
            if position < wanted {
                self.start(slot);
            } else if slot.wanted.replace(false) {
                changes.push(interrupt(now + grace));
            } else if slot.running.get() {
                // It was told to leave before.
                let mut left = planned[self.changed.get()..].iter();
                let told =
                    left.find(|change| change.slot == position && change.action == SlotAction::Interrupt);
                changes.extend(told.map(|change| interrupt(change.at)));
            }
        }
        changes.sort_by_key(|change| change.at);
        self.changes.replace(changes);
        self.changed.set(0);
    }

    /// After the end: the slots that were released before it still have their own, shorter grace. Never returns.
    async fn interrupt_leavers(&self) {
        while let (Some(clock), Some(change)) = (self.clock.get(), self.next_change()) {
            clock.until(change.at).await;
            self.changed.set(self.changed.get() + 1);
            if change.action == SlotAction::Interrupt
                && let Some(slot) = self.slot(change.slot)
            {
                slot.interrupt_unwanted();
            }
        }
        std::future::pending::<()>().await;
    }

    /// Whether there is one more iteration to do for this slot.
    fn claim(&self, slot: &Slot) -> bool {
        let more = match &self.scenario.definition().executor {
            Executor::SharedIterations(_) => self.scenario.claim(),
            Executor::PerVuIterations(each) => slot.laps.get() < each.iterations,
            _ => true,
        };
        if more {
            slot.laps.set(slot.laps.get() + 1);
        }
        more
    }

    /// Interrupts a slot that had its grace, and replaces its user if that does not heed it.
    fn interrupt_slot(self: &Rc<Self>, slot: &Rc<Slot>) {
        if !slot.interrupt_unwanted() {
            return;
        }
        let (this, slot, laps) = (Rc::clone(self), Rc::clone(slot), slot.laps.get());
        self.core.spawn(async move {
            sleep(this.core.shared.settings.patience).await;
            if slot.running.get() && slot.laps.get() == laps && !this.closing.get() {
                slot.abort();
                tokio::task::yield_now().await;
                if slot.wanted.get() && !this.closing.get() {
                    this.start(&slot);
                }
            }
        });
    }
}

impl<W: Worker + 'static> Drive for Closed<W> {
    fn steer(self: &Rc<Self>, clock: Clock, lane: &Lane) {
        self.clock.set(Some(clock));
        self.end.set(clock.instant(self.scenario.definition().executor.duration()));
        self.held.set(clock.is_held());
        if let Some(most) = lane.most_users {
            self.admit(most);
        }
        if let Some(users) = lane.users
            && self.users.replace(lane.users) != lane.users
        {
            self.want(users, clock.elapsed(Instant::now()));
        }
        self.gate.notify_waiters();
    }

    async fn run(self: &Rc<Self>, clock: Clock) {
        let executor = &self.scenario.definition().executor;
        while let Some(change) = self.next_change().filter(|change| change.at < executor.duration()) {
            clock.until(change.at).await;
            self.changed.set(self.changed.get() + 1);
            let Some(slot) = self.slot(change.slot) else { continue };
            match change.action {
                SlotAction::Start => self.start(&slot),
                SlotAction::Release => slot.wanted.set(false),
                SlotAction::Interrupt => self.interrupt_slot(&slot),
            }
        }
        if executor.ends_by_itself() {
            tokio::select! {
                () = self.crew.empty() => {}
                () = clock.until(executor.duration()) => {}
            }
        } else {
            clock.until(executor.duration()).await;
        }
    }

    fn close(&self) {
        self.closing.set(true);
        self.gate.notify_waiters();
    }

    async fn quiet(&self) {
        tokio::select! {
            biased;
            () = self.crew.empty() => {}
            () = self.interrupt_leavers() => {}
        }
    }

    fn interrupt(&self) {
        for slot in self.running() {
            slot.interrupt.borrow().set();
        }
    }

    fn abandon(&self) {
        for slot in self.running() {
            slot.abort();
        }
    }

    /// Only the end of its time or of the run keeps a user from an iteration. Without such a cause nothing is dropped:
    /// what is missing then is a defect, and the account at the end finds it.
    fn settle(&self, closing: &Closing) {
        let cut = if closing.time_over { Some(DropCause::MaxDuration) } else { closing.stopped };
        if let Some(cut) = cut {
            self.scenario.cut.name(cut);
        }
        match &self.scenario.definition().executor {
            // A worker that has no more to do, or never had, leaves the rest to the users of the others; what the last
            // of all finds is nobody's.
            Executor::SharedIterations(_) => {
                if self.scenario.worker_settles()
                    && let Some(cut) = self.scenario.cut.get()
                {
                    self.core.count_dropped(&self.scenario, self.scenario.claim_rest(), cut);
                }
            }
            Executor::PerVuIterations(each) => {
                let left = self.slots.borrow().iter().map(|slot| each.iterations - slot.laps.get()).sum();
                if let Some(cut) = cut {
                    self.core.count_dropped(&self.scenario, left, cut);
                }
            }
            _ => {}
        }
    }
}
