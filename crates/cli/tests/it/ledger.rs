//! The latency ledger on a server whose delays are known, because it measures them itself: the ledger names the part
//! that makes the slow requests slow, and its share, whatever the cause.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::support::{Folder, nginx};

/// What a request of the server does: a name for each part, and how long it is to take for the request of this number.
type Course = fn(u64) -> Vec<(&'static str, u64)>;

/// What each part of each request took, in milliseconds. What has no name in the answer is called `untold` and `body`.
type Took = Mutex<Vec<Vec<(&'static str, f64)>>>;

/// A server that takes its time in parts, and tells how long each really took.
struct Delays {
    url: String,
    took: Arc<Took>,
}

impl Delays {
    fn start(course: Course, close: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let took = Arc::new(Mutex::new(Vec::new()));
        let (numbers, all) = (Arc::new(AtomicU64::new(0)), Arc::clone(&took));
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let (numbers, all) = (Arc::clone(&numbers), Arc::clone(&all));
                // It ends with its connection, and the connection with the load.
                thread::spawn(move || answer(connection, course, close, &numbers, &all));
            }
        });
        Self { url, took }
    }

    /// What a part took of all that the server took, over all requests but those that were cut off at the end.
    fn total(&self, part: &str) -> f64 {
        let all = self.took.lock().unwrap();
        all.iter().flatten().filter(|(name, _)| *name == part).map(|(_, ms)| ms).sum()
    }
}

fn answer(connection: TcpStream, course: Course, close: bool, numbers: &AtomicU64, all: &Took) -> Option<()> {
    connection.set_nodelay(true).ok()?;
    let mut writer = connection.try_clone().ok()?;
    let mut reader = BufReader::new(connection);
    loop {
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
        }
        let course = course(numbers.fetch_add(1, Ordering::Relaxed));
        let take = |(name, ms): (&'static str, u64)| {
            let began = Instant::now();
            thread::sleep(Duration::from_millis(ms));
            (name, began.elapsed().as_secs_f64() * 1e3)
        };
        let (body, head): (Vec<_>, Vec<_>) = course.into_iter().partition(|(name, _)| *name == "body");
        let mut took: Vec<(&'static str, f64)> = head.into_iter().map(take).collect();
        let told = took.iter().filter(|(name, _)| *name != "untold");
        let field: Vec<String> = told.map(|(name, ms)| format!("{name};dur={ms:.3}")).collect();
        let ending = if close { "Connection: close\r\n" } else { "" };
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nServer-Timing: {}\r\n{ending}\r\n",
            field.join(", ")
        );
        writer.write_all(head.as_bytes()).ok()?;
        writer.write_all(b"o").ok()?;
        took.extend(body.into_iter().map(take));
        writer.write_all(b"k").ok()?;
        all.lock().unwrap().push(took);
        if close {
            return None;
        }
    }
}

/// The reading of all requests that a hit prints.
fn reading(url: &str, flags: &[&str]) -> Value {
    let folder = Folder::new();
    let all = ["hit", url, "-q", "--json", "--no-history", "--project", "none"];
    let ended = folder.run(all.iter().chain(flags));
    assert!(matches!(ended.code, Some(0 | 111)), "{}{}", ended.out, ended.err);
    let json: Value = serde_json::from_str(&ended.out).unwrap();
    json["ledger"][0].clone()
}

fn ms(account: &Value, what: &str) -> f64 {
    let items = account["items"].as_array().unwrap().iter().chain(account["before"].as_array().unwrap());
    items.filter(|item| item["what"] == what).map(|item| item["ms"].as_f64().unwrap()).sum()
}

/// What the difference between the median and p95 is mostly made of.
fn cause(reading: &Value) -> String {
    reading["gap"]["made_of"][0]["what"].as_str().unwrap().to_owned()
}

/// Every account comes to its response time.
#[track_caller]
fn adds_up(reading: &Value) {
    for account in
        ["whole", "typical", "slow"].map(|name| &reading[name]).into_iter().filter(|one| one.is_object())
    {
        let sum: f64 =
            account["items"].as_array().unwrap().iter().map(|item| item["ms"].as_f64().unwrap()).sum();
        let total = account["total_ms"].as_f64().unwrap();
        assert!((sum - total).abs() <= 1e-6 * total, "{sum} is not {total}");
    }
}

/// What the ledger says a part took of all requests together is what the server has measured, to 2 %. Requests under
/// way at the end are the server's alone, so there must be none: the load is a number of requests.
#[track_caller]
fn checked(course: Course, part: &str, shown: &str) {
    let server = Delays::start(course, false);
    let reading = reading(&server.url, &["-n", "200", "-c", "10"]);
    adds_up(&reading);
    assert_eq!(reading["whole"]["refused"], 0.0, "{reading:#}");
    assert_eq!(cause(&reading), shown, "{reading:#}");
    let (told, truth) = (ms(&reading["whole"], shown) * 200.0, server.total(part));
    assert!((told / truth - 1.0).abs() <= 0.02, "{shown}: {told} is not {truth}");
}

#[test]
fn parts_of_the_server_are_named_with_what_they_took() {
    // Sleeps are of such lengths that a busy machine's delays stay small beside them.
    checked(|n| vec![("pool", if n % 10 == 0 { 300 } else { 10 }), ("db.q1", 20)], "pool", "server: pool");
    checked(
        |n| vec![("db.q1", if n % 10 == 0 { 300 } else { 20 }), ("render", 10)],
        "db.q1",
        "server: db.q1",
    );
    checked(
        |n| vec![("db.q1", 20), ("render", if n % 10 == 0 { 300 } else { 10 })],
        "render",
        "server: render",
    );
    // One rare statement makes the p95.
    checked(|n| vec![("db.q1", 20), ("db.q2", if n % 12 == 0 { 400 } else { 0 })], "db.q2", "server: db.q2");
    checked(|n| vec![("out.stripe", if n % 10 == 0 { 300 } else { 20 })], "out.stripe", "server: out.stripe");
    checked(|n| vec![("db.q1", 20), ("body", if n % 10 == 0 { 300 } else { 10 })], "body", "receiving");
}

#[test]
fn what_a_server_does_not_tell_is_the_rest_of_waiting() {
    let server = Delays::start(|n| vec![("db", 20), ("untold", if n % 10 == 0 { 300 } else { 10 })], false);
    let reading = reading(&server.url, &["-n", "200", "-c", "10"]);
    adds_up(&reading);
    assert_eq!(cause(&reading), "rest of waiting");
    // The network and the threads of both sides are in it as well.
    assert!(ms(&reading["whole"], "rest of waiting") * 200.0 >= 0.98 * server.total("untold"));
}

#[test]
fn waiting_for_one_of_few_connections_and_starting_late_are_the_clients() {
    // 200 are due within a second, and each of ten connections does some twenty of them a second.
    let server = Delays::start(|_| vec![("db", 50)], false);
    let reading = reading(&server.url, &["--rate", "400", "-n", "400", "-c", "10"]);
    adds_up(&reading);
    assert!(["late start", "waiting for a connection"].contains(&cause(&reading).as_str()), "{reading:#}");
    let whole = &reading["whole"];
    let waited = ms(whole, "late start") + ms(whole, "waiting for a connection");
    assert!(waited > ms(whole, "server: db"), "{reading:#}");
}

#[test]
fn without_connections_that_are_kept_each_request_opens_one_before_it() {
    let server = Delays::start(|_| vec![("db", 5)], true);
    let reading = reading(&server.url, &["-n", "100", "-c", "2"]);
    adds_up(&reading);
    assert!(
        ms(&reading["whole"], "connecting") > 0.0 && reading["whole"]["before"][0].is_object(),
        "{reading:#}"
    );
}

#[test]
fn a_server_that_lies_is_not_believed() {
    let folder = Folder::new();
    let lie = |course: Course| {
        let server = Delays::start(course, false);
        reading(&server.url, &["-n", "60", "-c", "2"])
    };
    // Names with markup are no names.
    let marked = lie(|_| vec![("<b>db</b>", 5)]);
    assert_eq!(marked["whole"]["refused"], 1.0, "{marked:#}");
    adds_up(&marked);
    drop(folder);
    let silent = reading(&nginx().url, &["-n", "60", "-c", "2"]);
    assert_eq!(
        (&silent["whole"]["told"], &silent["whole"]["refused"]),
        (&Value::from(0.0), &Value::from(0.0))
    );
}

#[test]
fn a_budget_on_a_part_is_judged_and_what_is_red_is_explained() {
    let server = Delays::start(|n| vec![("pool_wait", if n % 10 == 0 { 120 } else { 2 }), ("db", 5)], false);
    let project = "[endpoints]\nhome = \"GET /\"\n[[budget]]\nendpoint = \"home\"\npart = \"pool wait\"\np95 = \"50ms\"\n[[budget]]\nendpoint = \"home\"\npart = \"db\"\np95 = \"4s\"\n";
    let folder = Folder::with(&[("loadline.toml", project)]);
    let ended =
        folder.run(["hit", &server.url, "-n", "100", "-c", "4", "--no-history", "--no-color"]).expect(1);
    assert!(ended.out.contains("home: pool wait"), "{}", ended.out);
    assert!(
        ended.out.contains("where the time went") && ended.out.contains("server: pool wait"),
        "{}",
        ended.out
    );
    // Nobody tells of such a part: no data is no pass.
    folder.write("loadline.toml", &project.replace("pool wait", "gate"));
    let none = folder.run(["hit", &server.url, "-n", "20", "--no-history", "--no-color"]).expect(1);
    assert!(none.out.contains("told of a part `gate`"), "{}", none.out);
}

#[test]
fn compare_says_which_part_got_longer() {
    let run = |course: Course| {
        let server = Delays::start(course, false);
        let folder = Folder::new();
        let out = format!("run={}", folder.path("a.run").display());
        folder
            .run(["hit", &server.url, "-n", "100", "-c", "4", "-q", "--no-history", "--out", &out])
            .expect(0);
        std::fs::read(folder.path("a.run")).unwrap()
    };
    let folder = Folder::new();
    std::fs::write(folder.path("base.run"), run(|_| vec![("db.q7", 10), ("render", 10)])).unwrap();
    std::fs::write(folder.path("head.run"), run(|_| vec![("db.q7", 60), ("render", 10)])).unwrap();
    let ended = folder.run(["compare", "--force", "base.run", "head.run"]);
    assert!(ended.out.contains("where the difference comes from"), "{}{}", ended.out, ended.err);
    let words = ended.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("server: db.q7"), "{words}");
}
