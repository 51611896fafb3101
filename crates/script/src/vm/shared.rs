//! What the users of a realm share, and how JavaScript runs in it: on a fiber, for one user at a time.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use rquickjs::{Array, Ctx, Function, Object, Persistent};

use super::error::{CallError, REMEDY, StackMapper, Thrown, describe};
use super::event_loop;
use super::raw::{self, Engine, Fiber, Resumed, Root};
use super::script_text::{RealmSettings, ScriptText};
use super::sharing::{Findings, Sharing};
use super::slot::{self, Slot, Stop};

/// The call of a shared realm before which it makes room for the first time: all of its users are there.
const FIRST_RENEWAL: u64 = 64;

/// What QuickJS says when it gets no memory.
const OUT_OF_MEMORY: &str = "out of memory";

/// Field order is drop order: the root loop ends and releases its context before the runtime goes. A leaked root keeps
/// its context, and that keeps the runtime.
pub(super) struct Shared {
    pub(super) parts: RefCell<Option<Parts>>,
    pub(super) root: Root,
    pub(super) runtime: Engine,
    pub(super) script: Arc<ScriptText>,
    pub(super) settings: RealmSettings,
    /// Jobs of a user were left in the queue: nobody else may have a turn.
    pub(super) lost: Rc<Cell<bool>>,
    pub(super) findings: RefCell<Rc<RefCell<Findings>>>,
    /// A user has the realm's global object.
    pub(super) taken: Cell<bool>,
    /// Calls of its users, and of these the one before which it makes room: each time twice as many.
    calls: Cell<u64>,
    next_renewal: Cell<u64>,
}

/// What was compiled, for each user to be made of.
pub(super) struct Parts {
    /// The prototype of users' global objects.
    pub(super) base: Persistent<Object<'static>>,
    pub(super) language: Option<Persistent<Function<'static>>>,
    pub(super) factories: Persistent<Array<'static>>,
    pub(super) link: Persistent<Function<'static>>,
    pub(super) builtins: Persistent<Object<'static>>,
}

impl Shared {
    /// A runtime in which nothing is compiled yet.
    pub(super) fn new(
        runtime: Engine,
        root: Root,
        script: Arc<ScriptText>,
        settings: RealmSettings,
    ) -> Shared {
        Shared {
            parts: RefCell::new(None),
            root,
            runtime,
            script,
            settings,
            lost: Rc::default(),
            findings: RefCell::default(),
            taken: Cell::new(false),
            calls: Cell::new(0),
            next_renewal: Cell::new(FIRST_RENEWAL),
        }
    }

    /// Runs `body`, which may not wait, on a fiber.
    pub(super) fn run<T, F>(&self, slot: Option<&Rc<Slot>>, body: F) -> Result<T, CallError>
    where
        T: 'static,
        F: for<'js> FnOnce(Ctx<'js>) -> rquickjs::Result<T> + 'static,
    {
        let outcome = Rc::new(RefCell::new(None));
        let sink = Rc::clone(&outcome);
        let script = Arc::clone(&self.script);
        let limit = self.settings.memory_limit_bytes;
        self.check_usable()?;
        let (user, lost) = (slot.cloned(), Rc::clone(&self.lost));
        let mut fiber = self
            .fiber(move |ctx| {
                let result = body(ctx.clone());
                sink.replace(Some(result.map_err(|error| caught(&ctx, error, &script, limit))));
                if let Some(user) = user {
                    lost.set(lost.get() || !event_loop::leave(&ctx, &user));
                }
            })
            .map_err(|error| CallError::Machine(format!("could not map a stack: {error}")))?;
        while self.resume(slot, &mut fiber) == Resumed::Suspended {
            // Nothing in init code waits: `block_on` refuses. A script that still gets here is stopped.
            let Some(slot) = slot else { break };
            slot.stop(Stop::Interrupted);
        }
        drop(fiber);
        let outcome = outcome.take();
        self.judge(slot, outcome, None)
    }

    /// Counts a call of a user, and makes room now and then, because what users keep fills what there was.
    pub(super) fn note_call(&self) {
        let calls = self.calls.get() + 1;
        self.calls.set(calls);
        if calls == self.next_renewal.get() && self.settings.sharing == Sharing::Shared {
            self.next_renewal.set(calls * 2);
            self.runtime.renew_spare();
        }
    }

    /// A realm whose queue holds jobs of a user that has given up its turn is of no use to another.
    pub(super) fn check_usable(&self) -> Result<(), CallError> {
        if self.lost.get() && self.settings.sharing == Sharing::Shared {
            return Err(CallError::Machine(format!(
                "a user of this realm has left an endless chain of promises behind, {REMEDY}"
            )));
        }
        Ok(())
    }

    pub(super) fn fiber<F>(&self, body: F) -> std::io::Result<Fiber>
    where
        F: for<'js> FnOnce(Ctx<'js>) + 'static,
    {
        self.root.fiber(body)
    }

    pub(super) fn resume(&self, slot: Option<&Rc<Slot>>, fiber: &mut Fiber) -> Resumed {
        let outer = slot::set_current(slot.cloned());
        let resumed = self.root.resume(fiber);
        slot::set_current(outer);
        resumed
    }

    /// Turns what a fiber left into the result of the exported function `called`, or of init code: a stop outranks the
    /// exception that carried it.
    pub(super) fn judge<T>(
        &self,
        slot: Option<&Rc<Slot>>,
        outcome: Option<Result<T, CallError>>,
        called: Option<&str>,
    ) -> Result<T, CallError> {
        let stop = slot.and_then(|slot| slot.stop.borrow_mut().take());
        match (outcome, stop) {
            (_, Some(Stop::Terminated(reason))) => Err(CallError::Terminated(reason)),
            (Some(Ok(value)), _) => Ok(value),
            (_, Some(Stop::TimedOut)) => Err(CallError::TimedOut { limit: self.settings.init_limit }),
            (_, Some(Stop::Interrupted)) | (None, None) => Err(CallError::Interrupted),
            (Some(Err(error)), None) => Err(self.hint_at_sharing(self.name_memory(error, called))),
        }
    }

    /// What scripts add to the language's own objects is refused where users share them.
    fn hint_at_sharing(&self, mut error: CallError) -> CallError {
        if let CallError::Thrown(thrown) = &mut error
            && self.settings.sharing == Sharing::Shared
            && thrown.message == "TypeError: object is not extensible"
        {
            thrown.message += " (if it is one of the language's own, which the users of a realm share, \
                               give each a realm with `--vus-per-realm 1`)";
        }
        error
    }

    fn name_memory(&self, error: CallError, called: Option<&str>) -> CallError {
        match (error, self.settings.memory_limit_bytes) {
            (CallError::Thrown(thrown), Some(limit_bytes)) if thrown.message.ends_with(OUT_OF_MEMORY) => {
                // What the script held in cycles is in the way of the realm's other users.
                self.runtime.run_gc();
                let script = self.script.entry.clone();
                let stack = if thrown.stack.is_empty() {
                    format!("    at {} ({script})", called.unwrap_or("init code"))
                } else {
                    thrown.stack
                };
                CallError::OutOfMemory { script, limit_bytes, stack }
            }
            (error, _) => error,
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let parts = self.parts.get_mut().take();
        if self.root.is_leaked() {
            std::mem::forget(parts);
        }
    }
}

/// The error of a failed native or JavaScript call, described while its context is at hand.
///
/// Reading an error needs memory, so the realm's limit does not hold meanwhile: memory that ran out can be said.
pub(super) fn caught(
    ctx: &Ctx<'_>,
    error: rquickjs::Error,
    script: &ScriptText,
    memory_limit_bytes: Option<usize>,
) -> CallError {
    raw::limit_memory(ctx, None);
    let described = described(ctx, error, script, memory_limit_bytes);
    raw::limit_memory(ctx, memory_limit_bytes);
    described
}

fn described(
    ctx: &Ctx<'_>,
    error: rquickjs::Error,
    script: &ScriptText,
    memory_limit_bytes: Option<usize>,
) -> CallError {
    let out_of_memory =
        || CallError::Thrown(Thrown { message: OUT_OF_MEMORY.to_owned(), stack: String::new() });
    let value = match error {
        rquickjs::Error::Exception => ctx.catch(),
        rquickjs::Error::Allocation => {
            return out_of_memory();
        }
        other => return CallError::Machine(other.to_string()),
    };
    // Without memory for an error object QuickJS throws `null`.
    if value.is_null() && memory_limit_bytes.is_some_and(|limit| raw::came_near(ctx, limit)) {
        return out_of_memory();
    }
    let mapper = script.mapper.as_ref().map(|mapper| &**mapper as &dyn StackMapper);
    CallError::Thrown(describe(&value, mapper))
}
