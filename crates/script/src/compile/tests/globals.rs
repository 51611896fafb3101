//! Free names: the VU's `globalThis`, standard built-ins, `typeof`, assignments, `ReferenceError`.

use super::{bundle, check, run};

#[test]
fn names_that_nobody_declared_throw() {
    check(
        &[(
            "main.js",
            "console.log(typeof missing);
             for (const read of [() => missing, () => missing(), () => missing.x, () => { missing = 1; }, () => { missing++; },
                 () => { [missing] = [1]; }, () => { ({ missing } = { missing: 1 }); }, () => missing`x`]) {
                 try { read(); console.log('no'); } catch (error) { console.log(`${error}`); }
             }
             export {};",
        )],
        &["undefined".to_owned(), ["ReferenceError: missing is not defined"; 8].join("\n")].join("\n"),
    );
}

#[test]
fn names_put_on_global_this_are_found() {
    check(
        &[
            (
                "main.js",
                "import './setup.js';
                 console.log(config.a, call(), typeof call, zero, nothing, { config }, config?.a);
                 config = { a: 2 }; count += 5; count++; [config.b, zero] = [3, 4]; ({ zero = 1, nothing } = { nothing: 8 });
                 console.log(globalThis.config, count, zero, nothing, 'config' in globalThis);
                 for (zero of [7]) console.log(zero);",
            ),
            (
                "setup.js",
                "globalThis.config = { a: 1 }; globalThis.call = function () { return this === undefined || this === globalThis; };
                 globalThis.zero = 0; globalThis.nothing = null; globalThis.count = 1; export {};",
            ),
        ],
        r#"1 true function 0 null {"config":{"a":1}} 1
           {"a":2,"b":3} 7 1 8 true
           7"#,
    );
}

#[test]
fn globals_are_private_to_their_vu() {
    let files = [(
        "main.js",
        "globalThis.count ??= 0; count += __VU; globalThis.setup = true;
         export default () => console.log(count, Object.keys(globalThis).includes('count'));",
    )];
    assert_eq!(run(&bundle(&files).unwrap(), 3), "1 true\n2 true\n3 true");
}

#[test]
fn k6_globals() {
    check(
        &[(
            "main.js",
            "console.log(__VU, __ITER, __ENV.HOST, typeof __ENV, globalThis === global, globalThis.globalThis === globalThis); export {};",
        )],
        "1 0 example.org object true true",
    );
}

#[test]
fn standard_names_are_read_directly() {
    let bundle =
        bundle(&[("main.js", "export default () => Math.max(JSON.parse('1'), new Date() - 0, undefined);")])
            .unwrap();
    assert!(!bundle.modules[0].factory.contains("$global."), "{}", bundle.modules[0].factory);
}

#[test]
fn a_polyfill_of_a_standard_name_is_used() {
    check(
        &[(
            "main.js",
            "globalThis.Promise = { mine: 1 }; console.log(Promise.mine, typeof Promise); export {};",
        )],
        "1 object",
    );
}

#[test]
fn local_names_win() {
    check(
        &[(
            "main.js",
            "function f(console) { return console + __VU; } { let __VU = 9; console.log(f('x'), __VU); }
             const open = 1; console.log(open); class globalThis {} console.log(typeof globalThis); export {};",
        )],
        "x1 9
         1
         function",
    );
}

#[test]
fn what_a_script_uses_promises_for() {
    let uses = |text: &str| bundle(&[("main.js", text)]).unwrap().uses_promises();
    assert!(uses("export default async () => {};"));
    assert!(uses("export default () => Promise.resolve();"));
    assert!(uses("import http from 'k6/http'; http.asyncRequest('GET', 'x');"));
    assert!(uses("export default () => { setTimeout(() => {}, 1); };"));
    assert!(uses("import('./main.js');"));
    assert!(uses("export default (x) => x.then(1);"));
    assert!(!uses("import http from 'k6/http'; export default () => http.get('x');"));
}

#[test]
fn what_a_text_needs_a_realm_of_its_own_for() {
    let needs = |text: &str| bundle(&[("main.js", text)]).unwrap().own_realm().map(|it| it.to_string());
    let check = |text: &str, reason: &str| assert_eq!(needs(text).as_deref(), Some(reason), "{text}");
    check("export default async () => {};", "uses promises or timers");
    check("Array.fromAsync([]);", "uses promises or timers");
    check("export default () => eval('1');", "makes code from text with `eval`");
    check("const e = eval; e('1');", "makes code from text with `eval`");
    check("export default () => new Function('1');", "makes code from text with `Function`");
    check("export default () => Function('1');", "makes code from text with `Function`");
    check("new FinalizationRegistry(() => {});", "uses `FinalizationRegistry`");
    check("Array.prototype.mine = 1;", "changes `Array.prototype.mine`");
    check("Array.prototype['mine'] = 1;", "changes `Array.prototype.mine`");
    check("Array['proto' + 'type'].mine ??= 1;", "changes `Array.….mine`");
    check("Date.now = () => 0;", "changes `Date.now`");
    check("[Date.now] = [1];", "changes `Date.now`");
    check("({ a: Date.now } = {});", "changes `Date.now`");
    check("for (Date.now of []);", "changes `Date.now`");
    check("Math.x++;", "changes `Math.x`");
    check("globalThis.Math.random = 1;", "changes `globalThis.Math.random`");
    check("delete Array.prototype.at;", "changes `Array.prototype.at`");
    check("Error.prepareStackTrace = 1;", "changes `Error.prepareStackTrace`");
    check("Object.defineProperty(Array.prototype, 'mine', {});", "changes `Array.prototype.mine`");
    check("Object.assign(String.prototype, {});", "changes `String.prototype.…`");
    check("Object.freeze(Math);", "changes `Math.…`");
    check("Reflect.set(Date, 'now', 1);", "changes `Date.now`");
    for ordinary in [
        "Function('return this')(); new Function('return this')();",
        "export default (x) => [x instanceof Function, typeof Function, x.constructor('1')];",
        "class Mine extends Array { at() {} } Mine.prototype.x = 1; Object.assign(Mine, {});",
        "const Date = {}; Date.now = 1; { const Object = {}; Object.assign(Array.prototype, {}); }",
        "globalThis.Date = 1; globalThis.mine = {}; globalThis.mine.x = 1;",
        "const e = new Error('x'); e.message = 'y'; e.name = 'z';",
        "Array.prototype.slice.call([]); [1].map(Number).filter(Boolean); Object.assign({}, Math);",
        "const { eval: mine } = {}; const o = { Function() {} }; o.Function('1');",
    ] {
        assert_eq!(needs(ordinary), None, "{ordinary}");
    }
}

#[test]
fn of_packages_only_eval_by_its_name_needs_a_realm_of_its_own() {
    let needs = |text: &str| {
        let files = [("main.js", "import a from 'a'; a;"), ("node_modules/a/index.js", text)];
        bundle(&files).unwrap().own_realm().map(|it| it.to_string())
    };
    assert_eq!(needs("var e = eval; Function('1'); Array.prototype.x = 1; async () => 1;"), None);
    assert_eq!(needs("Function('1'); eval('1');").as_deref(), Some("makes code from text with `eval`"));
}

#[test]
fn a_sloppy_function_without_this_gets_the_users_global_object() {
    let package = "
        function f() { return this; }
        const arrow = function () { return (() => this)(); };
        const strict = function () { 'use strict'; return this; };
        class C { static m() { return this; } static x = this; }
        exports.all = [f(), arrow(), f.call(null), [1].map(f)[0]].every((it) => it === globalThis);
        exports.boxed = typeof f.call(1);
        exports.strict = [strict(), (0, C.m)(), C.x === C];
        exports.top = this === exports;
        exports.write = function () { this.written = __VU; };
        exports.Made = function () { if (new.target) this.made = 1; };";
    let files = [
        (
            "main.js",
            "import p, { write, Made } from 'p'; write(); (0, write)();
             console.log(p.all, p.boxed, p.strict, p.top, typeof written, written, new Made().made);",
        ),
        ("node_modules/p/index.js", package),
    ];
    let expected = |user: u32| format!("true object [null,null,true] true number {user} 1");
    let output = run(&bundle(&files).unwrap_or_else(|error| panic!("{error}")), 2);
    assert_eq!(output, format!("{}\n{}", expected(1), expected(2)));
}

#[test]
fn packages_with_promises_are_counted_apart() {
    let bundle = bundle(&[
        ("main.js", "import a from 'a'; a();"),
        ("node_modules/a/index.js", "export default () => setTimeout(() => {});"),
    ])
    .unwrap();
    assert!(!bundle.uses_promises());
    assert_eq!(bundle.packages_with_promises(), ["a"]);
}

#[test]
fn sloppy_code_may_make_a_name_but_not_change_one_that_is_missing() {
    check(
        &[(
            "main.cjs",
            "made = 1; made += 1; made++;
             for (const change of [() => { a += 1; }, () => { b++; }, () => { --c; }, () => { d ??= 1; }, () => { e ||= 1; }, () => { f **= 2; }]) {
                 try { change(); console.log('no'); } catch (error) { console.log(error.name); }
             }
             console.log(made, typeof a, typeof b, typeof f);",
        )],
        &[["ReferenceError"; 6].join("\n"), "3 undefined undefined undefined".to_owned()].join("\n"),
    );
}
