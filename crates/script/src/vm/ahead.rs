//! Fetching a user's memory before its turn.
//!
//! Between two turns of one user thousands of others have driven what it needs from the processor's caches: some
//! 280 lines, for which it would wait one after the other. But the event loop polls users in the order
//! in which they were woken. So each user wakes its task through a waker of its own, which notes the user in a queue of
//! the thread, and whoever has its turn asks for the memory of the next but one.
//!
//! All of this is a hint. A user that is polled out of order, or woken by another thread, is slower and nothing else.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Wake, Waker};

use super::raw::fetch;

/// How many turns ahead memory is asked for: early enough to be there, late enough to be there still.
const TURNS_AHEAD: usize = 2;
/// How many users of a thread are noted. More are woken at once only by a pause of everything.
const MOST_NOTED: usize = 4096;
/// How far a turn may be from its place in the queue.
const NEARBY: usize = 16;

/// How many pieces of memory are noted for a user.
const PIECES: usize = 6;

/// The pieces of memory that a waiting user will need, by address; empty ones for fewer.
pub(super) type Needs = [Range<usize>; PIECES];

/// What wakes a user: its task's waker, and where its memory is.
pub(super) struct Wakeup {
    /// Of the task that polls the user's call at present.
    task: Mutex<Waker>,
    is_noted: AtomicBool,
    needs: [[AtomicUsize; 2]; PIECES],
}

/// Users of one thread in the order in which they were woken.
#[derive(Default)]
struct Queue {
    noted: VecDeque<(usize, Needs)>,
    /// Whether users have their turns on this thread: other threads only wake them.
    has_turns: bool,
}

thread_local! {
    static QUEUE: RefCell<Queue> = RefCell::default();
}

/// Where a value lies.
pub(super) fn memory_of<T: ?Sized>(value: &T) -> Range<usize> {
    let start = (&raw const *value).addr();
    start..start + size_of_val(value)
}

/// What lies around a value, allocated at about the same time for the same user: so many bytes before and after its
/// start.
pub(super) fn memory_around<T: ?Sized>(value: &T, before: usize, after: usize) -> Range<usize> {
    let start = (&raw const *value).addr();
    start.saturating_sub(before)..start.saturating_add(after)
}

impl Queue {
    fn note(&mut self, user: usize, needs: Needs) {
        if self.noted.len() == MOST_NOTED {
            self.noted.clear();
        }
        if self.has_turns {
            self.noted.push_back((user, needs));
        }
    }

    /// Takes out the user whose turn it is, with those before it that were not polled in order; what the user needs
    /// whose memory is to be fetched now.
    fn turn(&mut self, user: usize) -> Option<&Needs> {
        self.has_turns = true;
        let place = self.noted.iter().take(NEARBY).position(|noted| noted.0 == user)?;
        self.noted.drain(..=place);
        self.noted.get(TURNS_AHEAD - 1).map(|noted| &noted.1)
    }
}

impl Wakeup {
    pub(super) fn new() -> Arc<Wakeup> {
        Arc::new(Wakeup {
            task: Mutex::new(Waker::noop().clone()),
            is_noted: AtomicBool::new(false),
            needs: Default::default(),
        })
    }

    /// Notes where the memory is that the user will need at its next turn.
    pub(super) fn expect(&self, needs: Needs) {
        for ([start, end], need) in self.needs.iter().zip(needs) {
            start.store(need.start, Ordering::Relaxed);
            end.store(need.end, Ordering::Relaxed);
        }
    }

    /// Begins a turn of the user in the task of `context`: wakes lead there from now on, and the next but one is
    /// fetched.
    pub(super) fn begin_turn(self: &Arc<Self>, context: &Context<'_>) {
        self.is_noted.store(false, Ordering::Relaxed);
        let is_another = !self.task().will_wake(context.waker());
        if is_another {
            let new = context.waker().clone();
            // The old one is dropped after the lock is released, because it may be the last of its task.
            let _old = std::mem::replace(&mut *self.task(), new);
        }
        QUEUE.with_borrow_mut(|queue| {
            for need in queue.turn(self.key()).into_iter().flatten() {
                fetch(need.start, need.len());
            }
        });
    }

    fn key(self: &Arc<Self>) -> usize {
        Arc::as_ptr(self).addr()
    }

    fn task(&self) -> MutexGuard<'_, Waker> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn needs(&self) -> Needs {
        let [at, until] = [0, 1];
        std::array::from_fn(|place| {
            let need = &self.needs[place];
            need[at].load(Ordering::Relaxed)..need[until].load(Ordering::Relaxed)
        })
    }
}

impl Wake for Wakeup {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_noted.swap(true, Ordering::Relaxed) {
            // A thread has no queue at its end.
            let _ = QUEUE.try_with(|queue| queue.borrow_mut().note(self.key(), self.needs()));
        }
        // Not under the lock: an executor may poll, and so begin a turn, at once.
        let task = self.task().clone();
        task.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(user: usize) -> Needs {
        let mut needs = Needs::default();
        needs[0] = user..user + 64;
        needs
    }

    fn woken(users: impl IntoIterator<Item = usize>) -> Queue {
        let mut queue = Queue { has_turns: true, ..Queue::default() };
        for user in users {
            queue.note(user, needs(user));
        }
        queue
    }

    #[test]
    fn each_turn_fetches_for_the_next_but_one() {
        let mut queue = woken([1, 2, 3, 4]);
        assert_eq!(queue.turn(1), Some(&needs(3)));
        assert_eq!(queue.turn(2), Some(&needs(4)));
        assert_eq!(queue.turn(3), None);
        queue.note(5, needs(5));
        queue.note(1, needs(1));
        assert_eq!(queue.turn(4), Some(&needs(1)));
    }

    #[test]
    fn turns_out_of_order_do_no_harm() {
        let mut queue = woken([1, 2, 3, 4, 5]);
        assert_eq!(queue.turn(3), Some(&needs(5)), "1 and 2 have had their turn otherwise");
        assert_eq!(queue.turn(1), None);
        assert_eq!(queue.turn(9), None);
        assert_eq!(queue.turn(4), None);
        assert_eq!(queue.noted.len(), 1);
        assert_eq!(woken(0..=MOST_NOTED).noted.len(), 1, "it does not grow without end");
        let mut idle = Queue::default();
        idle.note(1, needs(1));
        assert_eq!(idle.turn(1), None, "a thread without turns notes nothing");
    }

    #[test]
    fn a_wake_reaches_the_task_that_polled_last() {
        struct Task(AtomicUsize);
        impl Wake for Task {
            fn wake(self: Arc<Self>) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let tasks = [0, 0].map(|count| Arc::new(Task(AtomicUsize::new(count))));
        let wakeup = Wakeup::new();
        let waker = Waker::from(Arc::clone(&wakeup));
        for task in &tasks {
            wakeup.begin_turn(&Context::from_waker(&Waker::from(Arc::clone(task))));
            waker.wake_by_ref();
        }
        std::thread::spawn(move || waker.wake()).join().unwrap();
        assert_eq!(tasks.map(|task| task.0.load(Ordering::Relaxed)), [1, 2]);
    }
}
