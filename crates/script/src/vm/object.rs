//! Properties that nobody is asked about.
//!
//! Setting a property asks the object's prototypes first, and those belong to the scripts: a setter on
//! `Object.prototype` would take the value away. What we give an object is therefore defined.

use rquickjs::object::Property;
use rquickjs::{Array, Ctx, IntoAtom, IntoJs, Object};

/// Gives `object` a property of its own, like one that a script has set.
///
/// # Errors
/// Without memory; when the object refuses it.
pub fn define<'js, K, V>(object: &Object<'js>, key: K, value: V) -> rquickjs::Result<()>
where
    K: IntoAtom<'js>,
    V: IntoJs<'js>,
{
    object.prop(key, Property::from(value).writable().enumerable().configurable())
}

/// An array of these values.
///
/// # Errors
/// Without memory.
pub fn list_of<'js, V>(ctx: &Ctx<'js>, values: impl IntoIterator<Item = V>) -> rquickjs::Result<Array<'js>>
where
    V: IntoJs<'js>,
{
    let array = Array::new(ctx.clone())?;
    for (index, value) in (0_u32..).zip(values) {
        define(array.as_object(), index, value)?;
    }
    Ok(array)
}

#[cfg(test)]
mod tests {
    use rquickjs::{Context, Object, Runtime};

    use super::{define, list_of};

    /// What a script can do to the prototypes of everything.
    const HOSTILE: &str = "for (const prototype of [Object.prototype, Array.prototype])
        for (const name of ['0', '1', 'name', 'get', 'writable']) Object.defineProperty(prototype, name, {
            __proto__: null, get() { throw new Error('asked'); }, set() { throw new Error('asked'); }, configurable: true });";

    const HARMLESS: &str = "for (const prototype of [Object.prototype, Array.prototype])
        for (const name of ['0', '1', 'name', 'get', 'writable']) delete prototype[name];";

    #[test]
    fn prototypes_are_not_asked() {
        let runtime = Runtime::new().unwrap();
        let context = Context::full(&runtime).unwrap();
        context.with(|ctx| {
            ctx.eval::<(), _>(HOSTILE).unwrap();
            let object = Object::new(ctx.clone()).unwrap();
            define(&object, "name", "ann").unwrap();
            define(&object, "__proto__", "bob").unwrap();
            define(&object, "list", list_of(&ctx, ["a", "b"]).unwrap()).unwrap();
            ctx.eval::<(), _>(HARMLESS).unwrap();
            let json = ctx.json_stringify(object).unwrap().unwrap().to_string().unwrap();
            assert_eq!(json, r#"{"name":"ann","__proto__":"bob","list":["a","b"]}"#);
        });
    }
}
