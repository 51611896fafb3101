//! `loadline edge serve`: a cache that is started, told things, and stopped.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Folder, holiday, nginx};

const RULES: &str =
    "[[rule]]\nname = 'items'\npath = '/item/**'\ncache = { public = true, max_age = '1h' }\n";

/// An edge that serves, and ends with the test.
pub(crate) struct Serving {
    child: Child,
    out: BufReader<ChildStdout>,
    err: BufReader<std::process::ChildStderr>,
    pub(crate) address: String,
    pub(crate) admin: String,
}

impl Serving {
    pub(crate) fn start(folder: &Folder, origin: &str, more: &[&str]) -> Self {
        Self::started(&mut folder.loadline(Self::words(origin).iter().chain(more)))
    }

    /// One no file of which may become longer.
    fn within(bytes: u64, folder: &Folder, origin: &str, more: &[&str]) -> Self {
        let limit = format!("--fsize={bytes}");
        let program = ["prlimit", limit.as_str(), env!("CARGO_BIN_EXE_loadline")];
        Self::started(&mut folder.shell(program.iter().chain(&Self::words(origin)).chain(more)))
    }

    fn words(origin: &str) -> [&str; 12] {
        let listens = ["edge", "serve", origin, "--rules", "edge.toml", "--listen", "127.0.0.1:0"];
        let rest = ["--admin", "127.0.0.1:0", "--exit-with-parent", "--workers", "1"];
        let mut words = [""; 12];
        words[..7].copy_from_slice(&listens);
        words[7..].copy_from_slice(&rest);
        words
    }

    fn started(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let err = BufReader::new(child.stderr.take().unwrap());
        let mut said = || {
            let mut line = String::new();
            out.read_line(&mut line).unwrap();
            let address = line.trim().split("http://").nth(1).unwrap_or_else(|| panic!("it said {line:?}"));
            address.split('/').next().unwrap().to_owned()
        };
        let (address, admin) = (said(), said());
        Self { child, out, err, address, admin }
    }

    fn metric(&self, name: &str) -> u64 {
        let metrics = ask(&self.admin, "GET /metrics");
        let line = metrics.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|value| value.trim().parse().ok()).unwrap_or_else(|| panic!("{name}: {metrics}"))
    }

    fn until(&mut self, fragment: &str) {
        let mut said = String::new();
        while !said.contains(fragment) {
            assert!(self.err.read_line(&mut said).unwrap() > 0, "`{fragment}` never came: {said}");
        }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ask(address: &str, line: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{line} HTTP/1.1\r\nHost: shop.test\r\nUser-Agent: \"a\"\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_cache_serves_by_its_rules_until_it_is_stopped() {
    let origin = nginx();
    let folder = Folder::with(&[("edge.toml", RULES)]);
    let mut edge = Serving::start(&folder, &origin.url, &["--access-log", "access.log"]);
    assert!(ask(&edge.address, "GET /item/1?token=S3cr3t").contains("fwd=uri-miss"));
    let hit = ask(&edge.address, "GET /item/1?token=S3cr3t");
    assert!(hit.contains("cache-control: public, max-age=3600") && hit.contains("loadline;hit"), "{hit}");
    let metrics = ask(&edge.admin, "GET /metrics");
    assert!(
        metrics.contains("loadline_edge_rule_requests_total{rule=\"items\",outcome=\"hit\"} 1"),
        "{metrics}"
    );

    folder.write("edge.toml", "[[rule]]\npath = '/item/**'\ncache = { max_age = 3600 }\n");
    edge.signal(Signal::HUP);
    edge.until("the rules from before stay");
    assert!(ask(&edge.address, "GET /item/1?token=S3cr3t").contains("loadline;hit"));
    folder.write("edge.toml", &RULES.replace("public = true", "private = true"));
    edge.signal(Signal::HUP);
    edge.until("the rules were read again");
    assert!(ask(&edge.address, "GET /item/1?token=S3cr3t").contains("fwd=bypass"));
    assert!(ask(&edge.admin, "POST /reload").contains("{\"rules\":1}"));
    assert!(ask(&edge.address, "PURGE /item/1?token=S3cr3t").contains("{\"purged\":1,\"soft\":false}"));

    edge.signal(Signal::TERM);
    assert_eq!(edge.child.wait().unwrap().code(), Some(0));
    let mut rest = String::new();
    edge.out.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
    let log = folder.read("access.log");
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 5, "{log}");
    assert_eq!(
        (&lines[0]["upstream_cache_status"], &lines[1]["upstream_cache_status"]),
        (&"MISS".into(), &"HIT".into())
    );
    assert_eq!((&lines[1]["status"], &lines[1]["body_bytes_sent"]), (&"200".into(), &"5".into()));
    assert_eq!((&lines[1]["edge_rule"], &lines[1]["http_user_agent"]), (&"items".into(), &"\"a\"".into()));
    assert!(!log.contains("S3cr3t"), "{log}");
}

#[test]
fn a_visitor_is_told_what_the_cache_took_and_what_the_service() {
    let service = holiday(&[]);
    let rules = "[[rule]]\npath = '/images/**'\ncache = { public = true, max_age = '1h' }\n";
    let folder = Folder::with(&[("edge.toml", rules)]);
    let edge = Serving::start(&folder, &service.url, &["--server-timing"]);
    let told = || {
        let answer = ask(&edge.address, "GET /images/programs/7.svg");
        let lines = answer.lines().filter_map(|line| line.strip_prefix("server-timing: ").map(str::to_owned));
        lines.collect::<Vec<_>>()
    };
    let first = told();
    assert_eq!(first.len(), 2, "{first:?}");
    let time = |line: &str, name: &str| {
        let metric = line.split(", ").find_map(|metric| metric.strip_prefix(&format!("{name};dur=")));
        let time = metric.and_then(|metric| metric.split(';').next()?.parse::<f64>().ok());
        time.unwrap_or_else(|| panic!("{name}: {first:?}"))
    };
    assert!(first[1].contains(";desc=miss, origin;dur="), "{first:?}");
    assert!(time(&first[0], "render") <= time(&first[0], "total"), "{first:?}");
    assert!(time(&first[0], "total") <= time(&first[1], "origin"), "{first:?}");
    // What the service took the first time is not what this took.
    let again = told();
    assert!(
        again.len() == 1 && again[0].starts_with("cache;dur=") && again[0].ends_with(";desc=hit"),
        "{again:?}"
    );
}

#[test]
fn a_cache_in_a_folder_is_there_again_after_a_restart_and_a_purge_holds() {
    let origin = nginx();
    let folder = Folder::with(&[("edge.toml", RULES)]);
    let disk = ["--disk", "store", "--disk-size", "64MiB"];
    let mut edge = Serving::start(&folder, &origin.url, &disk);
    assert!(ask(&edge.address, "GET /item/1").contains("fwd=uri-miss"));
    assert!(ask(&edge.address, "GET /item/2").contains("fwd=uri-miss"));
    assert!(ask(&edge.admin, "GET /metrics").contains("loadline_edge_disk_broken 0"));
    // Two have no folder in common.
    let second = folder.run(
        ["edge", "serve", &origin.url, "--rules", "edge.toml", "--listen", "127.0.0.1:0"].iter().chain(&disk),
    );
    assert!(second.expect(3).err.contains("in use by another process"));
    edge.signal(Signal::TERM);
    assert_eq!(edge.child.wait().unwrap().code(), Some(0));

    let mut edge = Serving::start(&folder, &origin.url, &disk);
    edge.until("answers from before that are kept again: 2");
    assert!(ask(&edge.address, "GET /item/1").contains("loadline;hit"));
    assert!(ask(&edge.address, "PURGE /item/1").contains("{\"purged\":1,\"soft\":false}"));
    // Killed, at once: what was answered holds.
    edge.signal(Signal::KILL);
    let _ = edge.child.wait();

    let mut edge = Serving::start(&folder, &origin.url, &disk);
    edge.until("answers from before that are kept again: 1");
    assert!(ask(&edge.address, "GET /item/1").contains("fwd=uri-miss"));
    assert!(ask(&edge.address, "GET /item/2").contains("loadline;hit"));
}

#[test]
fn a_disk_that_is_full_holds_nobody_up_and_a_purge_holds() {
    const BODY: usize = 100_000;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            while lines.next().is_some_and(|line| !line.is_empty()) {}
            let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {BODY}\r\n\r\n");
            let _ = (&stream).write_all(format!("{head}{}", "x".repeat(BODY)).as_bytes());
        }
    });
    let folder = Folder::with(&[("edge.toml", RULES)]);
    let disk = ["--disk", "store", "--disk-size", "64MiB"];
    // Its files have room for ten answers, and a part of the next.
    let mut edge = Serving::within(1 << 20, &folder, &origin, &disk);
    for told in ["fwd=uri-miss", "loadline;hit"] {
        for number in 0..30 {
            let got = ask(&edge.address, &format!("GET /item/{number}"));
            assert!(got.contains(told) && got.ends_with(&"x".repeat(BODY)), "{number}");
        }
    }
    // A purge is told to be done only when it is sure to hold.
    assert!(ask(&edge.address, "PURGE /item/3").contains("{\"purged\":1,\"soft\":false}"));
    assert!(edge.metric("loadline_edge_disk_failed_total") > 0);
    assert_eq!(edge.metric("loadline_edge_disk_broken"), 0);
    edge.signal(Signal::KILL);
    let _ = edge.child.wait();

    let edge = Serving::start(&folder, &origin, &disk);
    assert!(ask(&edge.address, "GET /item/3").contains("fwd=uri-miss"));
    assert!(ask(&edge.address, "GET /item/3").contains("loadline;hit"));
}

#[test]
fn what_cannot_be_served_is_said_at_once() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let folder =
        Folder::with(&[("edge.toml", RULES), ("wrong.toml", "[[rule]]\n"), ("token", "two words\n")]);
    let serve = |words: &[&str]| folder.run(["edge", "serve"].iter().chain(words));
    let ended = serve(&["127.0.0.1:3000"]).expect(2);
    assert!(ended.err.contains("hint: write it like `http://127.0.0.1:3000`"), "{}", ended.err);
    let ended = serve(&["http://127.0.0.1:9", "--rules", "wrong.toml"]).expect(2);
    assert!(ended.err.contains("--> wrong.toml:1"), "{}", ended.err);
    let ended = serve(&["http://127.0.0.1:9", "--token-file", "token"]).expect(2);
    assert!(ended.err.contains("`token` holds no token"), "{}", ended.err);
    let ended = serve(&["http://127.0.0.1:9", "--tls-cert", "edge.toml", "--tls-key", "token"]).expect(2);
    assert!(ended.err.contains("there is no certificate in `edge.toml`"), "{}", ended.err);
    let ended = serve(&["http://127.0.0.1:9", "--listen", &taken]).expect(3);
    assert!(ended.err.contains("is in use"), "{}", ended.err);
}
