//! What QuickJS calls to ask for a property, to change it, and to collect an object.
//!
//! Attributes are kept with the values, so a property that is redefined, made read-only or frozen stays here. Only one
//! that becomes an accessor, or is deleted and made anew, is handed to QuickJS.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

use rquickjs::{Ctx, Exception, qjs};

use super::super::native::throw;
use super::super::runtime::throw_uncatchable;
use super::super::switch::keep_panic;
use super::class::{held_by, properties};
use super::properties::{Known, Property};

pub(super) static METHODS: qjs::JSClassExoticMethods = qjs::JSClassExoticMethods {
    get_own_property: Some(get_own_property),
    get_own_property_names: Some(get_own_property_names),
    delete_property: Some(delete_property),
    define_own_property: Some(define_own_property),
    has_property: None,
    get_property: None,
    set_property: None,
};

const CONFIGURABLE: qjs::c_int = qjs::JS_PROP_CONFIGURABLE as qjs::c_int;
const ENUMERABLE: qjs::c_int = qjs::JS_PROP_ENUMERABLE as qjs::c_int;
const WRITABLE: qjs::c_int = qjs::JS_PROP_WRITABLE as qjs::c_int;
const HAS_VALUE: qjs::c_int = qjs::JS_PROP_HAS_VALUE as qjs::c_int;
const HAS_ACCESSOR: qjs::c_int = (qjs::JS_PROP_HAS_GET | qjs::JS_PROP_HAS_SET) as qjs::c_int;
const NO_EXOTIC: qjs::c_int = qjs::JS_PROP_NO_EXOTIC as qjs::c_int;
const THROWS: qjs::c_int = (qjs::JS_PROP_THROW | qjs::JS_PROP_THROW_STRICT) as qjs::c_int;
/// How far left of an attribute's bit the one lies that says whether it is given.
const GIVEN: u32 = qjs::JS_PROP_HAS_SHIFT;

/// Runs a hook: an error becomes an exception, a panic ends the script (rule 5).
///
/// # Safety
/// `raw` is the live context that QuickJS calls with.
unsafe fn answer(
    raw: *mut qjs::JSContext,
    hook: impl FnOnce(&Ctx<'_>) -> rquickjs::Result<qjs::c_int>,
) -> qjs::c_int {
    // SAFETY: by the contract above.
    let ctx = unsafe { Ctx::from_raw(NonNull::new_unchecked(raw)) };
    match catch_unwind(AssertUnwindSafe(|| hook(&ctx))) {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => {
            throw(&ctx, &error);
            -1
        }
        Err(panic) => {
            keep_panic(panic);
            throw_uncatchable(&ctx, "panic");
            -1
        }
    }
}

unsafe extern "C" fn get_own_property(
    raw: *mut qjs::JSContext,
    descriptor: *mut qjs::JSPropertyDescriptor,
    object: qjs::JSValue,
    name: qjs::JSAtom,
) -> qjs::c_int {
    // SAFETY: QuickJS passes its live context and an object of this class.
    let Some(held) = (unsafe { properties(object) }) else { return 0 };
    let Some(place) = held.names().place(name) else { return 0 };
    if descriptor.is_null() {
        return qjs::c_int::from(!matches!(held.known(place), Known::Gone));
    }
    // SAFETY: as above; the descriptor is QuickJS's, to be filled with what it then owns.
    unsafe {
        answer(raw, |ctx| {
            let Some(Property { value, flags }) = held.read(ctx, object, place)? else { return Ok(0) };
            descriptor.write(qjs::JSPropertyDescriptor {
                flags,
                value,
                getter: qjs::JS_UNDEFINED,
                setter: qjs::JS_UNDEFINED,
            });
            Ok(1)
        })
    }
}

unsafe extern "C" fn get_own_property_names(
    raw: *mut qjs::JSContext,
    table: *mut *mut qjs::JSPropertyEnum,
    length: *mut u32,
    object: qjs::JSValue,
) -> qjs::c_int {
    // SAFETY: QuickJS passes its live context, an object of this class, and where to put a list that it frees by
    // `js_free`, name by name. The list has room for all names.
    unsafe {
        let atoms = properties(object).map_or(&[][..], |held| &held.names().atoms);
        let bytes = size_of::<qjs::JSPropertyEnum>() * atoms.len().max(1);
        let list: *mut qjs::JSPropertyEnum = qjs::js_malloc(raw, bytes as _).cast();
        if list.is_null() {
            return -1;
        }
        let mut count = 0;
        for (place, atom) in atoms.iter().enumerate() {
            if properties(object).is_some_and(|held| !matches!(held.known(place), Known::Gone)) {
                let atom = qjs::JS_DupAtom(raw, *atom);
                list.add(count).write(qjs::JSPropertyEnum { is_enumerable: true, atom });
                count += 1;
            }
        }
        *table = list;
        *length = count as u32;
    }
    0
}

unsafe extern "C" fn delete_property(
    raw: *mut qjs::JSContext,
    object: qjs::JSValue,
    name: qjs::JSAtom,
) -> qjs::c_int {
    // SAFETY: QuickJS passes its live context and an object of this class.
    let Some(held) = (unsafe { properties(object) }) else { return 1 };
    let Some(place) = held.names().place(name) else { return 1 };
    match held.known(place) {
        Known::Gone => 1,
        Known::Kept(Property { flags, .. }) if flags & CONFIGURABLE == 0 => 0,
        // SAFETY: as above.
        _ => unsafe {
            answer(raw, |ctx| {
                held.put(ctx, place, None);
                Ok(1)
            })
        },
    }
}

unsafe extern "C" fn define_own_property(
    raw: *mut qjs::JSContext,
    object: qjs::JSValue,
    name: qjs::JSAtom,
    value: qjs::JSValue,
    getter: qjs::JSValue,
    setter: qjs::JSValue,
    flags: qjs::c_int,
) -> qjs::c_int {
    // SAFETY: QuickJS passes its live context, an object of this class, and values that live until this returns.
    unsafe {
        let usual =
            |flags| qjs::JS_DefineProperty(raw, object, name, value, getter, setter, flags | NO_EXOTIC);
        let Some(held) = properties(object) else { return usual(flags) };
        let Some(place) = held.names().place(name) else { return usual(flags) };
        if matches!(held.known(place), Known::Gone) {
            return usual(flags);
        }
        answer(raw, |ctx| {
            let Some(before) = held.read(ctx, object, place)? else { return Ok(0) };
            let mut after = Property { value: before.value, flags: 0 };
            for bit in [CONFIGURABLE, ENUMERABLE, WRITABLE] {
                let is_given = flags & (bit << GIVEN) != 0;
                after.flags |= if is_given { flags } else { before.flags } & bit;
            }
            let has_value = flags & HAS_VALUE != 0;
            let is_accessor = flags & HAS_ACCESSOR != 0;
            // QuickJS would have to add it to the object.
            let is_closed = is_accessor && qjs::JS_IsExtensible(raw, object) <= 0;
            let is_refused = before.flags & CONFIGURABLE == 0
                && (is_accessor
                    || (after.flags ^ before.flags) & (CONFIGURABLE | ENUMERABLE) != 0
                    || before.flags & WRITABLE == 0
                        && (after.flags & WRITABLE != 0
                            || has_value && !qjs::JS_IsSameValue(raw, before.value, value)));
            if is_refused || is_accessor || has_value {
                qjs::JS_FreeValue(raw, before.value);
            }
            if is_refused || is_closed {
                return refuse(ctx, flags);
            }
            if is_accessor {
                held.put(ctx, place, None);
                let rest = flags & !(CONFIGURABLE | ENUMERABLE | WRITABLE);
                return Ok(usual(rest | after.flags & !WRITABLE | (CONFIGURABLE | ENUMERABLE) << GIVEN));
            }
            if has_value {
                after.value = qjs::JS_DupValue(raw, value);
            }
            held.put(ctx, place, Some(after));
            Ok(1)
        })
    }
}

fn refuse(ctx: &Ctx<'_>, flags: qjs::c_int) -> rquickjs::Result<qjs::c_int> {
    if flags & THROWS == 0 { Ok(0) } else { Err(Exception::throw_type(ctx, "property is read-only")) }
}

pub(super) unsafe extern "C" fn mark(
    runtime: *mut qjs::JSRuntime,
    object: qjs::JSValue,
    visit: qjs::JS_MarkFunc,
) {
    // SAFETY: QuickJS passes an object of this class, whose values are live.
    unsafe {
        if let Some(held) = properties(object) {
            held.each_value(|value| qjs::JS_MarkValue(runtime, value, visit));
        }
    }
}

pub(super) unsafe extern "C" fn finalize(runtime: *mut qjs::JSRuntime, object: qjs::JSValue) {
    // SAFETY: QuickJS calls it once, as the last with this object. What it holds came from `Box::into_raw`, and the
    // references to values are given back once.
    unsafe {
        let held = held_by(object);
        if !held.is_null() {
            Box::from_raw(held).each_value(|value| qjs::JS_FreeValueRT(runtime, value));
        }
    }
}
