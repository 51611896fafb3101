//! The virtual user whose stack runs, as native functions see it.
//!
//! The driver names the running user before it resumes a stack; a native function finds it by one thread-local
//! read. What a user waits for is an [`Operation`] that *prepare* leaves in the slot and the driver awaits.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use rquickjs::{Ctx, Object, Persistent, Value};
use tokio::time::Instant;

use super::ahead::{Wakeup, memory_of};
use super::error::{REMEDY, StackMapper, map_stack};
use super::raw;

/// What a suspended user waits for.
pub enum Operation {
    /// Time to pass.
    Sleep(Duration),
    /// A future; its result waits where the module's *finish* function looks for it.
    Future(Pin<Box<dyn Future<Output = ()>>>),
    /// At least one deferred completion, while the event loop of a promise-using script has nothing to run.
    Completion,
}

/// What a deferred operation does on the user's stack when it has come to its end: settle a promise, call a timer.
pub type Completion = Box<dyn for<'js> FnOnce(&Ctx<'js>) -> rquickjs::Result<()>>;

/// Operations that go on while the script does.
pub(super) type Deferred = FuturesUnordered<Pin<Box<dyn Future<Output = Option<Completion>>>>>;

/// Why a user's stack is unwound from below its script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The run interrupted the iteration, or the user is dropped.
    Interrupted,
    /// The call took longer than it may.
    TimedOut,
    /// A native function ended it, with this reason: `test.abort`.
    Terminated(String),
}

/// The state of one user that the machine and native functions share.
pub struct Slot {
    id: u64,
    state: Rc<dyn Any>,
    mapper: Option<Arc<dyn StackMapper + Send + Sync>>,
    may_block: Cell<bool>,
    pub(super) operation: Cell<Option<Operation>>,
    pub(super) wakeup: Arc<Wakeup>,
    /// Wakes by `wakeup`.
    pub(super) waker: Waker,
    pub(super) stop: RefCell<Option<Stop>>,
    pub(super) deadline: Cell<Option<Instant>>,
    /// Asked by the interrupt handler, in mid-computation.
    pub(super) interrupted: RefCell<Option<Rc<dyn Fn() -> bool>>>,
    pub(super) deferred: RefCell<Option<Box<Deferred>>>,
    pub(super) completed: RefCell<Vec<Completion>>,
    /// Rejected promises without a handler, and their reasons.
    pub(super) rejections: RefCell<Vec<Rejection>>,
    /// The user's own global object, from its init code on until the user is dropped.
    pub(super) global: RefCell<Option<Persistent<Object<'static>>>>,
    /// Others live in its realm.
    pub(super) shared: Cell<bool>,
    /// The call has ended, and jobs that it left behind run.
    pub(super) leaving: Cell<bool>,
}

/// A rejected promise and its reason.
pub(super) type Rejection = (Persistent<Value<'static>>, Persistent<Value<'static>>);

thread_local! {
    static CURRENT: RefCell<Option<Rc<Slot>>> = const { RefCell::new(None) };
}

impl Slot {
    pub(super) fn new(
        id: u64,
        state: Rc<dyn Any>,
        mapper: Option<Arc<dyn StackMapper + Send + Sync>>,
    ) -> Rc<Slot> {
        let wakeup = Wakeup::new();
        Rc::new(Slot {
            waker: Arc::clone(&wakeup).into(),
            wakeup,
            id,
            state,
            mapper,
            may_block: Cell::new(false),
            operation: Cell::new(None),
            stop: RefCell::new(None),
            deadline: Cell::new(None),
            interrupted: RefCell::new(None),
            deferred: RefCell::new(None),
            completed: RefCell::new(Vec::new()),
            rejections: RefCell::new(Vec::new()),
            global: RefCell::new(None),
            shared: Cell::new(false),
            leaving: Cell::new(false),
        })
    }

    /// The number the user was instantiated with.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The state the user was instantiated with, when it is a `T`.
    pub fn state<T: 'static>(&self) -> Option<Rc<T>> {
        Rc::clone(&self.state).downcast().ok()
    }

    pub(super) fn set_may_block(&self, may_block: bool) {
        self.may_block.set(may_block);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.borrow().is_some()
    }

    pub(super) fn stop(&self, stop: Stop) {
        self.stop.borrow_mut().get_or_insert(stop);
    }

    /// The interrupt handler's question: whether the computation that runs has to end.
    pub(super) fn poll_stop(&self) -> bool {
        if !self.is_stopped() {
            if self.deadline.get().is_some_and(|deadline| Instant::now() >= deadline) {
                self.stop(Stop::TimedOut);
            } else if self.interrupted.borrow().as_ref().is_some_and(|interrupted| interrupted()) {
                self.stop(Stop::Interrupted);
            }
        }
        self.is_stopped()
    }

    /// Where the module state lies.
    pub(super) fn state_memory(&self) -> Range<usize> {
        memory_of(&*self.state)
    }

    pub(super) fn has_deferred(&self) -> bool {
        self.deferred.borrow().as_ref().is_some_and(|deferred| !deferred.is_empty())
    }
}

/// Names the user whose stack is about to run, and returns the one before.
pub(super) fn set_current(slot: Option<Rc<Slot>>) -> Option<Rc<Slot>> {
    CURRENT.replace(slot)
}

/// Whether the interrupt handler of any realm on this thread should stop the running script.
pub(super) fn current_should_stop() -> bool {
    raw::in_fiber() && CURRENT.with_borrow(|slot| slot.as_ref().is_some_and(|slot| slot.poll_stop()))
}

/// The user whose script calls the native function that asks; `None` while a realm is being built.
pub fn current() -> Option<Rc<Slot>> {
    CURRENT.with_borrow(Clone::clone)
}

/// The module state of the user whose script calls.
pub fn current_state<T: 'static>() -> Option<Rc<T>> {
    CURRENT.with_borrow(|slot| slot.as_ref().and_then(|slot| slot.state()))
}

/// A stack text of the running script as its author knows it: places in the sources, no frames of ours.
pub fn shown_stack(stack: &str) -> String {
    let mapper = CURRENT.with_borrow(|slot| slot.as_ref().and_then(|slot| slot.mapper.clone()));
    map_stack(stack, mapper.as_ref().map(|mapper| &**mapper as &dyn StackMapper))
}

/// Whether the running call may wait: iterations, setup and teardown may, init code may not.
pub fn may_block() -> bool {
    CURRENT.with_borrow(|slot| slot.as_ref().is_some_and(|slot| slot.may_block.get()))
}

/// The global object of the user whose script calls; `None` while a realm is being built.
pub(super) fn current_global<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Option<Object<'js>>> {
    let global = CURRENT.with_borrow(|slot| slot.as_ref().and_then(|slot| slot.global.borrow().clone()));
    global.map(|global| global.restore(ctx)).transpose()
}

/// *Prepare*'s last act: what the user waits for in the `block()` that follows.
///
/// Jobs that wait when a user begins to wait would run in another's turn if both share a realm: that ends the run.
///
/// # Errors
/// Throws when the call may not wait (init code), and the uncatchable stop of [`check_stop`].
pub fn block_on(ctx: &Ctx<'_>, operation: Operation) -> rquickjs::Result<()> {
    check_stop(ctx)?;
    let Some(slot) = current().filter(|slot| slot.may_block.get()) else {
        return Err(rquickjs::Exception::throw_message(
            ctx,
            "waiting (a request, `sleep`) is not possible in init code: do it in the default function or in setup",
        ));
    };
    if slot.shared.get() && raw::has_jobs(ctx) {
        if slot.leaving.get() {
            return Err(rquickjs::Exception::throw_message(
                ctx,
                "what a failed call has left behind cannot wait",
            ));
        }
        let reason = format!(
            "the script waits (a request, `sleep`) while promises of its own are unsettled, {REMEDY}"
        );
        return Err(terminate(ctx, &reason));
    }
    slot.operation.set(Some(operation));
    Ok(())
}

/// Whether the running user has been stopped: what it throws then is no doing of its script.
pub fn is_stopped() -> bool {
    CURRENT.with_borrow(|slot| slot.as_ref().is_some_and(|slot| slot.is_stopped()))
}

/// *Finish*'s first act: throws what no script can catch, when the user has been stopped while it waited.
///
/// # Errors
/// The uncatchable error, if the user is stopped.
pub fn check_stop(ctx: &Ctx<'_>) -> rquickjs::Result<()> {
    if is_stopped() { Err(raw::throw_uncatchable(ctx, "interrupted")) } else { Ok(()) }
}

/// Ends the running call with `reason`, past every `catch` and `finally`; returns the error to return.
pub fn terminate(ctx: &Ctx<'_>, reason: &str) -> rquickjs::Error {
    if let Some(slot) = current() {
        slot.stop(Stop::Terminated(reason.to_owned()));
    }
    raw::throw_uncatchable(ctx, reason)
}

/// Starts an operation that goes on while the script does. Its completion runs on the user's stack between jobs;
/// a future that ends with `None` was cancelled. The call doesn't end before its deferred operations.
pub fn defer(operation: impl Future<Output = Option<Completion>> + 'static) {
    if let Some(slot) = current() {
        slot.deferred.borrow_mut().get_or_insert_with(Box::default).push(Box::pin(operation));
    }
}
