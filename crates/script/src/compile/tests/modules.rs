//! ES modules: live bindings, circles, re-exports, namespaces, default exports, `import()`, `import.meta`.

use super::{bundle, check, run};

#[test]
fn a_script_with_imports_from_built_in_modules() {
    check(
        &[(
            "main.js",
            "import http, { get } from 'k6/http'; import { check as verify } from 'k6'; import * as k6 from 'k6';
             export const options = { vus: 1 };
             export default function () { console.log(http.get('a'), get('b'), verify(1), k6.check(2), typeof k6.sleep); }",
        )],
        "GET a GET b check 1 check 2 function",
    );
}

#[test]
fn imports_with_and_without_extension_index_files_and_json() {
    check(
        &[
            (
                "main.ts",
                "import a from './a.js'; import b from './b'; import c from './lib'; import d from '../work/d.json';
                 import { name } from './d.json';
                 console.log(a, b, c, d, name);",
            ),
            ("a.js", "export default 'a';"),
            ("b.ts", "export default 'b' as string;"),
            ("lib/index.ts", "export { default } from '../e.mjs';"),
            ("e.mjs", "export default 'e';"),
            ("d.json", r#"{"name": "dee", "list": [1, 2]}"#),
        ],
        r#"a b e {"name":"dee","list":[1,2]} dee"#,
    );
}

#[test]
fn a_javascript_extension_finds_the_typescript_file() {
    check(
        &[
            ("main.ts", "import { a } from './a.js'; console.log(a);"),
            ("a.ts", "export const a: number = 1;"),
        ],
        "1",
    );
}

#[test]
fn bindings_are_live() {
    check(
        &[
            (
                "main.js",
                "import { count, add, default as twice } from './counter.js';
                 console.log(count, twice); add(); console.log(count, twice);
                 const { a = count } = {}; console.log(a, `${count}`, { count }, [count]);",
            ),
            (
                "counter.js",
                "export let count = 1; export function add() { count++; }
                 let twice = 2; export { twice as default }; export const x = 1;",
            ),
        ],
        r#"1 2
           2 2
           2 2 {"count":2} [2]"#,
    );
}

#[test]
fn default_export_of_an_expression_is_a_copy() {
    check(
        &[
            ("main.js", "import value, { change } from './a.js'; change(); console.log(value);"),
            ("a.js", "let value = 1; export default value; export function change() { value = 2; }"),
        ],
        "1",
    );
}

#[test]
fn a_named_default_function_that_is_reassigned_is_live() {
    check(
        &[
            ("main.js", "import f, { change } from './a.js'; console.log(f()); change(); console.log(f());"),
            ("a.js", "export default function f() { return 1; } export function change() { f = () => 2; }"),
        ],
        "1
         2",
    );
}

#[test]
fn anonymous_defaults_are_called_default() {
    check(
        &[
            (
                "main.js",
                "import a from './a.js'; import b from './b.js'; import c from './c.js'; import d from './d.js';
                 console.log(a.name, b.name, c.name, d.name);",
            ),
            ("a.js", "export default function () {}"),
            ("b.js", "export default class {}"),
            ("c.js", "export default () => {};"),
            ("d.js", "export default (function named() {});"),
        ],
        "default default default named",
    );
}

#[test]
fn modules_are_evaluated_once_dependencies_first() {
    check(
        &[
            ("main.js", "import './a.js'; import './b.js'; console.log('main');"),
            ("a.js", "import './c.js'; console.log('a');"),
            ("b.js", "import './c.js'; import './a.js'; console.log('b');"),
            ("c.js", "console.log('c');"),
        ],
        "c
         a
         b
         main",
    );
}

#[test]
fn functions_of_a_circle_are_there_before_its_modules_run() {
    check(
        &[
            ("main.js", "import { a } from './a.js'; console.log('main', a());"),
            (
                "a.js",
                "import { b } from './b.js'; import { check } from 'k6';
                 export function a() { return check('a'); } export const name = 'A';
                 export default function () { return 'default of a'; }
                 console.log('a', b());",
            ),
            (
                "b.js",
                "import anonymous, { a, name } from './a.js';
                 export function b() { return `b with ${name}`; }
                 console.log('b', a(), anonymous());
                 try { console.log(name); } catch (error) { console.log(error.name, error.message); }",
            ),
        ],
        "b check a default of a
         ReferenceError name is not initialized
         a b with A
         main check a",
    );
}

#[test]
fn a_module_may_import_itself() {
    check(
        &[(
            "main.js",
            "import * as self from './main.js'; export const a = 1; console.log(self.a, Object.keys(self));",
        )],
        r#"1 ["a"]"#,
    );
}

#[test]
fn re_exports_reach_through_several_modules() {
    check(
        &[
            (
                "main.js",
                "import { a, c, space, d, inc } from './index.js'; import * as all from './index.js';
                 inc(); console.log(a, c, space.b, d, Object.keys(all).sort(), all.a, all.space.a);",
            ),
            (
                "index.js",
                "export * from './a.js'; export { b as c } from './a.js'; export * as space from './a.js';
                 import { d } from './d.js'; export { d };",
            ),
            ("a.js", "export let a = 1; export const b = 'b'; export function inc() { a++; } export default 'not starred';"),
            ("d.js", "export { check as d } from 'k6';"),
        ],
        r#"2 b b function (value) { [native code] } ["a","b","c","d","inc","space"] 2 2"#
            .replace("function (value) { [native code] }", "(value) => `check ${value}`")
            .as_str(),
    );
}

#[test]
fn own_exports_win_over_starred_ones_and_equal_stars_are_not_ambiguous() {
    check(
        &[
            ("main.js", "import { a, b } from './index.js'; console.log(a, b);"),
            ("index.js", "export * from './x.js'; export * from './y.js'; export const a = 'own';"),
            ("x.js", "export const a = 'x'; export { b } from './z.js';"),
            ("y.js", "export { b } from './z.js';"),
            ("z.js", "export const b = 'z';"),
        ],
        "own z",
    );
}

#[test]
fn names_that_are_no_identifiers() {
    check(
        &[
            ("main.js", "import { 'a-b' as ab, __proto__ as proto } from './a.js'; console.log(ab, proto);"),
            ("a.js", "const x = 1; export { x as 'a-b', x as __proto__ };"),
        ],
        "1 1",
    );
}

#[test]
fn called_imports_get_no_this() {
    check(
        &[
            (
                "main.js",
                "import { f, tag, change } from './a.js'; console.log(f(), f?.(), tag`x`, new f().a); change();",
            ),
            (
                "a.js",
                "export let f = function () { return this === undefined ? 'undefined' : (this.a = 5, this); };
                 export let tag = function () { return this; }; export function change() { f = tag = null; }",
            ),
        ],
        "undefined undefined undefined 5",
    );
}

#[test]
fn this_is_undefined_and_code_is_strict() {
    check(
        &[(
            "main.js",
            "console.log(this, typeof arguments, (() => this)(), (function () { return this; })()); export {};",
        )],
        "undefined undefined undefined undefined"
            .replace("undefined undefined undefined undefined", "undefined object undefined undefined")
            .as_str(),
    );
}

#[test]
fn namespaces_print_as_modules() {
    check(
        &[
            (
                "main.js",
                "import * as a from './a.js'; console.log(String(Object.prototype.toString.call(a)), 'toString' in a);",
            ),
            ("a.js", "export const a = 1;"),
        ],
        "[object Module] false",
    );
}

#[test]
fn import_meta() {
    check(
        &[(
            "scripts/main.js",
            "console.log(import.meta.url, import.meta.resolve('../data/a b.csv'), import.meta.resolve('k6/http'));
             console.log(open('./a.txt'), open('/b', 'b'), typeof open);",
        )],
        "file:///work/scripts/main.js file:///work/data/a%20b.csv k6/http
         /work/scripts ./a.txt undefined /work/scripts /b b function",
    );
}

#[test]
fn dynamic_import() {
    check(
        &[
            (
                "main.js",
                "console.log('main');
                 import('./later.js').then((it) => console.log(it.default, it.x));
                 import('k6').then(({ check }) => console.log(check(3)));
                 import(`./c.cjs`).then((it) => console.log(it.default, it.c));",
            ),
            (
                "later.js",
                "import { x } from './x.js'; console.log('later'); export { x }; export default 'd';",
            ),
            ("x.js", "console.log('x'); export const x = 1;"),
            ("c.cjs", "exports.c = 1;"),
        ],
        r#"main
           x
           later
           d 1
           check 3
           {"c":1} 1"#,
    );
}

#[test]
fn top_level_await() {
    let files = [
        (
            "main.js",
            "import { a } from './a.js'; import './b.js'; console.log('main', a); export default () => console.log('run');",
        ),
        ("a.js", "export const a = await new Promise((resolve) => { console.log('a'); resolve(7); });"),
        ("b.js", "console.log('b');"),
    ];
    check(
        &files,
        "a
         b
         main 7
         run",
    );
    assert!(bundle(&files).unwrap().awaits_at_top_level);
}

#[test]
fn each_vu_has_modules_of_its_own() {
    let files = [
        ("main.js", "import { next } from './a.js'; export default () => console.log(__VU, next(), next());"),
        ("a.js", "let count = 0; export const next = () => ++count;"),
    ];
    assert_eq!(run(&bundle(&files).unwrap(), 3), "1 1 2\n2 1 2\n3 1 2");
}

#[test]
fn a_module_that_throws_fails_the_script() {
    check(
        &[("main.js", "import './a.js'; console.log('never');"), ("a.js", "throw new RangeError('no');")],
        "RangeError: no",
    );
}

#[test]
fn text_that_uses_the_factories_own_names() {
    check(
        &[
            (
                "main.js",
                "import { a } from './a.js'; const $link = 1, $global = 2, $default = 3; console.log($link, $global, $default, a, typeof nothing);",
            ),
            ("a.js", "export let a = 'a'; a = 'b';"),
        ],
        "1 2 3 b undefined",
    );
}

#[test]
fn stars_from_modules_with_unknown_names() {
    check(
        &[
            (
                "main.js",
                "import { a, anything } from './all.js'; import * as all from './all.js'; console.log(a, anything, all.a, all.anything);",
            ),
            ("all.js", "export * from './c.cjs'; export * from 'open-names';"),
            ("c.cjs", "exports.a = 1;"),
        ],
        "1 goes 1 goes",
    );
}

#[test]
fn an_unused_import_of_a_built_in_costs_nothing() {
    let bundle =
        bundle(&[("main.js", "import http from 'k6/http'; import { sleep } from 'k6'; sleep();")]).unwrap();
    assert!(!bundle.modules[0].factory.contains("k6/http"));
}

#[test]
fn resources_are_disposed_of() {
    check(
        &[(
            "main.js",
            "export default () => { using x = { [Symbol.dispose]() { console.log('disposed'); } }; console.log('used'); };",
        )],
        "used
         disposed",
    );
}

#[test]
fn a_module_may_ask_for_itself() {
    check(
        &[
            (
                "main.js",
                "import './other.js';
                 import('./main.js').then((it) => console.log(it.late, it.default()));
                 export let late = 1; late = 2;
                 export default function () { return 'main'; }",
            ),
            ("other.js", "import('./main.js').then((it) => console.log('other', it.late)); export {};"),
        ],
        "other 2\n2 main",
    );
}

#[test]
fn await_at_top_level_is_seen_whatever_follows_it() {
    check(
        &[(
            "main.js",
            "await [console.log('array')];
             { await { then(go_on) { console.log('object'); go_on(); } }; }
             await /x/;
             for await (const x of await [1, 2]) console.log(x);
             export {};",
        )],
        "array\nobject\n1\n2",
    );
}

#[test]
fn a_resource_may_be_awaited_at_top_level() {
    let files = [(
        "main.js",
        "{ await using x = { [Symbol.asyncDispose]: async () => console.log('disposed') }; console.log('used'); }
         for (await using x of [null]) console.log('empty');
         export {};",
    )];
    check(&files, "used\ndisposed\nempty");
    assert!(bundle(&files).unwrap().uses_promises());
}
