//! Runs in a browser: `--ui` and `loadline ui`, over a socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::support::{Folder, ended, nginx};

/// A stream of server-sent events.
pub(crate) struct Events(BufReader<TcpStream>);

impl Events {
    pub(crate) fn open(address: SocketAddr, path: &str) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n").unwrap();
        Self(BufReader::new(stream))
    }

    /// The data of the next event of this name; nothing when the stream ends before it.
    pub(crate) fn next(&mut self, name: &str) -> Option<Value> {
        let mut is_it = false;
        let mut line = String::new();
        while self.0.read_line(&mut line).unwrap() > 0 {
            if let Some(said) = line.strip_prefix("event: ") {
                is_it = said.trim_end() == name;
            } else if let (true, Some(data)) = (is_it, line.strip_prefix("data: ")) {
                return Some(serde_json::from_str(data).unwrap());
            }
            line.clear();
        }
        None
    }
}

pub(crate) fn page(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// The document inside a page.
pub(crate) fn inside(page: &str) -> Value {
    let data = page.split("id=\"run\"").nth(1).unwrap();
    let data = data.split_once('>').unwrap().1.split("</script>").next().unwrap();
    serde_json::from_str(data).unwrap()
}

/// The address in the first line that has one.
fn said(lines: &mut impl BufRead) -> SocketAddr {
    let mut line = String::new();
    while lines.read_line(&mut line).unwrap() > 0 {
        if let Some(rest) = line.split(" at http://").nth(1) {
            return rest.split('/').next().unwrap().parse().unwrap();
        }
        line.clear();
    }
    panic!("it said no address")
}

pub(crate) fn hit(folder: &Folder, url: &str, more: &[&str]) -> (Child, BufReader<ChildStderr>, SocketAddr) {
    let arguments = ["hit", "--ui=0", "-q", "-c", "2", "--budget", "errors<50%", url];
    let mut child = folder
        .loadline(arguments.iter().chain(more))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let address = said(&mut err);
    (child, err, address)
}

/// `loadline ui`, until it is dropped.
pub(crate) struct Ui(Child, pub(crate) SocketAddr, BufReader<ChildStdout>);

impl Ui {
    pub(crate) fn open(folder: &Folder, more: &[&str]) -> Self {
        let arguments = ["ui", "--listen", "0"];
        let mut child = folder.loadline(arguments.iter().chain(more)).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let address = said(&mut out);
        Self(child, address, out)
    }

    pub(crate) fn interrupt(&mut self) -> (Option<i32>, String) {
        kill_process(Pid::from_child(&self.0), Signal::INT).unwrap();
        let mut rest = String::new();
        self.2.read_to_string(&mut rest).unwrap();
        (self.0.wait().unwrap().code(), rest)
    }
}

impl Drop for Ui {
    /// A test that fails leaves nothing behind.
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_run_is_watched_to_its_end_here_and_from_its_history() {
    let folder = Folder::with(&[]);
    let server = nginx();
    let (mut child, mut err, address) = hit(&folder, &server.url, &["-d", "5m"]);
    assert!(page(address, "/").contains("data-events=\"/events\""));
    let mut events = Events::open(address, "/events");
    let whole = events.next("document").unwrap();
    assert_eq!(whole["version"], 1);
    let first = events.next("second").unwrap()["steps"].as_u64().unwrap();

    // Another process follows the same run in its history.
    let mut ui = Ui::open(&folder, &[]);
    let list = inside(&page(ui.1, "/"));
    let listed = &list["runs"][0];
    assert_eq!((listed["state"].as_str(), listed["id"].as_i64()), (Some("recorded"), Some(1)));
    assert!(page(ui.1, "/run/1").contains("data-events=\"/run/1/events\""));
    let mut followed = Events::open(ui.1, "/run/1/events");
    assert!(followed.next("document").is_some());
    assert!(followed.next("second").is_some());

    // Another second comes while it goes on. It ends when all that was seen.
    while events.next("second").unwrap()["steps"].as_u64().unwrap() <= first {}
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let last = events.next("ended").unwrap();
    let words = last["verdict"]["words"].as_str().unwrap();
    assert!(words.contains("interrupted by a signal"), "{words}");
    assert!(events.next("ended").is_none(), "nothing comes after the end");
    assert_eq!(followed.next("ended").unwrap()["verdict"]["words"], last["verdict"]["words"]);
    let mut rest = String::new();
    err.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(105), "{rest}");
    // The results are out, and the answer is the last line.
    let answer = rest.trim_end().lines().last().unwrap();
    assert!(answer.contains("interrupted, so this is not a pass: the requirement had held"), "{rest}");

    // What is over is a page like a report.
    let over = inside(&page(ui.1, "/run/1"));
    assert_eq!(over["verdict"]["words"], last["verdict"]["words"]);
    assert_eq!(inside(&page(ui.1, "/"))["runs"][0]["state"], "interrupted");
    for nothing in ["/run/7", "/run/x", "/elsewhere"] {
        assert!(page(ui.1, nothing).starts_with("HTTP/1.1 404"), "{nothing}");
    }
    assert_eq!(ui.interrupt(), (Some(0), "end it with Ctrl-C\nended\n".to_owned()));
}

/// In Chromium, where there is one: `scripts/check-live` says what it looks at. The run is ended when it has seen
/// enough of it, however long that took.
#[test]
fn a_browser_shows_it_grow() {
    let folder = Folder::with(&[]);
    let server = nginx();
    let arguments = ["hit", "--ui=0", "-q", "-c", "2", "--budget", "errors<50%", "-d", "5m", &server.url];
    let mut child = folder.loadline(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said_aside = BufReader::new(child.stderr.take().unwrap());
    let address = said(&mut said_aside);
    let check = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/check-live");
    let mut watching = Command::new(check)
        .arg(format!("http://{address}/"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(watching.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    let watched = watching.wait_with_output().unwrap();
    let err = String::from_utf8(watched.stderr).unwrap();
    assert!(watched.status.success(), "{line}{rest}{err}");
    assert_eq!(child.wait().unwrap().code(), Some(105));
    // Where nothing could be looked at, that is said.
    assert!(rest.contains("followed to its end") || err.contains("is not watched"), "{line}{rest}{err}");
}

#[test]
fn an_address_that_cannot_be_had_is_said_before_any_load() {
    let folder = Folder::with(&[]);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let ui = format!("--ui={port}");
    let refused = ended(&mut folder.loadline(["hit", &ui, "-d", "1s", "http://127.0.0.1:9/"]));
    assert_eq!(refused.code, Some(2), "{}", refused.err);
    assert!(refused.err.contains("is in use"), "{}", refused.err);
    let wrong = ended(&mut folder.loadline(["hit", "--ui=here", "http://127.0.0.1:9/"]));
    assert_eq!(wrong.code, Some(2), "{}", wrong.err);
    assert!(wrong.err.contains("`127.0.0.1:7007`"), "{}", wrong.err);
    let port = port.to_string();
    let nothing = ended(&mut folder.loadline(["ui", "--listen", &port]));
    assert_eq!(nothing.code, Some(3), "{}", nothing.err);
    assert!(nothing.err.contains("history"), "there is none yet: {}", nothing.err);
}
