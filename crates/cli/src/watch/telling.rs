//! Who has to be told what: a queue for each receiver, in order, tried again until it is taken or lost.
//!
//! One that hangs or fails keeps nobody else waiting. What waits is in the state as well, unless that could not be
//! written.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;
use loadline_units::count;
use loadline_verdict::escape;
use loadline_watch::Told;
use loadline_watch::alert::Change;
use loadline_watch::notify::{GIVE_UP_S, Kind, Notice, grouped, retry_s};
use loadline_watch::store::{Store, StoreError, Untold};
use tokio::sync::Notify;

use super::own_metrics::Counted;
use super::receivers::Ready;
use super::refused::{Refused, Then};
use super::trouble::Trouble;
use crate::common::screen;

/// What a receiver calls wrong is tried so often at the least.
const TRIES: u32 = 3;
/// What waits for one receiver at the most.
const MOST: usize = 10_000;
/// Alerts last this long in an Alertmanager that hears no more of them, or for some steps.
const LASTS_S: u64 = 300;
const LASTS_STEPS: u64 = 4;

/// Everything that has to be told.
pub(super) struct Telling {
    queues: Vec<Queue>,
    lost: Cell<u64>,
    counted: Counted,
    /// How long alerts last in an Alertmanager.
    lasts_s: u64,
}

#[derive(Default)]
struct Queue {
    waiting: RefCell<VecDeque<Untold>>,
    /// What an Alertmanager has to hear again; only the newest counts.
    lasting: RefCell<Vec<Notice>>,
    new: Notify,
}

impl Telling {
    /// With what an earlier watch has not told.
    pub(super) fn new(receivers: &[Ready], untold: Vec<Untold>, step_s: u64, counted: Counted) -> Self {
        let queues: Vec<Queue> = receivers.iter().map(|_| Queue::default()).collect();
        let mut gone = BTreeMap::<String, u64>::new();
        for one in untold {
            match receivers.iter().position(|receiver| receiver.name == one.receiver) {
                Some(position) => queues[position].waiting.borrow_mut().push_back(one),
                None => *gone.entry(one.receiver).or_default() += 1,
            }
        }
        for (receiver, number) in gone {
            screen::caution(&format!(
                "{} not told: `{}` is in the project no more; the state keeps {} until it is back",
                if number == 1 { "1 notice is".to_owned() } else { format!("{} notices are", count(number)) },
                escape(&receiver),
                if number == 1 { "it" } else { "them" },
            ));
        }
        let lasts_s = LASTS_S.max(LASTS_STEPS * step_s);
        let telling = Self { queues, lost: Cell::new(0), counted, lasts_s };
        for (receiver, queue) in receivers.iter().zip(&telling.queues) {
            telling.note(receiver, queue, |_| {});
        }
        telling
    }

    /// Notes what a receiver was told, and how much waits for it.
    fn note(&self, receiver: &Ready, queue: &Queue, what: impl FnOnce(&mut Told)) {
        let waiting = queue.waiting.borrow().len() as u64;
        self.counted.note(|account| {
            let told = account.receiver(&receiver.name);
            told.waiting = waiting;
            what(told);
        });
    }

    /// How much waits.
    pub(super) fn left(&self) -> usize {
        self.queues.iter().map(|queue| queue.waiting.borrow().len()).sum()
    }

    /// Adds what is new, once it is kept.
    pub(super) fn add(
        &self,
        receivers: &[Ready],
        notices: Vec<Notice>,
        lasting: &[Notice],
        now_s: i64,
        keep: impl FnOnce(&mut [Untold]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let groups = grouped(notices);
        let mut untold = Vec::new();
        for receiver in receivers {
            for group in &groups {
                // An Alertmanager is told again at every step anyway.
                let again = receiver.kind == Kind::Alertmanager && group[0].change == Change::StillFiring;
                if group[0].severity >= receiver.from && !again {
                    untold.push(Untold {
                        id: 0,
                        receiver: receiver.name.clone(),
                        made_s: now_s,
                        failures: 0,
                        notices: group.clone(),
                    });
                }
            }
        }
        let kept = keep(&mut untold);
        for one in untold {
            let Some(position) = receivers.iter().position(|receiver| receiver.name == one.receiver) else {
                continue;
            };
            let queue = &self.queues[position];
            let mut waiting = queue.waiting.borrow_mut();
            let is_full = waiting.len() == MOST;
            if is_full {
                waiting.pop_front();
            }
            waiting.push_back(one);
            drop(waiting);
            if is_full {
                self.lose(&receivers[position], queue, "too much waits for it");
            }
            self.note(&receivers[position], queue, |_| {});
            queue.new.notify_one();
        }
        for (receiver, queue) in receivers.iter().zip(&self.queues) {
            if receiver.kind == Kind::Alertmanager {
                let heard = lasting.iter().filter(|notice| notice.severity >= receiver.from);
                *queue.lasting.borrow_mut() = heard.cloned().collect();
                queue.new.notify_one();
            }
        }
        kept
    }

    fn lose(&self, receiver: &Ready, queue: &Queue, why: &str) {
        self.lost.set(self.lost.get() + 1);
        self.note(receiver, queue, |told| told.lost += 1);
        screen::caution(&format!(
            "a notice for `{}` is lost, {} in all: {why}",
            escape(&receiver.name),
            count(self.lost.get())
        ));
    }
}

/// Tells everybody, for ever.
pub(super) async fn telling(receivers: &[Ready], telling: &Telling, store: &RefCell<Store>) {
    let mut all: FuturesUnordered<_> = receivers
        .iter()
        .zip(&telling.queues)
        .map(|(receiver, queue)| one(receiver, queue, telling, store))
        .collect();
    while all.next().await.is_some() {}
    // Nobody is to be told.
    std::future::pending::<()>().await;
}

async fn one(receiver: &Ready, queue: &Queue, telling: &Telling, store: &RefCell<Store>) {
    let mut deaf = Trouble::default();
    loop {
        let first = queue.waiting.borrow().front().cloned();
        if let Some(untold) = first {
            tell(receiver, queue, untold, telling, store).await;
            continue;
        }
        let lasting = std::mem::take(&mut *queue.lasting.borrow_mut());
        if lasting.is_empty() {
            queue.new.notified().await;
            continue;
        }
        // The next step says it again, and whatever is new is said until it is heard.
        let outcome = receiver.tell(&lasting, telling.lasts_s).await;
        let name = escape(&receiver.name);
        let wrong = outcome.err().map(|refused| {
            let why = refused.why;
            format!("`{name}` does not hear that alerts go on, and lets go of them when it does not for long: {why}")
        });
        if wrong.is_some() {
            telling.note(receiver, queue, |told| told.failed += 1);
        }
        deaf.is(wrong.as_deref(), &format!("`{name}` hears again that alerts go on"));
    }
}

/// Tells the first that waits, or waits until it is tried again.
async fn tell(receiver: &Ready, queue: &Queue, untold: Untold, telling: &Telling, store: &RefCell<Store>) {
    let outcome = receiver.tell(&untold.notices, telling.lasts_s).await;
    let is_first = || queue.waiting.borrow().front().is_some_and(|first| *first == untold);
    let done = |store: &RefCell<Store>| {
        if is_first() {
            queue.waiting.borrow_mut().pop_front();
        }
        // Told twice is better than not at all: what cannot be noted is told again by the next watch.
        let _ = store.borrow_mut().done(untold.id);
    };
    let Err(Refused { why, then }) = outcome else {
        if untold.failures > 0 {
            screen::remark(&format!("`{}` takes notices again", escape(&receiver.name)));
        }
        done(store);
        return telling.note(receiver, queue, |told| told.sent += 1);
    };
    telling.note(receiver, queue, |told| told.failed += 1);
    let failures = untold.failures.saturating_add(1);
    let others_wait = failures >= TRIES && queue.waiting.borrow().len() > 1;
    let is_lost = match then {
        Then::Again => false,
        Then::WhileNoOtherWaits => others_wait,
        Then::Never => true,
    };
    if is_lost || Timestamp::now().as_second() - untold.made_s > GIVE_UP_S {
        done(store);
        return telling.lose(receiver, queue, &why);
    }
    if untold.failures == 0 {
        screen::caution(&format!(
            "`{}` did not take a notice, which is tried again: {why}",
            escape(&receiver.name)
        ));
    }
    if is_first()
        && let Some(first) = queue.waiting.borrow_mut().front_mut()
    {
        first.failures = failures;
    }
    // Of a count that cannot be noted, only how soon the next watch tries again is lost.
    let _ = store.borrow_mut().failed(untold.id, failures);
    tokio::time::sleep(Duration::from_secs(retry_s(failures))).await;
}
