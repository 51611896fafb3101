//! The objects beside plain ones: whatever is done to both, they stay alike.

use std::cell::Cell;
use std::rc::Rc;

use proptest::prelude::*;
use rquickjs::{Ctx, Function, IntoJs, Object, Value};

use super::super::engine::Engine;
use super::{Fields, lazy_maker, lazy_object};

/// `a` is a number that is made anew each time, `b` an object that is kept, `c` a text; each reading is counted.
struct Three(Rc<Cell<u32>>);

impl Fields for Three {
    fn read<'js>(&self, ctx: &Ctx<'js>, place: usize) -> rquickjs::Result<(Value<'js>, bool)> {
        self.0.set(self.0.get() + 1);
        Ok(match place {
            0 => (1.into_js(ctx)?, false),
            1 => (Object::new(ctx.clone())?.into_value(), true),
            _ => ("text".into_js(ctx)?, true),
        })
    }
}

fn making<'js>(count: Rc<Cell<u32>>) -> impl Fn(Object<'js>) -> rquickjs::Result<Object<'js>> {
    move |maker| lazy_object(&maker, Rc::new(Three(Rc::clone(&count))))
}

/// Runs a script that makes objects with `lazy()` and their plain counterparts with `plain()`; the text it returns, how
/// many readings there were, and how many blocks of memory were left behind.
fn run(script: &str) -> (String, u32, u64) {
    let (engine, context) = Engine::new().unwrap();
    let left = Rc::new(Cell::new(0));
    let seen = Rc::clone(&left);
    engine.report_leaks(Rc::new(move |blocks| seen.set(blocks)));
    let read = Rc::new(Cell::new(0));
    let count = Rc::clone(&read);
    let text = context.with(|ctx| {
        let methods: Object<'_> = ctx.eval("globalThis.methods = { m() { return this.a; }, n: 5 }").unwrap();
        let maker = lazy_maker(methods, &["a", "b", "c"], &["m"]).unwrap();
        ctx.globals().set("maker", maker).unwrap();
        ctx.globals().set("make", Function::new(ctx.clone(), making(count)).unwrap()).unwrap();
        ctx.eval::<(), _>(
            "const lazy = () => make(maker);
             const plain = () => Object.assign(Object.create(methods), { a: 1, b: {}, c: 'text', m: methods.m });
             const sorted = (_, v) => v !== null && typeof v === 'object' && !Array.isArray(v) ? Object.fromEntries(Object.entries(v).sort()) : v;
             const shown = (f) => { try { return JSON.stringify(f(), sorted) ?? 'undefined'; } catch (e) { return e.name; } };",
        )
        .unwrap();
        ctx.eval::<String, _>(script).unwrap_or_else(|_| panic!("{:?}", ctx.catch()))
    });
    drop(context);
    drop(engine);
    (text, read.get(), left.get())
}

#[test]
fn what_is_not_read_is_not_made() {
    assert_eq!(
        run("const o = lazy(); `${o.n} ${'b' in o} ${Object.hasOwn(o, 'c')}`"),
        ("5 true true".into(), 0, 0)
    );
    assert_eq!(
        run("const o = lazy(); `${o.b === o.b} ${o.c}${o.c} ${o.a}${o.a}`"),
        ("true texttext 11".into(), 4, 0)
    );
    assert_eq!(run("const o = lazy(); o.c = 'mine'; o.c"), ("mine".into(), 1, 0));
}

#[test]
fn an_object_that_leads_to_itself_is_collected() {
    let script =
        "for (let i = 0; i < 100; i++) { const o = lazy(); o.b.self = o; o.c = o; o.d = [o]; } 'done'";
    assert_eq!(run(script), ("done".into(), 200, 0));
}

#[test]
fn copies_are_whole_and_work() {
    let copied = run("const c = { ...lazy(), e: 2 }; JSON.stringify([Object.keys(c), c.m(), c])").0;
    assert_eq!(copied, r#"[["a","b","c","m","e"],1,{"a":1,"b":{},"c":"text","e":2}]"#);
}

/// Where they differ: what is not extensible keeps its values as values.
#[test]
fn closed_objects_get_no_accessors() {
    let said = run("const o = Object.preventExtensions(lazy()); o.a = 2; delete o.c;
        JSON.stringify([shown(() => Object.defineProperty(o, 'a', { get() { return 5; } })), o.a, Object.keys(o)])").0;
    assert_eq!(said, r#"["TypeError",2,["a","b","m"]]"#);
}

/// What a script may do with an object `o` under the name `k`.
const DEEDS: [&str; 21] = [
    "o[k]",
    "o[k] = 7",
    "delete o[k]",
    "Object.defineProperty(o, k, { value: 3 })",
    "Object.defineProperty(o, k, { writable: false })",
    "Object.defineProperty(o, k, { writable: true })",
    "Object.defineProperty(o, k, { enumerable: false })",
    "Object.defineProperty(o, k, { configurable: false })",
    "Object.defineProperty(o, k, { value: 4, writable: false, configurable: false })",
    "Object.defineProperty(o, k, { get() { return 5; } })",
    "Object.defineProperty(o, k, { get() { return 6; }, set() {}, enumerable: false, configurable: true })",
    "Reflect.defineProperty(o, k, { value: 8, enumerable: true })",
    "Reflect.set(o, k, 9)",
    "Reflect.deleteProperty(o, k)",
    "Object.seal(o) && 1",
    "Object.freeze(o) && 1",
    "const d = Object.create(o); d[k] = 1; return [d[k], o[k], Object.keys(d)]",
    "const s = []; for (const n in o) s.push(n); return s.sort()",
    "return [k in o, Object.hasOwn(o, k), o.propertyIsEnumerable(k)]",
    "return Object.assign({}, o)",
    "'use strict'; o[k] = 'strict'",
];

proptest! {
    #[test]
    fn they_behave_as_plain_objects_do(
        deeds in prop::collection::vec((0..DEEDS.len(), prop::sample::select(&["a", "b", "c", "m", "n", "x"][..])), 0..12),
    ) {
        let mut steps = String::new();
        for (deed, name) in &deeds {
            let deed = DEEDS[*deed];
            let returned = if deed.contains("return") || deed.starts_with('\'') { "" } else { "return " };
            steps += &format!("said.push(shown(() => ((o, k) => {{ {returned}{deed}; }})(o, '{name}')));\n");
        }
        let script = format!(
            "const life = (o) => {{
               const said = [];
               {steps}
               const all = Object.getOwnPropertyDescriptors(o);
               for (const name of Object.keys(all)) for (const part of ['get', 'set']) if (all[name][part]) all[name][part] = `${{all[name][part]}}`;
               return JSON.stringify([said, Object.entries(all).sort(), Object.isExtensible(o), Object.isFrozen(o)]);
             }};
             const [one, other] = [life(lazy()), life(plain())];
             one === other ? '' : one + '\\n' + other"
        );
        let (difference, _, left) = run(&script);
        prop_assert_eq!((difference.as_str(), left), ("", 0), "{}", steps);
    }
}
