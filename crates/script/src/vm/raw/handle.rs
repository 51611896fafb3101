//! Values of Rust's in JavaScript objects: a class whose objects hold an `Rc`.

use std::any::Any;
use std::rc::Rc;

use rquickjs::class::{JsClass, Readable, Trace, Tracer};
use rquickjs::function::Constructor;
use rquickjs::{Class, Ctx, JsLifetime, Object};

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
