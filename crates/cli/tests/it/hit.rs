//! `loadline hit` against nginx: what arrives there, what is reported, and how it ends.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use loadline_measure::{Run, Sink};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::{Ended, Folder, free_port, nginx, nginx_http2};

fn hit(folder: &Folder, words: &str, url: &str) -> Ended {
    folder.run(["hit", "-q"].into_iter().chain(words.split_whitespace()).chain([url]))
}

/// The report of a hit that passed.
#[track_caller]
fn report(folder: &Folder, words: &str, url: &str) -> Value {
    let ended = hit(folder, &format!("--json {words}"), url).expect(0);
    serde_json::from_str(&ended.out).unwrap()
}

fn kept(folder: &Folder) -> Run {
    loadline_measure::read_run(std::fs::File::open(folder.path("kept.run")).unwrap()).unwrap().0
}

/// How many values of a metric with this tag the kept Run has.
fn count(run: &Run, metric: &str, tags: &[(&str, &str)]) -> u64 {
    let metric = run.schema().find(metric).unwrap();
    run.select(metric, tags).map_or(0, |sink| match sink {
        Sink::Counter(counter) => counter.sum as u64,
        sink => sink.count(),
    })
}

#[test]
fn a_closed_loop_goes_on_for_its_time() {
    let (nginx, folder) = (nginx(), Folder::new());
    let json = report(&folder, "-c 5 -d 1s --out run=kept.run", &nginx.url);
    let requests = json["requests"].as_u64().unwrap();
    assert!(requests > 10, "{json}");
    assert_eq!((&json["failed"], &json["errors"]), (&0.into(), &serde_json::json!({})));
    assert_eq!((&json["version"], &json["passed"]), (&1.into(), &true.into()));
    assert_eq!(json["statuses"]["200"], requests);
    assert_eq!(
        (&json["latency"]["from"], &json["phases"]["connecting"]["requests"]),
        (&"request".into(), &5.into())
    );
    let run = kept(&folder);
    let url = format!("{}/", nginx.url);
    let tags = [
        ("method", "GET"),
        ("name", url.as_str()),
        ("status", "200"),
        ("proto", "HTTP/1.1"),
        ("scenario", "hit"),
    ];
    for metric in ["http_reqs", "http_req_duration", "http_req_waiting", "response_time", "http_req_failed"] {
        assert_eq!(count(&run, metric, &tags), requests, "{metric}");
    }
}

#[test]
fn a_number_of_requests_is_exact() {
    let (nginx, folder) = (nginx(), Folder::new());
    let url = format!("{}/logged", nginx.url);
    let json = report(&folder, "-n 123 -c 7", &url);
    assert_eq!(json["requests"], 123);
    assert_eq!(nginx.logged(123).len(), 123);
    let json = report(&folder, "-n 77 -c 2 --rate 500", &url);
    assert_eq!((&json["requests"], &json["dropped"]), (&77.into(), &0.into()));
    assert_eq!(nginx.logged(200).len(), 200);
}

#[test]
fn an_open_loop_keeps_its_rate_and_counts_from_the_schedule() {
    let (nginx, folder) = (nginx(), Folder::new());
    let json = report(&folder, "--rate 200 -d 1s -c 4 --out run=kept.run", &nginx.url);
    assert_eq!((&json["requests"], &json["latency"]["from"]), (&200.into(), &"schedule".into()));
    let run = kept(&folder);
    let mean = |metric: &str| {
        let id = run.schema().find(metric).unwrap();
        run.select::<&str, &str>(id, &[]).unwrap().as_trend().unwrap().avg().unwrap()
    };
    let own = mean("iteration_lag") + mean("http_req_blocked") + mean("http_req_duration");
    assert!((mean("response_time") - own).abs() < 1e-6, "late starts are part of the latency");
}

#[test]
fn requests_that_queue_for_a_slow_target_have_waited_since_they_were_due() {
    // A hundred answers per second, one at a time, for ten times as many requests.
    let (nginx, folder) = (nginx(), Folder::new());
    let json = report(&folder, "-c 1 --rate 1000 -n 50", &format!("{}/slow", nginx.url));
    assert_eq!((&json["requests"], &json["dropped"]), (&50.into(), &0.into()));
    let figure = |of: &Value| of.as_f64().unwrap();
    let (latency, waiting) = (figure(&json["latency"]["mean"]), figure(&json["phases"]["waiting"]["mean"]));
    assert!(latency > 5.0 * waiting, "{json}");
}

#[test]
fn connections_are_kept_unless_told_otherwise() {
    let (nginx, folder) = (nginx(), Folder::new());
    let url = format!("{}/logged", nginx.url);
    let connections = |lines: &[String]| -> usize {
        lines.iter().filter_map(|line| line.split(' ').next()).collect::<BTreeSet<_>>().len()
    };
    report(&folder, "-n 40 -c 4", &url);
    let kept = nginx.logged(40);
    assert!(connections(&kept) <= 4, "{kept:?}");
    let json = report(&folder, "-n 40 -c 4 --no-keepalive", &url);
    assert_eq!(json["phases"]["connecting"]["requests"], 40);
    assert_eq!(connections(&nginx.logged(80)[40..]), 40);
}

#[test]
fn method_headers_and_body_arrive() {
    let (nginx, folder) = (nginx(), Folder::with(&[("order.txt", "from-a-file")]));
    let url = format!("{}/logged", nginx.url);
    report(&folder, "-n 1 -H X-Test:seen --body typed", &url);
    report(&folder, "-n 1 -X PUT --body @order.txt", &url);
    let lines = nginx.logged(2);
    assert!(lines[0].ends_with("POST HTTP/1.1 seen typed"), "{lines:?}");
    assert!(lines[1].ends_with("PUT HTTP/1.1 - from-a-file"), "{lines:?}");
    let ended = hit(&folder, "-n 1 --body @absent.txt", &url).expect(2);
    assert!(ended.err.contains("cannot read the body from `absent.txt`"), "{}", ended.err);
}

#[test]
fn http2_without_tls_shares_connections() {
    let (nginx, folder) = (nginx_http2(), Folder::new());
    let json = report(&folder, "-n 60 -c 3 --http2 --streams 4 --out run=kept.run", &nginx.url);
    assert_eq!((&json["requests"], &json["statuses"]["200"]), (&60.into(), &60.into()));
    assert_eq!(json["phases"]["connecting"]["requests"], 3, "{json}");
    assert_eq!(count(&kept(&folder), "http_reqs", &[("proto", "HTTP/2.0")]), 60);
}

#[test]
fn budgets_decide_the_exit_code() {
    let (nginx, folder) = (nginx(), Folder::new());
    let passed =
        hit(&folder, "-n 50 --budget p99=60s --budget errors=0% --budget rate>0", &nginx.url).expect(0);
    assert!(passed.out.contains("all 3 requirements are met"), "{}", passed.out);
    let missing = format!("{}/missing", nginx.url);
    let failed = hit(&folder, "-n 50 --budget p99=60s --budget errors<1%", &missing).expect(1);
    assert!(failed.out.contains("requests that fail") && failed.out.contains("✗ fail"), "{}", failed.out);
    assert!(failed.out.contains("404 × 50"), "{}", failed.out);
    let json = hit(&folder, "-n 50 --json --budget max=1us", &nginx.url).expect(1);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&json["passed"], &json["budgets"][0]["outcome"]), (&false.into(), &"fail".into()));
}

#[test]
fn nothing_there_is_told_at_once() {
    let folder = Folder::new();
    let url = format!("http://127.0.0.1:{}/", free_port());
    let ended = hit(&folder, "-d 10m --budget errors<1% --budget p99=1m", &url).expect(1);
    assert!(ended.out.contains("requests that fail") && ended.out.contains("no data"), "{}", ended.out);
    assert!(ended.err.trim_end().lines().last().unwrap().contains("2 of 2 requirements"), "{}", ended.err);
    let ended = hit(&folder, "-d 10m", &url).expect(3);
    assert!(ended.err.contains("nothing answered at http://127.0.0.1:"), "{}", ended.err);
    assert!(ended.err.contains("connection refused"), "{}", ended.err);
    let ended = hit(&folder, "-d 10m", "http://no-such-host.invalid/").expect(3);
    assert!(ended.err.contains("nothing answered at http://no-such-host.invalid"), "{}", ended.err);
}

#[test]
fn wrong_arguments_are_usage_errors() {
    let folder = Folder::new();
    for (words, fragment) in [
        ("ftp://127.0.0.1/", "its scheme is `ftp`"),
        ("-H nocolon http://127.0.0.1/", "no colon"),
        ("--budget p99>50ms http://127.0.0.1/", "upper limit"),
        ("--budget p99=50 http://127.0.0.1/", "write `50ms` or `50s`"),
        ("-c 0 http://127.0.0.1/", "0 is not in"),
        ("--out run http://127.0.0.1/", "names no file"),
    ] {
        let ended = folder.run(["hit"].into_iter().chain(words.split(' '))).expect(2);
        assert!(ended.err.contains(fragment), "{words}: {}", ended.err);
    }
}

#[test]
fn a_run_is_kept_when_nobody_said_where() {
    let (nginx, folder) = (nginx(), Folder::new());
    let ended = hit(&folder, "-n 5", &nginx.url).expect(0);
    assert!(ended.err.contains("run 1 of .loadline/history.sqlite"), "{}", ended.err);
    let listed = folder.run(["history"]).expect(0);
    assert!(listed.out.contains(&format!("GET {}/", nginx.url)), "{}", listed.out);
}

#[test]
fn an_interrupt_ends_it_and_reports() {
    let (nginx, folder) = (nginx(), Folder::new());
    let mut child = folder
        .loadline(["hit", "-c", "3", "-d", "10m", "--out", "run=kept.run", &nginx.url])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.by_ref().any(|line| line.contains("requests/s")), "no second was told");
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    lines.for_each(drop);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(105));
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.contains("200 × ") && out.contains("p99.9"), "{out}");
    assert!(count(&kept(&folder), "http_reqs", &[("status", "200")]) > 0);
}
