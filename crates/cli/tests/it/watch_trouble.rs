//! `loadline watch` while what it works with goes wrong: answers that are half, refusals, numbers that are none,
//! series that are gone, a full disk, an Alertmanager that hears no more, and whoever hangs. What is wrong is said
//! once, nothing ends an alert but what is known, and everything goes on when it is right again.

use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use serde_json::{Value, json};
use url::form_urlencoded::parse;

use crate::support::Folder;
use crate::watching::{PATIENCE, Running, asked, respond};

/// How the Prometheus answers.
const FINE: u8 = 0;
const BROKEN: u8 = 1;
const HALF: u8 = 2;
const REFUSES: u8 = 3;
const NO_NUMBERS: u8 = 4;
const GONE: u8 = 5;

const PROJECT: &str = r#"
[endpoints]
search = "POST /search"

[[budget]]
endpoint = "search"
p95 = "500ms"

[watch]
prometheus = "http://PROMETHEUS"
step = "1s"
windows = [{ long = "2s", short = "1s", burn = 2 }]
resolve_after = "1s"
state = "watch.sqlite"

[[watch.notify]]
kind = "webhook"
url = "http://HOOK"

[[watch.notify]]
kind = "alertmanager"
url = "http://MANAGER"
"#;

/// A hundred requests a second, in the mood of the moment; `seen` hears of each time that it is asked for them.
fn prometheus(mood: Arc<AtomicU8>, seen: Sender<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let Some((_, form)) = asked(&stream) else { continue };
            let form: std::collections::BTreeMap<_, _> = parse(form.as_bytes()).into_owned().collect();
            let mood = mood.load(Ordering::SeqCst);
            let answer = |kind: &str, result: Vec<Value>| {
                json!({ "status": "success", "data": { "resultType": kind, "result": result } }).to_string()
            };
            let Some(start) = form.get("start") else {
                let bound = |le: &str| json!({ "metric": { "le": le }, "value": [0, "1"] });
                let _ = respond(&mut stream, "200 OK", &answer("vector", vec![bound("500"), bound("+Inf")]));
                continue;
            };
            let [start, end] = [start, &form["end"]].map(|text| text.parse::<i64>().unwrap());
            let row = |le: &str, number: &str| {
                let values: Vec<Value> = (start..=end).map(|at_s| json!([at_s, number])).collect();
                json!({ "metric": { "endpoint": "search", "le": le }, "values": values })
            };
            let rows = |fast: &str, all: &str| answer("matrix", vec![row("500", fast), row("+Inf", all)]);
            let (status, text) = match mood {
                FINE => ("200 OK", rows("100", "100")),
                BROKEN => ("200 OK", rows("0", "100")),
                HALF => ("200 OK", rows("100", "100").split_at(60).0.to_owned()),
                REFUSES => ("503 Service Unavailable", "busy".to_owned()),
                NO_NUMBERS => ("200 OK", rows("NaN", "NaN")),
                _ => ("200 OK", answer("matrix", Vec::new())),
            };
            let _ = respond(&mut stream, status, &text);
            if seen.send(mood).is_err() {
                return;
            }
        }
    });
    address
}

/// Takes what it is told, unless it is away; says what it was told.
fn receiver(away: Arc<AtomicU8>) -> (String, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let Some((_, body)) = asked(&stream) else { continue };
            if away.load(Ordering::SeqCst) == 1 {
                let _ = respond(&mut stream, "502 Bad Gateway", "");
                continue;
            }
            let _ = respond(&mut stream, "200 OK", "{}");
            if sender.send(serde_json::from_str(&body).unwrap()).is_err() {
                return;
            }
        }
    });
    (address, receiver)
}

/// What a process says on standard error, line by line.
struct Saying {
    lines: BufReader<std::process::ChildStderr>,
    all: String,
}

impl Saying {
    /// Waits for a line with these words.
    fn says(&mut self, words: &str) {
        loop {
            let before = self.all.len();
            assert_ne!(self.lines.read_line(&mut self.all).unwrap(), 0, "{words}:\n{}", self.all);
            if self.all[before..].contains(words) {
                return;
            }
        }
    }
}

#[test]
fn what_is_wrong_is_said_once_and_ends_no_alert() {
    let folder = Folder::new();
    let mood = Arc::new(AtomicU8::new(FINE));
    let (sender, looks) = channel();
    let away = Arc::new(AtomicU8::new(0));
    let (hook, told) = receiver(Arc::new(AtomicU8::new(0)));
    let (manager, _heard) = receiver(Arc::clone(&away));
    let project = PROJECT.replace("PROMETHEUS", &prometheus(Arc::clone(&mood), sender));
    folder.write("loadline.toml", &project.replace("HOOK", &hook).replace("MANAGER", &manager));
    let mut watch = folder.loadline(["watch"]);
    let mut watch = Running(watch.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
    let mut err = Saying { lines: BufReader::new(watch.0.stderr.take().unwrap()), all: String::new() };
    // Looked at in this mood, so often.
    let look = |wanted: u8, times: usize| {
        mood.store(wanted, Ordering::SeqCst);
        let mut seen = 0;
        while seen < times {
            seen += usize::from(looks.recv_timeout(PATIENCE).unwrap() == wanted);
        }
    };
    look(FINE, 2);

    // The disk is full: who must know is told anyway.
    let room = |bytes: Option<u64>| {
        let pid = Some(Pid::from_child(&watch.0));
        prlimit(pid, Resource::Fsize, Rlimit { current: bytes, maximum: None }).unwrap();
    };
    room(Some(0));
    mood.store(BROKEN, Ordering::SeqCst);
    assert_eq!(told.recv_timeout(PATIENCE).unwrap()["alerts"][0]["change"], "firing");
    err.says("the state of the watch is not kept");
    room(None);
    err.says("the state of the watch is kept again");

    away.store(1, Ordering::SeqCst);
    err.says("`alertmanager` does not hear that alerts go on");
    away.store(0, Ordering::SeqCst);
    err.says("`alertmanager` hears again that alerts go on");

    for wrong in [HALF, REFUSES] {
        look(wrong, 2);
        err.says("alerts stay as they are until it answers");
        look(BROKEN, 2);
        err.says("answers again");
    }
    // Longer than the windows are.
    look(NO_NUMBERS, 4);
    look(GONE, 4);
    assert!(told.try_recv().is_err(), "what nobody knows has ended an alert");
    look(FINE, 1);
    assert_eq!(told.recv_timeout(PATIENCE).unwrap()["alerts"][0]["change"], "resolved");

    kill_process(Pid::from_child(&watch.0), Signal::TERM).unwrap();
    err.lines.read_to_string(&mut err.all).unwrap();
    assert_eq!(watch.0.wait().unwrap().code(), Some(0), "{}", err.all);
    for (words, times) in [
        ("is not kept", 1),
        ("does not hear that alerts go on", 1),
        ("cannot use what", 1),
        ("answers 503", 1),
        ("alerts stay as they are", 2),
    ] {
        assert_eq!(err.all.matches(words).count(), times, "{words}\n{}", err.all);
    }
}

/// Whether whoever asked still waits for an answer.
fn waits(mut stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    matches!(stream.read(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock)
}

#[test]
fn looks_wait_for_nobody_who_hangs() {
    let folder = Folder::new();
    let (sender, looks) = channel();
    let prometheus = prometheus(Arc::new(AtomicU8::new(BROKEN)), sender);
    let [beats, hook, manager] = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let address = |listener: &TcpListener| listener.local_addr().unwrap().to_string();
    let heartbeat = format!("step = \"1s\"\nheartbeat = \"http://{}\"", address(&beats));
    let project = PROJECT.replace("PROMETHEUS", &prometheus).replace("step = \"1s\"", &heartbeat);
    let project = project.replace("HOOK", &address(&hook)).replace("MANAGER", &address(&manager));
    folder.write("loadline.toml", &project);
    let mut watch = folder.loadline(["watch"]);
    let _watch = Running(watch.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    // What is given up is asked again, and waits again: three times are enough to see looks beside one of them.
    for _ in 0..3 {
        let held = [&beats, &hook, &manager].map(|listener| listener.accept().unwrap().0);
        for stream in &held {
            asked(stream).unwrap();
        }
        while looks.try_recv().is_ok() {}
        // The first may be of the look before.
        let mut seen = 0;
        while held.iter().all(waits) {
            looks.recv_timeout(PATIENCE).unwrap();
            seen += 1;
            if seen == 4 {
                return;
            }
        }
    }
    panic!("looks wait for a heartbeat or for a receiver");
}

#[test]
fn what_a_receiver_calls_wrong_keeps_no_other_notice_waiting() {
    let folder = Folder::new();
    let mood = Arc::new(AtomicU8::new(BROKEN));
    let (sender, _looks) = channel();
    let prometheus = prometheus(Arc::clone(&mood), sender);
    let hook = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = hook.local_addr().unwrap().to_string();
    let project = PROJECT.replace("PROMETHEUS", &prometheus).replace("HOOK", &address);
    let (manager, _heard) = receiver(Arc::new(AtomicU8::new(0)));
    folder.write("loadline.toml", &project.replace("MANAGER", &manager));
    let mut watch = folder.loadline(["watch"]);
    let mut watch = Running(watch.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
    let mut refused = 0;
    loop {
        let mut stream = hook.accept().unwrap().0;
        let Some((_, body)) = asked(&stream) else { continue };
        let notice: Value = serde_json::from_str(&body).unwrap();
        if notice["alerts"][0]["change"] == "resolved" {
            let _ = respond(&mut stream, "200 OK", "");
            break;
        }
        refused += 1;
        let _ = respond(&mut stream, "400 Bad Request", "no such field");
        mood.store(FINE, Ordering::SeqCst);
    }
    assert!(refused >= 3, "{refused}");
    kill_process(Pid::from_child(&watch.0), Signal::TERM).unwrap();
    let mut err = String::new();
    watch.0.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert!(err.contains("a notice for `webhook` is lost, 1 in all: it answers 400: no such field"), "{err}");
}
