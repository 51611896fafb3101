//! Disks that fill: what is not written is told and is no success, and what failed has failed. `bench/faults-disk` has
//! twenty moments of every output.

use std::process::Command;

use crate::support::{Ended, Folder, ended};

const SCRIPT: &str = "import { Counter } from 'k6/metrics';
const made = new Counter('made');
export const options = { iterations: 300, thresholds: { made: [__ENV.FAIL ? 'count<1' : 'count>1'] } };
export default function () { made.add(1, { n: `of ${__ITER}` }); }
export function handleSummary(data) { return __ENV.OWN ? { 'own.json': JSON.stringify(data, null, 1) } : {}; }";

/// A command whose files may become so long (setrlimit(2)).
fn limited(folder: &Folder, bytes: u64, words: &[&str]) -> Ended {
    let mut command = Command::new("prlimit");
    command.arg(format!("--fsize={bytes}")).arg(env!("CARGO_BIN_EXE_loadline")).args(words);
    ended(command.current_dir(folder.path("")))
}

fn length(folder: &Folder, file: &str) -> u64 {
    std::fs::metadata(folder.path(file)).unwrap().len()
}

#[track_caller]
fn says_what_is_missing(ended: Ended, code: i32, file: &str) {
    let ended = ended.expect(code);
    assert!(ended.err.contains(file) && ended.err.contains("File too large"), "{}", ended.err);
    assert!(!ended.err.contains("panicked"), "{}", ended.err);
}

#[test]
fn an_output_that_does_not_fit_is_told_and_no_success() {
    let folder = Folder::with(&[("script.js", SCRIPT)]);
    for (file, flags) in [
        ("a.run", &["--out", "run=a.run"][..]),
        ("a.json", &["--out", "json=a.json"]),
        ("a.csv", &["--out", "csv=a.csv"]),
        ("summary.json", &["--summary-export", "summary.json"]),
        ("junit.xml", &["--junit", "junit.xml"]),
        ("own.json", &["-e", "OWN=1"]),
    ] {
        let words = [&["run", "-q", "--no-history", "script.js"], flags].concat();
        folder.run(&words).expect(0);
        let whole = length(&folder, file);
        // A Run's description, before any load, is about a third of this one.
        for bytes in [whole / 2, whole * 3 / 4] {
            std::fs::remove_file(folder.path(file)).unwrap_or_default();
            says_what_is_missing(limited(&folder, bytes, &words), 112, file);
        }
        let failed = [&words[..], &["-e", "FAIL=1"]].concat();
        std::fs::remove_file(folder.path(file)).unwrap_or_default();
        says_what_is_missing(limited(&folder, whole / 2, &failed), 99, file);
    }
}

#[test]
fn a_history_that_does_not_fit_is_a_file_beside_it_or_no_success() {
    let folder = Folder::with(&[("script.js", SCRIPT)]);
    let words = ["run", "-q", "script.js", "--history", "history.sqlite"];
    let ended = limited(&folder, 60_000, &words).expect(0);
    assert!(ended.err.contains("not kept in the history"), "{}", ended.err);
    let kept = ended.err.lines().find_map(|line| line.strip_prefix("run kept in ")).expect(&ended.err);
    folder.run(["history", "import", kept, "--history", "other.sqlite"]).expect(0);
    let nowhere = Folder::with(&[("script.js", SCRIPT)]);
    let ended = limited(&nowhere, 0, &words).expect(112);
    assert!(ended.err.contains("error: the run is not kept"), "{}", ended.err);
}

#[test]
fn verdicts_that_do_not_fit_are_told_and_no_success() {
    let folder = Folder::with(&[("script.js", SCRIPT)]);
    folder.run(["run", "-q", "--no-history", "script.js", "--out", "run=kept.run"]).expect(0);
    let words = ["budget", "check", "kept.run", "--junit", "junit.xml"];
    says_what_is_missing(limited(&folder, 100, &words), 4, "junit.xml");
    assert!(!folder.path("junit.xml").exists());
    folder
        .run(["run", "-q", "--no-history", "script.js", "-e", "FAIL=1", "--out", "run=failed.run"])
        .expect(99);
    let words = ["budget", "check", "failed.run", "--junit", "junit.xml"];
    says_what_is_missing(limited(&folder, 100, &words), 1, "junit.xml");
}
