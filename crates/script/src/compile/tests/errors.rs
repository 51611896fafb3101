//! Scripts that do not compile: the whole text of each message.

use super::{Builtins, Memory, Settings, compile, refused};

#[track_caller]
fn shows(name: &str, files: &[(&str, &str)]) {
    insta::assert_snapshot!(name, refused(files));
}

#[test]
fn files() {
    shows(
        "missing_import",
        &[
            ("main.ts", "import http from 'k6/http';\nimport { x } from './framewrok';\nx(http);\n"),
            ("framework.ts", ""),
        ],
    );
    shows("missing_import_with_extension", &[("tests/main.ts", "export * from '../lib/a.ts';")]);
    shows(
        "missing_package",
        &[("main.ts", "import x from '@scope/pkg/sub';\nimport y from 'left-pad';\nx(y);")],
    );
    shows("not_code", &[("main.ts", "import x from './data.csv'; x;"), ("data.csv", "a,b")]);
    shows("entry_of_another_kind", &[("main.py", "print(1)")]);
    shows("json", &[("main.ts", "import x from './a.json'; x;"), ("a.json", "{\n  \"a\": 1,\n  b: 2\n}")]);
}

#[test]
fn missing_entry() {
    let settings = Settings::new(Memory::new(), "/work", Builtins::new());
    let error = compile("main.ts".as_ref(), &settings).unwrap_err();
    assert!(error.is_missing_entry());
    assert_eq!(
        error.to_string(),
        "cannot read `main.ts`: no such file\nhint: give the path of a script file"
    );
}

#[test]
fn built_in_modules() {
    shows("unknown_builtin", &[("main.js", "import http from 'k6/htttp';")]);
    shows("builtin_not_yet", &[("main.js", "import { chromium } from 'k6/browser';")]);
    shows("builtin_extension", &[("main.js", "import sql from 'k6/x/sql';")]);
    shows("remote", &[("main.js", "import { x } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';")]);
    shows("node_module", &[("main.js", "import fs from 'fs';\nimport path from 'node:path';")]);
    shows(
        "builtin_name",
        &[("main.js", "import { chek, group } from 'k6';\nimport { open } from 'k6/http';")],
    );
}

#[test]
fn names() {
    shows(
        "missing_names",
        &[
            (
                "main.ts",
                "import a, { serach } from './lib';\nexport { b } from './lib';\nconsole.log(a, serach);",
            ),
            ("lib.ts", "export const search = 1;"),
        ],
    );
    shows(
        "type_as_value",
        &[("main.ts", "import { T } from './lib';\nconsole.log(T);"), ("lib.ts", "export type T = 1;")],
    );
    shows(
        "ambiguous",
        &[
            ("main.js", "import { a } from './all.js';"),
            ("all.js", "export * from './x.js'; export * from './y.js';"),
            ("x.js", "export const a = 1;"),
            ("y.js", "export const a = 2;"),
        ],
    );
    shows(
        "circular",
        &[
            ("main.js", "import { a } from './b.js';"),
            ("b.js", "export { a } from './c.js';"),
            ("c.js", "export { a } from './b.js';"),
        ],
    );
    shows(
        "assignment_to_imports",
        &[
            ("main.js", "import { a } from './b.js';\nimport * as b from './b.js';\na = 1;\nb.a++;"),
            ("b.js", "export let a = 1;"),
        ],
    );
}

#[test]
fn syntax() {
    shows("syntax_errors", &[("main.ts", "const a: number = ;\n"), ("unused.ts", "")]);
    shows(
        "syntax_errors_of_all_files",
        &[
            ("main.ts", "import './a';\nlet x = 1;\nlet x = 2;\nconst y;\n"),
            ("a.ts", "export default functoin () {}\n"),
        ],
    );
    shows("unfinished", &[("main.ts", "export default function () {\n  if (true) {\n")]);
    shows("wide_line", &[("main.js", &format!("const text = '{}'; let = ;", "x".repeat(300)))]);
    shows("tabs", &[("main.js", "function f() {\n\t\treturn 1 +;\n}")]);
    shows("await_in_a_plain_function", &[("main.ts", "export default function () {\n  await 1;\n}")]);
}

#[test]
fn what_cannot_be_stripped() {
    shows(
        "unsupported",
        &[("main.ts", "import fs = require('./fs');\n@sealed class A { accessor x = 1; }\nexport = A;\n")],
    );
    shows("jsx", &[("main.tsx", "export default () => <a>{1}</a>;")]);
}

#[test]
fn loading_at_run_time() {
    shows("computed_import", &[("main.js", "const name = './a.js';\nimport(name);\nexport {};")]);
    shows("attribute", &[("main.js", "import text from './a.txt' with { type: 'text' };")]);
    shows(
        "await_in_a_circle",
        &[("main.js", "import './b.js';\nexport const a = await 1;"), ("b.js", "import './main.js';")],
    );
    shows("deep", &[("main.js", &"[".repeat(100_000))]);
}

/// Text of a megabyte, whatever it holds: refused or not, in a short message and without ending the process.
#[test]
fn long_text_of_one_kind() {
    for unit in [
        "!",
        "typeof void ",
        "- + ",
        "x=>",
        "a=",
        "if(1)",
        "else if(1)",
        "let = ;\n",
        "a?b:",
        "1+",
        "日\u{1b}",
        "'x',",
        "`${",
        "//",
        "\t",
        "a:",
        "x.y",
        "f(",
        "\0",
    ] {
        // The debug build's frames are large, and QuickJS is not asked here.
        let text = unit.repeat(200_000 / unit.len());
        let files = Memory::new().with("/work/main.js", text + "1;");
        if let Err(error) = compile("main.js".as_ref(), &Settings::new(files, "/work", Builtins::new())) {
            let shown = error.to_string();
            assert!(shown.len() < 4_200, "{unit:?}: {} bytes", shown.len());
            assert!(!shown.contains(['\u{1b}', '\0', '\t']), "{unit:?}: {shown}");
        }
    }
    let import = format!("import '{}';", "./y".repeat(300_000));
    assert!(refused(&[("main.js", &import)]).contains("is longer than any path"));
    let name = format!("import {{ {} }} from 'k6';", "z".repeat(1_000_000));
    assert!(refused(&[("main.js", &name)]).len() < 1_000);
}
