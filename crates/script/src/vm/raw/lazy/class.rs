//! The class: which names its objects have, and how one is made.

use std::ffi::CStr;
use std::rc::Rc;

use rquickjs::{Ctx, Exception, Object, Value, qjs};

use super::super::handle::Handle;
use super::hooks;
use super::properties::Properties;

/// What QuickJS calls the class in its own messages.
const NAME: &CStr = c"Object";

/// Makes the values of an object's properties.
pub trait Fields {
    /// The property at this place of the class's names, and whether it is to be kept: what is made anew each time must
    /// be equal each time.
    ///
    /// # Errors
    /// Without memory.
    fn read<'js>(&self, ctx: &Ctx<'js>, place: usize) -> rquickjs::Result<(Value<'js>, bool)>;
}

/// A class of one runtime. It is held by objects of that runtime alone, so its number means the same wherever it is
/// used.
pub(super) struct Class {
    id: qjs::JSClassID,
    pub(super) names: Names,
}

/// The names of own properties. They are never given back to the runtime, which frees its names when it goes: there is
/// one class of a kind in each.
pub(super) struct Names {
    /// Those that [`Fields`] make, then those that are the prototype's as well.
    pub(super) atoms: Box<[qjs::JSAtom]>,
    pub(super) fields: usize,
}

/// A maker of objects with this prototype that have `fields`, and as their own what their prototype has under the names
/// of `methods`.
///
/// # Errors
/// Without memory.
pub fn lazy_maker<'js>(
    prototype: Object<'js>,
    fields: &[&str],
    methods: &[&str],
) -> rquickjs::Result<Object<'js>> {
    let ctx = prototype.ctx().clone();
    let raw = ctx.as_raw().as_ptr();
    let mut atoms = Vec::with_capacity(fields.len() + methods.len());
    for name in fields.iter().chain(methods) {
        // SAFETY: the context is alive, and the text has `len` bytes.
        let atom = unsafe { qjs::JS_NewAtomLen(raw, name.as_ptr().cast(), name.len() as _) };
        if atom == qjs::JS_ATOM_NULL {
            return Err(rquickjs::Error::Exception);
        }
        atoms.push(atom);
    }
    let mut id = qjs::JS_INVALID_CLASS_ID;
    let definition = qjs::JSClassDef {
        class_name: NAME.as_ptr(),
        finalizer: Some(hooks::finalize),
        gc_mark: Some(hooks::mark),
        call: None,
        exotic: (&raw const hooks::METHODS).cast_mut(),
    };
    // SAFETY: the runtime is alive; it copies the definition, and reads the methods, which nobody writes and which live
    // forever.
    let made = unsafe {
        let runtime = qjs::JS_GetRuntime(raw);
        qjs::JS_NewClassID(runtime, &raw mut id);
        qjs::JS_NewClass(runtime, id, &raw const definition)
    };
    if made != 0 {
        return Err(Exception::throw_internal(&ctx, "there is no room for another class"));
    }
    let names = Names { atoms: atoms.into(), fields: fields.len() };
    Handle::object(prototype, Rc::new(Class { id, names }))
}

/// An object of a maker's.
///
/// # Errors
/// Throws for what is no maker; without memory.
pub fn lazy_object<'js>(maker: &Object<'js>, fields: Rc<dyn Fields>) -> rquickjs::Result<Object<'js>> {
    let ctx = maker.ctx();
    let class = Handle::get::<Class>(maker)
        .ok_or_else(|| Exception::throw_internal(ctx, "this makes no objects of its own"))?;
    let prototype = maker.get_prototype().map_or_else(|| Value::new_null(ctx.clone()), Object::into_value);
    // SAFETY: the values are live ones of this context, and the class is one of its runtime: a maker of it holds it.
    // What a new object holds is null until it is set here.
    unsafe {
        let raw = qjs::JS_NewObjectProtoClass(ctx.as_raw().as_ptr(), prototype.as_raw(), class.id);
        if qjs::JS_IsException(raw) {
            return Err(rquickjs::Error::Exception);
        }
        let object = Object::from_value(Value::from_raw(ctx.clone(), raw))?;
        let properties = Box::new(Properties::new(class, fields));
        qjs::JS_SetOpaque(raw, Box::into_raw(properties).cast());
        Ok(object)
    }
}

impl Names {
    /// The place of a name.
    pub(super) fn place(&self, atom: qjs::JSAtom) -> Option<usize> {
        self.atoms.iter().position(|known| *known == atom)
    }
}

/// What an object of the class holds; `None` while it is being made.
///
/// # Safety
/// `object` is a live one of a class with these hooks. Its properties live at least as long as it does.
pub(super) unsafe fn properties<'a>(object: qjs::JSValue) -> Option<&'a Properties> {
    // SAFETY: by the contract above.
    unsafe { held_by(object).as_ref() }
}

/// The same as it was put there, to be taken back.
///
/// # Safety
/// As for [`properties`].
pub(super) unsafe fn held_by(object: qjs::JSValue) -> *mut Properties {
    let mut id = 0;
    // SAFETY: by the contract above, what the object holds was set by `lazy_object`, or is null.
    unsafe { qjs::JS_GetAnyOpaque(object, &raw mut id).cast() }
}
