//! The virtual users of one worker that no scenario holds now.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use tokio::sync::Notify;

use crate::vu::VuId;

/// A virtual user and its counts.
#[derive(Debug)]
pub(super) struct Holder<V> {
    pub(super) vu: V,
    pub(super) id: VuId,
    /// Its position among the users of this worker.
    pub(super) position: usize,
    pub(super) iterations: u64,
    /// Its iterations in each scenario.
    pub(super) in_scenario: Vec<u64>,
}

/// Users at rest, the one that rested longest first.
#[derive(Debug)]
pub(super) struct Pool<V> {
    resting: RefCell<VecDeque<Box<Holder<V>>>>,
    returned: Notify,
    /// Users that were dropped with an iteration that did not end, or panicked, and not yet replaced; and places for
    /// more than were prepared.
    lost: Cell<usize>,
}

/// What a pool has to give.
#[derive(Debug)]
pub(super) enum Taken<V> {
    /// A user.
    Vu(Box<Holder<V>>),
    /// The right to make a new one, in the place of one that was lost or has never been.
    Place,
}

impl<V> Pool<V> {
    pub(super) fn new() -> Self {
        Self { resting: RefCell::default(), returned: Notify::new(), lost: Cell::new(0) }
    }

    pub(super) fn put(&self, holder: Box<Holder<V>>) {
        self.resting.borrow_mut().push_back(holder);
        self.returned.notify_one();
    }

    /// Notes that a user is gone for good.
    pub(super) fn lose(&self) {
        self.lost.set(self.lost.get() + 1);
        self.returned.notify_one();
    }

    /// There may be so many more users than were prepared; each is made when somebody asks for it.
    pub(super) fn add_places(&self, more: usize) {
        self.lost.set(self.lost.get() + more);
        self.returned.notify_one();
    }

    pub(super) fn try_take(&self) -> Option<Taken<V>> {
        if let Some(holder) = self.resting.borrow_mut().pop_front() {
            return Some(Taken::Vu(holder));
        }
        let lost = self.lost.get();
        (lost > 0).then(|| {
            self.lost.set(lost - 1);
            Taken::Place
        })
    }

    /// Takes a user; the plan has one for everyone who asks, but the scenario before may still be giving it back.
    pub(super) async fn take(&self) -> Taken<V> {
        loop {
            if let Some(taken) = self.try_take() {
                return taken;
            }
            self.returned.notified().await;
        }
    }

    /// Takes all users out.
    pub(super) fn clear(&self) -> VecDeque<Box<Holder<V>>> {
        self.resting.take()
    }
}
