//! A run whose process crashes or is killed is told by the next command and judged as what it is: no whole run.

use rustix::process::Signal;

use crate::support::{Folder, Talking};

const SCRIPT: &str = r"
import { sleep } from 'k6';
export const options = { vus: 2, duration: '10m', thresholds: { iterations: [__ENV.LIMIT] } };
export default function () { console.log('iteration'); sleep(0.05); }
";

/// Starts the script, and ends its process with this signal when it has recorded its first second.
fn crashed(limit: &str, signal: Signal) -> Folder {
    let folder = Folder::with(&[("script.js", SCRIPT)]);
    let arguments = ["run", "-e", &format!("LIMIT={limit}"), "--out", "run=kept.run", "script.js"];
    let mut run = Talking::start(&mut folder.loadline(arguments));
    // Two users at twenty iterations a second need over two seconds for these.
    for _ in 0..100 {
        run.until("iteration");
    }
    run.signal(signal);
    if signal == Signal::SEGV {
        // The first one, which no memory access has caused, only takes the handler of stack overflows away.
        while run.catches(signal) {
            std::thread::yield_now();
        }
        run.signal(signal);
    }
    assert_eq!(run.end().code, None, "a signal ended it");
    folder
}

#[test]
fn the_next_command_says_so_once() {
    for signal in [Signal::KILL, Signal::SEGV, Signal::ABORT] {
        let folder = crashed("count>0", signal);
        let listed = folder.run(["history"]).expect(0);
        assert!(
            listed.err.contains("run 1 ended without an ending: crashed after")
                && listed.err.contains("judge it with `loadline budget check 1`"),
            "{}",
            listed.err
        );
        assert!(listed.out.contains("inconclusive (crashed)"), "{}", listed.out);
        let again = folder.run(["history", "list"]).expect(0);
        assert!(!again.err.contains("without an ending"), "{}", again.err);
        assert!(again.out.contains("inconclusive (crashed)"), "{}", again.out);
    }
}

#[test]
fn what_holds_of_a_crashed_run_is_no_pass() {
    let folder = crashed("count>0", Signal::KILL);
    let shown = folder.run(["history", "show", "latest"]).expect(0);
    assert!(shown.out.contains("1 of 1 had held"), "{}", shown.out);
    let judged = folder.run(["budget", "check", "1", "--junit", "verdicts.xml"]).expect(1);
    assert!(judged.out.contains("iterations") && judged.out.contains("run endings"), "{}", judged.out);
    assert!(judged.err.contains("`1` is not a whole run: it has no ending after"), "{}", judged.err);
    assert!(folder.read("verdicts.xml").contains("failures=\"1\""));
    let json = folder.run(["budget", "check", "1", "--json"]).expect(1);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["passed"], false);
    // The file of a run that is in no history says as much.
    let file = folder.run(["budget", "check", "kept.run"]).expect(1);
    assert!(file.err.contains("`kept.run` is not a whole run: it has no ending after"), "{}", file.err);
    let compared = folder.run(["compare", "1", "kept.run"]).expect(2);
    assert!(compared.err.contains("`1` is not a whole run"), "{}", compared.err);
}

#[test]
fn what_did_not_hold_has_failed() {
    let folder = crashed("count<1", Signal::SEGV);
    folder.run(["budget", "check", "latest"]).expect(1);
    let shown = folder.run(["history", "show", "1"]).expect(0);
    assert!(shown.out.contains("failed (crashed)"), "{}", shown.out);
    assert!(shown.out.contains("1 of 1 had failed"), "{}", shown.out);
}

#[test]
fn a_run_that_goes_on_has_not_crashed() {
    let folder = Folder::with(&[("script.js", SCRIPT)]);
    let mut run = Talking::start(&mut folder.loadline(["run", "-e", "LIMIT=count>0", "script.js"]));
    for _ in 0..100 {
        run.until("iteration");
    }
    let listed = folder.run(["history"]).expect(0);
    assert!(!listed.err.contains("without an ending"), "{}", listed.err);
    assert!(listed.out.contains("(unfinished)"), "{}", listed.out);
    let judged = folder.run(["budget", "check", "1"]).expect(1);
    assert!(judged.err.contains("it still goes on"), "{}", judged.err);
    run.signal(Signal::INT);
    run.end().expect(105);
    let listed = folder.run(["history"]).expect(0);
    assert!(
        !listed.err.contains("without an ending") && listed.out.contains("inconclusive (interrupted)"),
        "{}{}",
        listed.err,
        listed.out
    );
}
