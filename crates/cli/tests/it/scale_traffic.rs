//! `loadline scale` with traffic as production saw it: a real Prometheus, a saved answer, access logs.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::TcpListener;
use std::process::Command;

use crate::prometheus::Prometheus;
use crate::support::{Folder, ended, free_port};

/// 2026-07-04T09:00:00Z
const START: u64 = 1_783_155_600;

const POLICY: [&str; 12] = [
    "scale",
    "simulate",
    "--target",
    "70",
    "--min",
    "1",
    "--max",
    "9",
    "--service",
    "80ms",
    "--budget",
    "p95=60s",
];

fn with<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    POLICY.into_iter().chain(arguments.iter().copied()).collect()
}

/// Two hours of two pods' requests, 10 and 5 a second; five minutes are missing from the second hour.
fn two_hours(folder: &Folder) -> Prometheus {
    let mut text = "# TYPE http_requests counter\n".to_owned();
    for (pod, rate) in [("a", 10), ("b", 5)] {
        for second in (0..7200).step_by(15).filter(|second| !(5000..5300).contains(second)) {
            let (value, at) = (rate * second, START + second);
            writeln!(text, "http_requests_total{{pod=\"{pod}\"}} {value} {at}").unwrap();
        }
    }
    Prometheus::start(folder, &(text + "# EOF\n"))
}

#[test]
fn prometheus_is_asked_what_came() {
    let folder = Folder::new();
    let prometheus = two_hours(&folder);
    let asked = |query: &str, until: &str, more: &[&str]| {
        let range = ["--prometheus", &prometheus.url, "--query", query, "--last", "1h", "--until", until];
        folder.run(with(&range).into_iter().chain(more.iter().copied()))
    };
    let whole = asked("sum(rate(http_requests_total[1m]))", "2026-07-04T10:00:00Z", &["--json"]).expect(0);
    let json: serde_json::Value = serde_json::from_str(&whole.out).unwrap();
    // 15 a second for an hour, but for the first minute of a rate.
    let requests = json["requests"].as_f64().unwrap();
    assert!((requests / 54_000.0 - 1.0).abs() < 0.04, "{requests}");
    let each = asked("rate(http_requests_total[1m])", "2026-07-04T10:00:00Z", &[]).expect(0);
    assert!(each.out.contains("the query has 2 series, which are added up"), "{}", each.out);

    let gap = asked("sum(rate(http_requests_total[1m]))", "2026-07-04T11:00:00Z", &[]).expect(2);
    assert!(gap.err.contains("are missing before it, where others are 15s apart"), "{}", gap.err);
    asked("sum(rate(http_requests_total[1m]))", "2026-07-04T11:00:00Z", &["--bridge-gaps"]).expect(0);
    let wrong = asked("sum(", "2026-07-04T10:00:00Z", &[]).expect(2);
    assert!(wrong.err.contains("Prometheus refuses the query: 1:5: parse error"), "{}", wrong.err);
    let nothing = asked("nothing", "2026-07-04T10:00:00Z", &[]).expect(2);
    assert!(nothing.err.contains("the query has no series in this time"), "{}", nothing.err);

    // What it answers can be saved and used later.
    let query = "query=sum(rate(http_requests_total[1m]))&start=1783155600&end=1783159200&step=15";
    let url = format!("{}/api/v1/query_range?{query}", prometheus.url);
    let saved = ended(Command::new("curl").args(["-sgf", &url]));
    folder.write("range.json", &saved.out);
    drop(prometheus);
    let again = folder.run(with(&["--traffic", "range.json", "--json"])).expect(0);
    let json: serde_json::Value = serde_json::from_str(&again.out).unwrap();
    assert!((json["requests"].as_f64().unwrap() / 54_000.0 - 1.0).abs() < 0.04);
}

#[test]
fn nobody_answers() {
    let url = format!("http://127.0.0.1:{}", free_port());
    let ended = Folder::new().run(with(&["--prometheus", &url, "--query", "up"])).expect(3);
    assert!(ended.err.contains("cannot ask `http://127.0.0.1:"), "{}", ended.err);
    let ended = Folder::new().run(with(&["--prometheus", &url, "--query", "up", "--step", "0s"])).expect(2);
    assert!(ended.err.contains("`--step` is in whole seconds"), "{}", ended.err);
}

/// A server that takes too long for a query is no mistake in it.
#[test]
fn a_server_in_trouble_is_told_from_a_wrong_query() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let body = r#"{"status":"error","errorType":"timeout","error":"query timed out"}"#;
            let length = body.len();
            // All of the question is read first: a socket that is closed before is one that is reset.
            let mut asked = BufReader::new(&stream);
            let mut left = 0;
            for line in asked.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()) {
                if let Some(bytes) = line.to_lowercase().strip_prefix("content-length:") {
                    left = bytes.trim().parse().unwrap();
                }
            }
            asked.read_exact(&mut vec![0; left]).unwrap();
            write!(&stream, "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
        }
    });
    let ended = Folder::new().run(with(&["--prometheus", &url, "--query", "up"])).expect(3);
    assert!(ended.err.contains("Prometheus could not answer: query timed out"), "{}", ended.err);
}

#[test]
fn an_access_log_is_replayed() {
    let folder = Folder::new();
    let line = |second: u32| {
        let (minute, second) = (second / 60, second % 60);
        format!(
            "203.0.113.9 - - [04/Jul/2026:11:{minute:02}:{second:02} +0200] \"GET / HTTP/1.1\" 200 512 \"-\" \"-\"\n"
        )
    };
    folder.write("access.log", &(0..1200).map(line).collect::<Vec<_>>().join("\n"));
    let replayed = folder.run(with(&["--traffic", "access.log", "--json"])).expect(0);
    let json: serde_json::Value = serde_json::from_str(&replayed.out).unwrap();
    assert!((1000.0..1400.0).contains(&json["requests"].as_f64().unwrap()), "{}", json["requests"]);

    folder.write(
        "gap.log",
        &(0..1200).filter(|second| !(300..900).contains(second)).map(line).collect::<Vec<_>>().join("\n"),
    );
    let gap = folder.run(with(&["--traffic", "gap.log"])).expect(2);
    for wanted in ["2026-07-04T09:05:00Z: 10m without a line", "the log is not whole", "--bridge-gaps"] {
        assert!(gap.err.contains(wanted), "{wanted}: {}", gap.err);
    }
    let bridged = folder.run(with(&["--traffic", "gap.log", "--bridge-gaps"])).expect(0);
    assert!(
        bridged.out.contains("10m without a line from 2026-07-04T09:05:00Z on are bridged"),
        "{}",
        bridged.out
    );

    folder.write(
        "json.log",
        "{\"msec\":\"1783155600.1\",\"status\":\"200\"}\n{\"msec\":\"1783155601.9\"}\nno request\n",
    );
    let json = folder.run(with(&["--traffic", "json.log"])).expect(0);
    assert!(
        json.out.contains("1 lines of the log have no time and are left out, line 3 first"),
        "{}",
        json.out
    );
}
