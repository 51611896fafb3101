//! Walking an object and calling a function without the counted handles of rquickjs: for checks, which do both each
//! time.

use rquickjs::{Ctx, Object, Value, qjs};

use super::native::Text;

/// The names of an object's own enumerable properties, as QuickJS lists them.
struct Names<'a, 'js> {
    ctx: &'a Ctx<'js>,
    entries: *mut qjs::JSPropertyEnum,
    count: u32,
}

impl Drop for Names<'_, '_> {
    fn drop(&mut self) {
        // SAFETY: the list came from `JS_GetOwnPropertyNames` of this context and is given back once.
        unsafe { qjs::JS_FreePropertyEnum(self.ctx.as_raw().as_ptr(), self.entries, self.count) };
    }
}

/// Visits the own enumerable properties of `object`, in order: the name, and the value or what reading it threw.
/// A property that is added meanwhile is not visited.
///
/// # Errors
/// What `visit` returns, at the first error; without memory.
pub fn each_entry<'js>(
    ctx: &Ctx<'js>,
    object: &Object<'js>,
    mut visit: impl FnMut(&str, rquickjs::Result<Value<'js>>) -> rquickjs::Result<()>,
) -> rquickjs::Result<()> {
    let raw = ctx.as_raw().as_ptr();
    let mut names = Names { ctx, entries: std::ptr::null_mut(), count: 0 };
    // SAFETY: the object is a live one of this context; QuickJS fills in a list of `count` entries, which `names`
    // frees.
    let listed = unsafe {
        qjs::JS_GetOwnPropertyNames(
            raw,
            &raw mut names.entries,
            &raw mut names.count,
            object.as_raw(),
            (qjs::JS_GPN_STRING_MASK | qjs::JS_GPN_ENUM_ONLY) as qjs::c_int,
        )
    };
    if listed < 0 {
        return Err(rquickjs::Error::Exception);
    }
    for place in 0..names.count as usize {
        // SAFETY: the list has `count` entries, whose atoms live until it is freed. The value and the text are new
        // references that their owners give back.
        let (name, value) = unsafe {
            let atom = (*names.entries.add(place)).atom;
            (Text::of_atom(ctx, atom)?, owned(ctx, qjs::JS_GetProperty(raw, object.as_raw(), atom)))
        };
        visit(&name, value)?;
    }
    Ok(())
}

/// Calls a function with one argument and without `this`.
///
/// # Errors
/// What it throws.
pub fn call_with<'js>(
    ctx: &Ctx<'js>,
    function: &Value<'js>,
    argument: &Value<'js>,
) -> rquickjs::Result<Value<'js>> {
    let mut argument = argument.as_raw();
    // SAFETY: both values are live for the length of the call, which takes no reference of the caller's.
    let result = unsafe {
        qjs::JS_Call(ctx.as_raw().as_ptr(), function.as_raw(), qjs::JS_UNDEFINED, 1, &raw mut argument)
    };
    // SAFETY: the result is a new reference, or the exception marker.
    unsafe { owned(ctx, result) }
}

/// # Safety
/// `value` is the result of a call into QuickJS with this context, and nobody else's.
unsafe fn owned<'js>(ctx: &Ctx<'js>, value: qjs::JSValue) -> rquickjs::Result<Value<'js>> {
    // SAFETY: by the contract above.
    unsafe {
        if qjs::JS_IsException(value) {
            return Err(rquickjs::Error::Exception);
        }
        Ok(Value::from_raw(ctx.clone(), value))
    }
}
