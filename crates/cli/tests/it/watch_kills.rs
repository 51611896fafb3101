//! `loadline watch`, killed again and again while it asks and tells: no alert is lost, and what is told twice has one
//! key.
//!
//! It is killed when what it talks to has seen so many requests, before or after they are answered: a moment between
//! any two steps of its work. `bench/watch-kills` does so at moments of the clock, fifty times.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use url::form_urlencoded::parse;

use crate::support::Folder;
use crate::watching::{PATIENCE, Running, asked, key, respond};

const KILLS: usize = 8;

/// One endpoint breaks after the other: what comes again soon would be held for longer each time.
const ENDPOINTS: usize = 40;
const NONE: usize = usize::MAX;

const WATCH: &str = r#"
[watch]
prometheus = "http://PROMETHEUS"
step = "1s"
windows = [{ long = "2s", short = "1s", burn = 2 }]
resolve_after = "1s"
state = "watch.sqlite"

[[watch.notify]]
kind = "webhook"
url = "http://HOOK"
"#;

/// What the others have seen of the watch.
enum Seen {
    /// A request, answered or not yet.
    Request,
    /// A notice: its key and what it says.
    Notice(String, Value),
}

fn project(prometheus: &str, hook: &str) -> String {
    let mut text = "[endpoints]\n".to_owned();
    for number in 0..ENDPOINTS {
        text += &format!("e{number} = \"GET /{number}\"\n");
    }
    for number in 0..ENDPOINTS {
        text += &format!("[[budget]]\nendpoint = \"e{number}\"\np95 = \"500ms\"\n");
    }
    text + &WATCH.replace("PROMETHEUS", prometheus).replace("HOOK", hook)
}

/// Answers like a Prometheus of a hundred requests a second at each endpoint, all of them slow at the one that is
/// broken.
fn prometheus(broken: Arc<AtomicUsize>, seen: Sender<Seen>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let Some((_, form)) = asked(&stream) else { continue };
            if seen.send(Seen::Request).is_err() {
                return;
            }
            let form: BTreeMap<_, _> = parse(form.as_bytes()).into_owned().collect();
            let broken = broken.load(Ordering::SeqCst);
            let (kind, result): (&str, Vec<Value>) = match form.get("start") {
                None => {
                    let bound = |le: &str| json!({ "metric": { "le": le }, "value": [0, "1"] });
                    ("vector", vec![bound("500"), bound("+Inf")])
                }
                Some(start) => {
                    let whole = |text: &str| text.parse::<i64>().unwrap();
                    let (start, end, step) = (whole(start), whole(&form["end"]), whole(&form["step"]));
                    let ends = || (start..=end).step_by(step as usize);
                    let row = |endpoint: usize, le: &str, number: &str| {
                        let values: Vec<Value> = ends().map(|at_s| json!([at_s, number])).collect();
                        json!({ "metric": { "endpoint": format!("e{endpoint}"), "le": le }, "values": values })
                    };
                    let rows = |endpoint: usize| {
                        let fast = if endpoint == broken { "0" } else { "100" };
                        [row(endpoint, "500", fast), row(endpoint, "+Inf", "100")]
                    };
                    ("matrix", (0..ENDPOINTS).flat_map(rows).collect())
                }
            };
            let answer = json!({ "status": "success", "data": { "resultType": kind, "result": result } });
            // Whoever asked may have been killed.
            let _ = respond(&mut stream, "200 OK", &answer.to_string());
            let _ = seen.send(Seen::Request);
        }
    });
    address
}

/// Takes all notices.
fn webhook(seen: Sender<Seen>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let Some((head, body)) = asked(&stream) else { continue };
            let notice = Seen::Notice(key(&head), serde_json::from_str(&body).unwrap());
            if seen.send(notice).is_err() {
                return;
            }
            let _ = respond(&mut stream, "200 OK", "{}");
            let _ = seen.send(Seen::Request);
        }
    });
    address
}

#[test]
fn no_alert_is_lost_and_none_is_told_under_two_keys() {
    let folder = Folder::new();
    let broken = Arc::new(AtomicUsize::new(0));
    let (sender, seen) = channel();
    let asked = prometheus(Arc::clone(&broken), sender.clone());
    let told = webhook(sender);
    folder.write("loadline.toml", &project(&asked, &told));
    let start = || -> Child {
        let mut command = folder.loadline(["watch"]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let mut watch = Running(start());
    // Lehmer's generator: the same moments in each run of the test.
    let mut seed = 20_251_u64;
    let mut within = |most: u64| {
        seed = seed * 48_271 % 0x7fff_ffff;
        1 + seed % most
    };
    let (mut kills, mut left) = (0, within(6));
    let mut notices: BTreeMap<String, Value> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    // Until it was killed so often, and what it told last is that all is over.
    while kills < KILLS || order.last() != Some(&"resolved") {
        let heard = seen.recv_timeout(PATIENCE).expect("an alert is lost");
        if let Seen::Notice(key, notice) = heard {
            let change = if notice["alerts"][0]["change"] == "firing" { "firing" } else { "resolved" };
            if let Some(known) = notices.get(&key) {
                // Told again: in the same words.
                assert_eq!(known, &notice);
            } else {
                assert_ne!(order.last(), Some(&change), "told under two keys: {key}\n{notices:?}");
                order.push(change);
                notices.insert(key, notice);
                let next = if change == "resolved" { order.len() / 2 } else { NONE };
                broken.store(next, Ordering::SeqCst);
            }
        }
        left = left.saturating_sub(1);
        if left == 0 && kills < KILLS {
            kill_process(Pid::from_child(&watch.0), Signal::KILL).unwrap();
            watch.0.wait().unwrap();
            watch = Running(start());
            kills += 1;
            left = within(6);
        }
    }
    assert!(order.len() >= 2 && order.len().is_multiple_of(2), "{order:?}");
}
