//! Targets and scripts that misbehave while they are measured.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::support::{Folder, ended, free_port, holiday, nginx};

const GET: &str = r"
import http from 'k6/http';
export const options = { vus: 2, iterations: 6 };
export default function () {
  const response = http.get(__ENV.URL);
  console.log(`status=${response.status} code=${response.error_code} error=${response.error}`);
}
";

#[track_caller]
fn check(url: &str, flags: &[&str], said: &[&str]) {
    let folder = Folder::with(&[("script.js", GET)]);
    let env = format!("URL={url}");
    let mut arguments = vec!["run", "-e", &env];
    arguments.extend(flags);
    arguments.push("script.js");
    let ended = folder.run(arguments).expect(0);
    for fragment in said {
        assert!(ended.err.contains(fragment), "`{fragment}` is missing in:\n{}", ended.err);
    }
}

#[test]
fn a_target_that_is_down_is_measured() {
    check(&format!("http://127.0.0.1:{}/", free_port()), &[], &["status=0 code=1212"]);
}

#[test]
fn a_target_that_dies_in_mid_run_is_measured() {
    let mut target = holiday(&[]);
    let folder = Folder::with(&[(
        "script.js",
        r"
import http from 'k6/http';
import { sleep } from 'k6';
export const options = { vus: 2, duration: '3s', thresholds: { http_req_failed: ['rate<0.01'] } };
export default function () { console.log('status=' + http.get(`${__ENV.URL}/api/health/live`).status); sleep(0.02); }
",
    )]);
    let mut child = folder
        .loadline(["run", "-q", "-e", &format!("URL={}", target.url), "--out", "run=kept.run", "script.js"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.by_ref().any(|line| line.unwrap().contains("status=200")));
    target.kill();
    assert!(lines.by_ref().any(|line| line.unwrap().contains("status=0")));
    lines.for_each(drop);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(99));
    let (run, _) = loadline_measure::read_run(std::fs::File::open(folder.path("kept.run")).unwrap()).unwrap();
    let requests = run.schema().find("http_reqs").unwrap();
    assert!(run.select(requests, &[("status", "200")]).is_some());
    assert!(run.select(requests, &[("status", "0")]).is_some());
}

#[test]
fn a_gigabyte_is_too_much_to_keep_and_nothing_to_discard() {
    let nginx = nginx();
    let url = format!("{}/big", nginx.url);
    check(&url, &["--iterations", "1", "--vus", "1"], &["status=0", "larger than"]);
    check(&url, &["--iterations", "1", "--vus", "1", "--discard-response-bodies"], &["status=200"]);
}

#[test]
fn a_broken_body_is_the_scripts_error_with_its_position() {
    let nginx = nginx();
    let folder = Folder::with(&[(
        "script.js",
        "import http from 'k6/http';\nexport default function () {\n  http.get(__ENV.URL).json();\n}",
    )]);
    let ended = folder.run(["run", "-e", &format!("URL={}/broken.json", nginx.url), "script.js"]).expect(0);
    assert!(ended.err.contains("script.js:3:"), "{}", ended.err);
}

#[test]
fn endless_recursion_ends_the_iteration_and_not_the_process() {
    let folder = Folder::with(&[(
        "script.js",
        "export const options = { iterations: 2 };\nexport default function deep() { deep(); }",
    )]);
    let ended = folder.run(["run", "script.js"]).expect(0);
    assert!(ended.err.contains("stack"), "{}", ended.err);
}

#[test]
fn an_iteration_that_never_yields_is_interrupted_with_the_run() {
    let folder = Folder::with(&[(
        "script.js",
        "export const options = { scenarios: { a: { executor: 'constant-vus', duration: '1s', gracefulStop: '1s' } } };\n\
         export default () => { for (;;) {} };",
    )]);
    let ended = folder.run(["run", "script.js"]).expect(0);
    assert!(ended.out.contains("iterations") || ended.out.contains("vus"), "{}", ended.out);
}

#[test]
fn more_users_than_file_descriptors_are_measured_failures() {
    let nginx = nginx();
    let folder = Folder::with(&[(
        "script.js",
        "import http from 'k6/http';\nimport { sleep } from 'k6';\n\
         export default function () { http.get(__ENV.URL); sleep(1); }",
    )]);
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", "ulimit -n 256; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_loadline"), "run"])
        .args(["--vus", "600", "--duration", "1s", "-e", &format!("URL={}/", nginx.url), "script.js"])
        .current_dir(folder.path("."));
    let ended = ended(&mut command).expect(0);
    assert!(
        ended.err.contains("this run may need 600 connections at once, and this process may have 256"),
        "{}",
        ended.err
    );
    assert!(ended.err.contains("ulimit -n 664"), "{}", ended.err);
    for spoiled in ["not trustworthy: generator saturated: ", "it had 256 of 256 file descriptors open"] {
        assert!(ended.err.contains(spoiled), "`{spoiled}` is missing in:\n{}", ended.err);
    }
    assert!(!ended.err.contains("has ended"), "{}", ended.err);
    assert!(ended.err.lines().count() < 40, "each failure is said a few times, not hundreds:\n{}", ended.err);
}

/// One user takes all memory of its realm; the others, in realms of their own, go on.
#[test]
fn a_script_without_end_to_its_memory_is_named_and_the_others_go_on() {
    let folder = Folder::with(&[(
        "script.js",
        r"
import { sleep } from 'k6';
export const options = { vus: 4, duration: '1s', vusPerRealm: 2, memoryPerRealm: '16MiB' };
function hoard(kept) { for (;;) kept.push(new Uint8Array(1e5)); }
export default function () { sleep(0.02); if (__VU === 1) hoard([]); if (__VU > 2) console.log('went on'); }
",
    )]);
    let ended = folder.run(["run", "script.js"]).expect(107);
    for fragment in
        ["`script.js` needs more than 16 MiB", "at hoard (script.js:4:", "ran out of memory in", "went on"]
    {
        assert!(
            ended.err.contains(fragment) || ended.out.contains(fragment),
            "`{fragment}` is missing in:\n{}",
            ended.err
        );
    }
    let folder =
        Folder::with(&[("script.js", "const kept = []; for (;;) kept.push({});\nexport default () => {};")]);
    let ended = folder.run(["run", "--memory-per-realm", "16MiB", "script.js"]).expect(107);
    assert!(ended.err.contains("`script.js` needs more than 16 MiB"), "{}", ended.err);
}
