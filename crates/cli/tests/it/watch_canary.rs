//! `loadline watch --canary` over a real Prometheus: versions that are as good, slower, seldom asked, and not there.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::prometheus::Prometheus;
use crate::support::{Folder, ended};
use crate::watching::Running;

/// 2026-07-04T09:00:00Z
const START: u64 = 1_783_155_600;
const END: &str = "2026-07-04T10:00:00Z";

const PROJECT: &str = r#"
[endpoints]
search = "POST /search"
login = "POST /login"

[[budget]]
endpoint = "search"
p95 = "500ms"
errors = "1%"

[watch]
labels = { job = "shop" }
"#;

/// Of each version, from which second on it answers, and its requests by bucket in a quarter of a minute.
const VERSIONS: [(&str, u64, [u64; 4]); 4] = [
    ("1.3.9", 0, [60, 30, 8, 2]),
    ("1.4.0", 1200, [30, 15, 4, 1]),
    ("1.5.0", 1200, [20, 15, 10, 5]),
    ("1.6.0", 1200, [1, 0, 0, 0]),
];

/// An hour from a time on.
fn samples(start: u64) -> String {
    let mut text = "# TYPE api_request_duration_ms histogram\n".to_owned();
    for (version, from, requests) in VERSIONS {
        let mut cumulative = [0_u64; 4];
        for second in (from.max(15)..=3600).step_by(15) {
            // Traffic swings, and so do versions, each a little differently.
            let busy = 2 + second / 15 % 3;
            let odd = second / 15 % (3 + from / 600) / 2;
            // One that is asked once in four minutes.
            let asked = u64::from(requests[1] > 0 || second.is_multiple_of(240));
            for bucket in 0..4 {
                cumulative[bucket] += requests[..=bucket].iter().sum::<u64>() * busy * asked + odd * asked;
            }
            let at = start + second;
            let labels = format!("job=\"shop\",version=\"{version}\",endpoint=\"search\",status=\"200\"");
            for (bound, count) in ["100.0", "250.0", "500.0", "+Inf"].iter().zip(cumulative) {
                writeln!(text, "api_request_duration_ms_bucket{{{labels},le=\"{bound}\"}} {count} {at}")
                    .unwrap();
            }
            writeln!(text, "api_request_duration_ms_count{{{labels}}} {} {at}", cumulative[3]).unwrap();
        }
    }
    text + "# EOF\n"
}

/// However wide it was.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn versions_are_compared_over_the_minutes_they_share() {
    let folder = Folder::new();
    let prometheus = Prometheus::start(&folder, &samples(START));
    folder.write("loadline.toml", PROJECT);
    let canary = |canary: &str, more: &[&str]| {
        let always = ["watch", "--prometheus", &prometheus.url, "--at", END, "--canary", canary];
        folder.run(always.into_iter().chain(more.iter().copied()))
    };
    let document = |text: &str| -> Value { serde_json::from_str(text).unwrap() };

    let good = canary("version=1.4.0", &["--against", "1.3.9"]).expect(0);
    let text = one_line(&good.out);
    assert!(text.ends_with("version=1.4.0 may go on: nothing is worse by more than 5%"), "{text}");
    for wanted in [
        "no requests in either, so not compared: login",
        "above all buckets in both, so not compared: search p99",
    ] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
    let json = document(&canary("version=1.4.0", &["--against", "version=1.3.9", "--json"]).expect(0).out);
    assert_eq!(
        (&json["outcome"], &json["passed"], &json["round_s"]),
        (&"pass".into(), &true.into(), &60.into())
    );
    // From the twentieth minute on, both: of its first minute the canary has one scrape, which tells nothing.
    let rounds = json["rounds"].as_u64().unwrap();
    assert!((39..=41).contains(&rounds), "{json}");
    assert!(json["from"].as_str().unwrap() >= "2026-07-04T09:19:00Z", "{json}");
    let figures: Vec<&str> =
        json["comparisons"].as_array().unwrap().iter().map(|one| one["quantity"].as_str().unwrap()).collect();
    assert_eq!(figures, ["errors", "over 500ms", "p50", "p95"]);
    // As Prometheus has it.
    let query = "sum(increase(api_request_duration_ms_count{version=\"1.4.0\"}[30m]))";
    let theirs = prometheus.number(query, START + 3600);
    let half = canary("version=1.4.0", &["--against", "1.3.9", "--over", "30m", "--json"]).expect(0);
    let ours = document(&half.out)["requests"]["head"].as_f64().unwrap();
    assert!((ours / theirs - 1.0).abs() < 0.02, "{ours} {theirs}");

    let slow = canary("version=1.5.0", &["--against", "1.3.9", "--markdown", "canary.md"]).expect(1);
    assert!(one_line(&slow.out).contains("version=1.5.0 is worse: "), "{}", slow.out);
    assert!(folder.read("canary.md").contains("over 500ms"), "{}", folder.read("canary.md"));
    let json = document(&canary("version=1.5.0", &["--against", "1.3.9", "--json"]).expect(1).out);
    assert_eq!((&json["outcome"], &json["passed"]), (&"fail".into(), &false.into()));

    // Too little to tell is no pass.
    let seldom = canary("version=1.6.0", &["--against", "1.3.9"]).expect(1);
    assert!(one_line(&seldom.out).contains("it is open: "), "{}", seldom.out);
    canary("version=1.6.0", &["--against", "1.3.9", "--unproven", "warn"]).expect(0);
    let short = canary("version=1.4.0", &["--against", "1.3.9", "--over", "5m"]).expect(1);
    assert!(
        one_line(&short.out).contains("both answered in 5 steps of `--over`, and 12 are needed"),
        "{}",
        short.out
    );
    let none = canary("version=2.0.0", &[]).expect(1);
    assert!(
        one_line(&none.out)
            .contains("no requests of version=2.0.0 are counted; `version` is one of 1.3.9, 1.4.0"),
        "{}",
        none.out
    );
    let json = document(&canary("version=2.0.0", &["--json"]).expect(1).out);
    assert_eq!((&json["outcome"], &json["passed"]), (&"no_data".into(), &false.into()));

    for (arguments, words) in [
        (["1.4.0", "--against", "1.3.9"], "write a label and its value"),
        (["version=1.4.0", "--against", "1.4.0"], "is the canary itself"),
        (["version=1.4.0", "--delta", "500%"], "must be a share"),
    ] {
        let said = canary(arguments[0], &arguments[1..]).expect(2);
        assert!(said.err.contains(words), "{}", said.err);
    }
}

#[test]
fn rollouts_ask_over_http() {
    let folder = Folder::new();
    let now_s = u64::try_from(jiff::Timestamp::now().as_second()).unwrap();
    let prometheus = Prometheus::start(&folder, &samples(now_s - 3600));
    folder.write("loadline.toml", PROJECT);
    let usual = ["--canary", "version=1.4.0", "--against", "1.3.9", "--over", "40m"];
    let serve = ["watch", "--prometheus", &prometheus.url, "--serve", "127.0.0.1:0"];
    let mut command = folder.loadline(serve.into_iter().chain(usual));
    let mut watch = Running(command.stdout(Stdio::piped()).spawn().unwrap());
    let mut said = BufReader::new(watch.0.stdout.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    let url = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap().to_owned();
    assert!(url.ends_with("/canary"), "{line}");
    let asked = |method: &str, query: &str| -> (String, Value) {
        let url = format!("{url}{query}");
        let curl = ["-s", "-X", method, "-w", "\n%{http_code}", &url];
        let answer = ended(Command::new("curl").args(curl)).out;
        let (body, status) = answer.rsplit_once('\n').unwrap();
        (status.to_owned(), serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}")))
    };
    let slow = "?canary=version%3D1.5.0&against=1.3.9&over=40m";
    for (method, query, status, outcome) in [
        ("GET", "", "200", "pass"),
        ("POST", "", "200", "pass"),
        // Argo Rollouts reads the outcome, Flagger goes by the status.
        ("GET", slow, "200", "fail"),
        ("POST", slow, "412", "fail"),
        ("POST", "?canary=version=2.0.0", "412", "no_data"),
    ] {
        let (found, document) = asked(method, query);
        assert_eq!((found.as_str(), document["outcome"].as_str()), (status, Some(outcome)), "{document}");
    }
    let (status, document) = asked("GET", "?cannary=1");
    assert_eq!(status, "400");
    assert!(document["error"].as_str().unwrap().contains("`cannary` is no part"), "{document}");
    drop(prometheus);
    let (status, document) = asked("POST", "");
    assert_eq!(status, "502");
    assert!(document["error"].as_str().unwrap().contains("cannot ask `http://127.0.0.1:"), "{document}");

    kill_process(Pid::from_child(&watch.0), Signal::TERM).unwrap();
    let mut out = String::new();
    said.read_to_string(&mut out).unwrap();
    assert_eq!(watch.0.wait().unwrap().code(), Some(0), "{out}");
    let wanted = "version=1.5.0 beside version=1.3.9 over 40m: version=1.5.0 is worse";
    assert!(out.contains(wanted) && out.ends_with("ended\n"), "{out}");
}
