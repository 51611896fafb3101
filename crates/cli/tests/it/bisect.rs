//! Which commit made it slower: a repository whose commits serve the reference system with other delays.

use std::process::Command;

use rustix::process::Signal;

use crate::support::{Ended, Folder, Talking, ended};

const SEARCH: &str = r"
import http from 'k6/http';
export const options = { vus: 2, iterations: 20 };
export default function () {
  const input = JSON.stringify({ json: { location: '2000', radius: 10 } });
  http.post(`${__ENV.BASE_URL}/api/trpc/search.findPrograms`, input, { headers: { 'Content-Type': 'application/json' } });
}
";
const BUILD: &str = "test \"$(cat delay)\" != broken && cp delay built";

fn git(folder: &Folder, words: &[&str]) -> String {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder.path("")).args(["-c", "user.name=t", "-c", "user.email=t@example.test"]);
    ended(command.args(words)).expect(0).out.trim().to_owned()
}

/// A repository with a commit for each delay.
fn repository(delays: &[&str]) -> Folder {
    let folder = Folder::with(&[("search.js", SEARCH), (".gitignore", ".loadline\nbuilt\n")]);
    git(&folder, &["init", "-q", "-b", "main"]);
    for (place, delay) in delays.iter().enumerate() {
        folder.write("delay", delay);
        folder.write("note", &place.to_string());
        git(&folder, &["add", "-A"]);
        git(&folder, &["commit", "-q", "-m", &format!("number {place}")]);
        if place == 0 {
            git(&folder, &["tag", "good"]);
        }
    }
    folder
}

fn words(more: &[&str]) -> Vec<String> {
    let serve = format!(
        "exec {} holiday serve --listen 127.0.0.1:{{port}} --programs 100 --search-delay \"$(cat built)\"",
        env!("CARGO_BIN_EXE_loadline")
    );
    let words = ["history", "bisect", "good..main", "--build", BUILD, "--serve", &serve];
    let rounds = ["--rounds", "3", "--max-rounds", "6", "--seed", "1", "search.js"];
    words.iter().chain(&rounds).chain(more).map(|word| (*word).to_owned()).collect()
}

fn bisect(folder: &Folder, more: &[&str]) -> Ended {
    folder.run(words(more))
}

#[test]
fn the_commit_is_named_and_what_does_not_build_is_left_out() {
    let folder = repository(&["5ms", "5ms", "broken", "5ms", "80ms", "80ms", "80ms"]);
    let told = bisect(&folder, &["--figure", "all requests p50"]).expect(0);
    let slow = git(&folder, &["rev-parse", "main~2"]);
    assert!(told.out.contains(&format!("{} made all requests p50 worse", &slow[..10])), "{}", told.out);
    assert!(told.out.contains("number 4") && told.err.contains("both ends, round 3"), "{}", told.err);
    assert!(git(&folder, &["status", "--short"]).is_empty());
    // Measured once, it is known; with another script it is not.
    folder.write("search.js", &SEARCH.replace("iterations: 20", "iterations: 10"));
    let mut other = Talking::start(&mut folder.loadline(words(&["--figure", "all requests p50"])));
    other.until("both ends, round 1");
    other.signal(Signal::INT);
    other.end().expect(105);
    folder.write("search.js", SEARCH);
    let again = bisect(&folder, &["--figure", "all requests p50", "--json"]).expect(0);
    let value: serde_json::Value = serde_json::from_str(&again.out).unwrap();
    assert_eq!((value["first_bad"].as_str(), value["named"].as_bool()), (Some(slow.as_str()), Some(true)));
    assert!(value["step"]["low"].as_f64().unwrap() > 1.0, "{value}");
    assert!(!again.err.contains("round "), "{}", again.err);
}

#[test]
fn a_row_whose_middle_does_not_build_is_narrowed_as_far_as_it_goes() {
    let folder = repository(&["5ms", "broken", "broken", "80ms"]);
    let told = bisect(&folder, &["--figure", "all requests p50"]).expect(1);
    assert!(told.out.contains("One of 3 commits after"), "{}", told.out);
    assert_eq!(told.out.matches("does not build").count(), 2, "{}", told.out);
}

#[test]
fn a_search_that_was_stopped_goes_on_and_leaves_nothing_running() {
    let folder = repository(&["5ms", "5ms", "80ms"]);
    folder.write("tmp/keep", "");
    let start = || {
        let mut command = folder.loadline(words(&["--figure", "all requests p50"]));
        command.env("TMPDIR", folder.path("tmp"));
        command
    };
    let mut talking = Talking::start(&mut start());
    talking.until("is worse: the search goes by it");
    talking.signal(Signal::INT);
    let stopped = talking.end().expect(105);
    assert!(stopped.err.contains("the same command goes on from there"), "{}", stopped.err);
    let left: Vec<_> =
        std::fs::read_dir(folder.path("tmp")).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert_eq!(left, ["keep"]);
    let told = ended(&mut start()).expect(0);
    assert!(
        told.out.contains("made all requests p50 worse") && !told.err.contains("both ends"),
        "{}",
        told.err
    );
}

#[test]
fn nothing_to_search_for_is_said() {
    let folder = repository(&["5ms", "5ms"]);
    let told = bisect(&folder, &["--figure", "all requests errors"]).expect(1);
    assert!(told.out.contains("all requests errors is not known to be worse at"), "{}", told.out);
    let other = bisect(&folder, &["--figure", "nothing p95"]).expect(3);
    assert!(other.err.contains("hint: they have `all requests"), "{}", other.err);
}

#[test]
fn mistakes_are_told_before_any_build() {
    let folder = repository(&["5ms", "80ms"]);
    for (words, code, fragment) in [
        (["main", "--serve", "x {port}"], 2, "must be two commits"),
        (["good..main", "--serve", "x"], 2, "needs `{port}`"),
        (["good..nowhere", "--serve", "x {port}"], 2, "git knows no commit `nowhere`"),
        (["main..good", "--serve", "x {port}"], 2, "does not come before"),
        (["good..good", "--serve", "x {port}"], 2, "are the same commit"),
        (["good..main", "--serve", "false {port}"], 3, "is not served"),
        (["good..main", "--serve=x {port}", "nothing.js"], 2, "cannot read the script `nothing.js`"),
    ] {
        let told = folder.run(["history", "bisect"].iter().chain(&words)).expect(code);
        assert!(told.err.contains(fragment), "{words:?}: {}", told.err);
    }
    let nowhere = Folder::new();
    let told = nowhere.run(["history", "bisect", "a..b", "--serve", "x {port}"]).expect(2);
    assert!(told.err.contains("no git repository"), "{}", told.err);
}
