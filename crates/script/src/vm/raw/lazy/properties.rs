//! What an object of the class holds: its fields, and the properties that are there already or no more.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::rc::Rc;

use rquickjs::{Ctx, Object, Value, qjs};

use super::class::{Class, Fields, Names};

/// Writable, enumerable and configurable, as what a script has set.
pub(super) const USUAL: qjs::c_int =
    (qjs::JS_PROP_WRITABLE | qjs::JS_PROP_ENUMERABLE | qjs::JS_PROP_CONFIGURABLE) as qjs::c_int;

/// The values in it are counted references of this object's, seen by `mark` and given back by `finalize`.
pub(super) struct Properties {
    class: Rc<Class>,
    fields: Rc<dyn Fields>,
    kept: RefCell<Vec<Kept>>,
}

/// A property that is no longer to be made.
struct Kept {
    place: usize,
    /// `None` when it was deleted: a property of that name is then one of QuickJS's own.
    value: Option<Property>,
}

/// A property and its attributes.
#[derive(Clone, Copy)]
pub(super) struct Property {
    pub(super) value: qjs::JSValue,
    pub(super) flags: qjs::c_int,
}

/// What there is to say of a property before it is read.
pub(super) enum Known {
    Gone,
    Kept(Property),
    Unread,
}

impl Properties {
    pub(super) fn new(class: Rc<Class>, fields: Rc<dyn Fields>) -> Properties {
        Properties { class, fields, kept: RefCell::default() }
    }

    pub(super) fn names(&self) -> &Names {
        &self.class.names
    }

    pub(super) fn known(&self, place: usize) -> Known {
        match self.kept.borrow().iter().find(|kept| kept.place == place) {
            None => Known::Unread,
            Some(Kept { value: None, .. }) => Known::Gone,
            Some(Kept { value: Some(property), .. }) => Known::Kept(*property),
        }
    }

    /// The property, which the caller owns a reference to; `None` when it is gone.
    pub(super) fn read(
        &self,
        ctx: &Ctx<'_>,
        object: qjs::JSValue,
        place: usize,
    ) -> rquickjs::Result<Option<Property>> {
        match self.known(place) {
            Known::Gone => Ok(None),
            // SAFETY: the value is a live one that the object owns.
            Known::Kept(Property { value, flags }) => unsafe {
                Ok(Some(Property { value: qjs::JS_DupValue(ctx.as_raw().as_ptr(), value), flags }))
            },
            Known::Unread => {
                let (value, keep) = self.make(ctx, object, place)?;
                let value = into_raw(value);
                if keep {
                    // SAFETY: the value is a live one, owned here; the object has the second reference.
                    let value = unsafe { qjs::JS_DupValue(ctx.as_raw().as_ptr(), value) };
                    self.put(ctx, place, Some(Property { value, flags: USUAL }));
                }
                Ok(Some(Property { value, flags: USUAL }))
            }
        }
    }

    fn make<'js>(
        &self,
        ctx: &Ctx<'js>,
        object: qjs::JSValue,
        place: usize,
    ) -> rquickjs::Result<(Value<'js>, bool)> {
        let Names { atoms, fields } = self.names();
        if place < *fields {
            return self.fields.read(ctx, place);
        }
        // SAFETY: the object is a live one of this context; the second reference is given back when the value drops.
        // The name is one of its runtime.
        unsafe {
            let raw = ctx.as_raw().as_ptr();
            let object = Object::from_value(Value::from_raw(ctx.clone(), qjs::JS_DupValue(raw, object)))?;
            let Some(prototype) = object.get_prototype() else {
                return Ok((Value::new_undefined(ctx.clone()), false));
            };
            let value = qjs::JS_GetProperty(raw, prototype.as_raw(), atoms[place]);
            if qjs::JS_IsException(value) {
                return Err(rquickjs::Error::Exception);
            }
            Ok((Value::from_raw(ctx.clone(), value), false))
        }
    }

    /// Sets a property, whose reference the object owns from here on; `None` deletes it.
    pub(super) fn put(&self, ctx: &Ctx<'_>, place: usize, value: Option<Property>) {
        let before = {
            let mut kept = self.kept.borrow_mut();
            if let Some(kept) = kept.iter_mut().find(|kept| kept.place == place) {
                std::mem::replace(&mut kept.value, value)
            } else {
                kept.push(Kept { place, value });
                None
            }
        };
        if let Some(Property { value, .. }) = before {
            // SAFETY: the object owned it, and no longer has it.
            unsafe { qjs::JS_FreeValue(ctx.as_raw().as_ptr(), value) };
        }
    }

    /// Visits all values that the object owns.
    pub(super) fn each_value(&self, mut visit: impl FnMut(qjs::JSValue)) {
        for kept in self.kept.borrow().iter() {
            if let Some(Property { value, .. }) = kept.value {
                visit(value);
            }
        }
    }
}

/// The value itself, whose reference the caller owns; the count that its handle holds on the context is given back.
fn into_raw(value: Value<'_>) -> qjs::JSValue {
    let value = ManuallyDrop::new(value);
    // SAFETY: the handle is not used again.
    unsafe { qjs::JS_FreeContext(value.ctx().as_raw().as_ptr()) };
    value.as_raw()
}
