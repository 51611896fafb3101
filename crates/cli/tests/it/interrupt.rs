//! The first interrupt stops gracefully, the second at once; the Run is kept either way, and when the process is
//! killed.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::Stdio;

use loadline_measure::Completeness;
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Ended, Folder, Talking};

const ENDLESS: &str = r"
import { sleep } from 'k6';
export const options = { vus: 2, duration: '10m', gracefulStop: '10m' };
export default function () { console.log('iteration'); sleep(Number(__ENV.SLEEP)); }
export function teardown() { console.log('teardown'); }
";

/// Starts the endless script, waits until an iteration has begun, and sends this many interrupts.
fn interrupted(sleep: &str, interrupts: usize) -> (Folder, Ended) {
    let folder = Folder::with(&[("script.js", ENDLESS)]);
    let mut child = folder
        .loadline(["run", "-q", "-e", &format!("SLEEP={sleep}"), "--out", "run=kept.run", "script.js"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut err = String::new();
    let mut read_until = |fragment: &str| {
        while !err.lines().last().unwrap_or_default().contains(fragment) {
            assert_ne!(lines.read_line(&mut err).unwrap(), 0, "`{fragment}` never came:\n{err}");
        }
    };
    read_until("iteration");
    let pid = Pid::from_child(&child);
    kill_process(pid, Signal::INT).unwrap();
    read_until("stopping");
    if interrupts == 2 {
        kill_process(pid, Signal::INT).unwrap();
    }
    while lines.read_line(&mut err).unwrap() > 0 {}
    let output = child.wait_with_output().unwrap();
    let ended = Ended { code: output.status.code(), out: String::from_utf8(output.stdout).unwrap(), err };
    (folder, ended)
}

fn kept_iterations(folder: &Folder) -> bool {
    let (run, _) = loadline_measure::read_run(std::fs::File::open(folder.path("kept.run")).unwrap()).unwrap();
    run.schema().find("vus").is_some()
}

#[test]
fn one_interrupt_lets_iterations_end_and_runs_teardown() {
    let (folder, ended) = interrupted("0.05", 1);
    let ended = ended.expect(105);
    assert!(ended.err.contains("teardown"), "{}", ended.err);
    assert!(ended.out.contains("iterations"), "the summary is missing:\n{}", ended.out);
    assert!(kept_iterations(&folder));
}

#[test]
fn two_interrupts_end_at_once_and_keep_the_run() {
    let (folder, ended) = interrupted("600", 2);
    let ended = ended.expect(105);
    assert!(!ended.err.contains("teardown"), "{}", ended.err);
    assert!(kept_iterations(&folder));
}

#[test]
fn a_killed_process_leaves_a_run_that_can_be_read() {
    let folder = Folder::with(&[("script.js", ENDLESS)]);
    let mut child = folder
        .loadline(["run", "-e", "SLEEP=0.05", "--out", "run=kept.run", "script.js"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Two users at twenty iterations a second need over two seconds for these; the first is on disk then.
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert_eq!(lines.filter(|line| line.as_ref().unwrap() == "iteration").take(100).count(), 100);
    child.kill().unwrap();
    child.wait().unwrap();
    let file = std::fs::File::open(folder.path("kept.run")).unwrap();
    let (run, completeness) = loadline_measure::read_run(file).unwrap();
    assert!(matches!(completeness, Completeness::Cut { last_second: Some(_), .. }), "{completeness:?}");
    let iterations = run.select::<&str, &str>(run.schema().find("iterations").unwrap(), &[]).unwrap();
    assert!(iterations.count() > 0);
}

/// A server that takes connections and never says anything.
fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

/// The listener gives up waiting only when the test does, so a command that waits for it never ends.
#[test]
fn a_silent_history_is_not_waited_for_by_who_wants_to_end() {
    let folder = Folder::with(&[("script.js", "export default function () {}")]);
    let (listener, address) = silent();
    let history = format!("postgres://me:password@{address}/history?sslmode=disable");
    for words in [&["run", "script.js"][..], &["hit", "-n", "1", "http://127.0.0.1:9/"]] {
        let command = Talking::start(&mut folder.loadline([words, &["--history", &history]].concat()));
        // It is connected, and waits for a word.
        let held = listener.accept().unwrap();
        command.signal(Signal::INT);
        let ended = command.end().expect(105);
        assert!(ended.err.contains("it was not waited for any longer"), "{}", ended.err);
        drop(held);
    }
}

#[test]
fn a_target_that_hangs_keeps_nobody_who_insists() {
    let (listener, address) = silent();
    let script = format!(
        "import http from 'k6/http';
         export const options = {{ vus: 2, duration: '10m', gracefulStop: '10m' }};
         export default function () {{ http.get('http://{address}/', {{ timeout: '10m' }}); }}"
    );
    let folder = Folder::with(&[("script.js", &script)]);
    let mut command =
        Talking::start(&mut folder.loadline(["run", "-q", "--out", "run=kept.run", "script.js"]));
    let _held: Vec<_> = (0..2).map(|_| listener.accept().unwrap()).collect();
    command.signal(Signal::INT);
    command.until("stopping");
    command.signal(Signal::INT);
    command.end().expect(105);
    assert!(kept_iterations(&folder));
}

#[test]
fn a_run_file_is_one_process_s_as_long_as_it_lives() {
    let folder = Folder::with(&[("script.js", ENDLESS)]);
    let words = ["run", "-q", "--no-history", "-e", "SLEEP=0.05", "--out", "run=kept.run", "script.js"];
    let mut first = Talking::start(&mut folder.loadline(words));
    first.until("iteration");
    let second = folder.run(words).expect(104);
    assert!(second.err.contains("`kept.run`") && second.err.contains("writ"), "{}", second.err);
    first.signal(Signal::KILL);
    first.end();
    // The lock went with it, and what it left may be replaced.
    let mut third = Talking::start(&mut folder.loadline(words));
    third.until("iteration");
    third.signal(Signal::TERM);
    third.end().expect(105);
}
