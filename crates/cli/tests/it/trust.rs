//! Generators that cannot keep up, machines that are too small, scripts that do not yield: each is said in words.

use loadline_measure::read_run;
use serde_json::Value;

use crate::support::{Folder, ended};

/// An open model whose iterations keep the processor for 20 ms each, a hundred times as often as that can be.
const BUSY: &str = r"
export const options = {
  scenarios: { busy: { executor: 'constant-arrival-rate', rate: 5000, duration: '3s', preAllocatedVUs: 20, gracefulStop: '1s' } },
  thresholds: { iterations: ['count>0'] },
};
export default function () { const end = Date.now() + 20; while (Date.now() < end); }
";

const WORDS: &str = "not trustworthy: generator saturated";

#[test]
fn a_pass_of_a_saturated_generator_is_not_quiet() {
    let folder = Folder::with(&[("busy.js", BUSY)]);
    let ended = folder
        .run(["run", "-q", "--out", "run=busy.run", "--summary-export", "busy.json", "busy.js"])
        .expect(0);
    assert!(ended.err.contains(&format!("warning: {WORDS}: it")), "{}", ended.err);
    for part in
        [WORDS, "'count>0' count=", " (not trustworthy)", "GENERATOR", "generator_cpu", "ms late on average"]
    {
        assert!(ended.out.contains(part), "`{part}` is missing in:\n{}", ended.out);
    }
    let json: Value = serde_json::from_str(&folder.read("busy.json")).unwrap();
    assert_eq!(json["trustworthy"], false);
    assert!(json["not_trustworthy_because"][0].is_string(), "{json}");
    let (run, _) = read_run(std::fs::read(folder.path("busy.run")).unwrap().as_slice()).unwrap();
    assert!(run.meta.saturation.is_some());
    for metric in
        ["generator_cpu", "generator_loop_lag", "generator_open_files", "generator_open_files_limit"]
    {
        let seconds = run.gauge_seconds::<&str, &str>(run.schema().find(metric).unwrap(), &[]);
        assert!(seconds[0].1.len() >= 3, "{metric}: {seconds:?}");
    }
}

#[test]
fn on_saturation_fail_has_a_code_of_its_own_for_passes_and_fails() {
    let folder = Folder::with(&[("pass.js", BUSY), ("fail.js", &BUSY.replace("count>0", "count>1000000"))]);
    folder.run(["run", "-q", "--on-saturation", "fail", "pass.js"]).expect(111);
    let ended = folder.run(["run", "-q", "--on-saturation", "fail", "fail.js"]).expect(111);
    assert!(
        ended.err.contains("the requirement is not met: `count>1000000` on `iterations`"),
        "{}",
        ended.err
    );
    assert!(ended.err.trim_end().ends_with(&format!("({WORDS})")), "{}", ended.err);
    folder.run(["run", "-q", "fail.js"]).expect(99);
}

#[test]
fn more_users_than_the_machine_can_have_are_refused_before_any_load() {
    // Top-level await gives every user a realm of its own: some hundred kilobytes each.
    let folder = Folder::with(&[(
        "many.js",
        "await Promise.resolve();\nexport default async function () { console.log('load'); }",
    )]);
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", "ulimit -v 3000000; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_loadline"), "run", "-q"])
        .args(["--vus", "100000", "--duration", "1s", "many.js"])
        .current_dir(folder.path("."));
    let ended = ended(&mut command).expect(104);
    assert!(ended.err.contains("this machine cannot have 100,000 VUs: each takes "), "{}", ended.err);
    assert!(!ended.err.contains("load\n"), "{}", ended.err);
}

#[test]
fn who_does_not_yield_is_named_while_the_others_go_on() {
    let folder = Folder::with(&[(
        "spin.js",
        r"
import { sleep } from 'k6';
export const options = { scenarios: {
  spin: { executor: 'constant-vus', vus: 1, duration: '4s', gracefulStop: '0s', exec: 'spin' },
  calm: { executor: 'constant-vus', vus: 3, duration: '4s', gracefulStop: '0s', exec: 'calm' },
} };
export function spin() { for (;;) {} }
export function calm() { sleep(0.1); }
",
    )]);
    let ended = folder.run(["run", "-q", "--out", "run=spin.run", "spin.js"]).expect(0);
    assert!(ended.err.contains("of scenario `spin` has not yielded for 2"), "{}", ended.err);
    assert!(ended.err.contains("hint: look for an endless loop"), "{}", ended.err);
    if std::thread::available_parallelism().unwrap().get() > 1 {
        let (run, _) = read_run(std::fs::read(folder.path("spin.run")).unwrap().as_slice()).unwrap();
        let iterations = run.schema().find("iterations").unwrap();
        let calm = run.select(iterations, &[("scenario", "calm")]).unwrap();
        assert!(calm.as_counter().unwrap().sum >= 10.0, "{calm:?}");
    }
}
