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

#[test]
fn what_a_history_does_not_take_is_told_and_costs_nothing_that_it_has() {
    let folder = imported();
    let commands: [&[&str]; 5] = [
        &["history", "import", "more.json"],
        &["history", "prune", "--keep", "1"],
        &["history", "repair"],
        &["baseline", "save", "main", "--like", "3"],
        &["baseline", "accept", "2", "--why", "it is meant to be so"],
    ];
    let whole = std::fs::read(folder.path("whole.sqlite")).unwrap();
    for command in commands {
        for bytes in [0, 20_000, 40_000, 70_000] {
            for left in ["h.sqlite-wal", "h.sqlite-shm"] {
                let _ = std::fs::remove_file(folder.path(left));
            }
            std::fs::write(folder.path("h.sqlite"), &whole).unwrap();
            let ended = limited(&folder, bytes, &[command, &["--history", "h.sqlite"]].concat());
            let what = format!("{command:?} with {bytes} bytes: {} {}", ended.out, ended.err);
            // Repairing what is whole writes next to nothing.
            assert!(ended.code == Some(4) || bytes > 0 && ended.code == Some(0), "{:?} {what}", ended.code);
            assert!(ended.code == Some(0) || ended.err.contains("error: "), "{what}");
            let listed = folder.run(["history", "--history", "h.sqlite", "--json"]).expect(0);
            let runs = listed.out.matches("\"run\":").count();
            let expected = match command[1] {
                "prune" if ended.out.contains("gone") => 1,
                "import" if ended.code == Some(0) => 4,
                _ => 3,
            };
            assert_eq!(runs, expected, "{what}");
        }
    }
}

/// A history of three runs in one file, and a result that is not in it.
fn imported() -> Folder {
    let results = |latency: u64| -> String {
        let line = |second: u64| {
            format!(
                r#"{{"code":200,"timestamp":"2026-11-26T10:00:{second:02}Z","latency":{latency}{second:02}0000,"bytes_in":9,"bytes_out":0,"error":"","method":"GET","url":"http://shop.test/cart/of/{}"}}"#,
                "x".repeat(1000 + second as usize)
            )
        };
        (0..40).map(|second| line(second) + "\n").collect()
    };
    let files: Vec<String> = (1..5).map(results).collect();
    let folder = Folder::with(&[
        ("1.json", &files[0]),
        ("2.json", &files[1]),
        ("3.json", &files[2]),
        ("more.json", &files[3]),
    ]);
    for file in ["1.json", "2.json", "3.json"] {
        folder.run(["history", "import", file, "--history", "h.sqlite"]).expect(0);
    }
    std::fs::rename(folder.path("h.sqlite"), folder.path("whole.sqlite")).unwrap();
    folder
}
