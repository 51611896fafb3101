//! `loadline watch` that stays: a service that breaks and recovers, a Prometheus that scrapes it, a webhook and an
//! Alertmanager that are told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::prometheus::Prometheus;
use crate::support::{Folder, ended, free_port};

/// Longer than anything takes here; what is waited for comes by itself.
pub(crate) const PATIENCE: Duration = Duration::from_mins(5);

/// A service that counts a hundred requests with every scrape, all of them slow while it is broken.
pub(crate) struct Service {
    pub(crate) address: String,
    broken: Arc<AtomicBool>,
}

impl Service {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let broken = Arc::new(AtomicBool::new(false));
        let is_broken = Arc::clone(&broken);
        let (all, fast) = (AtomicU64::new(0), AtomicU64::new(0));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let all = all.fetch_add(100, Ordering::Relaxed) + 100;
                let fast = if is_broken.load(Ordering::SeqCst) {
                    fast.load(Ordering::Relaxed)
                } else {
                    fast.fetch_add(100, Ordering::Relaxed) + 100
                };
                let labels = "endpoint=\"search\",status=\"200\"";
                let text = format!(
                    "api_request_duration_ms_bucket{{{labels},le=\"500\"}} {fast}\n\
                     api_request_duration_ms_bucket{{{labels},le=\"+Inf\"}} {all}\n\
                     api_request_duration_ms_count{{{labels}}} {all}\n"
                );
                answer(&mut stream, "200 OK", &text);
            }
        });
        Self { address, broken }
    }

    pub(crate) fn breaks(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }
}

/// Reads a request and answers it.
fn answer(stream: &mut TcpStream, status: &str, body: &str) -> Option<(String, String)> {
    let asked = asked(stream)?;
    respond(stream, status, body)?;
    Some(asked)
}

/// Reads a request: its head and its body.
pub(crate) fn asked(stream: &TcpStream) -> Option<(String, String)> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
        head += &line;
    }
    let mut content = vec![0; length];
    reader.read_exact(&mut content).ok()?;
    Some((head, String::from_utf8(content).ok()?))
}

/// Answers one.
pub(crate) fn respond(stream: &mut TcpStream, status: &str, body: &str) -> Option<()> {
    let (kind, length) = ("text/plain; version=0.0.4", body.len());
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
    .ok()
}

/// Takes notices, but for the first that it is sent.
pub(crate) fn webhook() -> (String, Receiver<(String, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook/SECRET-PATH", listener.local_addr().unwrap());
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let Ok(mut stream) = stream else { return };
            let status = if number == 0 { "503 Service Unavailable" } else { "200 OK" };
            if let Some((head, body)) = answer(&mut stream, status, "{}")
                && number > 0
                && sender.send((head, serde_json::from_str(&body).unwrap())).is_err()
            {
                return;
            }
        }
    });
    (url, receiver)
}

/// A process that ends with the test.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Alertmanager (Debian package `prometheus-alertmanager`).
fn alertmanager(folder: &Folder) -> (Running, String) {
    folder.write("alertmanager.yml", "route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n");
    for _ in 0..10 {
        let address = format!("127.0.0.1:{}", free_port());
        let mut process = Command::new("prometheus-alertmanager")
            .arg(format!("--config.file={}", folder.path("alertmanager.yml").display()))
            .arg(format!("--storage.path={}", folder.path("alertmanager").display()))
            .args(["--cluster.listen-address=", "--log.level=error"])
            .arg(format!("--web.listen-address={address}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the Debian package `prometheus-alertmanager` is installed");
        let url = format!("http://{address}/-/ready");
        while process.try_wait().unwrap().is_none() {
            let ready = Command::new("curl").args(["-sf", "-o", "/dev/null", &url]).status().unwrap();
            if ready.success() {
                return (Running(process), format!("http://{address}"));
            }
            std::thread::yield_now();
        }
    }
    panic!("the Alertmanager did not start ten times");
}

/// What an Alertmanager knows of active alerts, once it is so many.
fn active(url: &str, wanted: usize) -> Value {
    loop {
        let answer =
            ended(Command::new("curl").args(["-s", &format!("{url}/api/v2/alerts?active=true")])).out;
        let alerts: Value = serde_json::from_str(&answer).unwrap();
        if alerts.as_array().unwrap().len() == wanted {
            return alerts;
        }
        std::thread::yield_now();
    }
}

/// By which a notice is known that is told twice.
pub(crate) fn key(head: &str) -> String {
    let fields = head.lines().filter_map(|line| line.split_once(':'));
    let mut keys = fields.filter(|(name, _)| name.eq_ignore_ascii_case("idempotency-key"));
    keys.next().unwrap().1.trim().to_owned()
}

fn project(alertmanager: &str, prometheus: &str) -> String {
    format!(
        r#"
[endpoints]
search = "POST /search"

[[budget]]
endpoint = "search"
p95 = "500ms"

[watch]
prometheus = "{prometheus}"
step = "4s"
windows = [{{ long = "12s", short = "4s", burn = 2 }}]
resolve_after = "4s"
state = "state/watch.sqlite"

[[watch.notify]]
kind = "webhook"
url = "env:TEST_HOOK"

[[watch.notify]]
kind = "alertmanager"
url = "{alertmanager}"
"#
    )
}

#[test]
fn whoever_must_know_is_told_once_and_told_that_it_is_over() {
    let folder = Folder::new();
    let service = Service::start();
    let prometheus = Prometheus::scraping(&folder, &[&service.address]);
    let (hook, notices) = webhook();
    let (_alertmanager, manager) = alertmanager(&folder);
    folder.write("loadline.toml", &project(&manager, &prometheus.url));
    let start = || {
        let mut command = folder.loadline(["watch", "--metrics", "127.0.0.1:0"]);
        command.env("TEST_HOOK", &hook).stdout(Stdio::piped()).stderr(Stdio::piped());
        Running(command.spawn().unwrap())
    };
    let next = || notices.recv_timeout(PATIENCE).unwrap();

    let mut watch = start();
    // Not before it watches: then it holds the state.
    let mut said = BufReader::new(watch.0.stdout.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert!(line.starts_with("watching 1 budget by http://127.0.0.1:"), "{line}");
    let mut second = folder.loadline(["watch"]);
    let second = ended(second.env("TEST_HOOK", &hook)).expect(3);
    assert!(second.err.contains("another watch works with it"), "{}", second.err);

    service.breaks(true);
    // The first try was not taken.
    let (head, notice) = next();
    assert!(key(&head).starts_with("search_p95<=500ms_page_"), "{head}");
    let alert = &notice["alerts"][0];
    assert_eq!(
        (alert["change"].as_str(), alert["key"].as_str()),
        (Some("firing"), Some("search p95<=500ms page"))
    );
    let fact = alert["facts"][0].as_str().unwrap();
    assert!(fact.contains("took longer than 500ms") && fact.contains("allowed is at most 5%"), "{fact}");
    let around = alert["around"].as_array().unwrap();
    assert_eq!(around.last().unwrap(), "no load test of it is in the history", "{around:?}");
    assert!(around.iter().any(|words| words.as_str().unwrap().contains("not known: ")), "{around:?}");
    let theirs = active(&manager, 1);
    let description = theirs[0]["annotations"]["description"].as_str().unwrap();
    assert!(description.contains("no load test of it is in the history"), "{description}");
    assert_eq!(theirs[0]["labels"]["endpoint"], "search");
    assert_eq!(theirs[0]["annotations"]["summary"], "page: search burns its budget p95<=500ms");

    // Killed while it is on, it knows so when it starts again, and tells it nobody twice.
    kill_process(Pid::from_child(&watch.0), Signal::KILL).unwrap();
    let _ = watch.0.wait();
    let mut watch = start();
    let mut said = BufReader::new(watch.0.stdout.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert!(line.contains("1 alert is on"), "{line}");
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    let own = line.trim().strip_prefix("its own metrics on ").unwrap().to_owned();
    service.breaks(false);
    // What it may have told already, it may tell again: under the same key.
    let (_, over) = loop {
        let again = next();
        match again.1["alerts"][0]["change"].as_str() {
            Some("firing") => assert_eq!((key(&again.0), &again.1), (key(&head), &notice)),
            _ => break again,
        }
    };
    assert_eq!(
        (over["alerts"][0]["change"].as_str(), over["alerts"][0]["over"].is_string()),
        (Some("resolved"), true)
    );
    active(&manager, 0);

    // Its own metrics are as a Prometheus wants them, and read by one.
    let text = ended(Command::new("curl").args(["-s", &own])).out;
    folder.write("own.txt", &text);
    let check = ["-c", &format!("promtool check metrics < {}", folder.path("own.txt").display())];
    let check = ended(Command::new("sh").args(check));
    assert_eq!(check.code, Some(0), "{}{}{text}", check.out, check.err);
    let beside = Folder::new();
    let address = own.strip_prefix("http://").unwrap().strip_suffix("/metrics").unwrap();
    let watching = Prometheus::scraping(&beside, &[address]);
    assert!(watching.awaited("loadline_watch_evaluations_total") >= 2.0);
    assert_eq!(watching.awaited("loadline_watch_alerts{state=\"firing\"}"), 0.0);
    assert!(watching.awaited("loadline_watch_notices_sent_total{receiver=\"webhook\"}") >= 1.0);
    assert!(watching.awaited("loadline_watch_since_evaluation_seconds") < 60.0);
    drop(watching);

    // Ended by a signal, it says so; the secret of the webhook's address is nowhere.
    kill_process(Pid::from_child(&watch.0), Signal::TERM).unwrap();
    let (mut out, mut err) = (String::new(), String::new());
    said.read_to_string(&mut out).unwrap();
    watch.0.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!(watch.0.wait().unwrap().code(), Some(0), "{out}{err}");
    assert!(
        out.contains("over: search keeps its budget p95<=500ms again") && out.ends_with("ended\n"),
        "{out}"
    );
    assert!(!format!("{out}{err}").contains("SECRET-PATH"), "{out}{err}");
}

#[test]
fn what_a_watch_needs_is_looked_at_before_it_starts() {
    let folder = Folder::new();
    let project = project("http://127.0.0.1:9", "http://127.0.0.1:9");
    folder.write("loadline.toml", &project);
    let said = folder.run(["watch"]).expect(2);
    assert!(
        said.err.contains("the receiver `webhook`") && said.err.contains("`TEST_HOOK` is not set"),
        "{}",
        said.err
    );
    folder.write("loadline.toml", &project.replace("env:TEST_HOOK", "http://127.0.0.1:9"));
    folder.write("state/watch.sqlite", &"no database ".repeat(20));
    let said = folder.run(["watch"]).expect(3);
    assert!(said.err.contains("state/watch.sqlite`: it is not an SQLite file"), "{}", said.err);
}
