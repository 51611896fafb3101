//! CommonJS: its own semantics, and what crosses between it and ES modules.

use super::check;

#[test]
fn require_module_and_exports() {
    check(
        &[
            (
                "main.js",
                "const a = require('./a'); const { get } = require('k6/http'); const http = require('k6/http').default;
                 module.exports.default = function () { console.log(a.x, get('u'), http.get('v'), __filename, __dirname, this === undefined); };
                 console.log(this === module.exports, typeof require, module.id);",
            ),
            ("a.js", "exports.x = 1;"),
        ],
        "true function /work/main.js
         1 GET u GET v /work/main.js /work false",
    );
}

#[test]
fn an_es_module_imports_commonjs() {
    check(
        &[
            (
                "main.js",
                "import whole, { a } from './plain.cjs'; import * as space from './plain.cjs';
                 import compiled, { b } from './compiled.cjs'; import f from './function.cjs';
                 console.log(whole, a, space.a, space.default === whole, compiled, b, f());",
            ),
            ("plain.cjs", "module.exports = { a: 1 };"),
            (
                "compiled.cjs",
                "Object.defineProperty(exports, '__esModule', { value: true }); exports.default = 'd'; exports.b = 'b';",
            ),
            ("function.cjs", "module.exports = () => 'called';"),
        ],
        r#"{"a":1} 1 1 true d b called"#,
    );
}

#[test]
fn from_a_node_module_file_the_default_is_everything() {
    check(
        &[
            ("main.mjs", "import compiled from './compiled.cjs'; console.log(compiled);"),
            ("compiled.cjs", "exports.__esModule = true; exports.default = 'd';"),
        ],
        r#"{"__esModule":true,"default":"d"}"#,
    );
}

#[test]
fn commonjs_requires_an_es_module() {
    check(
        &[
            ("main.js", "import './c.cjs';"),
            (
                "c.cjs",
                "const es = require('./es.mjs'); console.log(es.a, es.default, es.__esModule);
                 const interop = (m) => m && m.__esModule ? m : { default: m }; console.log(interop(es).default);",
            ),
            ("es.mjs", "import { b } from './b.mjs'; export const a = b; export default 'd';"),
            ("b.mjs", "export const b = 'b';"),
        ],
        "b d true
         d",
    );
}

#[test]
fn modules_are_evaluated_when_required_and_once() {
    check(
        &[
            (
                "main.cjs",
                "console.log('main'); require('./a.cjs'); require('./a.cjs'); console.log(require('./a.cjs').n);",
            ),
            ("a.cjs", "console.log('a'); exports.n = 1;"),
        ],
        "main
         a
         1",
    );
}

#[test]
fn circles_see_what_is_there_so_far() {
    check(
        &[
            ("main.cjs", "const a = require('./a.cjs'); console.log(a.done, a.b.seen);"),
            ("a.cjs", "exports.early = 1; exports.b = require('./b.cjs'); exports.done = true;"),
            ("b.cjs", "const a = require('./a.cjs'); exports.seen = [a.early, a.done];"),
        ],
        "true [1,null]",
    );
}

#[test]
fn a_circle_through_both_kinds() {
    check(
        &[
            (
                "main.js",
                "import c from './c.cjs'; export function helper() { return 'helped'; } export const late = 1; console.log(c.use(), c.late());",
            ),
            (
                "c.cjs",
                "const main = require('./main.js'); exports.use = () => main.helper(); exports.late = () => main.late;",
            ),
        ],
        "helped 1",
    );
}

#[test]
fn a_missing_module_in_a_try_is_thrown_when_reached() {
    check(
        &[(
            "main.cjs",
            "try { require('fs'); } catch (error) { console.log(error.message); } console.log('on');",
        )],
        "`fs` is a module of Node.js, and scripts do not run in Node.js
         on",
    );
}

#[test]
fn what_is_required_in_code_that_never_runs_is_not_missed() {
    check(
        &[
            (
                "main.js",
                "import { parse } from './vendor.js';
                 console.log(parse('x')); try { parse(); } catch (error) { console.log(error.message); }",
            ),
            (
                "vendor.js",
                "(function (root, factory) { if (typeof define === 'function' && define.amd) define([], factory); else root.lib = factory(); })(exports, function () {
                   const node = typeof process !== 'undefined' ? require('stream').Readable : null, buffer = node && require('buffer');
                   return (text) => text === undefined ? require('node:stream').Readable : `parsed ${text} ${node}`;
                 });
                 exports.parse = exports.lib; const all = { later() { return require('./nowhere'); } };",
            ),
        ],
        "parsed x null
         `node:stream` is a module of Node.js, and scripts do not run in Node.js",
    );
}

#[test]
fn a_computed_require_finds_what_the_text_names_elsewhere() {
    check(
        &[
            (
                "main.cjs",
                "require('./a.cjs'); const name = './a' + '.cjs'; console.log(require(name).a, require('k6' + '/http').get('x'));
                 try { require('./' + 'b'); } catch (error) { console.log(error.message); }",
            ),
            ("a.cjs", "exports.a = 1;"),
        ],
        "1 GET x
         cannot find module `./b`: only modules named in the text of `import` and `require` are loaded",
    );
}

#[test]
fn an_es_module_may_require() {
    check(
        &[
            (
                "main.js",
                "import { check } from 'k6'; const http = require('k6/http'); console.log(http.get('x'), typeof require, check(require('./a.cjs'))); export {};",
            ),
            ("a.cjs", "module.exports = 'a';"),
        ],
        "GET x function check a",
    );
}

#[test]
fn sloppy_code_stays_sloppy_and_strict_code_strict() {
    check(
        &[
            (
                "main.cjs",
                "leak = 1; console.log(leak, globalThis.leak, delete globalThis.leak, typeof leak, 010); require('./strict.cjs'); with ({ x: 5 }) console.log(x);",
            ),
            ("strict.cjs", "'use strict'; try { leak = 1; } catch (error) { console.log(error.message); }"),
        ],
        "1 1 true undefined 8
         leak is not defined
         5",
    );
}

#[test]
fn the_global_object_by_a_function_is_the_vus_own() {
    check(
        &[(
            "main.cjs",
            "var root = Function('return this')(); root.mine = 1; console.log(root === globalThis, mine, new Function('return this')() === global);",
        )],
        "true 1 true",
    );
}

#[test]
fn return_at_top_level_and_a_hashbang() {
    check(&[("main.cjs", "#!/usr/bin/env node\nconsole.log(1); return; console.log(2);")], "1");
}

#[test]
fn require_that_is_a_parameter_is_left_alone() {
    check(
        &[(
            "main.cjs",
            "(function (require) { console.log(require('./nowhere')); })((name) => `own ${name}`);",
        )],
        "own ./nowhere",
    );
}

#[test]
fn json_is_required_as_its_value() {
    check(
        &[("main.cjs", "console.log(require('./a.json').list);"), ("a.json", r#"{"list": ["\u2028", 1]}"#)],
        "[\"\u{2028}\",1]",
    );
}
