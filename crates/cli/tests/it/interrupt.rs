//! The first interrupt stops gracefully, the second at once; the Run is kept either way, and when the process is
//! killed.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use loadline_measure::Completeness;
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Ended, Folder};

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
