//! One virtual user of a realm, and how a call into its script is driven.
//!
//! The driver is an ordinary future: it resumes the user's stack, which comes back either finished or with an
//! operation to await, and goes on until it is finished. Dropping the future in mid-call stops the script: the
//! stack is resumed with its user marked as stopped until it has unwound.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::ops::Range;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::stream::Stream;
use rquickjs::{Ctx, Function, IntoJs, Object, Persistent, Value};
use tokio::time::Instant;

use super::ahead::{memory_around, memory_of};
use super::error::CallError;
use super::event_loop;
use super::raw::{Fiber, Resumed};
use super::realm::Realm;
use super::shared::{Shared, caught};
use super::slot::{Operation, Slot, Stop};

/// How many times a stopped stack is resumed before it is given up and leaked.
const UNWIND_ATTEMPTS: usize = 10_000;

/// Users who sleep this long give back the stack they do not use; the system call is nothing beside it.
const LONG_SLEEP: Duration = Duration::from_secs(1);

/// A virtual user: the instance of the script's modules that is its own.
pub struct Vu {
    /// Dropped in this order: values of the realm before the realm.
    namespace: Persistent<Object<'static>>,
    global: Persistent<Object<'static>>,
    slot: Rc<Slot>,
    realm: Realm,
}

impl Drop for Vu {
    fn drop(&mut self) {
        // The slot may outlive the realm.
        self.slot.global.take();
    }
}

/// A function that the script exports, looked up once.
#[derive(Clone)]
pub struct Export {
    name: Rc<str>,
    function: Persistent<Function<'static>>,
}

impl Vu {
    pub(super) fn new(
        realm: Realm,
        slot: Rc<Slot>,
        namespace: Persistent<Object<'static>>,
        global: Persistent<Object<'static>>,
    ) -> Vu {
        Vu { namespace, global, slot, realm }
    }

    /// What natives see of this user.
    pub fn slot(&self) -> &Rc<Slot> {
        &self.slot
    }

    /// The realm it lives in.
    pub fn realm(&self) -> &Realm {
        &self.realm
    }

    /// The function exported under `name` (`default`, `setup`, …), if there is one.
    ///
    /// # Errors
    /// What a getter throws; [`CallError::Machine`] without a stack.
    pub fn export(&self, name: &str) -> Result<Option<Export>, CallError> {
        let namespace = self.namespace.clone();
        let shown: Rc<str> = name.into();
        let name = name.to_owned();
        let function = self.realm.shared.run(Some(&self.slot), move |ctx| {
            let value: Value<'_> = namespace.restore(&ctx)?.get(name)?;
            Ok(value.into_function().map(|function| Persistent::save(&ctx, function)))
        })?;
        Ok(function.map(|function| Export { name: shown, function }))
    }

    /// The names that the script exports, sorted.
    ///
    /// # Errors
    /// [`CallError::Machine`] without a stack.
    pub fn export_names(&self) -> Result<Vec<String>, CallError> {
        let namespace = self.namespace.clone();
        let mut names = self.realm.shared.run(Some(&self.slot), move |ctx| {
            namespace.restore(&ctx)?.keys::<String>().collect::<rquickjs::Result<Vec<_>>>()
        })?;
        names.sort_unstable();
        Ok(names)
    }

    /// Asks `stop` from time to time while the script computes: when it says yes, the call ends as interrupted. For a
    /// script that never waits and so leaves no chance to a future.
    pub fn watch(&self, stop: impl Fn() -> bool + 'static) {
        self.slot.interrupted.replace(Some(Rc::new(stop)));
    }

    /// The value exported under `name` as JSON text; `None` when it isn't exported or has no JSON form.
    ///
    /// # Errors
    /// What a getter or `toJSON` throws.
    pub fn export_json(&self, name: &str) -> Result<Option<String>, CallError> {
        let namespace = self.namespace.clone();
        let name = name.to_owned();
        self.realm.shared.run(Some(&self.slot), move |ctx| {
            let value: Value<'_> = namespace.restore(&ctx)?.get(name)?;
            ctx.json_stringify(value)?.map(|json| json.to_string()).transpose()
        })
    }

    /// Runs `body` on this user's stack; it may not wait. For reading and preparing values.
    ///
    /// # Errors
    /// What `body` throws.
    pub fn with<T, F>(&self, body: F) -> Result<T, CallError>
    where
        T: 'static,
        F: for<'js> FnOnce(&Ctx<'js>, &Object<'js>) -> rquickjs::Result<T> + 'static,
    {
        let global = self.global.clone();
        self.realm.shared.run(Some(&self.slot), move |ctx| body(&ctx, &global.restore(&ctx)?))
    }

    /// Calls an exported function with what `arguments` makes, waits until it and all it started is done, and hands
    /// its result to `take`. `interrupt` ends it early, past the script's `catch` and `finally`, as does `limit`.
    ///
    /// # Errors
    /// [`CallError`]: what the script throws, or why it was stopped.
    pub async fn call<T, A, K>(
        &mut self,
        export: &Export,
        arguments: A,
        take: K,
        interrupt: impl Future<Output = ()>,
        limit: Option<Duration>,
    ) -> Result<T, CallError>
    where
        T: 'static,
        A: for<'js> FnOnce(&Ctx<'js>) -> rquickjs::Result<Vec<Value<'js>>> + 'static,
        K: for<'js> FnOnce(&Ctx<'js>, Value<'js>) -> rquickjs::Result<T> + 'static,
    {
        let function = export.function.clone();
        let outcome = Rc::new(RefCell::new(None));
        let sink = Rc::clone(&outcome);
        let script = self.realm.shared.script.clone();
        let memory_limit = self.realm.shared.settings.memory_limit_bytes;
        let slot = Rc::clone(&self.slot);
        slot.stop.borrow_mut().take();
        self.realm.shared.check_usable()?;
        self.realm.shared.note_call();
        let lost = Rc::clone(&self.realm.shared.lost);
        let fiber = self
            .realm
            .shared
            .fiber(move |ctx| {
                let result = function.restore(&ctx).and_then(|function| {
                    let arguments = arguments(&ctx)?;
                    let value = function.call((rquickjs::function::Rest(arguments),))?;
                    take(&ctx, event_loop::settle(&ctx, &slot, value)?)
                });
                sink.replace(Some(result.map_err(|error| caught(&ctx, error, &script, memory_limit))));
                lost.set(lost.get() || !event_loop::leave(&ctx, &slot));
            })
            .map_err(|error| CallError::Machine(format!("could not map a stack: {error}")))?;
        let deadline = limit.map(|limit| Instant::now() + limit);
        self.slot.deadline.set(deadline);
        let mut running = Running { shared: &self.realm.shared, slot: &self.slot, fiber };
        let mut interrupt = pin!(interrupt);
        while running.resume() == Resumed::Suspended {
            let operation = self.slot.operation.take();
            if matches!(operation, Some(Operation::Sleep(time)) if time >= LONG_SLEEP) {
                running.fiber.give_back();
            }
            let of_user = [running.fiber.needed(), memory_around(self, 256, 768)];
            let stop = wait(&self.slot, of_user, operation, interrupt.as_mut(), deadline).await;
            if let Some(stop) = stop {
                self.slot.stop(stop);
                running.unwind();
                break;
            }
        }
        drop(running);
        let outcome = outcome.take();
        match self.realm.shared.judge(Some(&self.slot), outcome, Some(&export.name)) {
            Err(CallError::TimedOut { .. }) => {
                Err(CallError::TimedOut { limit: limit.unwrap_or(self.realm.shared.settings.init_limit) })
            }
            other => other,
        }
    }
}

/// A value made of JSON text, for passing data into a call.
///
/// # Errors
/// Throws when `json` is not JSON.
pub fn from_json<'js>(ctx: &Ctx<'js>, json: Option<&str>) -> rquickjs::Result<Value<'js>> {
    match json {
        Some(json) => ctx.json_parse(json),
        None => rquickjs::Undefined.into_js(ctx),
    }
}

/// The arguments of a call, each from JSON text of its own.
pub fn json_arguments<I>(
    texts: I,
) -> impl for<'js> FnOnce(&Ctx<'js>) -> rquickjs::Result<Vec<Value<'js>>> + 'static
where
    I: IntoIterator<Item = Option<Arc<str>>> + 'static,
{
    fn bind<F>(arguments: F) -> F
    where
        F: for<'js> FnOnce(&Ctx<'js>) -> rquickjs::Result<Vec<Value<'js>>>,
    {
        arguments
    }
    bind(move |ctx| texts.into_iter().map(|json| from_json(ctx, json.as_deref())).collect())
}

/// A call in progress; dropping it unwinds the script's stack.
struct Running<'a> {
    shared: &'a Shared,
    slot: &'a Rc<Slot>,
    fiber: Fiber,
}

impl Running<'_> {
    fn resume(&mut self) -> Resumed {
        self.shared.resume(Some(self.slot), &mut self.fiber)
    }

    /// Resumes the stack until it has unwound: each *finish* and each poll of the interrupt handler throws.
    fn unwind(&mut self) {
        for _ in 0..UNWIND_ATTEMPTS {
            self.slot.operation.take();
            if self.resume() == Resumed::Finished {
                return;
            }
        }
        self.shared.root.leak();
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if self.fiber.is_suspended() {
            self.slot.stop(Stop::Interrupted);
            self.unwind();
        }
        self.slot.deadline.set(None);
        self.slot.operation.take();
        self.slot.deferred.borrow_mut().take();
        self.slot.completed.borrow_mut().clear();
        self.slot.rejections.borrow_mut().clear();
    }
}

/// Awaits the operation while deferred ones go on; the reason to stop, if that comes first. `of_user` is the memory
/// that the user needs when it goes on.
async fn wait(
    slot: &Slot,
    of_user: [Range<usize>; 2],
    operation: Option<Operation>,
    mut interrupt: Pin<&mut impl Future<Output = ()>>,
    deadline: Option<Instant>,
) -> Option<Stop> {
    let (sleeping, mut future) = match operation {
        Some(Operation::Sleep(time)) => (Some(tokio::time::sleep(time)), None),
        Some(Operation::Future(future)) => (None, Some(future)),
        Some(Operation::Completion) | None => (None, None),
    };
    let mut sleeping = pin!(sleeping);
    let mut expiry = pin!(deadline.map(tokio::time::sleep_until));
    let of_future = future.as_ref().map_or(0..0, |future| memory_of(&**future));
    // This lies towards the end of the task that runs the user.
    let of_task = memory_around(&expiry, 2048, 640);
    let [stack, vu] = of_user;
    slot.wakeup.expect([stack, of_future, of_task, memory_of(slot), slot.state_memory(), vu]);
    poll_fn(|context| {
        slot.wakeup.begin_turn(context);
        let context = &mut Context::from_waker(&slot.waker);
        if interrupt.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Stop::Interrupted));
        }
        if let Some(expiry) = expiry.as_mut().as_pin_mut()
            && expiry.poll(context).is_ready()
        {
            return Poll::Ready(Some(Stop::TimedOut));
        }
        let completed = poll_deferred(slot, context);
        let done = if let Some(sleeping) = sleeping.as_mut().as_pin_mut() {
            sleeping.poll(context).is_ready()
        } else if let Some(future) = &mut future {
            future.as_mut().poll(context).is_ready()
        } else {
            completed
        };
        if done { Poll::Ready(None) } else { Poll::Pending }
    })
    .await
}

/// Moves finished deferred operations to the slot; whether there is something for the event loop to do.
fn poll_deferred(slot: &Slot, context: &mut Context<'_>) -> bool {
    let mut deferred = slot.deferred.borrow_mut();
    let Some(deferred) = deferred.as_mut() else { return true };
    loop {
        match Pin::new(&mut **deferred).poll_next(context) {
            Poll::Ready(Some(Some(completion))) => slot.completed.borrow_mut().push(completion),
            Poll::Ready(Some(None)) => {}
            Poll::Ready(None) => return true,
            Poll::Pending => return !slot.completed.borrow().is_empty(),
        }
    }
}
