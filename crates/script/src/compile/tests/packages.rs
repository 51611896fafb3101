//! Packages in `node_modules`: how they are found, and a real one.

use std::path::Path;
use std::process::Command;

use super::{builtins, bundle, check, run};
use crate::compile::{Disk, ModuleKind, Settings, compile};

#[test]
fn exports_maps_main_fields_and_scopes() {
    check(
        &[
            (
                "tests/main.ts",
                "import { kind } from 'mapped'; import sub from 'mapped/sub'; import main from 'plain'; import scoped from '@scope/pkg';
                 import browser from 'browser'; console.log(kind, sub, main, scoped, browser);",
            ),
            (
                "node_modules/mapped/package.json",
                r#"{ "exports": { ".": { "types": "./x.d.ts", "import": "./es.mjs", "require": "./c.cjs" }, "./sub": "./deep/sub.js" } }"#,
            ),
            ("node_modules/mapped/es.mjs", "export const kind = 'import';"),
            ("node_modules/mapped/deep/sub.js", "module.exports = 'sub';"),
            ("node_modules/plain/package.json", r#"{ "main": "./lib/main" }"#),
            ("node_modules/plain/lib/main.js", "exports.default = 'plain'; exports.__esModule = true; require('mapped').kind;"),
            ("node_modules/mapped/c.cjs", "exports.kind = 'require';"),
            ("node_modules/@scope/pkg/package.json", r#"{ "type": "module", "module": "./m.js", "main": "./c.js" }"#),
            ("node_modules/@scope/pkg/m.js", "import plain from 'plain'; export default `scoped ${plain.default}`;"),
            ("node_modules/browser/package.json", r#"{ "main": "./node.js", "browser": { "./node.js": "./web.js", "fs": false } }"#),
            ("node_modules/browser/web.js", "const fs = require('fs'); module.exports = `web ${typeof fs}`;"),
        ],
        "import sub plain scoped plain web object",
    );
}

/// The real thing: lodash from npm, as CommonJS and as ES modules, 644 files.
#[test]
fn lodash_from_npm() {
    let folder = tempfile::tempdir().unwrap();
    let install = Command::new("npm")
        .args(["install", "--silent", "--no-audit", "--no-fund", "lodash@4.17.21", "lodash-es@4.17.21"])
        .current_dir(folder.path())
        .status();
    assert!(install.is_ok_and(|status| status.success()), "this test needs npm and its registry");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "main.ts",
        "import _ from 'lodash'; import * as all from 'lodash'; import { chunk } from 'lodash'; import pick from 'lodash/pick';
         import { sum, debounce } from 'lodash-es';
         export default function () {
             console.log(_.map([1, 2], (n: number) => n * 2), all.last([1, 2]), chunk([1, 2, 3], 2), pick({ a: 1, b: 2 }, 'a'));
             console.log(sum([1, 2]), typeof debounce, _.template('<%= user %>!')({ user: 'x' }), _.VERSION, _.uniqueId());
         }",
    );
    let settings = Settings::new(Disk, folder.path(), builtins());
    let bundle = compile(Path::new("main.ts"), &settings).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(bundle.modules.iter().filter(|module| module.name.ends_with("lodash.js")).count(), 2);
    assert!(bundle.modules.iter().any(|module| module.kind == ModuleKind::CommonJs));
    assert!(!bundle.uses_promises());
    let expected = "[2,4] 2 [[1,2],[3]] {\"a\":1}\n3 function x! 4.17.21 1";
    assert_eq!(run(&bundle, 2), format!("{expected}\n{expected}"));
}

/// With shared packages: the second user finds what the first has evaluated, and keeps what is its own.
#[test]
fn shared_packages_live_once_and_the_users_modules_do_not() {
    let files = [
        (
            "main.ts",
            "import { next } from 'es'; import counter, { add } from 'common'; import * as all from 'common'; import './own'; import config from './data.json';
             import { first } from 'circle'; const later = require('lazy');
             globalThis.mine = __VU; config.seen = (config.seen ?? 0) + 1;
             console.log(next(), add(), counter.n, all.n, config.seen, own, fromPackage, first(), later.n, globalThis.fromPackage === fromPackage);
             if (Object.isFrozen(all)) console.log('frozen');
             export default () => console.log(mine, typeof theirs, next());",
        ),
        ("own.ts", "globalThis.own = `own ${__VU}`; export {};"),
        ("data.json", "{}"),
        ("node_modules/es/package.json", r#"{ "type": "module", "main": "./m.js" }"#),
        (
            "node_modules/es/m.js",
            "import { add } from 'common'; let n = 0; console.log('es evaluated', typeof globalThis.mine, add()); globalThis.fromPackage = 'put';
             export const next = () => ++n;",
        ),
        ("node_modules/common/index.js", "exports.n = 0; exports.add = () => ++exports.n;"),
        ("node_modules/circle/package.json", r#"{ "type": "module", "main": "./a.js" }"#),
        ("node_modules/circle/a.js", "import { second } from './b.js'; export function first() { return second(); } console.log('a'); export let n = 0;"),
        ("node_modules/circle/b.js", "import { first } from './a.js'; export const second = () => typeof first; console.log('b');"),
        ("node_modules/lazy/index.js", "exports.n = (globalThis.lazy ??= 0) + 1; globalThis.lazy = exports.n; console.log('lazy');"),
    ];
    let bundle = bundle(&files).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(bundle.shareable_packages(), ["circle", "common", "es", "lazy"]);
    assert_eq!(
        super::run_sharing(&bundle, 2, true),
        "es evaluated undefined 1\nb\na\nlazy\n1 2 2 1 1 own 1 put function 1 true\nfrozen\n1 undefined 2\n\
         3 3 3 1 1 own 2 put function 1 true\nfrozen\n2 undefined 4"
    );
    let alone = super::run_sharing(&bundle, 2, false);
    assert_eq!(alone.matches("es evaluated").count(), 2, "{alone}");
}

#[test]
fn a_package_that_reaches_the_users_modules_is_not_shared() {
    let files = [
        ("main.ts", "import 'plain'; import 'reaching'; import 'through';"),
        ("own.ts", "export const own = 1;"),
        ("node_modules/plain/index.js", "exports.a = 1;"),
        ("node_modules/reaching/index.js", "exports.a = () => require('../../own');"),
        ("node_modules/through/index.js", "exports.a = require('reaching');"),
    ];
    assert_eq!(bundle(&files).unwrap().shareable_packages(), ["plain"]);
}
