//! What others do while a run goes on is a mark on its charts.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};

use super::support::{Folder, nginx};
use super::ui::{Events, hit, inside};

#[test]
fn lines_that_are_written_meanwhile_are_kept_with_the_run() {
    let (folder, server) = (Folder::with(&[("events.txt", "deploy: 0.9\n")]), nginx());
    let (mut child, _err, address) =
        hit(&folder, &server.url, &["-d", "5m", "--events", "events.txt", "--out", "run=it.run"]);
    let mut events = Events::open(address, "/events");
    assert!(events.next("second").is_some());
    fs::write(folder.path("events.txt"), "deploy: 0.9\ndeploy: 1.0 </script>\u{1b}[2J\npause\n").unwrap();
    let told = loop {
        let second = events.next("second").expect("the run goes on");
        if let Some(told) = second["events"].as_array() {
            break told[0].clone();
        }
    };
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(105));
    let words = |list: &serde_json::Value| -> Vec<(String, String)> {
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        list.as_array().unwrap().iter().map(|one| (text(&one["kind"]), text(&one["words"]))).collect()
    };
    let marks = [("deploy", r"deploy: 1.0 </script>\x1b[2J"), ("pause", "pause")];
    let marks = marks.map(|(kind, words)| (kind.to_owned(), words.to_owned()));
    assert_eq!(words(&told), marks);
    folder.run(["report", "it.run", "-o", "it.html"]);
    let document = inside(&folder.read("it.html"));
    assert_eq!(words(&document["events"])[..2], marks);
    assert_eq!(words(&document["events"]).last().unwrap().0, "abort");
    // What cannot be such a file is said before any load.
    let refused = folder.run(["hit", "-d", "1s", "--events", ".", "http://127.0.0.1:9/"]);
    assert_eq!(refused.code, Some(2), "{}", refused.err);
    assert!(refused.err.contains("`--events .` is no file"), "{}", refused.err);
}
