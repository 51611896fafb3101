//! Whatever ends this program ends what it started, and leaves nothing in the folder for temporary files after the next
//! start.

use std::path::Path;
use std::process::Command;

use rustix::process::Signal;

use crate::support::{Folder, Talking};

const ENDLESS: &str = r"
import http from 'k6/http';
export const options = { vus: 2, duration: '10m' };
export default function () { http.get(`${__ENV.BASE_URL}/`); }
";

/// Set in the environment of what a test starts, so that it is found again wherever it went.
const MARK: &str = "TEST_MARK";

/// The arguments of every process that descends from this test's command.
fn alive(folder: &Folder) -> Vec<String> {
    let mark = format!("{MARK}={}", folder.path("").display());
    let entries = std::fs::read_dir("/proc").unwrap();
    entries
        .filter_map(|entry| {
            let path = entry.unwrap().path();
            let environment = std::fs::read(path.join("environ")).ok()?;
            environment.split(|byte| *byte == 0).find(|pair| *pair == mark.as_bytes())?;
            Some(String::from_utf8_lossy(&std::fs::read(path.join("cmdline")).ok()?).replace('\0', " "))
        })
        .collect()
}

/// A command of this test: with its mark, and a folder for temporary files of its own.
fn marked(folder: &Folder, words: &[&str]) -> Command {
    let mut command = folder.loadline(words);
    command.env(MARK, folder.path("")).env("TMPDIR", folder.path("tmp"));
    command
}

fn new_folder() -> Folder {
    Folder::with(&[("script.js", ENDLESS), ("tmp/keep", ""), ("d/keep", "")])
}

fn wait_until_nothing_is_left(folder: &Folder) {
    while !alive(folder).is_empty() {
        std::thread::yield_now();
    }
}

/// What is left in the folder for temporary files.
fn left(folder: &Folder) -> Vec<String> {
    let entries = std::fs::read_dir(folder.path("tmp")).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "keep")
        .collect()
}

/// A build, started as people write such commands.
fn build(how: &str) -> String {
    let serve = format!(
        "{} holiday serve --listen 127.0.0.1:{{port}} --programs 200",
        env!("CARGO_BIN_EXE_loadline")
    );
    how.replace("serve", &serve)
}

/// Starts a comparison and waits until a round is under way.
fn comparing(folder: &Folder) -> Talking {
    let (base, head) = (build("cd d && X=1 serve"), build("serve &"));
    let mut comparison =
        Talking::start(&mut marked(folder, &["compare", "--a", &base, "--b", &head, "script.js"]));
    comparison.until("one to warm up");
    while !alive(folder).iter().any(|arguments| arguments.contains(" run -q ")) {
        std::thread::yield_now();
    }
    comparison
}

#[test]
fn a_signal_ends_a_comparison_with_its_builds_and_its_round() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let folder = new_folder();
        let comparison = comparing(&folder);
        comparison.signal(signal);
        comparison.end().expect(105);
        assert_eq!(alive(&folder), Vec::<String>::new(), "{signal:?}");
        assert_eq!(left(&folder), Vec::<String>::new(), "{signal:?}");
    }
}

#[test]
fn what_a_killed_comparison_started_ends_and_the_next_start_removes_its_folder() {
    let folder = new_folder();
    let comparison = comparing(&folder);
    comparison.signal(Signal::KILL);
    assert_eq!(comparison.end().code, None);
    wait_until_nothing_is_left(&folder);
    assert_eq!(left(&folder).len(), 1);
    let next = Talking::start(&mut marked(&folder, &["aa", "--a", "false {port}", "script.js"])).end();
    next.expect(3);
    assert_eq!(left(&folder), Vec::<String>::new());
}

#[test]
fn what_a_killed_demo_started_ends() {
    let folder = new_folder();
    let words = ["demo", "--users=3", "--gateway=stripe-simulator", "--database=postgres"];
    let mut demo = Talking::start(&mut marked(&folder, &words));
    demo.until("against the reference system");
    demo.signal(Signal::KILL);
    demo.end();
    wait_until_nothing_is_left(&folder);
    Talking::start(&mut marked(&folder, &["aa", "--a", "false {port}", "script.js"])).end().expect(3);
    assert_eq!(left(&folder), Vec::<String>::new());
}

#[test]
fn what_a_build_printed_is_found_again() {
    let folder = new_folder();
    let ended = folder.run(["aa", "--a", "echo out; echo err >&2; exit 7; : {port}", "script.js"]).expect(3);
    assert!(ended.err.contains("exit status: 7"), "{}", ended.err);
    assert!(ended.err.contains("out\nerr\n"), "{}", ended.err);
    assert!(Path::new(&folder.path(".loadline/output/base.log")).exists());
}

#[test]
fn no_password_of_an_address_stands_in_an_argument() {
    let nginx = crate::support::nginx();
    let folder = new_folder();
    let base = nginx.url.replace("http://", "http://me:S3cr3tMark42@");
    for words in [
        &["compare", "--a", &base, "--b", &base, "script.js"][..],
        &["compare", "--a", &base, "--b", &base, "-d", "10m"],
    ] {
        let mut comparison = Talking::start(&mut marked(&folder, words));
        comparison.until("one to warm up");
        let ours = |arguments: &String| !arguments.contains("loadline compare ");
        while !alive(&folder).iter().any(|arguments| arguments.contains(" --no-history ")) {
            std::thread::yield_now();
        }
        for arguments in alive(&folder).iter().filter(|arguments| ours(arguments)) {
            assert!(!arguments.contains("S3cr3tMark42"), "{arguments}");
        }
        comparison.signal(Signal::INT);
        let ended = comparison.end().expect(105);
        assert!(!ended.err.contains("S3cr3tMark42"), "{}", ended.err);
    }
}
