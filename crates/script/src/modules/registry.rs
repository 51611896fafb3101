//! Which modules there are, and how a realm gets them.
//!
//! A module is made when a script of the realm first asks for it: a realm pays for what it imports only.

use rquickjs::{Ctx, Exception, Function, Object};

use super::{
    calls, collation, console, data, dates, encoding, execution, http, k6, metrics, open, timers, web,
};
use crate::vm;

/// A module of ours.
pub(super) struct Definition {
    /// The specifier that scripts import.
    pub(super) name: &'static str,
    /// The names it exports besides `default`, which is all of them in one object.
    pub(super) exports: &'static [&'static str],
    /// A function expression `(native, block) => exports`.
    pub(super) script: &'static str,
    /// Adds what the script finds in `native`.
    pub(super) natives: for<'js> fn(&Natives<'js>) -> rquickjs::Result<()>,
}

/// The object of native functions of one module, while it is filled.
pub(super) struct Natives<'js> {
    ctx: Ctx<'js>,
    object: Object<'js>,
}

impl<'js> Natives<'js> {
    pub(super) fn add<P, F>(&self, name: &str, function: F) -> rquickjs::Result<()>
    where
        F: rquickjs::function::IntoJsFunc<'js, P> + 'js,
    {
        vm::define(&self.object, name, Function::new(self.ctx.clone(), function)?)
    }

    /// Adds one that requests call: as a plain C function it costs a fifth.
    pub(super) fn add_plain<F, R>(&self, name: &str, function: F) -> rquickjs::Result<()>
    where
        F: Fn(&vm::Call<'_, 'js>) -> rquickjs::Result<R> + Copy + 'static,
        R: vm::Returned<'js>,
    {
        vm::define(&self.object, name, vm::native(&self.ctx, function)?)
    }
}

/// The modules that scripts import.
const MODULES: &[&Definition] = &[
    &k6::MODULE,
    &data::MODULE,
    &encoding::MODULE,
    &execution::MODULE,
    &http::MODULE,
    &metrics::MODULE,
    &timers::MODULE,
];

/// What every realm has in its global object.
const GLOBALS: &[&Definition] = &[
    &calls::GLOBALS,
    &collation::GLOBALS,
    &console::GLOBALS,
    &dates::GLOBALS,
    &open::GLOBALS,
    &timers::MODULE,
];

/// A table whose properties are made when they are first read.
///
/// Users of a realm share its modules, so none of them may change their functions, classes or the prototypes of these.
/// Other objects are the module's to freeze.
const TABLE: &str = "(function (names, load) {
  const { defineProperty, freeze, getOwnPropertyDescriptor, hasOwn, isFrozen } = Object;
  const { ownKeys } = Reflect;
  const harden = (value) => {
    if (typeof value !== 'function' || isFrozen(value)) return;
    freeze(value);
    if (!hasOwn(value, 'prototype')) return;
    hardenAll(value.prototype);
    freeze(value.prototype);
  };
  const hardenAll = (object) => {
    const keys = ownKeys(object);
    for (let i = 0; i < keys.length; i++) {
      const property = getOwnPropertyDescriptor(object, keys[i]);
      if (hasOwn(property, 'value')) harden(property.value);
      else harden(property.get), harden(property.set);
    }
  };
  const table = { __proto__: null };
  for (const name of names) {
    defineProperty(table, name, {
      __proto__: null, configurable: true, enumerable: true,
      get() {
        const module = load(name);
        hardenAll(module);
        defineProperty(table, name, { __proto__: null, value: module, configurable: false });
        return module;
      },
    });
  }
  return table;
})";

/// Makes globals that are made when they are first read: a realm pays for what it uses only.
const LAZY: &str = "(function (global, table, names) {
  const { defineProperty } = Object;
  for (let i = 0; i < names.length; i += 2) {
    const module = names[i], name = names[i + 1];
    defineProperty(global, name, {
      __proto__: null, configurable: true, enumerable: true,
      get() { return table[module][name]; },
      set(value) {
        defineProperty(this, name, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
      },
    });
  }
})";

/// The names that scripts can import, and what each exports; `default` is always among it.
pub fn exports() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    MODULES.iter().map(|module| {
        let mut names = module.exports.to_vec();
        names.push("default");
        (module.name, names)
    })
}

/// Puts our globals into the realm and returns the table of modules that the link function receives.
///
/// # Errors
/// Without memory.
pub fn install<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let globals = ctx.globals();
    for definition in GLOBALS {
        let values = make(ctx, definition)?;
        for name in definition.exports {
            globals.set(*name, values.get::<_, rquickjs::Value<'js>>(*name)?)?;
        }
    }
    execution::install_globals(ctx)?;
    let lazy: Function<'js> = ctx.eval(LAZY)?;
    let mut names = Vec::new();
    for definition in web::GLOBALS {
        names.extend(definition.exports.iter().flat_map(|name| [definition.name, *name]));
    }
    lazy.call::<_, ()>((globals, table(ctx, web::GLOBALS)?, names))?;
    table(ctx, MODULES)
}

/// A table of these modules.
fn table<'js>(ctx: &Ctx<'js>, modules: &'static [&'static Definition]) -> rquickjs::Result<Object<'js>> {
    let names: Vec<&str> = modules.iter().map(|module| module.name).collect();
    let load = Function::new(ctx.clone(), move |ctx: Ctx<'js>, name: String| {
        match modules.iter().find(|module| module.name == name) {
            Some(definition) => make(&ctx, definition),
            None => Err(Exception::throw_message(&ctx, &format!("there is no module `{name}`"))),
        }
    })?;
    let table: Function<'js> = ctx.eval(TABLE)?;
    table.call((names, load))
}

fn make<'js>(ctx: &Ctx<'js>, definition: &Definition) -> rquickjs::Result<Object<'js>> {
    let natives = Natives { ctx: ctx.clone(), object: Object::new(ctx.clone())? };
    (definition.natives)(&natives)?;
    let mut options = rquickjs::context::EvalOptions::default();
    options.filename = Some(format!("loadline:{}", definition.name));
    let script: Function<'js> = ctx.eval_with_options(definition.script, options)?;
    let exports: Object<'js> = script.call((natives.object, vm::block_function(ctx)?))?;
    if !exports.contains_key("default")? {
        let all = Object::new(ctx.clone())?;
        for name in definition.exports {
            vm::define(&all, *name, exports.get::<_, rquickjs::Value<'js>>(*name)?)?;
        }
        vm::define(&exports, "default", freeze(ctx, all)?)?;
    }
    freeze(ctx, exports)
}

/// Users of a realm share its modules, so none of them may change one.
fn freeze<'js>(ctx: &Ctx<'js>, object: Object<'js>) -> rquickjs::Result<Object<'js>> {
    let freeze: Function<'js> = ctx.globals().get::<_, Object<'js>>("Object")?.get("freeze")?;
    freeze.call((object,))
}
