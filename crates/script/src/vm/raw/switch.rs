//! The switches themselves: the C functions `park`, `step` and `block`, and what they share.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};

use corosensei::Yielder;
use rquickjs::{Ctx, Function, qjs};

use super::fiber::FiberCoroutine;
use super::runtime::{c_function, use_stack};

thread_local! {
    pub(super) static ACTIVE: Cell<*const Switch> = const { Cell::new(ptr::null()) };
}

/// What the C functions of one realm share with [`Root`]; its address is stable.
pub(super) struct Switch {
    pub(super) runtime: *mut qjs::JSRuntime,
    pub(super) root_yielder: Cell<*const Yielder<bool, ()>>,
    pub(super) root_low: Cell<usize>,
    /// Where a local of `step` lives: the same in each call (rule 1).
    pub(super) step_frame: Cell<usize>,
    /// The fiber that `step` enters, its yielder once it has run, and the lowest address of its stack.
    pub(super) fiber: Cell<*mut FiberCoroutine>,
    pub(super) fiber_yielder: Cell<*const Yielder<(), ()>>,
    pub(super) fiber_low: Cell<usize>,
    /// Where the fiber's stack ended when it suspended.
    pub(super) fiber_depth: Cell<usize>,
    pub(super) in_fiber: Cell<bool>,
    pub(super) panic: Cell<Option<Box<dyn Any + Send>>>,
}

/// Whether a fiber runs on this thread, rather than the root's loop or the event loop.
pub(in crate::vm) fn in_fiber() -> bool {
    let switch = ACTIVE.get();
    // SAFETY: ACTIVE is null or points at the switch of the realm that runs.
    !switch.is_null() && unsafe { (*switch).in_fiber.get() }
}

/// Keeps a native's panic for [`Root::resume`](super::Root), which raises it again.
pub(super) fn keep_panic(panic: Box<dyn Any + Send>) {
    let switch = ACTIVE.get();
    if !switch.is_null() {
        // SAFETY: ACTIVE is null or points at the switch of the realm that runs.
        unsafe { (*switch).panic.set(Some(panic)) };
    }
}

/// Suspends the running fiber from Rust, with no JavaScript frame open on its stack.
///
/// # Panics
/// When no fiber runs.
pub(in crate::vm) fn suspend() {
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

/// # Safety
/// A fiber of the active realm runs on this stack.
unsafe fn suspend_fiber() {
    // SAFETY: by the contract above, ACTIVE and the yielder are those of the running fiber, and the yielder lives
    // on this very stack.
    unsafe {
        let marker = 0_u8;
        (*ACTIVE.get()).fiber_depth.set(&raw const marker as usize);
        (*(*ACTIVE.get()).fiber_yielder.get()).suspend(());
        let switch = &*ACTIVE.get();
        use_stack(switch.runtime, switch.fiber_low.get());
    }
}

pub(super) unsafe extern "C" fn park(
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

pub(super) unsafe extern "C" fn step(
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
