//! The root coroutine of a realm, from whose loop every fiber is entered (rule 1).

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::panic::resume_unwind;
use std::ptr;

use corosensei::Coroutine;
use corosensei::stack::{DefaultStack, Stack};
use rquickjs::{Context, Ctx, Function, qjs};

use super::super::stack_pool;
use super::engine::discard_jobs;
use super::fiber::{Fiber, Resumed};
use super::runtime::{c_function, eval_options, use_stack};
use super::switch::{ACTIVE, Switch, park, step};

type RootCoroutine = Coroutine<bool, (), (), DefaultStack>;

const ROOT_LOOP: &str = "(function root(park, step) { while (park()) step(); })";

/// The root coroutine of a realm.
pub(in crate::vm) struct Root {
    coroutine: RefCell<ManuallyDrop<RootCoroutine>>,
    switch: Box<Switch>,
    context: ManuallyDrop<Context>,
    leaked: Cell<bool>,
}

/// Why a realm's root loop could not be started.
#[derive(Debug, thiserror::Error)]
pub(in crate::vm) enum RootError {
    #[error("could not map a stack for a realm: {0}")]
    Stack(#[source] std::io::Error),
    #[error("QuickJS had no memory for a realm's root loop")]
    Memory,
}

impl Root {
    /// Starts the root loop of `context`; it is parked when this returns.
    ///
    /// # Errors
    /// When no stack can be mapped or QuickJS has no memory for the loop.
    pub(in crate::vm) fn start(context: Context) -> Result<Root, RootError> {
        let stack = stack_pool::take().map_err(RootError::Stack)?;
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
            fiber_depth: Cell::new(0),
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
            return Err(RootError::Memory);
        }
        Ok(root)
    }

    /// Runs `fiber` until it suspends or returns.
    ///
    /// # Panics
    /// With the fiber's own panic, if its body panicked; and when called from inside a fiber.
    pub(in crate::vm) fn resume(&self, fiber: &mut Fiber) -> Resumed {
        let switch = &*self.switch;
        switch.fiber.set(&raw mut *fiber.coroutine);
        switch.fiber_yielder.set(fiber.yielder);
        switch.fiber_low.set(fiber.low);
        self.enter(true);
        fiber.yielder = switch.fiber_yielder.get();
        fiber.depth = switch.fiber_depth.get();
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
    pub(in crate::vm) fn fiber<F>(&self, body: F) -> std::io::Result<Fiber>
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
        Ok(Fiber { coroutine: ManuallyDrop::new(coroutine), yielder: ptr::null(), low, depth: 0 })
    }

    /// Keeps the realm's memory forever, because a stack that uses it could not be unwound.
    pub(in crate::vm) fn leak(&self) {
        self.leaked.set(true);
    }

    /// Whether [`Root::leak`] was called.
    pub(in crate::vm) fn is_leaked(&self) -> bool {
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
        discard_jobs(&self.context);
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
