//! What people who come from k6 type without thinking: it works, or says why not.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::Stdio;
use std::sync::{Arc, Condvar, Mutex};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Folder, ended, nginx};

const ONE_REQUEST: &str = "import http from 'k6/http';\n\
    export default () => { console.log('status', http.get(`${__ENV.BASE_URL}/`).status); };";

#[test]
fn a_script_from_standard_input() {
    let folder = Folder::with(&[
        ("lib/greet.ts", "export const greet = (name: string): string => `hello ${name}`;"),
        ("names.txt", "ann"),
    ]);
    let run = |script: &str| {
        let mut child = folder
            .loadline(["run", "--no-summary", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, err) = run("import { greet } from './lib/greet'; const name: string = open('./names.txt');\n\
        export default function () { console.log(greet(name)); }");
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("hello ann"), "{err}");
    let (code, err) = run("export default function () {\n  const x = ;\n}");
    assert_eq!(code, Some(107), "{err}");
    assert!(err.contains("stdin.ts:2:"), "{err}");
}

#[test]
fn variables_for_outputs() {
    let folder = Folder::with(&[("script.js", "export default () => { console.log('said'); };")]);
    let ended = ended(
        folder
            .loadline(["run", "script.js"])
            .env("K6_OUT", "json=samples.json,run=kept.run")
            .env("K6_SUMMARY_EXPORT", "summary.json")
            .env("K6_CONSOLE_OUTPUT", "console.log")
            .env("K6_NO_SUMMARY", "true"),
    )
    .expect(0);
    assert_eq!(ended.out, "");
    assert!(folder.read("console.log").ends_with(" level=info msg=said\n"));
    assert!(folder.read("samples.json").contains("iteration_duration"));
    assert!(folder.read("summary.json").contains("iterations"));
    assert!(folder.path("kept.run").exists());
    // A flag wins; a wrong word is told like any wrong option.
    let wrong = folder.run(["run", "--summary-mode", "short", "script.js"]).expect(104);
    assert!(wrong.err.contains("--summary-mode") && wrong.err.contains("`compact`"), "{}", wrong.err);
}

#[test]
fn requests_per_second_are_paced_over_all_users() {
    let nginx = nginx();
    let folder = Folder::with(&[("script.js", ONE_REQUEST)]);
    let base = format!("BASE_URL={}", nginx.url);
    let ended = folder.run([
        "run",
        "-e",
        &base,
        "--rps",
        "10",
        "-u",
        "4",
        "-i",
        "4",
        "--summary-export",
        "s.json",
        "script.js",
    ]);
    ended.expect(0);
    let summary: serde_json::Value = serde_json::from_str(&folder.read("s.json")).unwrap();
    // Four requests, 100 ms apart, take 300 ms: the clock can only be later than that.
    let rate = summary["metrics"]["http_reqs"]["rate"].as_f64().unwrap();
    assert!(rate < 4.0 / 0.3 + 0.1, "{rate}");
}

#[test]
fn requests_and_responses_in_the_log() {
    let nginx = nginx();
    let folder = Folder::with(&[("script.js", ONE_REQUEST)]);
    let base = format!("BASE_URL={}", nginx.url);
    let heads = folder.run(["run", "-e", &base, "--http-debug", "script.js"]).expect(0);
    for fragment in
        ["Request:\nGET http", "User-Agent: loadline/", "Response:\nHTTP/1.1 200 OK", "Server: nginx"]
    {
        assert!(heads.err.contains(fragment), "`{fragment}` is missing in:\n{}", heads.err);
    }
    assert!(!heads.err.contains("hello, load"));
    let full = folder.run(["run", "-e", &base, "--http-debug=full", "script.js"]).expect(0);
    assert!(full.err.contains("hello, load"), "{}", full.err);
}

#[test]
fn what_cannot_be_done_is_said() {
    let folder = Folder::with(&[("script.js", "export default () => {};")]);
    let paused = folder.run(["run", "--paused", "script.js"]).expect(0);
    assert!(paused.err.contains("`paused` has no effect"), "{}", paused.err);
}

#[test]
fn segments_share_the_work_without_a_gap_or_a_double() {
    let folder = Folder::with(&[(
        "script.js",
        "import exec from 'k6/execution';\n\
         export const options = { vus: 5, iterations: 20 };\n\
         export default () => { console.log('number', exec.scenario.iterationInTest); };",
    )]);
    let mut numbers: Vec<u32> = Vec::new();
    for segment in ["0:1/3", "1/3:2/3", "2/3:1"] {
        let ended = folder.run(["run", "--execution-segment", segment, "script.js"]).expect(0);
        numbers
            .extend(ended.err.lines().filter_map(|line| line.strip_prefix("number ")?.parse::<u32>().ok()));
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (0..20).collect::<Vec<_>>());
}

#[test]
fn lingering_ends_with_an_interrupt() {
    let folder = Folder::with(&[("script.js", "export default () => {};")]);
    let mut child = folder
        .loadline(["run", "--linger", "script.js"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().starts_with("lingering")));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn rates_are_per_second_of_the_scenarios() {
    let folder = Folder::with(&[(
        "script.js",
        "export const options = {\n\
         scenarios: { open: { executor: 'constant-arrival-rate', rate: 10, duration: '1s', preAllocatedVUs: 5 } },\n\
         thresholds: { iterations: ['count==10', 'rate>6', 'count==10'], dropped_iterations: ['count==0'],\n\
         'dropped_iterations{scenario:open}': ['count==0'] } };\n\
         export default () => {};\nexport function teardown() {}",
    )]);
    folder.run(["run", "script.js"]).expect(0);
}

#[test]
fn the_reason_of_exit_code_99_is_said_without_a_summary() {
    let folder = Folder::with(&[(
        "script.js",
        "export const options = { thresholds: { iterations: ['count>5'], http_reqs: ['count>0'] } };\nexport default () => {};",
    )]);
    let ended = folder.run(["run", "-q", "--no-summary", "script.js"]).expect(99);
    let said = "failed: 2 of 2 requirements are not met: `count>5` on `iterations`, `count>0` on `http_reqs` (no data)";
    assert!(ended.err.contains(said), "{}", ended.err);
}

#[test]
fn an_error_that_a_script_prints_shows_where_it_was_made() {
    let folder = Folder::with(&[(
        "script.ts",
        "interface Unused { a: number }\n\nfunction make(): Error {\n  return new Error('mine');\n}\n\
         export default () => { console.error(make()); };",
    )]);
    let ended = folder.run(["run", "script.ts"]).expect(0);
    assert!(ended.err.contains("Error: mine\n    at make (script.ts:4:"), "{}", ended.err);
    assert!(!ended.err.contains("loadline:") && !ended.err.contains("(native)"), "{}", ended.err);
}

#[test]
fn printed_lines_keep_what_is_in_them() {
    let folder = Folder::with(&[(
        "script.js",
        "export default () => { console.log('a'); console.log(''); console.warn('b\\n\\n\"c\"'); const o = {}; o.o = o; console.error(o); };",
    )]);
    let ended = folder.run(["run", "-q", "--no-summary", "script.js"]).expect(0);
    assert!(
        ended.err.starts_with("a\n\nwarning: b\n\n\"c\"\nerror: {\"o\":\"[Circular]\"}\n"),
        "{}",
        ended.err
    );
    let ended = folder.run(["run", "-q", "--no-summary", "--console-output", "said", "script.js"]).expect(0);
    assert!(!ended.err.contains("Circular"), "{}", ended.err);
    let said = folder.read("said");
    let lines: Vec<&str> = said
        .lines()
        .map(|line| {
            let (time, rest) = line.split_once(' ').unwrap();
            assert!(time.starts_with("time=\"2") && time.ends_with("Z\""), "{line}");
            rest
        })
        .collect();
    let expected = [
        "level=info msg=a",
        "level=info msg=\"\"",
        r#"level=warning msg="b\n\n\"c\"""#,
        r#"level=error msg="{\"o\":\"[Circular]\"}""#,
    ];
    assert_eq!(lines, expected);
}

/// A server that answers only while at least `least` requests wait for an answer, and knows how many did at most.
struct Counting {
    url: String,
    most: Arc<(Mutex<(usize, usize)>, Condvar)>,
}

fn counting(requests: usize, least: usize) -> Counting {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // Waiting now, at most.
    let most = Arc::new((Mutex::new((0, 0)), Condvar::new()));
    let shared = Arc::clone(&most);
    std::thread::spawn(move || {
        for stream in listener.incoming().take(requests) {
            let (mut stream, shared) = (stream.unwrap(), Arc::clone(&shared));
            std::thread::spawn(move || {
                let _ = stream.read(&mut [0; 4096]);
                let (state, changed) = &*shared;
                let mut state = state.lock().unwrap();
                state.0 += 1;
                state.1 = state.1.max(state.0);
                changed.notify_all();
                let mut state = changed.wait_while(state, |state| state.1 < least).unwrap();
                state.0 -= 1;
                drop(state);
                let _ =
                    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            });
        }
    });
    Counting { url, most }
}

#[test]
fn a_batch_keeps_to_its_limit_per_host() {
    for (flags, least) in [(&["--batch-per-host", "2"][..], 2), (&["--batch", "3"][..], 3), (&[][..], 6)] {
        let server = counting(8, least);
        let folder = Folder::with(&[(
            "script.js",
            "import http from 'k6/http';\n\
             export default () => { http.batch(Array.from({ length: 8 }, (_, n) => `${__ENV.BASE_URL}/${n}`)); };",
        )]);
        let base = format!("BASE_URL={}", server.url);
        folder.run([&["run", "-e", &base, "script.js"], flags].concat()).expect(0);
        assert_eq!(server.most.0.lock().unwrap().1, least, "{flags:?}");
    }
}

#[test]
fn many_ways_to_write_a_script() {
    let folder = Folder::with(&[
        ("data/users.json", r#"[{ "name": "ann" }, { "name": "bob" }]"#),
        (
            "lib/kinds/index.ts",
            "export enum Colour { Red = 'red' }\n\
             export class Stack<T> { private items: T[] = []; push(item: T): this { this.items.push(item); return this; } get size() { return this.items.length; } }\n\
             export const text = open('../../data/users.json');\n\
             export default function hello(name?: string) { return `hello ${name ?? 'nobody'}`; }",
        ),
        ("node_modules/tiny/package.json", r#"{ "name": "tiny", "main": "tiny.js" }"#),
        ("node_modules/tiny/tiny.js", "module.exports = { parse: (text) => JSON.parse(text) };"),
        (
            "script.ts",
            r"
import { check, group, sleep } from 'k6';
import { SharedArray } from 'k6/data';
import exec from 'k6/execution';
import { Counter } from 'k6/metrics';
import tiny from 'tiny';
import hello, { Colour, Stack, text } from './lib/kinds';
import users from './data/users.json';

const shared = new SharedArray('users', () => tiny.parse(open('./data/users.json')));
const seen = new Counter('seen');
export let options = {
  scenarios: {
    plain: { executor: 'per-vu-iterations', vus: 2, exec: 'plain', tags: { kind: 'plain' } },
    waiting: { executor: 'per-vu-iterations', exec: 'waiting' },
  },
  thresholds: {
    checks: ['rate==1'], 'checks{kind:plain}': ['rate==1'], 'seen{from:timer}': ['count==1'],
    'iterations{scenario:plain}': ['count==2'], 'group_duration{group:::outer::inner}': ['max<10000'],
  },
};
export const plain = (): void => {
  group('outer', () => group('inner', () => {
    check(shared, {
      shared: (list) => list.length === 2 && list[0].name === users[0].name,
      opened: () => text.includes('bob'),
      types: () => new Stack<number>().push(1).size === 1 && Colour.Red === 'red' && hello() === 'hello nobody',
      chain: () => (users as any)?.none?.() === undefined,
      expressions: () => 'abc-12'.replace(/(?<word>[a-z]+)-(\d+)/u, '$2-$<word>') === '12-abc',
      execution: () => exec.vu.idInTest > 0 && exec.scenario.name === 'plain' && exec.vu.tags.kind === 'plain',
      environment: () => __ENV.FROM_PROCESS === 'yes' && __ENV.FROM_FLAG === 'also' && __VU > 0 && __ITER === 0,
    });
  }));
  sleep('0.001' as any);
};
export async function waiting() {
  await new Promise((resolve) => setTimeout(resolve, 1));
  setTimeout(() => seen.add(1, { from: 'timer' }), 1);
  for await (const number of (async function* () { yield 1; yield 2; })()) check(number, { number: (n) => n > 0 });
}
",
        ),
    ]);
    ended(folder.loadline(["run", "-e", "FROM_FLAG=also", "script.ts"]).env("FROM_PROCESS", "yes")).expect(0);
}

#[test]
fn a_request_without_a_url_fails_the_budget_on_failures() {
    let folder = Folder::with(&[(
        "script.js",
        "import http from 'k6/http';\n\
         export const options = { thresholds: { http_req_failed: ['rate<0.01'] } };\n\
         export default () => { http.get(`${__ENV.NOT_SET}/api`); };",
    )]);
    let ended = folder.run(["run", "script.js"]).expect(99);
    assert!(ended.err.contains("`undefined/api` is not a URL"), "{}", ended.err);
}

#[test]
fn options_in_any_case_are_judged_and_mistakes_are_told() {
    let run = |options: &str, code: i32| {
        let script = format!(
            "import {{ check }} from 'k6';\nexport const options = {options};\n\
             export default function () {{ console.log('made one'); check(1, {{ no: () => false }}); }}"
        );
        Folder::with(&[("script.js", &script)]).run(["run", "--no-summary", "script.js"]).expect(code)
    };
    run("{ Thresholds: { checks: ['rate>0.5'] } }", 99);
    let scenario = "executor: 'constant-arrival-rate', duration: '1s', rate: 4, timeunit: '1s'";
    run(&format!("{{ scenarios: {{ t: {{ {scenario}, preAllocatedVus: 5, maxVus: 10 }} }} }}"), 0);
    let wrong =
        run(&format!("{{ scenarios: {{ t: {{ {scenario}, preAlocatedVUs: 5, nonsense: 1 }} }} }}"), 104);
    for said in ["`scenarios.t.preAlocatedVUs`", "did you mean `preAllocatedVUs`", "`scenarios.t.nonsense`"] {
        assert!(wrong.err.contains(said), "`{said}` is missing in:\n{}", wrong.err);
    }
    assert_eq!(run("{ vus: 3 }", 0).err.matches("made one").count(), 3);
}
