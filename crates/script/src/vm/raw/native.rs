//! Native functions as plain C functions: for the few that every request calls.
//!
//! rquickjs makes a native a callable object: a call looks up its class, boxes its arguments into counted values and
//! copies texts. Here QuickJS calls the function itself, and what it passes is lent for the length of the call. An
//! error becomes an exception; a panic is kept for [`Root::resume`](super::Root) and the script is unwound past its
//! `catch` and `finally` (rule 5). Such a function does not suspend itself, but may call a script that does (rule 2).

use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};

use rquickjs::{Ctx, Exception, Function, Object, Value, qjs};

use super::runtime::{c_function, throw_uncatchable};
use super::switch::keep_panic;

/// A call of a native: its context, `this` and its arguments, all lent.
pub struct Call<'a, 'js> {
    ctx: &'a Ctx<'js>,
    this: qjs::JSValue,
    arguments: &'a [qjs::JSValue],
}

/// A value of the caller's.
pub struct Lent<'a, 'js> {
    value: ManuallyDrop<Value<'js>>,
    lender: PhantomData<&'a Ctx<'js>>,
}

/// A text of the caller's, as it lies in QuickJS where it is ASCII.
pub struct Text<'a, 'js> {
    ctx: &'a Ctx<'js>,
    text: &'a str,
}

/// What natives return.
pub trait Returned<'js> {
    /// The value for QuickJS, which owns it.
    fn into_raw(self) -> qjs::JSValue;
}

/// `function` as a JavaScript function.
///
/// # Errors
/// Without memory.
pub fn native<'js, F, R>(ctx: &Ctx<'js>, function: F) -> rquickjs::Result<Function<'js>>
where
    F: Fn(&Call<'_, 'js>) -> rquickjs::Result<R> + Copy + 'static,
    R: Returned<'js>,
{
    const { assert!(size_of::<F>() == 0, "a function item or a closure that captures nothing") };
    let _ = function;
    c_function(ctx, trampoline::<'js, F, R>, c"native")
}

unsafe extern "C" fn trampoline<'js, F, R>(
    ctx: *mut qjs::JSContext,
    this: qjs::JSValue,
    argc: qjs::c_int,
    argv: *mut qjs::JSValue,
) -> qjs::JSValue
where
    F: Fn(&Call<'_, 'js>) -> rquickjs::Result<R> + Copy + 'static,
    R: Returned<'js>,
{
    // SAFETY: QuickJS passes its live context and `argc` values at `argv`, which live until this returns.
    let (ctx, arguments) = unsafe {
        let arguments: &[qjs::JSValue] = match usize::try_from(argc) {
            Ok(count) if count > 0 => std::slice::from_raw_parts(argv, count),
            _ => &[],
        };
        (Ctx::<'js>::from_raw(NonNull::new_unchecked(ctx)), arguments)
    };
    // SAFETY: `native` has seen an F, which is `Copy` and of no size: any aligned place holds one.
    let function: F = unsafe { NonNull::dangling().read() };
    let called = catch_unwind(AssertUnwindSafe(|| {
        function(&Call { ctx: &ctx, this, arguments }).map(Returned::into_raw)
    }));
    match called {
        Ok(Ok(value)) => value,
        Ok(Err(error)) => {
            throw(&ctx, &error);
            qjs::JS_EXCEPTION
        }
        Err(panic) => {
            keep_panic(panic);
            throw_uncatchable(&ctx, "panic");
            qjs::JS_EXCEPTION
        }
    }
}

/// Throws what is not thrown yet, as rquickjs does.
#[cold]
pub(super) fn throw(ctx: &Ctx<'_>, error: &rquickjs::Error) {
    match error {
        rquickjs::Error::Exception => {}
        rquickjs::Error::Allocation => {
            // SAFETY: the context is alive.
            unsafe { qjs::JS_ThrowOutOfMemory(ctx.as_raw().as_ptr()) };
        }
        rquickjs::Error::Unknown if ctx.has_exception() => {}
        other => drop(Exception::throw_type(ctx, &other.to_string())),
    }
}

impl<'a, 'js> Call<'a, 'js> {
    /// The context it runs in.
    pub fn ctx(&self) -> &'a Ctx<'js> {
        self.ctx
    }

    /// `this`.
    pub fn this(&self) -> Lent<'a, 'js> {
        self.lend(self.this)
    }

    /// An argument by its place; `undefined` where there is none.
    pub fn argument(&self, place: usize) -> Lent<'a, 'js> {
        self.lend(self.arguments.get(place).copied().unwrap_or(qjs::JS_UNDEFINED))
    }

    fn lend(&self, value: qjs::JSValue) -> Lent<'a, 'js> {
        // SAFETY: a second handle on the context and on the value, neither counted nor ever dropped. The caller holds
        // both for the length of the call, which `'a` does not outlive.
        let value = unsafe { Value::from_raw(ptr::read(self.ctx), value) };
        Lent { value: ManuallyDrop::new(value), lender: PhantomData }
    }
}

impl<'js> Deref for Lent<'_, 'js> {
    type Target = Value<'js>;

    fn deref(&self) -> &Value<'js> {
        &self.value
    }
}

impl<'a, 'js> Text<'a, 'js> {
    /// The text of a string.
    ///
    /// # Errors
    /// Throws for another value, and for a string that is not Unicode (half a surrogate pair).
    pub fn of(ctx: &'a Ctx<'js>, value: &Value<'js>) -> rquickjs::Result<Text<'a, 'js>> {
        if !value.is_string() {
            let message = format!("a string is needed here, not {}", value.type_name());
            return Err(Exception::throw_type(ctx, &message));
        }
        let mut length = 0;
        // SAFETY: the value is a live string. QuickJS returns bytes that stay until `JS_FreeCString`, or null.
        unsafe {
            let start = qjs::JS_ToCStringLen(ctx.as_raw().as_ptr(), &raw mut length, value.as_raw());
            Text::from_c(ctx, start, length)
        }
    }

    /// # Safety
    /// `atom` is a live one of this context.
    pub(super) unsafe fn of_atom(ctx: &'a Ctx<'js>, atom: qjs::JSAtom) -> rquickjs::Result<Text<'a, 'js>> {
        let mut length = 0;
        // SAFETY: by the contract above; the bytes stay until `JS_FreeCString`.
        unsafe {
            let start = qjs::JS_AtomToCStringLen(ctx.as_raw().as_ptr(), &raw mut length, atom);
            Text::from_c(ctx, start, length as usize)
        }
    }

    /// # Safety
    /// `start` is what `JS_ToCStringLen` or its like returned: null, or `length` bytes that nobody else gives back.
    unsafe fn from_c(
        ctx: &'a Ctx<'js>,
        start: *const std::ffi::c_char,
        length: usize,
    ) -> rquickjs::Result<Text<'a, 'js>> {
        if start.is_null() {
            return Err(rquickjs::Error::Exception);
        }
        // SAFETY: by the contract above.
        let bytes: &'a [u8] = unsafe { std::slice::from_raw_parts(start.cast::<u8>(), length) };
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Text { ctx, text }),
            Err(error) => {
                // SAFETY: as below, in `drop`; nothing reads `bytes` after this.
                unsafe { qjs::JS_FreeCString(ctx.as_raw().as_ptr(), bytes.as_ptr().cast()) };
                Err(error.into())
            }
        }
    }
}

impl Deref for Text<'_, '_> {
    type Target = str;

    fn deref(&self) -> &str {
        self.text
    }
}

impl Drop for Text<'_, '_> {
    fn drop(&mut self) {
        // SAFETY: the pointer came from `JS_ToCStringLen` and is given back once.
        unsafe { qjs::JS_FreeCString(self.ctx.as_raw().as_ptr(), self.text.as_ptr().cast()) };
    }
}

impl Returned<'_> for () {
    fn into_raw(self) -> qjs::JSValue {
        qjs::JS_UNDEFINED
    }
}

impl Returned<'_> for bool {
    fn into_raw(self) -> qjs::JSValue {
        if self { qjs::JS_TRUE } else { qjs::JS_FALSE }
    }
}

impl<'js> Returned<'js> for Object<'js> {
    fn into_raw(self) -> qjs::JSValue {
        let value = ManuallyDrop::new(self.into_value());
        // SAFETY: the value itself goes to QuickJS; the count that its handle holds on the context is given back here.
        unsafe { qjs::JS_FreeContext(value.ctx().as_raw().as_ptr()) };
        value.as_raw()
    }
}
