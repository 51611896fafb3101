//! Wrong input: each case says what is wrong, where, and how to mend it, with the right exit code.

use crate::support::{Folder, ended};

/// Runs `loadline run ARGUMENTS` over the files and checks the exit code and what the message contains.
#[track_caller]
fn check(files: &[(&str, &str)], arguments: &[&str], code: i32, said: &[&str]) {
    let folder = Folder::with(files);
    let ended = folder.run([&["run"], arguments].concat()).expect(code);
    for fragment in said {
        assert!(ended.err.contains(fragment), "`{fragment}` is missing in:\n{}", ended.err);
    }
    assert!(!ended.err.contains("panicked"), "{}", ended.err);
}

const IDLE: &str = "export default function () {}";

#[test]
fn a_missing_script() {
    check(&[], &["missing.ts"], 104, &["missing.ts", "error:"]);
}

#[test]
fn a_folder_instead_of_a_script() {
    check(&[("tests/a.ts", IDLE)], &["tests"], 104, &["tests", "error:"]);
}

#[test]
fn a_syntax_error_names_its_line() {
    check(
        &[("broken.ts", "export default function () {\n  const x: number = ;\n}\n")],
        &["broken.ts"],
        107,
        &["broken.ts:2:", "const x: number = ;"],
    );
}

#[test]
fn an_unknown_module_names_itself_and_its_importer() {
    check(
        &[("script.ts", "import ws from 'k6/websockets';\nexport default function () { ws.open(); }\n")],
        &["script.ts"],
        107,
        &["k6/websockets", "script.ts:1:"],
    );
    check(
        &[("script.ts", "import './lib/nothing';\nexport default function () {}\n")],
        &["script.ts"],
        107,
        &["./lib/nothing", "script.ts:1:"],
    );
}

#[test]
fn no_default_function() {
    check(&[("script.ts", "export const options = {};")], &["script.ts"], 104, &["default", "script.ts"]);
    check(
        &[(
            "script.ts",
            "export const options = { scenarios: { a: { executor: 'per-vu-iterations', exec: 'serch' } } };\n\
             export function search() {}",
        )],
        &["script.ts"],
        104,
        &["serch", "search"],
    );
}

#[test]
fn wrong_options() {
    check(
        &[("script.ts", &format!("export const options = {{ vus: 'many' }};\n{IDLE}"))],
        &["script.ts"],
        104,
        &["vus", "many"],
    );
    check(
        &[(
            "script.ts",
            &format!("export const options = {{ stages: [{{ duration: '5parsecs', target: 1 }}] }};\n{IDLE}"),
        )],
        &["script.ts"],
        104,
        &["stages[0].duration", "5parsecs"],
    );
    check(&[("script.ts", IDLE)], &["--duration", "soon", "script.ts"], 104, &["duration", "soon"]);
    check(&[("script.ts", IDLE)], &["--vus", "-3", "script.ts"], 104, &["vus"]);
}

#[test]
fn options_that_exclude_each_other() {
    check(
        &[("script.ts", IDLE)],
        &["--duration", "1s", "--stage", "1s:1", "script.ts"],
        104,
        &["duration", "stages"],
    );
}

#[test]
fn thresholds_that_cannot_be_judged() {
    let with =
        |threshold: &str| format!("export const options = {{ thresholds: {{ {threshold} }} }};\n{IDLE}");
    check(
        &[("script.ts", &with("http_req_duratoin: ['p(95)<200']"))],
        &["script.ts"],
        104,
        &["http_req_duratoin", "http_req_duration"],
    );
    check(
        &[("script.ts", &with("http_reqs: ['p(95)<200']"))],
        &["script.ts"],
        104,
        &["http_reqs", "p(95)<200"],
    );
    check(
        &[("script.ts", &with("http_req_duration: ['p(95)<200mss']"))],
        &["script.ts"],
        104,
        &["mss", "http_req_duration"],
    );
}

#[test]
fn every_mistake_is_told_at_once() {
    check(
        &[(
            "script.ts",
            &format!(
                "export const options = {{ vus: 'many', thresholds: {{ nothing: ['p(95)<1'], http_reqs: ['rate>'] }} }};\n{IDLE}"
            ),
        )],
        &["script.ts"],
        104,
        &["vus"],
    );
}

#[test]
fn an_unknown_flag_is_a_usage_error_with_a_suggestion() {
    check(&[("script.ts", IDLE)], &["--duratoin", "1s", "script.ts"], 104, &["--duratoin", "--duration"]);
}

#[test]
fn an_exception_in_init_code_shows_the_typescript_position() {
    check(
        &[(
            "script.ts",
            "type A = {\n  b: number;\n};\n\nthrow new Error('not today');\nexport default function () {}",
        )],
        &["script.ts"],
        107,
        &["not today", "script.ts:5:"],
    );
}

#[test]
fn an_exception_in_setup() {
    check(
        &[(
            "script.ts",
            "export function setup() { throw new Error('no database'); }\nexport default function () {}",
        )],
        &["script.ts"],
        107,
        &["no database", "script.ts:1:"],
    );
}

#[test]
fn init_code_that_never_ends() {
    let folder = Folder::with(&[("script.ts", "while (true) {}\nexport default function () {}")]);
    let ended =
        ended(folder.loadline(["run", "script.ts"]).env("LOADLINE_INIT_TIMEOUT", "300ms")).expect(107);
    assert!(ended.err.contains("init") && ended.err.contains("script.ts"), "{}", ended.err);
}

#[test]
fn an_output_that_cannot_be_written() {
    check(
        &[("script.ts", IDLE)],
        &["--out", "json=/nowhere/at/all.json", "script.ts"],
        104,
        &["/nowhere/at/all.json"],
    );
    check(&[("script.ts", IDLE)], &["--out", "datadog=http://x", "script.ts"], 104, &["datadog", "json"]);
}
