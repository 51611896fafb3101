//! A realm: one QuickJS runtime in which a script is compiled once and instantiated for many virtual users.
//!
//! A module is a *factory*: a function over its imports and its `globalThis`. Calling the factories anew gives a
//! user its own module state over shared bytecode, so a user costs its closures. Natives and the script's link
//! function belong to the realm. All JavaScript, this file's too, runs on fibers of [`super::raw`].

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rquickjs::{Array, Ctx, Function, Object, Persistent};
use tokio::time::Instant;

use super::call::Vu;
use super::error::{CallError, StackMapper, Thrown, describe};
use super::event_loop;
use super::object::define;
use super::raw::{self, Engine, Fiber, LeakReport, Resumed, Root};
use super::sharing::{self, Findings, Sharing};
use super::slot::{self, Slot, Stop};
use super::stop_when::StopWhen;

/// A text to evaluate and the name its stack frames carry.
#[derive(Clone, Debug)]
pub struct SourceText {
    /// Name in stack traces; the [`StackMapper`] is asked with it.
    pub file: String,
    /// An expression: the factory function of one module, or the link function.
    pub text: String,
}

/// A compiled script, shared by all realms of a process.
pub struct ScriptText {
    /// The entry file, for messages.
    pub entry: String,
    /// One factory expression per module.
    pub factories: Vec<SourceText>,
    /// A function expression `(factories, builtins, globalThis, sharePackages) => namespace of the entry`, or a
    /// promise of it.
    pub link: SourceText,
    /// Maps stacks into the user's sources.
    pub mapper: Option<Arc<dyn StackMapper + Send + Sync>>,
}

/// Limits of one realm, and what its users share.
#[derive(Clone, Debug)]
pub struct RealmSettings {
    /// Bytes that the users of the realm may hold together; `None` is without limit.
    pub memory_limit_bytes: Option<usize>,
    /// How long the init code of one user may run.
    pub init_limit: Duration,
    /// Whether modules of packages live once in the realm, not once per user.
    pub share_packages: bool,
    /// When the init code of a user has to end before its limit.
    pub stop_init: StopWhen,
    /// Who lives in it.
    pub sharing: Sharing,
}

impl Default for RealmSettings {
    fn default() -> Self {
        RealmSettings {
            memory_limit_bytes: None,
            init_limit: Duration::from_mins(1),
            share_packages: false,
            stop_init: StopWhen::never(),
            sharing: Sharing::Alone,
        }
    }
}

/// The call of a shared realm before which it makes room for the first time: all of its users are there.
const FIRST_RENEWAL: u64 = 64;

/// What QuickJS says when it gets no memory.
const OUT_OF_MEMORY: &str = "out of memory";

/// One QuickJS runtime with the script's factories; cheap to clone, stays on its thread.
#[derive(Clone)]
pub struct Realm {
    pub(super) shared: Rc<Shared>,
}

/// Field order is drop order: the root loop ends and releases its context before the runtime goes. A leaked root keeps
/// its context, and that keeps the runtime.
pub(super) struct Shared {
    parts: RefCell<Option<Parts>>,
    pub(super) root: Root,
    pub(super) runtime: Engine,
    pub(super) script: Arc<ScriptText>,
    pub(super) settings: RealmSettings,
    /// Jobs of a user were left in the queue: nobody else may have a turn.
    pub(super) lost: Rc<Cell<bool>>,
    findings: RefCell<Rc<RefCell<Findings>>>,
    /// A user has the realm's global object.
    taken: Cell<bool>,
    /// Calls of its users, and of these the one before which it makes room: each time twice as many.
    calls: Cell<u64>,
    next_renewal: Cell<u64>,
}

struct Parts {
    /// The prototype of users' global objects.
    base: Persistent<Object<'static>>,
    language: Option<Persistent<Function<'static>>>,
    factories: Persistent<Array<'static>>,
    link: Persistent<Function<'static>>,
    builtins: Persistent<Object<'static>>,
}

impl Realm {
    /// Compiles `script` in a new runtime. `install` makes the builtins table that the link function receives.
    ///
    /// # Errors
    /// [`CallError::Thrown`] for a syntax error in a factory; [`CallError::Machine`] without memory or stacks.
    pub fn new<F>(script: Arc<ScriptText>, settings: &RealmSettings, install: F) -> Result<Realm, CallError>
    where
        F: for<'js> FnOnce(&Ctx<'js>) -> rquickjs::Result<Object<'js>> + 'static,
    {
        let machine = |error: rquickjs::Error| CallError::Machine(error.to_string());
        let (runtime, context) = Engine::new().map_err(machine)?;
        runtime.set_interrupt_handler(Some(Box::new(slot::current_should_stop)));
        runtime.set_host_promise_rejection_tracker(Some(Box::new(|ctx, promise, reason, handled| {
            let Some(slot) = slot::current() else { return };
            let promise = Persistent::save(&ctx, promise);
            let mut rejections = slot.rejections.borrow_mut();
            if handled {
                rejections.retain(|(rejected, _)| *rejected != promise);
            } else {
                rejections.push((promise, Persistent::save(&ctx, reason)));
            }
        })));
        let root = Root::start(context).map_err(|error| CallError::Machine(error.to_string()))?;
        let shared = Rc::new(Shared {
            parts: RefCell::new(None),
            root,
            runtime,
            script: Arc::clone(&script),
            settings: settings.clone(),
            lost: Rc::default(),
            findings: RefCell::default(),
            taken: Cell::new(false),
            calls: Cell::new(0),
            next_renewal: Cell::new(FIRST_RENEWAL),
        });
        let sharing = settings.sharing;
        let (parts, findings) = shared.run(None, move |ctx| {
            let builtins = install(&ctx)?;
            // A user alone pays for none of it.
            let guard = match sharing {
                Sharing::Alone => None,
                Sharing::Watched | Sharing::Shared => Some(sharing::guard(&ctx, sharing)?),
            };
            let base = guard.as_ref().map_or_else(|| ctx.globals(), |guard| guard.base.clone());
            let factories = Array::new(ctx.clone())?;
            for (index, factory) in script.factories.iter().enumerate() {
                factories.set(index, evaluate(&ctx, factory)?)?;
            }
            let link = evaluate(&ctx, &script.link)?;
            let parts = Parts {
                base: Persistent::save(&ctx, base),
                language: guard.as_ref().map(|guard| Persistent::save(&ctx, guard.language.clone())),
                factories: Persistent::save(&ctx, factories),
                link: Persistent::save(&ctx, link),
                builtins: Persistent::save(&ctx, builtins),
            };
            Ok((parts, guard.map(|guard| guard.findings).unwrap_or_default()))
        })?;
        shared.parts.replace(Some(parts));
        shared.findings.replace(findings);
        shared.runtime.set_memory_limit(settings.memory_limit_bytes.unwrap_or(0));
        Ok(Realm { shared })
    }

    /// Runs the script's init code for a new user. Native functions find `state` by [`super::current_state`].
    ///
    /// # Errors
    /// What the init code throws; [`CallError::TimedOut`] when it exceeds the realm's limit.
    ///
    /// # Panics
    /// Never: a realm that is handed out is complete.
    pub fn instantiate(&self, id: u64, state: Rc<dyn Any>) -> Result<Vu, CallError> {
        let slot = Slot::new(id, state, self.shared.script.mapper.clone());
        let limit = self.shared.settings.init_limit;
        slot.deadline.set(Some(Instant::now() + limit));
        let stop = self.shared.settings.stop_init.clone();
        if stop.is_asked() {
            slot.interrupted.replace(Some(Rc::new(move || stop.is_now())));
        }
        slot.shared.set(self.shared.settings.sharing == Sharing::Shared);
        let shared = Rc::clone(&self.shared);
        let own = Rc::clone(&slot);
        let namespace = self.shared.run(Some(&slot), move |ctx| {
            let (base, factories, link, builtins) = {
                let parts = shared.parts.borrow();
                let parts = parts.as_ref().expect("a realm that is handed out has its parts");
                (
                    parts.base.clone().restore(&ctx)?,
                    parts.factories.clone().restore(&ctx)?,
                    parts.link.clone().restore(&ctx)?,
                    parts.builtins.clone().restore(&ctx)?,
                )
            };
            // Who is alone has the realm's global object, which is what text that becomes code sees.
            let global = if shared.settings.sharing == Sharing::Alone && !shared.taken.replace(true) {
                base
            } else {
                let global = Object::new(ctx.clone())?;
                global.set_prototype(Some(&base))?;
                define(&global, "globalThis", global.clone())?;
                global
            };
            own.global.replace(Some(Persistent::save(&ctx, global.clone())));
            let linked = link.call((factories, builtins, global.clone(), shared.settings.share_packages))?;
            // With `await` at top level the link function returns a promise.
            let namespace: Object<'_> = event_loop::settle(&ctx, &own, linked)?.get()?;
            Ok((Persistent::save(&ctx, namespace), Persistent::save(&ctx, global)))
        });
        slot.deadline.set(None);
        let (namespace, global) = namespace.inspect_err(|_| drop(slot.global.take()))?;
        slot.set_may_block(true);
        Ok(Vu::new(self.clone(), slot, namespace, global))
    }

    /// Sets who is told, when the realm goes, that its script or the engine left something behind; the memory is lost
    /// then.
    pub fn report_leaks(&self, report: LeakReport) {
        self.shared.runtime.report_leaks(report);
    }

    /// What a watched realm's user did, and whether the language is another than the one `before` describes.
    ///
    /// # Errors
    /// [`CallError::Machine`] without a stack or memory.
    pub fn findings(&self, before: Option<&str>) -> Result<Findings, CallError> {
        let mut findings = self.shared.findings.borrow().borrow().clone();
        if let (None, Some(before), Some(after)) = (&findings.language, before, self.language()?) {
            findings.language = sharing::changed(before, &after);
        }
        Ok(findings)
    }

    /// A description of the language's own objects; `None` where a user is alone.
    ///
    /// # Errors
    /// [`CallError::Machine`] without a stack or memory.
    pub fn language(&self) -> Result<Option<String>, CallError> {
        let language = self.shared.parts.borrow().as_ref().and_then(|parts| parts.language.clone());
        language
            .map(|language| self.shared.run(None, move |ctx| language.restore(&ctx)?.call(())))
            .transpose()
    }

    /// Collects cycles now; the memory of everything unreachable is free afterwards.
    pub fn collect(&self) {
        self.shared.runtime.run_gc();
    }

    /// Bytes that QuickJS has allocated for this realm.
    pub fn used_bytes(&self) -> u64 {
        self.shared.runtime.memory_usage().malloc_size.try_into().unwrap_or(0)
    }
}

impl Shared {
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
                "a user of this realm has left an endless chain of promises behind, {}",
                sharing::REMEDY
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

fn evaluate<'js>(ctx: &Ctx<'js>, source: &SourceText) -> rquickjs::Result<Function<'js>> {
    let mut options = raw::eval_options(&source.file);
    options.strict = false;
    ctx.eval_with_options(source.text.as_str(), options)
}
