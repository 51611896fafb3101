//! The one module with unsafe code: stack switching under QuickJS.
//!
//! A realm is one QuickJS runtime whose virtual users each run on a stack of their own. QuickJS knows nothing of
//! stacks; these rules, which use its public interface only, make the interleaving sound.
//!
//! 1. **Frames always link to live frames.** The runtime keeps one `current_stack_frame`; a call links its frame to
//!    it and restores it on return. A permanent *root* coroutine runs `while (park()) step()` in JavaScript; `park`
//!    suspends it to the event loop, `step` enters or resumes one user's stack (a *fiber*). When a fiber suspends,
//!    `step` returns to the loop, which resets the pointer to the root's frame. A fiber's first frame therefore
//!    links to a frame of `step`, and `step` always has its frame at the same address, because it is always called
//!    from the same call in the same JavaScript frame: a fiber resumed by a later `step` finds a live frame there.
//!    `step` asserts that address.
//! 2. **Only `block` suspends a fiber in JavaScript, and it can't throw.** It is a raw C function, so QuickJS pushes
//!    a frame for it; its return resets `current_stack_frame` to the frame of the JavaScript that called it. Before
//!    that return the pointer is wrong for this fiber, so `block` does nothing after its resumption but return.
//!    Code that may throw runs before (prepare) and after (finish), in calls of their own. [`suspend`] does the same
//!    from Rust at the bottom of a fiber, where no JavaScript frame is open.
//! 3. **The stack limit follows the stack.** After each switch [`use_stack`] sets QuickJS's limit from the lowest
//!    address of the stack in use, so endless recursion is an exception on every stack, however deep it suspended.
//!    [`NATIVE_ROOM`] stays free below the limit for native code; below that is a guard page.
//! 4. **A suspended fiber is never unwound from outside.** Forced unwinding through C frames is undefined. A fiber
//!    to be dropped is resumed with its user marked as stopped, so its JavaScript unwinds by an exception that can't
//!    be caught ([`throw_uncatchable`]). One that would not finish is leaked together with its realm.
//! 5. **No panic crosses a C frame.** rquickjs catches panics of native functions; `step` catches what leaves a
//!    fiber and [`Root::resume`] raises it again on the event loop's stack; `park` and `block` can't panic between
//!    entry and suspension.
//! 6. **One thread.** Nothing here is `Send`. `ACTIVE` names the realm whose root runs on this thread; it is set
//!    for the length of [`Root::resume`], so the C functions reach their [`Switch`] and no other.
//!
//! Collection is safe at any time: QuickJS counts references, values on suspended stacks hold theirs, and the cycle
//! collector treats what it can't find from objects as alive.

#![expect(unsafe_code, reason = "stack switching and the raw C functions need it; the argument stands above")]

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::{self, NonNull};
use std::rc::Rc;

use corosensei::stack::{DefaultStack, Stack};
use corosensei::{Coroutine, Yielder};
use rquickjs::class::{JsClass, Readable, Trace, Tracer};
use rquickjs::function::Constructor;
use rquickjs::{Class, Context, Ctx, Exception, Function, JsLifetime, Object, Value, qjs};

use super::stack_pool;

/// Bytes below QuickJS's stack limit that stay free for native code: the deepest Rust call in a debug build, and
/// the panic machinery.
const NATIVE_ROOM: usize = 192 * 1024;

type RootCoroutine = Coroutine<bool, (), (), DefaultStack>;
type FiberCoroutine = Coroutine<(), (), (), DefaultStack>;

thread_local! {
    static ACTIVE: Cell<*const Switch> = const { Cell::new(ptr::null()) };
}

/// What the C functions of one realm share with [`Root`]; its address is stable.
struct Switch {
    runtime: *mut qjs::JSRuntime,
    root_yielder: Cell<*const Yielder<bool, ()>>,
    root_low: Cell<usize>,
    /// Where a local of `step` lives: the same in each call (rule 1).
    step_frame: Cell<usize>,
    /// The fiber that `step` enters, its yielder once it has run, and the lowest address of its stack.
    fiber: Cell<*mut FiberCoroutine>,
    fiber_yielder: Cell<*const Yielder<(), ()>>,
    fiber_low: Cell<usize>,
    in_fiber: Cell<bool>,
    panic: Cell<Option<Box<dyn Any + Send>>>,
}

/// The root coroutine of a realm.
pub(super) struct Root {
    coroutine: RefCell<ManuallyDrop<RootCoroutine>>,
    switch: Box<Switch>,
    context: ManuallyDrop<Context>,
    leaked: Cell<bool>,
}

/// What a resumed fiber did.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Resumed {
    /// It waits in `block` or [`suspend`].
    Suspended,
    /// Its body has returned.
    Finished,
}

/// One run of a body on a stack of its own.
pub(super) struct Fiber {
    coroutine: ManuallyDrop<FiberCoroutine>,
    yielder: *const Yielder<(), ()>,
    low: usize,
}

impl Root {
    /// Starts the root loop of `context`; it is parked when this returns.
    ///
    /// # Errors
    /// A message, when no stack can be mapped or QuickJS has no memory for the loop.
    pub(super) fn start(context: Context) -> Result<Root, String> {
        let stack =
            stack_pool::take().map_err(|error| format!("could not map a stack for a realm: {error}"))?;
        let low = stack.limit().get();
        let raw = context.as_raw();
        // SAFETY: the context is alive; the pointer is only read.
        let runtime = unsafe { qjs::JS_GetRuntime(raw.as_ptr()) };
        let switch = Box::new(Switch {
            runtime,
            root_yielder: Cell::new(ptr::null()),
            root_low: Cell::new(low),
            step_frame: Cell::new(0),
            fiber: Cell::new(ptr::null_mut()),
            fiber_yielder: Cell::new(ptr::null()),
            fiber_low: Cell::new(0),
            in_fiber: Cell::new(false),
            panic: Cell::new(None),
        });
        let coroutine = Coroutine::with_stack(stack, move |yielder, _: bool| {
            // SAFETY: this body runs only inside `enter`, which points ACTIVE at this realm's switch.
            let switch = unsafe { &*ACTIVE.get() };
            switch.root_yielder.set(yielder);
            use_stack(switch.runtime, low);
            // SAFETY: `Root` keeps the context alive until this coroutine has returned; nothing else uses the
            // realm while it runs, because it runs inside `Root::enter`.
            let ctx = unsafe { Ctx::from_raw(raw) };
            let looped = c_function(&ctx, park, c"park")
                .and_then(|park| Ok((park, c_function(&ctx, step, c"step")?)))
                .and_then(|functions| {
                    let options = eval_options("loadline:root");
                    let root: Function<'_> = ctx.eval_with_options(ROOT_LOOP, options)?;
                    root.call::<_, ()>(functions)
                });
            // `while (park()) step()` can't throw; a failure to create it is seen as an early return.
            drop(looped);
        });
        let root = Root {
            coroutine: RefCell::new(ManuallyDrop::new(coroutine)),
            switch,
            context: ManuallyDrop::new(context),
            leaked: Cell::new(false),
        };
        root.enter(true);
        if root.coroutine.borrow().done() {
            return Err("QuickJS had no memory for a realm's root loop".to_owned());
        }
        Ok(root)
    }

    /// Runs `fiber` until it suspends or returns.
    ///
    /// # Panics
    /// With the fiber's own panic, if its body panicked; and when called from inside a fiber.
    pub(super) fn resume(&self, fiber: &mut Fiber) -> Resumed {
        let switch = &*self.switch;
        switch.fiber.set(&raw mut *fiber.coroutine);
        switch.fiber_yielder.set(fiber.yielder);
        switch.fiber_low.set(fiber.low);
        self.enter(true);
        fiber.yielder = switch.fiber_yielder.get();
        switch.fiber.set(ptr::null_mut());
        if let Some(panic) = switch.panic.take() {
            resume_unwind(panic);
        }
        if fiber.coroutine.done() { Resumed::Finished } else { Resumed::Suspended }
    }

    /// A fiber that will run `body` with this realm's context when first resumed.
    ///
    /// # Errors
    /// When no stack can be mapped.
    pub(super) fn fiber<F>(&self, body: F) -> std::io::Result<Fiber>
    where
        F: for<'js> FnOnce(Ctx<'js>) + 'static,
    {
        let stack = stack_pool::take()?;
        let low = stack.limit().get();
        let raw = self.context.as_raw();
        let coroutine = Coroutine::with_stack(stack, move |yielder, ()| {
            // SAFETY: fibers are resumed by `step` only, inside `Root::enter`.
            let switch = unsafe { &*ACTIVE.get() };
            switch.fiber_yielder.set(yielder);
            use_stack(switch.runtime, low);
            // SAFETY: the context lives as long as `Root`, whose drop leaks it while a fiber is unfinished (rule 4).
            // The lifetime is unique to this call: `body` takes any `'js`.
            body(unsafe { Ctx::from_raw(raw) });
        });
        Ok(Fiber { coroutine: ManuallyDrop::new(coroutine), yielder: ptr::null(), low })
    }

    /// Keeps the realm's memory forever, because a stack that uses it could not be unwound.
    pub(super) fn leak(&self) {
        self.leaked.set(true);
    }

    /// Whether [`Root::leak`] was called.
    pub(super) fn is_leaked(&self) -> bool {
        self.leaked.get()
    }

    fn enter(&self, go_on: bool) {
        let mut root = self.coroutine.borrow_mut();
        let outer = ACTIVE.replace(&raw const *self.switch);
        root.resume(go_on);
        ACTIVE.set(outer);
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        if self.leaked.get() {
            return;
        }
        if !self.coroutine.borrow().done() {
            self.enter(false);
        }
        // SAFETY: both fields are taken once, here, and not used again. The root has returned from its loop, so its
        // stack holds no frame and no reference to the context.
        unsafe {
            let root = ManuallyDrop::take(self.coroutine.get_mut());
            if root.done() {
                stack_pool::give(root.into_stack());
            } else {
                std::mem::forget(root);
            }
            ManuallyDrop::drop(&mut self.context);
        }
    }
}

impl Fiber {
    /// Whether it has begun and not finished: it must not be dropped then (it would be leaked).
    pub(super) fn is_suspended(&self) -> bool {
        self.coroutine.started() && !self.coroutine.done()
    }
}

impl Drop for Fiber {
    fn drop(&mut self) {
        if self.is_suspended() {
            return;
        }
        // SAFETY: taken once, here. Not suspended: either done, and the stack is free, or never started, and
        // dropping drops the body's captures.
        let coroutine = unsafe { ManuallyDrop::take(&mut self.coroutine) };
        if coroutine.done() {
            stack_pool::give(coroutine.into_stack());
        }
    }
}

/// Whether a fiber runs on this thread, rather than the root's loop or the event loop.
pub(super) fn in_fiber() -> bool {
    let switch = ACTIVE.get();
    // SAFETY: ACTIVE is null or points at the switch of the realm that runs.
    !switch.is_null() && unsafe { (*switch).in_fiber.get() }
}

/// Suspends the running fiber from Rust, with no JavaScript frame open on its stack.
///
/// # Panics
/// When no fiber runs.
pub(super) fn suspend() {
    assert!(in_fiber(), "suspend is called on a fiber's stack");
    // SAFETY: a fiber runs, so ACTIVE is this realm's switch.
    unsafe { suspend_fiber() }
}

/// The raw C function `block` of rule 2, as a JavaScript function: what stands between *prepare* and *finish*.
///
/// # Errors
/// Without memory.
pub fn block_function<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Function<'js>> {
    c_function(ctx, block, c"block")
}

/// Throws an error that no `catch` or `finally` of a script sees.
pub(super) fn throw_uncatchable(ctx: &Ctx<'_>, message: &str) -> rquickjs::Error {
    match Exception::from_message(ctx.clone(), message) {
        Ok(error) => {
            let value = error.into_object().into_value();
            // SAFETY: the value is a live Error object of this context.
            unsafe { qjs::JS_SetUncatchableError(ctx.as_raw().as_ptr(), value.as_raw()) };
            ctx.throw(value)
        }
        Err(error) => error,
    }
}

/// Options for evaluating text of our own or of a script under the name `file`.
pub(super) fn eval_options(file: &str) -> rquickjs::context::EvalOptions {
    let mut options = rquickjs::context::EvalOptions::default();
    options.filename = Some(file.to_owned());
    options
}

const ROOT_LOOP: &str = "(function root(park, step) { while (park()) step(); })";

fn c_function<'js>(
    ctx: &Ctx<'js>,
    function: unsafe extern "C" fn(
        *mut qjs::JSContext,
        qjs::JSValue,
        qjs::c_int,
        *mut qjs::JSValue,
    ) -> qjs::JSValue,
    name: &std::ffi::CStr,
) -> rquickjs::Result<Function<'js>> {
    // SAFETY: QuickJS copies the name; the function has the signature of `JS_CFUNC_generic`; the result is a new
    // value that we own, or the exception marker, which `Function::from_value` refuses.
    unsafe {
        let value = qjs::JS_NewCFunction2(
            ctx.as_raw().as_ptr(),
            Some(function),
            name.as_ptr(),
            0,
            qjs::JSCFunctionEnum_JS_CFUNC_generic,
            0,
        );
        Function::from_value(Value::from_raw(ctx.clone(), value))
    }
}

/// Sets QuickJS's stack limit for the stack that is in use now and whose lowest address is `low` (rule 3).
fn use_stack(runtime: *mut qjs::JSRuntime, low: usize) {
    let marker = 0_u8;
    let here = &raw const marker as usize;
    // 0 would mean "no limit".
    let room = here.saturating_sub(low + NATIVE_ROOM).max(1);
    // SAFETY: the runtime is alive while one of its stacks runs. QuickJS computes its limit as the current stack
    // pointer less this size: `low + NATIVE_ROOM`.
    unsafe {
        qjs::JS_SetMaxStackSize(runtime, room as _);
        qjs::JS_UpdateStackTop(runtime);
    }
}

/// # Safety
/// A fiber of the active realm runs on this stack.
unsafe fn suspend_fiber() {
    // SAFETY: by the contract above, ACTIVE and the yielder are those of the running fiber, and the yielder lives
    // on this very stack.
    unsafe {
        (*(*ACTIVE.get()).fiber_yielder.get()).suspend(());
        let switch = &*ACTIVE.get();
        use_stack(switch.runtime, switch.fiber_low.get());
    }
}

unsafe extern "C" fn park(
    _ctx: *mut qjs::JSContext,
    _this: qjs::JSValue,
    _argc: qjs::c_int,
    _argv: *mut qjs::JSValue,
) -> qjs::JSValue {
    // SAFETY: only the root's loop has this function; it runs inside `Root::enter`, before and after suspension.
    unsafe {
        let go_on = (*(*ACTIVE.get()).root_yielder.get()).suspend(());
        let switch = &*ACTIVE.get();
        use_stack(switch.runtime, switch.root_low.get());
        if go_on { qjs::JS_TRUE } else { qjs::JS_FALSE }
    }
}

unsafe extern "C" fn step(
    _ctx: *mut qjs::JSContext,
    _this: qjs::JSValue,
    _argc: qjs::c_int,
    _argv: *mut qjs::JSValue,
) -> qjs::JSValue {
    let marker = 0_u8;
    let here = &raw const marker as usize;
    // SAFETY: only the root's loop has this function. `fiber` points at the coroutine that `Root::resume` borrows
    // for the length of this call; nothing else touches it meanwhile.
    unsafe {
        let switch = &*ACTIVE.get();
        let expected = switch.step_frame.replace(here);
        // A panic here aborts the process, as it must: rule 1 would not hold.
        assert!(expected == 0 || expected == here, "the root loop calls `step` at one stack depth");
        if let Some(mut fiber) = NonNull::new(switch.fiber.get()) {
            switch.in_fiber.set(true);
            let resumed = catch_unwind(AssertUnwindSafe(|| fiber.as_mut().resume(())));
            switch.in_fiber.set(false);
            if let Err(panic) = resumed {
                switch.panic.set(Some(panic));
            }
        }
        use_stack(switch.runtime, switch.root_low.get());
    }
    qjs::JS_UNDEFINED
}

unsafe extern "C" fn block(
    _ctx: *mut qjs::JSContext,
    _this: qjs::JSValue,
    _argc: qjs::c_int,
    _argv: *mut qjs::JSValue,
) -> qjs::JSValue {
    if in_fiber() {
        // SAFETY: a fiber runs on this stack.
        unsafe { suspend_fiber() };
    }
    qjs::JS_UNDEFINED
}

/// A value of Rust's inside a JavaScript object; QuickJS frees it with the object.
///
/// It must hold no JavaScript values: the collector does not look into it, so a cycle through it would never be freed.
pub struct Handle(Rc<dyn Any>);

impl Handle {
    /// An object with prototype `prototype` that holds `value`.
    ///
    /// # Errors
    /// Without memory.
    pub fn object(prototype: Object<'_>, value: Rc<dyn Any>) -> rquickjs::Result<Object<'_>> {
        Ok(Class::instance_proto(Handle(value), prototype)?.into_inner())
    }

    /// What `object` holds, if it is a `T`.
    pub fn get<T: 'static>(object: &Object<'_>) -> Option<Rc<T>> {
        let class = object.as_class::<Handle>()?;
        Rc::clone(&class.borrow().0).downcast().ok()
    }
}

// SAFETY: the type has no lifetime of a realm in it, so it is the same type for each.
unsafe impl JsLifetime<'_> for Handle {
    type Changed<'to> = Handle;
}

impl<'js> Trace<'js> for Handle {
    fn trace<'a>(&self, _tracer: Tracer<'a, 'js>) {}
}

impl<'js> JsClass<'js> for Handle {
    const NAME: &'static str = "Native";
    type Mutable = Readable;

    fn constructor(_ctx: &Ctx<'js>) -> rquickjs::Result<Option<Constructor<'js>>> {
        Ok(None)
    }
}
