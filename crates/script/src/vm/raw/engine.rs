//! A runtime that ends without ending the process.
//!
//! QuickJS asserts that nothing is left when its runtime is freed, and some of its builtins forget objects: an iterator
//! helper whose callback throws, `Error.prepareStackTrace = {}`. An assertion that fails ends the process, and a run's
//! results with it. So before a runtime is freed it is asked what it still holds, and one that holds anything is kept
//! forever: its memory is lost, which is all that a leak should cost.
//!
//! The question has an exact answer. A runtime counts its blocks of memory and its names (atoms, a block each). Blocks
//! without names are as many when nothing is left as they were before the first context; each object, function,
//! variable or text that is left is at least one more.
//!
//! There is one moment to ask: rquickjs holds objects of its own until the last handle drops, and frees the runtime in
//! the same breath. In between it drops its user data. An [`Exam`] among that looks, and leaves the drop by a panic
//! that nobody sees when the runtime must not be freed.

use std::cell::RefCell;
use std::mem::MaybeUninit;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use rquickjs::{Context, Ctx, JsLifetime, Runtime, qjs};

use super::spare::Spare;

/// More jobs than this are left where they are, and the runtime with them.
const JOBS: usize = 1 << 20;

/// Is told how many blocks of memory a runtime was left with.
pub type LeakReport = Rc<dyn Fn(u64)>;

/// A QuickJS runtime of one realm, freed or kept as it deserves.
pub(crate) struct Engine {
    runtime: Option<Runtime>,
    raw: *mut qjs::JSRuntime,
    spare: Rc<Spare>,
    report: RefCell<Option<LeakReport>>,
}

impl Engine {
    /// A runtime and its one context. The context has to be dropped before the engine.
    ///
    /// # Errors
    /// Without memory.
    pub(crate) fn new() -> rquickjs::Result<(Engine, Context)> {
        let runtime = Runtime::new()?;
        let usage = runtime.memory_usage();
        let context = Context::full(&runtime)?;
        // SAFETY: the context is alive; the pointer is only read.
        let raw = unsafe { qjs::JS_GetRuntime(context.as_raw().as_ptr()) };
        let spare = Rc::<Spare>::default();
        let empty_blocks = usage.malloc_count - usage.atom_count;
        let exam = Exam { runtime: raw, empty_blocks, spare: Rc::clone(&spare) };
        context.with(|ctx| ctx.store_userdata(exam).map(drop)).map_err(|_| rquickjs::Error::Unknown)?;
        Ok((Engine { runtime: Some(runtime), raw, spare, report: RefCell::new(None) }, context))
    }

    /// Sees to it that calls find room for what they need for a moment.
    pub(in crate::vm) fn renew_spare(&self) {
        // SAFETY: the runtime lives as long as its engine.
        unsafe { self.spare.renew(self.raw) };
    }

    /// Sets who is told when something is left at the end.
    pub(in crate::vm) fn report_leaks(&self, report: LeakReport) {
        self.report.replace(Some(report));
    }
}

impl Deref for Engine {
    type Target = Runtime;

    fn deref(&self) -> &Runtime {
        self.runtime.as_ref().expect("the drop of its engine alone takes a runtime")
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        if std::thread::panicking() {
            // There is no second panic to leave the drop by.
            std::mem::forget(runtime);
            return;
        }
        let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(runtime))) else { return };
        match panic.downcast::<Left>() {
            Ok(left) => {
                // What is left may still be let go, and its finalizers ask the runtime for rquickjs's part of it. That
                // of the runtime itself is gone; another's has the same classes.
                if let Ok(spare) = Runtime::new().and_then(|runtime| Context::base(&runtime)) {
                    // SAFETY: both runtimes live forever from here on.
                    unsafe {
                        let opaque = qjs::JS_GetRuntimeOpaque(qjs::JS_GetRuntime(spare.as_raw().as_ptr()));
                        qjs::JS_SetRuntimeOpaque(self.raw, opaque);
                    }
                    std::mem::forget(spare);
                }
                if let Some(report) = self.report.get_mut() {
                    report(left.blocks);
                }
            }
            Err(other) => resume_unwind(other),
        }
    }
}

/// What an [`Exam`] found; the payload of its panic.
struct Left {
    blocks: u64,
}

/// Looks at a runtime when everything of it has been dropped.
struct Exam {
    runtime: *mut qjs::JSRuntime,
    /// Blocks without names, when there was nothing yet.
    empty_blocks: i64,
    spare: Rc<Spare>,
}

// SAFETY: it has no lifetime of a context.
unsafe impl JsLifetime<'_> for Exam {
    type Changed<'to> = Exam;
}

impl Drop for Exam {
    fn drop(&mut self) {
        let mut usage = MaybeUninit::<qjs::JSMemoryUsage>::uninit();
        // SAFETY: user data goes before its runtime does, which is therefore alive, and no code runs in it. QuickJS
        // fills in all of `usage`.
        let usage = unsafe {
            self.spare.release(self.runtime);
            qjs::JS_RunGC(self.runtime);
            qjs::JS_ComputeMemoryUsage(self.runtime, usage.as_mut_ptr());
            usage.assume_init()
        };
        let left = usage.malloc_count - usage.atom_count - self.empty_blocks;
        if left != 0 {
            resume_unwind(Box::new(Left { blocks: left.unsigned_abs() }));
        }
    }
}

/// Takes from a runtime what only waits to run: an exception nobody fetched, and jobs. `context` is not used again.
///
/// A job is discarded by running it without a stack: each function of a script throws when it is called, so what is
/// native in a job (a promise is rejected) comes to its end, and nothing of the script runs.
pub(crate) fn discard_jobs(context: &Context) {
    let raw = context.as_raw();
    // SAFETY: the context is alive, and no code runs in its runtime.
    let ctx = unsafe { Ctx::from_raw(raw) };
    // SAFETY: as above; the pointer is only read.
    let runtime = unsafe { qjs::JS_GetRuntime(raw.as_ptr()) };
    // SAFETY: the runtime is alive. Every address that is lower than this frame is beyond the limit.
    unsafe {
        qjs::JS_SetMaxStackSize(runtime, 1);
        qjs::JS_UpdateStackTop(runtime);
    }
    let forget = || ctx.has_exception().then(|| ctx.catch());
    forget();
    for _ in 0..JOBS {
        match run_job(&ctx) {
            Ok(false) => break,
            Ok(true) => {}
            Err(_) => drop(forget()),
        }
    }
}

/// Runs the first job that waits; `false` when there is none.
///
/// # Errors
/// What the job throws. Promises keep what their jobs throw; what comes this far is a stop, or from a callback that
/// no promise stands behind.
pub(in crate::vm) fn run_job(ctx: &Ctx<'_>) -> rquickjs::Result<bool> {
    let mut of_job = std::ptr::null_mut();
    // SAFETY: the context and its runtime are alive; a runtime of ours has one context, so that is the job's.
    let outcome = unsafe {
        let runtime = qjs::JS_GetRuntime(ctx.as_raw().as_ptr());
        qjs::JS_ExecutePendingJob(runtime, &raw mut of_job)
    };
    match outcome {
        0 => Ok(false),
        1.. => Ok(true),
        _ => Err(rquickjs::Error::Exception),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use rquickjs::{Ctx, Function};

    use super::{Engine, discard_jobs};

    /// What a script left waiting is discarded, its functions uncalled, and the runtime can be freed.
    #[test]
    fn jobs_are_discarded_without_running_what_a_script_wrote() {
        let scripts = [
            "Promise.resolve().then(ran);",
            "Promise.resolve().then(() => ran()).then(ran, ran).finally(ran);",
            "Promise.resolve({ then(f) { ran(); f(); } }).then(ran);",
            "Promise.resolve().then(() => ({ get then() { ran(); } })).catch(ran); Promise.all([Promise.resolve(1)]).then(ran);",
            "(async () => { await 0; ran(); })();",
            "(async () => { try { await 0; } finally { ran(); } })().catch(ran);",
            "async function* g() { try { yield 1; } finally { ran(); } } (async () => { for await (const x of g()) ran(); })();",
            "Array.fromAsync([1, Promise.reject(2)], ran).catch(ran);",
            "Error.prepareStackTrace = ran; Promise.resolve().then(ran); Promise.race([Promise.reject(1)]).catch(ran);",
            "const r = new FinalizationRegistry(ran); (() => { for (let i = 0; i < 9; i++) r.register({}, i); })();",
        ];
        for script in scripts {
            let (engine, context) = Engine::new().unwrap();
            let left = Rc::new(Cell::new(0));
            let seen = Rc::clone(&left);
            engine.report_leaks(Rc::new(move |blocks| seen.set(blocks)));
            let ran = Rc::new(Cell::new(0));
            let count = Rc::clone(&ran);
            context.with(|ctx: Ctx<'_>| {
                let function = Function::new(ctx.clone(), move || count.set(count.get() + 1)).unwrap();
                ctx.globals().set("native", function).unwrap();
                ctx.eval::<(), _>("const ran = () => native();").unwrap();
                ctx.eval::<(), _>(script).unwrap();
            });
            discard_jobs(&context);
            assert!(!engine.is_job_pending(), "{script}");
            drop(context);
            drop(engine);
            assert_eq!((ran.get(), left.get()), (0, 0), "{script}");
        }
    }

    #[test]
    fn what_outlives_its_engine_is_kept_alive() {
        let (engine, context) = Engine::new().unwrap();
        let left = Rc::new(Cell::new(0));
        let seen = Rc::clone(&left);
        engine.report_leaks(Rc::new(move |blocks| seen.set(blocks)));
        let called = Rc::new(Cell::new(0));
        let count = Rc::clone(&called);
        let function = context.with(|ctx| {
            let function = Function::new(ctx.clone(), move || count.set(count.get() + 1)).unwrap();
            rquickjs::Persistent::save(&ctx, function)
        });
        drop(context);
        drop(engine);
        assert!(left.get() > 0);
        // Its finalizer runs in a runtime that is still there, and lets go of the closure.
        drop(function);
        assert_eq!(Rc::strong_count(&called), 1);
    }
}
