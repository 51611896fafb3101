//! Whatever ends this program ends what it started, and leaves nothing in the folder for temporary files after the next
//! start.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

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
    while !alive(folder).iter().any(|arguments| arguments.contains(" --no-history ")) {
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

/// What is open in a process, by its number there; nothing once it has ended.
fn open_in(process: &str) -> Vec<(u32, String)> {
    let Ok(entries) = std::fs::read_dir(format!("/proc/{process}/fd")) else { return Vec::new() };
    let open = entries.filter_map(|entry| {
        let entry = entry.ok()?;
        let link = std::fs::read_link(entry.path()).ok()?;
        Some((entry.file_name().to_str()?.parse().ok()?, link.to_string_lossy().into_owned()))
    });
    open.collect()
}

/// Histories, locks, logs and sockets are nobody's business but ours.
#[test]
fn a_service_is_given_no_descriptor_but_those_that_all_have() {
    let folder = new_folder();
    // It opens nothing by itself, and never answers.
    let sleeps = "exec sleep 600 # {port}";
    let comparison =
        Talking::start(&mut marked(&folder, &["compare", "--a", sleeps, "--b", sleeps, "script.js"]));
    let mark = format!("{MARK}={}", folder.path("").display());
    let service = loop {
        let found = std::fs::read_dir("/proc").unwrap().find_map(|entry| {
            let path = entry.unwrap().path();
            let is_it = std::fs::read(path.join("cmdline")).ok()?.starts_with(b"sleep\0");
            let environment = std::fs::read(path.join("environ")).ok()?;
            let ours = environment.split(|byte| *byte == 0).any(|pair| pair == mark.as_bytes());
            (is_it && ours).then(|| path.file_name().unwrap().to_str().unwrap().to_owned())
        });
        if let Some(found) = found {
            break found;
        }
        std::thread::yield_now();
    };
    let open = open_in(&service);
    assert!(open.iter().any(|(number, _)| *number == 1), "{open:?}");
    // Whoever started these tests may have left something open for everybody.
    let from_outside = open_in("self");
    let ours: Vec<_> = open
        .iter()
        .filter(|(number, link)| *number > 2 && !from_outside.iter().any(|(_, of)| of == link))
        .collect();
    assert!(ours.is_empty(), "{ours:?}");
    comparison.signal(Signal::INT);
    comparison.end().expect(105);
    assert_eq!(alive(&folder), Vec::<String>::new());
}

/// In a terminal, which sends the interrupt to all that run in its foreground.
#[test]
fn an_interrupt_that_is_typed_ends_a_comparison_and_all_of_it() {
    let folder = new_folder();
    let (base, head) = (build("cd d && X=1 serve"), build("serve &"));
    let line = format!("exec {} compare --a '{base}' --b '{head}' script.js", env!("CARGO_BIN_EXE_loadline"));
    folder.write("typed.sh", &line);
    let mut terminal = folder.shell(["script", "-qefc", "exec sh typed.sh", "/dev/null"]);
    terminal.env(MARK, folder.path("")).env("TMPDIR", folder.path("tmp")).env("SHELL", "/bin/sh");
    let mut terminal = terminal.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    while !alive(&folder).iter().any(|arguments| arguments.contains(" --no-history ")) {
        assert!(terminal.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::yield_now();
    }
    // Ctrl-C.
    terminal.stdin.as_ref().unwrap().write_all(b"\x03").unwrap();
    assert_eq!(terminal.wait().unwrap().code(), Some(105));
    assert_eq!(alive(&folder), Vec::<String>::new());
    assert_eq!(left(&folder), Vec::<String>::new());
}
