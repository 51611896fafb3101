//! Histories that were damaged, histories of before, and files without end: said, and never taken for something else.

use std::fs;

use serde_json::Value;

use crate::support::{Folder, repository};

/// A history of three runs; what stands in its tables of the second is changed on the disk.
fn damaged() -> Folder {
    let line = |second: u64, latency: u64| {
        format!(
            r#"{{"code":200,"timestamp":"2026-11-26T10:00:{second:02}Z","latency":{latency}000000,"bytes_in":9,"bytes_out":0,"error":"","method":"GET","url":"http://shop.test/cart"}}"#
        )
    };
    let results = |slower: u64| {
        let lines: Vec<String> = (0..20).map(|second| line(second, 10 + second + slower)).collect();
        lines.join("\n") + "\n"
    };
    let files = [("first.json", results(0)), ("second.json", results(1)), ("third.json", results(2))];
    let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
    let folder = Folder::with(&files);
    folder
        .run(["history", "--history", "h.sqlite", "import", "first.json", "second.json", "third.json"])
        .expect(0);
    let path = folder.path("h.sqlite");
    let mut bytes = fs::read(&path).unwrap();
    let name = b"second.json";
    let places: Vec<usize> =
        (0..bytes.len() - name.len()).filter(|at| bytes[*at..].starts_with(name)).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at] ^= 1;
    }
    fs::write(path, bytes).unwrap();
    folder
}

#[test]
fn a_damaged_run_is_named_and_the_rest_can_be_read() {
    let folder = damaged();
    let ask = |words: &[&str]| folder.run([&["history", "--history", "h.sqlite"], words].concat());
    let told = "run 2 is damaged: what is kept of it is not what was written";
    let listed = ask(&["list"]).expect(3);
    assert!(listed.err.contains(told) && listed.err.contains("left out"), "{}", listed.err);
    assert!(
        listed.out.contains("not what was written  damaged") && !listed.out.contains("econd.json"),
        "{}",
        listed.out
    );
    let listed: Value = serde_json::from_str(&ask(&["list", "--json"]).expect(3).out).unwrap();
    let states: Vec<(i64, &str)> = listed["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| (run["run"].as_i64().unwrap(), run["state"].as_str().unwrap()))
        .collect();
    assert_eq!(states, [(2, "damaged"), (3, "imported"), (1, "imported")]);
    assert!(ask(&["show", "2"]).expect(3).err.contains(told));
    assert!(ask(&["show", "3"]).expect(0).err.contains(told), "whoever looks is told");
    ask(&["show", "latest"]).expect(0);
    let unsure = ask(&["show", "-2"]).expect(3);
    assert!(unsure.err.contains("it cannot be told which run is `-2`"), "{}", unsure.err);
    ask(&["trend", "all requests", "p95"]).expect(3);
    let exported = ask(&["export", "all", "out"]).expect(3);
    assert!(exported.out.contains("2 runs exported"), "{}", exported.out);

    let dry = ask(&["prune", "--damaged", "--dry-run"]).expect(0);
    assert!(dry.out.contains("run 2, which is damaged, would go"), "{}", dry.out);
    ask(&["list"]).expect(3);
    ask(&["prune", "--damaged"]).expect(0);
    let listed = ask(&["list"]).expect(0);
    assert!(listed.err.is_empty() || !listed.err.contains("damaged"), "{}", listed.err);
    ask(&["show", "-2"]).expect(0);
    assert!(ask(&["import", "second.json"]).expect(0).out.contains("second.json is run 4"));
}

#[test]
fn histories_of_before_are_read_and_not_changed() {
    for version in [1, 2] {
        let folder = Folder::new();
        let fixture = repository(&format!("crates/history/tests/fixtures/version-{version}.sqlite"));
        let before = fs::read(fixture).unwrap();
        fs::write(folder.path("h.sqlite"), &before).unwrap();
        let commands = [
            "history list",
            "history show 2",
            "history show 5",
            "history export 3 three.run",
            "history export all out",
            "compare 1 2",
            "budget check 4",
            "baseline check 4",
            "baseline show release",
            "report baselines --output page.md",
        ];
        let history = ["--history", "h.sqlite"];
        for command in commands {
            let words: Vec<&str> = command.split(' ').chain(history).collect();
            let ended = folder.run(words).expect(0);
            assert!(!ended.err.contains("damaged"), "{command}: {}", ended.err);
        }
        let trend =
            folder.run(["history", "trend", "all requests", "p95", "--history", "h.sqlite"]).expect(0);
        assert!(trend.out.contains("all requests p95, 4 runs"), "{}", trend.out);
        assert!(fs::read(folder.path("h.sqlite")).unwrap() == before, "it was changed");
        // What is written brings it up to date, with all that was in it.
        folder.run(["baseline", "save", "mine", "--like", "4", "--history", "h.sqlite"]).expect(0);
        assert!(fs::read(folder.path("h.sqlite")).unwrap() != before);
        let listed = folder.run(["history", "list", "--history", "h.sqlite"]).expect(0);
        assert!(listed.out.contains("unknown (crashed)"), "{}", listed.out);
    }
}

#[test]
fn a_damaged_run_is_mended_from_what_is_kept_of_it() {
    let folder = damaged();
    let ask = |words: &[&str]| folder.run([&["history", "--history", "h.sqlite"], words].concat());
    let told = ask(&["list"]).expect(3);
    assert!(told.err.contains("`loadline history repair` works out again"), "{}", told.err);
    // Its name stood in the file as well, where it is packed: what was turned over is in the row alone.
    let repaired = ask(&["repair"]).expect(0);
    assert_eq!(repaired.out, "run 2 is described anew by its Run\nnothing is damaged any more\n");
    let listed = ask(&["list"]).expect(0);
    assert!(listed.out.contains("second.json") && !listed.err.contains("damaged"), "{listed:?}");
    assert_eq!(ask(&["repair"]).expect(0).out, "nothing is damaged\n");
    let value: Value = serde_json::from_str(&ask(&["repair", "--json"]).expect(0).out).unwrap();
    assert_eq!(value, serde_json::json!({ "version": 1, "mended": [], "left": [] }));
}

#[test]
fn a_damaged_figure_is_mended_and_what_cannot_be_is_named() {
    let folder = damaged();
    folder.run(["history", "repair", "--history", "h.sqlite"]).expect(0);
    let path = folder.path("h.sqlite");
    let database = rusqlite::Connection::open(&path).unwrap();
    database.execute_batch("UPDATE loadline_figures SET value = value + 1 WHERE run = 1").unwrap();
    let ask = |words: &[&str]| folder.run([&["history", "--history", "h.sqlite"], words].concat());
    let before = ask(&["show", "1"]).expect(3);
    assert!(before.err.contains("`loadline history repair`"), "{}", before.err);
    let repaired = ask(&["repair"]).expect(0);
    assert!(
        repaired.out.contains("run 1: its p95 of `all requests` is worked out again"),
        "{}",
        repaired.out
    );
    ask(&["show", "1"]).expect(0);
    ask(&["trend", "all requests", "p95"]).expect(0);
    database
        .execute_batch(
            "UPDATE loadline_contents SET file = zeroblob(9); UPDATE loadline_figures SET value = 1",
        )
        .unwrap();
    let repaired = ask(&["repair"]).expect(3);
    assert!(
        repaired.out.contains("left: run 1 is damaged: its file is not what was written"),
        "{}",
        repaired.out
    );
    assert!(repaired.err.contains("takes the Run file of a damaged run in again"), "{}", repaired.err);
    let again = ask(&["import", "first.json"]).expect(0);
    assert!(again.out.contains("has taken its place"), "{}", again.out);
    ask(&["show", "1"]).expect(0);
}

#[test]
fn two_runs_in_one_file_are_not_the_first_of_them() {
    let folder = Folder::new();
    folder.write("pass.js", "export const options = { iterations: 3, thresholds: { iterations: ['count>1'] } }; export default function () {}");
    folder.write("fail.js", "export const options = { iterations: 3, thresholds: { iterations: ['count>9'] } }; export default function () {}");
    folder.run(["run", "-q", "--no-history", "pass.js", "--out", "run=pass.run"]).expect(0);
    folder.run(["run", "-q", "--no-history", "fail.js", "--out", "run=fail.run"]).expect(99);
    let both =
        [fs::read(folder.path("pass.run")).unwrap(), fs::read(folder.path("fail.run")).unwrap()].concat();
    fs::write(folder.path("both.run"), both).unwrap();
    folder.run(["budget", "check", "pass.run"]).expect(0);
    let checked = folder.run(["budget", "check", "both.run"]).expect(1);
    assert!(checked.err.contains("there is something behind its end"), "{}", checked.err);
    let imported = folder.run(["history", "import", "both.run"]).expect(3);
    assert!(imported.err.contains("nothing of it is taken"), "{}", imported.err);
}

#[test]
fn what_is_no_history_is_told_and_none_is_made_by_who_changes_one() {
    let folder = Folder::new();
    fs::create_dir(folder.path("folder")).unwrap();
    let fifo = folder.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let commands: [&[&str]; 7] = [
        &["history", "list"],
        &["history", "prune", "--keep", "1"],
        &["history", "repair"],
        &["history", "import", "/dev/null"],
        &["baseline", "save", "main"],
        &["baseline", "accept", "1", "--why", "so"],
        &["budget", "check", "latest"],
    ];
    for command in commands {
        for (place, words) in [("folder", "it is a folder"), ("pipe", "it is a pipe")] {
            let ended = folder.run(command.iter().copied().chain(["--history", place])).expect(3);
            assert!(ended.err.contains(words), "{command:?}: {}", ended.err);
        }
        folder.run(command.iter().copied().chain(["--history", ""])).expect(2);
        if command[1] != "import" {
            let ended = folder.run(command.iter().copied().chain(["--history", "gone/h.sqlite"])).expect(3);
            assert!(
                ended.err.contains("there is no history at `gone/h.sqlite`"),
                "{command:?}: {}",
                ended.err
            );
            assert!(!folder.path("gone").exists(), "{command:?}");
        }
    }
}

#[test]
fn what_is_typed_wrong_is_told_from_what_cannot_be_done() {
    let folder = damaged();
    folder.run(["history", "repair", "--history", "h.sqlite"]).expect(0);
    let ask = |words: &[&str]| folder.run([words, &["--history", "h.sqlite"]].concat());
    for name in ["", " ", "a\nb", &"x".repeat(201)] {
        let ended = ask(&["baseline", "save", name]).expect(2);
        assert!(ended.err.contains("the name of"), "{}", ended.err);
    }
    for run in ["", "-0", "latest~1"] {
        ask(&["history", "show", run]).expect(2);
        ask(&["baseline", "check", run]).expect(2);
    }
    ask(&["history", "show", "77"]).expect(3);
}

#[test]
fn a_link_to_a_project_file_that_is_gone_is_no_run_without_budgets() {
    let folder = Folder::new();
    folder.write("script.js", "export const options = { iterations: 3 }; export default function () {}");
    std::os::unix::fs::symlink("gone/loadline.toml", folder.path("loadline.toml")).unwrap();
    let ended = folder.run(["run", "-q", "--no-history", "script.js"]).expect(104);
    assert!(ended.err.contains("cannot read the project file `loadline.toml`"), "{}", ended.err);
    folder.run(["run", "-q", "--no-history", "--project", "none", "script.js"]).expect(0);
}

#[test]
fn files_without_end_are_refused() {
    let folder = damaged();
    for words in [
        &["history", "--history", "new.sqlite", "import", "/dev/zero"][..],
        &["history", "--history", "new.sqlite", "import", "--format", "vegeta", "/dev/zero"],
        &["history", "--history", "new.sqlite", "import", "--format", "k6-json", "/dev/zero"],
        &["history", "--history", "new.sqlite", "import", "--format", "k6-summary", "/dev/zero"],
        &["history", "--history", "new.sqlite", "import", "--format", "wrk", "/dev/zero"],
        &["history", "--history", "new.sqlite", "import", "--format", "hdr", "/dev/zero"],
        &["budget", "check", "/dev/zero"],
        &["compare", "/dev/zero", "first.json"],
        &["compare", "first.json", "/dev/zero"],
    ] {
        let ended = folder.run(words.iter().copied()).expect(3);
        assert!(ended.err.contains("error: "), "{words:?}: {}", ended.err);
    }
}
