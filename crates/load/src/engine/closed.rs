//! Closed models on one worker: every virtual user iterates in a loop of its own, the next after the last.
//!
//! All four closed executors are the same loop; they differ in when a slot is wanted, and in whether there is an
//! iteration left to do. Only `ramping-vus` changes its mind about slots in mid-run.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, sleep_until};

use super::allotment::ScenarioShare;
use super::drive::{Closing, Drive};
use super::drop_cause::DropCause;
use super::scenario_state::{ScenarioState, add};
use super::worker_core::{Core, Crew, OnDuty};
use crate::executor::{Executor, SlotAction, SlotChange};
use crate::vu::{Interrupt, Worker};

/// A user who never waits for anything lets others run after so many iterations …
const LAPS_PER_TURN: u32 = 64;
/// … or after this time, whichever comes first.
const TURN: Duration = Duration::from_micros(100);

/// A closed scenario's part on one worker.
pub(super) struct Closed<W: Worker> {
    core: Rc<Core<W>>,
    scenario: Arc<ScenarioState>,
    changes: Vec<SlotChange>,
    /// How many of the changes have happened.
    changed: Cell<usize>,
    start: Cell<Option<Instant>>,
    slots: Vec<Rc<Slot>>,
    crew: Rc<Crew>,
    closing: Cell<bool>,
}

/// The place of one virtual user.
#[derive(Default)]
struct Slot {
    wanted: Cell<bool>,
    running: Cell<bool>,
    /// The iterations it has started.
    laps: Cell<u64>,
    interrupt: RefCell<Interrupt>,
    task: RefCell<Option<AbortHandle>>,
}

impl<W: Worker + 'static> Closed<W> {
    pub(super) fn new(core: &Rc<Core<W>>, scenario: &Arc<ScenarioState>, share: &ScenarioShare) -> Self {
        let definition = scenario.definition();
        let count = share.slots.count_below(definition.executor.max_vus()) as usize;
        let changes = match &definition.executor {
            Executor::RampingVus(ramping) => ramping.slot_changes(definition.graceful_stop, &share.slots),
            _ => (0..count)
                .map(|slot| SlotChange { at: Duration::ZERO, slot, action: SlotAction::Start })
                .collect(),
        };
        Self {
            core: Rc::clone(core),
            scenario: Arc::clone(scenario),
            changes,
            changed: Cell::new(0),
            start: Cell::new(None),
            slots: (0..count).map(|_| Rc::default()).collect(),
            crew: Rc::default(),
            closing: Cell::new(false),
        }
    }

    fn start(self: &Rc<Self>, slot: &Rc<Slot>, end: Instant) {
        slot.wanted.set(true);
        if slot.interrupt.borrow().is_set() {
            slot.interrupt.replace(Interrupt::new());
        }
        if !slot.running.replace(true) {
            let occupied = Occupied(Rc::clone(slot));
            let (this, member) = (Rc::clone(self), self.crew.join());
            let task = async move {
                let _member = member;
                this.occupy(occupied, end).await;
            };
            slot.task.replace(Some(self.core.spawn(task)));
        }
    }

    /// Takes a virtual user and lets it iterate until it is not wanted or there is nothing left to do.
    async fn occupy(&self, occupied: Occupied, end: Instant) {
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
        while slot.wanted.get() && !self.closing.get() && now < end && self.claim(slot) {
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

    fn next_change(&self) -> Option<SlotChange> {
        self.changes.get(self.changed.get()).copied()
    }

    /// After the end: the slots that were released before it still have their own, shorter grace. Never returns.
    async fn interrupt_leavers(&self) {
        while let (Some(start), Some(change)) = (self.start.get(), self.next_change()) {
            sleep_until(start + change.at).await;
            self.changed.set(self.changed.get() + 1);
            if change.action == SlotAction::Interrupt {
                self.slots[change.slot].interrupt_unwanted();
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
    fn interrupt_slot(self: &Rc<Self>, slot: &Rc<Slot>, end: Instant) {
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
                    this.start(&slot, end);
                }
            }
        });
    }
}

impl<W: Worker + 'static> Drive for Closed<W> {
    async fn run(self: &Rc<Self>, start: Instant, end: Instant) {
        self.start.set(Some(start));
        while let Some(change) = self.next_change().filter(|change| start + change.at < end) {
            sleep_until(start + change.at).await;
            self.changed.set(self.changed.get() + 1);
            let slot = &self.slots[change.slot];
            match change.action {
                SlotAction::Start => self.start(slot, end),
                SlotAction::Release => slot.wanted.set(false),
                SlotAction::Interrupt => self.interrupt_slot(slot, end),
            }
        }
        if self.scenario.definition().executor.ends_by_itself() {
            tokio::select! {
                () = self.crew.empty() => {}
                () = sleep_until(end) => {}
            }
        } else {
            sleep_until(end).await;
        }
    }

    fn close(&self) {
        self.closing.set(true);
    }

    async fn quiet(&self) {
        tokio::select! {
            biased;
            () = self.crew.empty() => {}
            () = self.interrupt_leavers() => {}
        }
    }

    fn interrupt(&self) {
        for slot in self.slots.iter().filter(|slot| slot.running.get()) {
            slot.interrupt.borrow().set();
        }
    }

    fn abandon(&self) {
        for slot in self.slots.iter().filter(|slot| slot.running.get()) {
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
                let left = self.slots.iter().map(|slot| each.iterations - slot.laps.get()).sum();
                if let Some(cut) = cut {
                    self.core.count_dropped(&self.scenario, left, cut);
                }
            }
            _ => {}
        }
    }
}

impl Slot {
    /// Interrupts what runs here, unless it is wanted. Whether it did.
    fn interrupt_unwanted(&self) -> bool {
        let unwanted = !self.wanted.get() && self.running.get();
        if unwanted {
            self.interrupt.borrow().set();
        }
        unwanted
    }

    fn abort(&self) {
        if let Some(task) = self.task.borrow().as_ref() {
            task.abort();
        }
    }
}

/// A slot with a task; free again when the task is gone.
struct Occupied(Rc<Slot>);

impl Drop for Occupied {
    fn drop(&mut self) {
        self.0.running.set(false);
    }
}
