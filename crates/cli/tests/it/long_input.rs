//! Long and hostile input: what is said of it is short, and nothing of it commands a terminal.

use crate::support::{Ended, Folder, ended};

const IDLE: &str = "export default function () {}";

#[track_caller]
fn short(ended: Ended, code: i32, said: &[&str]) {
    let ended = ended.expect(code);
    assert!(ended.err.len() < 4_500, "{} bytes: {}", ended.err.len(), ended.err);
    assert!(ended.err.lines().all(|line| line.chars().count() <= 500), "{}", ended.err);
    assert!(!ended.err.contains('\u{1b}') && !ended.err.contains("panicked"), "{}", ended.err);
    for fragment in said {
        assert!(ended.err.contains(fragment), "`{fragment}` is missing in:\n{}", ended.err);
    }
}

#[track_caller]
fn of_script(script: &str, code: i32, said: &[&str]) {
    let folder = Folder::with(&[("script.js", script)]);
    short(folder.run(["run", "--no-history", "script.js"]), code, said);
}

#[test]
fn thresholds_and_selectors() {
    let with = |entry: &str| format!("export const options = {{ thresholds: {{ {entry} }} }};\n{IDLE}");
    of_script(
        &with("http_req_duration: ['p(95)<1' + '0'.repeat(1e5) + 'x']"),
        104,
        &["http_req_duration", "^"],
    );
    of_script(
        &with("['http_req_duration{' + 'a'.repeat(1e6) + '}']: ['p(95)<1']"),
        104,
        &["a tag without a value"],
    );
    of_script(&with("['http_req_duration{' + 'a:\"b,'.repeat(1e5) + '}']: ['p(95)<1x']"), 104, &["twice"]);
    of_script(
        &with("...Object.fromEntries(Array.from({ length: 4322 }, (_, n) => ['nothing' + n, ['p(95)<1']]))"),
        104,
        &["unknown metric `nothing0`", "and 4,312 more"],
    );
}

#[test]
fn scripts_of_one_line() {
    let bundle = format!("var a='{}'; let = ;{IDLE}", "x".repeat(1_000_000));
    of_script(&bundle, 107, &["script.js:1:10000", "…", "let = ;", "^"]);
    of_script(&format!("import '{}';{IDLE}", "./y".repeat(300_000)), 107, &["longer than any path"]);
    of_script("throw new Error('x'.repeat(1e6))", 107, &["init code of `script.js`"]);
    of_script(&"!".repeat(1_000_000), 107, &["operators"]);
    of_script(&"[".repeat(1_000_000), 107, &["brackets"]);
    for part in ["1+", "a?b:", "a=>", "a&&", "a**", "a.", "a()("] {
        of_script(&format!("const x = () => {}1;{IDLE}", part.repeat(200_000)), 107, &["^"]);
    }
}

/// Nested 200,000 deep, in everything that is read.
#[test]
fn brackets_in_brackets() {
    let often = |text: &str| text.repeat(200_000);
    let nest = |open: &str, close: &str| format!("{}1{}", often(open), often(close));
    let deep = |code: &str| format!("let o = []; for (let n = 0; n < 200000; n++) o = [o]; {code}");
    for script in [
        format!("let x: {};{IDLE}", nest("Array<", ">")),
        format!("const x = {};{IDLE}", nest("(", ")")),
        format!("{}{IDLE}", deep("export const options = { thresholds: { iterations: o } };")),
        format!("{}{IDLE}", deep("export const options = { scenarios: o };")),
        format!("{}{IDLE}", deep("export function setup() { return o; }")),
        format!("JSON.parse('['.repeat(200000) + ']'.repeat(200000));{IDLE}"),
    ] {
        let folder = Folder::with(&[("script.ts", &script)]);
        short(folder.run(["run", "-q", "--no-history", "script.ts"]), 107, &[]);
    }
    let folder = Folder::with(&[("script.js", IDLE)]);
    for project in [
        format!("x = {}", nest("[", "]")),
        format!("x = {}", nest("{a=", "}")),
        format!("{}b = 1", often("a.")),
        format!("[[budget]]\nmetric = \"x{}\"\nmax = \"1ms\"", often("{")),
    ] {
        folder.write("loadline.toml", &project);
        short(folder.run(["run", "--no-history", "script.js"]), 104, &["loadline.toml:"]);
    }
    folder.write("loadline.toml", "");
    folder.write("config.json", &format!("{{\"thresholds\": {}}}", nest("[", "]")));
    short(folder.run(["run", "--no-history", "-c", "config.json", "script.js"]), 104, &["config.json"]);
    for (file, text) in [
        ("lines.json", format!("{{\"type\":\"Point\",\"data\":{}}}\n", nest("[", "]"))),
        ("summary.json", format!("{{\"metrics\":{}}}", nest("{\"a\":", "}"))),
        ("file.run", often("[")),
    ] {
        folder.write(file, &text);
        short(folder.run(["history", "import", file]), 3, &[file]);
    }
}

#[test]
fn a_hundred_thousand_budgets() {
    let folder = Folder::with(&[("script.js", IDLE)]);
    let budgets = |endpoint: &str| {
        (1..=100_000).fold("[endpoints]\na = \"GET /\"\n".to_owned(), |text, limit| {
            text + &format!("[[budget]]\nendpoint = \"{endpoint}\"\np95 = \"{limit}ms\"\n")
        })
    };
    folder.write("loadline.toml", &budgets("nope"));
    short(folder.run(["run", "--no-history", "script.js"]), 104, &["there is no endpoint `nope`"]);
    folder.write("loadline.toml", &budgets("a"));
    let ended = folder.run(["run", "-q", "--no-history", "script.js"]).expect(99);
    assert!(ended.out.len() < 60_000, "{} bytes", ended.out.len());
    short(ended, 99, &["of 100,000 requirements"]);
}

#[test]
fn arguments_and_files() {
    let long = "x".repeat(100_000);
    let folder = Folder::with(&[("script.js", IDLE), ("deep.json", &"[".repeat(1_000_000))]);
    let run = |flags: &[&str]| folder.run([&["run", "--no-history", "--quiet", "script.js"], flags].concat());
    for flag in
        ["--duration", "--vus", "--stage", "--tag", "--scrape", "--out", "--scrape-metric", "--process"]
    {
        short(run(&[flag, &long]), 104, &[flag.trim_start_matches("--out")]);
        short(run(&[flag, "\u{1b}[2J\u{202e}"]), 104, &[]);
    }
    short(run(&[&format!("--{long}")]), 104, &["unexpected argument"]);
    short(run(&["--config", "deep.json"]), 104, &["is not JSON"]);
    let variable =
        folder.loadline(["run", "--no-history", "script.js"]).env("LOADLINE_DURATION", &long).output();
    assert_eq!(variable.unwrap().status.code(), Some(104));
    folder.run(["run", "--quiet", "script.js"]).expect(0);
    let hit = |flags: &[&str]| folder.run([&["hit", "http://127.0.0.1:9", "--no-history"], flags].concat());
    short(hit(&["--header", &long]), 2, &["no colon"]);
    short(hit(&["--header", "\u{1b}[2J"]), 2, &["no colon"]);
    short(hit(&["--budget", &format!("p95={long}")]), 2, &["must be a duration"]);
    short(folder.run(["history", "show", &long]), 2, &["names no run"]);
    for project in [
        format!("[target]\nurl = \"{long}\"\n"),
        "[".repeat(1_000_000),
        format!("x = {}", "[".repeat(1_000_000)),
        "a = 1\n".repeat(100_000),
        "\u{1b}[2J = 1".to_owned(),
    ] {
        folder.write("loadline.toml", &project);
        short(run(&[]), 104, &["loadline.toml:"]);
    }
}

/// The table and the list of metrics are cut; what machines read is whole.
#[test]
fn of_thousands_of_verdicts_those_that_matter_are_shown() {
    let folder = Folder::with(&[(
        "script.js",
        "import { Counter } from 'k6/metrics';
         const made = new Counter('made');
         const thresholds = { made: ['count>5'] };
         for (let n = 0; n < 5000; n++) thresholds[`made{n:${n}}`] = [n === 4321 ? 'count>2' : 'count==1'];
         export const options = { iterations: 5000, thresholds };
         export default function () { made.add(1, { n: String(__ITER) }); }",
    )]);
    let ended = folder
        .run([
            "run",
            "--no-history",
            "--github",
            "--junit",
            "verdicts.xml",
            "--summary-export",
            "all.json",
            "script.js",
        ])
        .expect(99);
    assert!(ended.out.contains("made{n:4321}") && ended.out.contains("'count>2' count=1"), "{}", ended.out);
    assert!(ended.out.contains("and 4,990 more passed"), "{}", ended.out);
    assert_eq!(ended.out.lines().filter(|line| line.starts_with("::error ")).count(), 1);
    assert!(ended.out.len() < 60_000, "{} bytes", ended.out.len());
    assert!(
        ended.err.contains("failed: 1 of 5,001 requirements are not met: `count>2` on `made{n:4321}`"),
        "{}",
        ended.err
    );
    assert_eq!(folder.read("verdicts.xml").matches("<testcase ").count(), 5001);
    assert!(folder.read("all.json").contains("made{n:4999}"));
}

const HOSTILE: &str = "\\x1b]0;owned\\x07\\x1b[2J\\u202e\\u009b31m\\nINJECTED";

/// An escape sequence in every name that there is, and none of it in what is printed.
#[test]
fn no_name_commands_a_terminal() {
    let script = format!(
        "import {{ check, group }} from 'k6';
         import http from 'k6/http';
         import {{ Trend }} from 'k6/metrics';
         const evil = '{HOSTILE}';
         const trend = new Trend('evil_trend');
         export const options = {{
           iterations: 1, tags: {{ [evil]: evil }},
           thresholds: {{ ['evil_trend{{tag:' + evil + '}}']: ['avg>5'], ['evil_trend{{tag:x' + evil + '}}']: ['avg<5'] }},
         }};
         export default function () {{
           group(evil, () => check(1, {{ [evil]: (x) => x === 2 }}));
           trend.add(1, {{ tag: evil }});
           http.get('http://127.0.0.1:9/' + evil, {{ tags: {{ name: evil }} }});
           http.get(evil);
           console.log(evil.replace('\\n', '')); console.error(new Error(evil.replace('\\n', '')));
           throw new Error(evil.replace('\\n', ''));
         }}"
    );
    let name = "evil\u{1b}[2J\u{9b}31m\u{202e}\nINJECTED.js";
    let own = format!(
        "{script}\nexport function handleSummary() {{ const text = '\\x1b[31mred\\x1b[0m' + evil; return {{ stdout: text, stderr: text }}; }}"
    );
    let project = "[endpoints]\n\"\\u001B[2J\\u009B31m\\u202E\\nINJECTED\" = \"GET /\"\n\
        [[budget]]\nendpoint = \"\\u001B[2J\\u009B31m\\u202E\\nINJECTED\"\np95 = \"1ms\"\n";
    let folder = Folder::with(&[(name, &script), ("own.js", &own), ("evil.toml", project)]);
    let mut commands: Vec<Vec<&str>> = vec![
        vec!["run", "--github", "--summary-mode", "full", name],
        vec!["run", "--summary-mode", "legacy", name],
        vec!["run", "--verbose", "--http-debug=full", name],
    ];
    commands.extend([
        vec!["history", "list"],
        vec!["history", "show", "latest"],
        vec!["history", "trend", "\u{1b}[2J", "p95"],
        vec!["history", "export", "latest", "evil\u{1b}[2J.run"],
        vec!["history", "import", "evil\u{1b}[2J.run"],
        vec!["baseline", "save", "evil\u{1b}[2J", "--like", "latest"],
        vec!["baseline", "show"],
        vec!["baseline", "show", "\u{1b}[2J"],
        vec!["baseline", "check", "latest"],
        vec!["budget", "check", "latest"],
        vec!["inspect", name],
        vec!["compare", "evil\u{1b}[2J.run", "evil\u{1b}[2J.run"],
        vec!["report", "baselines", "--output", "evil\u{1b}[2J.md"],
        vec!["run", "--out", "csv=\u{1b}[2J/\u{1b}/x.csv", "--no-history", name],
        vec!["\u{1b}[2J"],
        vec!["run", "--project", "evil.toml", name],
        vec!["budget", "check", "--project", "evil.toml", "--all-budgets", "latest"],
        vec!["run", "-q", "--no-history", "own.js"],
        vec![
            "compare",
            "--project",
            "none",
            "--a",
            "echo \u{1b}[2J; false # {port}",
            "--b",
            "false # {port}",
            name,
        ],
        vec!["hit", "-n", "1", "http://127.0.0.1:9/\u{1b}[2J\u{9b}31m"],
        vec!["hit", "-n", "1", "-H", "X-\u{1b}[2J: \u{9b}", "http://127.0.0.1:9/"],
        vec!["baseline", "check", "latest", "--against", "evil\u{1b}[2J"],
        vec!["history", "prune", "--keep", "\u{1b}[2J"],
    ]);
    for arguments in commands {
        let ended = ended(&mut folder.loadline(&arguments));
        for said in [&ended.out, &ended.err] {
            let raw = said.chars().find(|sign| sign.is_control() && *sign != '\n');
            assert_eq!(raw, None, "{arguments:?} said {said:?}");
            assert!(!said.contains('\u{202e}'), "{arguments:?} said {said:?}");
            let injected = said.lines().any(|line| line.starts_with("INJECTED"));
            // A script's own summary has lines of its own.
            assert!(!injected || arguments.contains(&"own.js"), "{arguments:?} said {said:?}");
        }
        assert!(!ended.err.contains("panicked"), "{arguments:?}: {}", ended.err);
    }
}

/// A script colours its own summary on purpose; whatever else it has for a terminal is not obeyed.
#[test]
fn a_terminal_gets_a_script_s_colours_and_nothing_else() {
    let script = format!(
        "{IDLE}
         export function handleSummary() {{
           return {{ stdout: '\\x1b[31mred\\x1b[0m \\x1b[2J\\x1b]0;title\\x07clear \\u009b31m\\u202e\\n' }};
         }}"
    );
    let folder = Folder::with(&[("script.js", &script)]);
    let line = format!("{} run -q --no-history script.js", env!("CARGO_BIN_EXE_loadline"));
    for (term, no_color, expected) in [
        ("xterm", "", "\x1b[31mred\x1b[0m clear \\u202e"),
        ("xterm", "1", "red clear \\u202e"),
        ("dumb", "", "red clear \\u202e"),
    ] {
        let mut terminal = folder.shell(["script", "-qefc", &line, "/dev/null"]);
        terminal.env("SHELL", "/bin/sh").env("TERM", term).env("NO_COLOR", no_color);
        let ended = ended(&mut terminal).expect(0);
        assert_eq!(ended.out.lines().next(), Some(expected), "{term} {no_color}: {:?}", ended.out);
    }
    let piped = folder.run(["run", "-q", "--no-history", "script.js"]).expect(0);
    assert_eq!(piped.out, "red clear \\u202e\n");
}
