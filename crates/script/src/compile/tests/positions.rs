//! Stacks in the author's coordinates.

use super::{bundle, run};

#[track_caller]
fn stack(files: &[(&str, &str)], expected: &str) {
    let bundle = bundle(files).unwrap_or_else(|error| panic!("{error}"));
    let indent = |line: &str| if line.starts_with("at ") { format!("    {line}") } else { line.to_owned() };
    let expected = expected.lines().map(|line| indent(line.trim())).collect::<Vec<_>>().join("\n");
    assert_eq!(run(&bundle, 1), expected, "\n{}", bundle.modules[0].factory);
}

#[test]
fn an_exception_shows_its_typescript_lines() {
    stack(
        &[
            (
                "main.ts",
                "import { parse } from './lib/parse';\n\ninterface Unused {\n  a: string;\n}\n\nexport default function main(): void {\n  const value: Unused = parse('{');\n}\n",
            ),
            (
                "lib/parse.ts",
                "type T = any;\nexport const parse = (text: string): T => {\n  return JSON.parse(text) as T;\n};\n",
            ),
        ],
        "SyntaxError: Expected property name or '}' in JSON at position 1 (line 1 column 2)
         at parse (native)
         at parse (lib/parse.ts:3:21)
         at main (main.ts:8:25)",
    );
}

#[test]
fn code_outside_of_functions() {
    stack(
        &[("main.ts", "import './b';"), ("b.ts", "const a: any = null;\n\n  a.b.c;\n")],
        "TypeError: cannot read property 'b' of null
         at b.ts:3:3",
    );
}

#[test]
fn a_reference_error_hides_the_linker() {
    stack(
        &[("main.ts", "export default function () {\n  const x: number = 1;\n  return misspelt + x;\n}\n")],
        "ReferenceError: misspelt is not defined
         at default (main.ts:3:10)",
    );
}

#[test]
fn callbacks_keep_the_native_frame_between_them() {
    stack(
        &[(
            "main.js",
            "export default function outer() {\n  [1].forEach(function inner() {\n    throw new Error('x');\n  });\n}\n",
        )],
        "Error: x
         at inner (main.js:3:15)
         at forEach (native)
         at outer (main.js:2:15)",
    );
}

#[test]
fn modules_in_a_circle_and_commonjs() {
    stack(
        &[
            ("main.ts", "import { f } from './b';\nexport const a = 1;\nf();\n"),
            (
                "b.ts",
                "import { a } from './main';\nexport function f(): void {\n  require('./c.cjs')(a);\n}\n",
            ),
            ("c.cjs", "module.exports = function (a) {\n  throw new Error('c' + a);\n};\n"),
        ],
        "Error: c1
         at c.cjs:2:25
         at f (b.ts:3:22)
         at main.ts:3:1",
    );
}

#[test]
fn statements_that_throw_without_a_call() {
    let lines = [
        "const x = o.a.b;",
        "return o.a.b;",
        "if (o.a.b) f();",
        "for (const x of o.a) f();",
        "switch (o.a.b) {}",
        "let { a: { b } } = o;",
    ];
    for line in lines {
        let text = format!(
            "export default function main(o = {{ f }}) {{\n  f();\n\n  {line}\n}}\nfunction f() {{}}\n"
        );
        let bundle = bundle(&[("main.js", &text)]).unwrap();
        let output = run(&bundle, 1);
        assert!(output.contains("at main (main.js:4:"), "{line}: {output}");
    }
}

#[test]
fn columns_count_characters() {
    stack(
        &[("main.js", "export default function f() {\n  const s = 'äöü😀'; throw new Error(s);\n}\n")],
        "Error: äöü😀
         at f (main.js:2:37)",
    );
}

#[test]
fn a_place_shows_its_line() {
    let bundle = bundle(&[("main.ts", "const a: any = null;\nconst b = a.c;\n")]).unwrap();
    let position = bundle.original("main.ts", 4, 11).unwrap();
    assert_eq!((position.line, position.column), (2, 11));
    assert_eq!(
        bundle.place(&position).unwrap().to_string(),
        " --> main.ts:2:11\n  |\n2 | const b = a.c;\n  |           ^"
    );
    assert_eq!(bundle.original("main.ts", 99, 1), None);
    assert_eq!(bundle.original("other.ts", 1, 1), None);
}
