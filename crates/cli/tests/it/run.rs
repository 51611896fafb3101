//! `loadline run` against a real nginx.

use crate::support::{Folder, ended, nginx};

const TEN_LINES: &str = r"import http from 'k6/http';
import { check, sleep } from 'k6';
interface Page { status: number }
export const options = { vus: 3, iterations: 30, thresholds: { http_req_duration: ['p(95)<2000'], checks: ['rate==1'] } };
export default function (): void {
  const page: Page = http.get(`${__ENV.BASE_URL}/`, { tags: { name: 'home' } });
  check(page, { 'status is 200': (r) => r.status === 200 });
  sleep(0.01);
}
";

#[test]
fn a_script_of_ten_lines() {
    let nginx = nginx();
    let folder = Folder::with(&[("first.ts", TEN_LINES)]);
    let ended = folder.run(["run", "-e", &format!("BASE_URL={}", nginx.url), "first.ts"]).expect(0);
    for fragment in ["✓ status is 200", "http_reqs", "p(95)<2000", "http_req_duration", "30"] {
        assert!(ended.out.contains(fragment), "`{fragment}` is missing in:\n{}", ended.out);
    }
    assert!(!ended.out.contains('\u{1b}') && !ended.err.contains('\u{1b}'), "colour without a terminal");
}

#[test]
fn a_failed_threshold_is_exit_code_99() {
    let nginx = nginx();
    let folder = Folder::with(&[(
        "script.js",
        "import http from 'k6/http';\n\
         export const options = { iterations: 5, thresholds: { http_req_failed: ['rate<0.01'] } };\n\
         export default () => { http.get(`${__ENV.BASE_URL}/missing`); };",
    )]);
    let ended = folder.run(["run", "-e", &format!("BASE_URL={}", nginx.url), "script.js"]).expect(99);
    assert!(ended.out.contains("✗ 'rate<0.01'"), "{}", ended.out);
}

#[test]
fn a_threshold_without_samples_does_not_pass_unless_told_to() {
    let folder = Folder::with(&[(
        "script.js",
        "export const options = { iterations: 1, thresholds: { http_req_duration: ['p(95)<100'] } };\n\
         export default () => {};",
    )]);
    let ended = folder.run(["run", "script.js"]).expect(99);
    assert!(ended.out.contains("no data"), "{}", ended.out);
    folder.run(["run", "--allow-no-data", "script.js"]).expect(0);
    folder.run(["run", "--no-thresholds", "script.js"]).expect(0);
}

#[test]
fn options_come_in_tiers() {
    let folder = Folder::with(&[
        ("config.json", r#"{ "vus": 2, "iterations": 2 }"#),
        ("script.js", "export default () => { console.log('hello'); };"),
        (
            "own.js",
            "export const options = { iterations: 3 };\nexport default () => { console.log('hello'); };",
        ),
    ]);
    let hellos = |command: &mut std::process::Command| {
        let ended = ended(command).expect(0);
        ended.err.matches("hello").count()
    };
    assert_eq!(hellos(&mut folder.loadline(["run", "script.js"])), 1);
    assert_eq!(hellos(&mut folder.loadline(["run", "-c", "config.json", "script.js"])), 2);
    assert_eq!(hellos(&mut folder.loadline(["run", "-c", "config.json", "own.js"])), 3);
    assert_eq!(hellos(folder.loadline(["run", "own.js"]).env("K6_ITERATIONS", "4")), 4);
    assert_eq!(
        hellos(folder.loadline(["run", "own.js"]).env("K6_ITERATIONS", "4").env("LOADLINE_ITERATIONS", "5")),
        5
    );
    assert_eq!(hellos(folder.loadline(["run", "-i", "6", "own.js"]).env("LOADLINE_ITERATIONS", "5")), 6);
}

#[test]
fn setup_teardown_and_handle_summary() {
    let folder = Folder::with(&[(
        "script.ts",
        r"
import exec from 'k6/execution';
export const options = { vus: 2, iterations: 4 };
export function setup() { return { token: 'abc', when: new Date(0) }; }
export default function (data: any) {
  data.seen = (data.seen ?? 0) + 1;
  if (data.token !== 'abc' || data.when !== '1970-01-01T00:00:00.000Z') throw new Error('setup data: ' + JSON.stringify(data));
}
export function teardown(data: any) { console.log('teardown', data.token, data.seen); }
export function handleSummary(data: any) {
  return { stdout: `iterations: ${data.metrics.iterations.values.count}\n`, 'out/summary.json': JSON.stringify(data) };
}
",
    )]);
    let ended = folder.run(["run", "script.ts"]).expect(0);
    assert!(ended.out.contains("iterations: 4"), "{}", ended.out);
    assert!(ended.err.contains("teardown abc"), "{}", ended.err);
    let summary: serde_json::Value = serde_json::from_str(&folder.read("out/summary.json")).unwrap();
    assert_eq!(summary["metrics"]["iterations"]["type"], "counter");
}

#[test]
fn an_exception_in_an_iteration_is_logged_and_the_run_goes_on() {
    let folder = Folder::with(&[(
        "script.ts",
        "export const options = { iterations: 3 };\n\nexport default function () {\n  null!.x;\n}",
    )]);
    let ended = folder.run(["run", "script.ts"]).expect(0);
    assert_eq!(ended.err.matches("script.ts:4:").count(), 3, "{}", ended.err);
    assert!(ended.out.contains("iterations"), "{}", ended.out);
}

#[test]
fn the_script_may_end_the_run() {
    let script = |call: &str| {
        format!(
            "import exec from 'k6/execution';\nexport const options = {{ iterations: 5 }};\n\
             export default () => {{ exec.test.{call}; }};"
        )
    };
    let folder =
        Folder::with(&[("abort.js", &script("abort('enough')")), ("fail.js", &script("fail('not good')"))]);
    let ended = folder.run(["run", "abort.js"]).expect(108);
    assert!(ended.err.contains("enough"), "{}", ended.err);
    folder.run(["run", "fail.js"]).expect(110);
}

#[test]
fn several_scenarios_with_their_own_functions_tags_and_environment() {
    let folder = Folder::with(&[(
        "script.js",
        r"
import { Counter } from 'k6/metrics';
const seen = new Counter('seen');
export const options = {
  scenarios: {
    one: { executor: 'per-vu-iterations', vus: 2, iterations: 3, exec: 'first', tags: { kind: 'a' }, env: { WHO: 'one' } },
    two: { executor: 'shared-iterations', vus: 2, iterations: 5, exec: 'second', env: { WHO: 'two' } },
  },
  thresholds: {
    'seen{scenario:one}': ['count==6'], 'seen{scenario:two}': ['count==5'], 'seen{kind:a}': ['count==6'],
    'seen{who:one}': ['count==6'],
  },
};
export function first() { seen.add(1, { who: __ENV.WHO }); }
export function second() { seen.add(1, { who: __ENV.WHO }); }
",
    )]);
    folder.run(["run", "script.js"]).expect(0);
}
