//! What rquickjs does not offer of a runtime: uncatchable errors, limits from inside a call, raw C functions.

use rquickjs::{Ctx, Exception, Function, Value, qjs};

/// Bytes below QuickJS's stack limit that stay free for native code: the deepest Rust call in a debug build, and
/// the panic machinery.
const NATIVE_ROOM: usize = 192 * 1024;

/// Throws an error that no `catch` or `finally` of a script sees.
pub(in crate::vm) fn throw_uncatchable(ctx: &Ctx<'_>, message: &str) -> rquickjs::Error {
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

/// Sets the memory that the realm of `ctx` may use, in bytes; `None` is without limit.
pub(in crate::vm) fn limit_memory(ctx: &Ctx<'_>, bytes: Option<usize>) {
    // SAFETY: the context is alive, and so is its runtime. The limit is a number that QuickJS compares with.
    unsafe {
        let runtime = qjs::JS_GetRuntime(ctx.as_raw().as_ptr());
        qjs::JS_SetMemoryLimit(runtime, bytes.unwrap_or(0) as _);
    }
}

/// Whether the realm of `ctx` once held nearly `limit_bytes`: QuickJS collects cycles whenever it holds half as much
/// again as after the last collection, so the size at which it will do so next tells how far it came. It does so when
/// it makes an object: of texts alone this knows nothing. When these end so close to the limit that no error object
/// fits (about one time in hundreds), the `null` passes for the script's own; a user that tries again is named then.
pub(in crate::vm) fn came_near(ctx: &Ctx<'_>, limit_bytes: usize) -> bool {
    // SAFETY: the context is alive, and so is its runtime. The threshold is a number that is read.
    let threshold = unsafe { qjs::JS_GetGCThreshold(qjs::JS_GetRuntime(ctx.as_raw().as_ptr())) };
    usize::try_from(threshold).is_ok_and(|threshold| threshold > limit_bytes / 8 * 7)
}

/// Whether a job waits in the queue of the realm of `ctx`.
pub(in crate::vm) fn has_jobs(ctx: &Ctx<'_>) -> bool {
    // SAFETY: the context is alive, and so is its runtime; QuickJS looks whether a list is empty.
    unsafe { qjs::JS_IsJobPending(qjs::JS_GetRuntime(ctx.as_raw().as_ptr())) }
}

/// Options for evaluating text of our own or of a script under the name `file`.
pub(in crate::vm) fn eval_options(file: &str) -> rquickjs::context::EvalOptions {
    let mut options = rquickjs::context::EvalOptions::default();
    options.filename = Some(file.to_owned());
    options
}

/// A raw C function as a JavaScript function: QuickJS pushes a frame around its calls (rule 2).
///
/// # Errors
/// Without memory.
pub(super) fn c_function<'js>(
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
pub(super) fn use_stack(runtime: *mut qjs::JSRuntime, low: usize) {
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
