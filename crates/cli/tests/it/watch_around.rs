//! An alert explains itself: a release, a restart, three times the traffic, a slow database, an empty cache, and what
//! load tests said, over a real Prometheus.

use std::fmt::Write as _;

use serde_json::Value;

use crate::prometheus::Prometheus;
use crate::support::{Folder, nginx};

/// 2026-07-04T09:00:00Z
const START: u64 = 1_783_155_600;
const SECONDS: u64 = 3 * 3600;
/// From here on everything is different: 11:40.
const RELEASE: u64 = SECONDS - 1200;

const PROJECT: &str = r#"
[endpoints]
home = "GET /"

[[budget]]
endpoint = "home"
p95 = "500ms"

[watch]
labels = { job = "shop" }
windows = [{ long = "30m", short = "5m", burn = 2 }]
"#;

/// All samples of one metric together, as the format wants it.
fn samples() -> String {
    let mut families: [(&str, String); 4] = [
        ("# TYPE api_request_duration_ms histogram\n", String::new()),
        ("# TYPE process_start_time_seconds gauge\n", String::new()),
        ("# TYPE db_query_duration_ms histogram\n", String::new()),
        ("# TYPE cache_answers counter\n", String::new()),
    ];
    let (mut old, mut new) = ([0_u64; 2], [0_u64; 2]);
    let (mut queries, mut took, mut hits, mut misses) = (0_u64, 0_u64, 0_u64, 0_u64);
    for second in (15..=SECONDS).step_by(15) {
        let at = START + second;
        let is_new = second > RELEASE;
        let (counts, requests, slow) = if is_new { (&mut new, 900, 300) } else { (&mut old, 300, 0) };
        counts[0] += requests - slow;
        counts[1] += requests;
        let version = if is_new { "1.4.0" } else { "1.3.9" };
        let labels = format!("job=\"shop\",version=\"{version}\",endpoint=\"home\",status=\"200\"");
        for (bound, count) in [("500.0", counts[0]), ("+Inf", counts[1])] {
            writeln!(families[0].1, "api_request_duration_ms_bucket{{{labels},le=\"{bound}\"}} {count} {at}")
                .unwrap();
        }
        writeln!(families[0].1, "api_request_duration_ms_count{{{labels}}} {} {at}", counts[1]).unwrap();
        let started = if is_new { START + RELEASE + 7 } else { START - 86_400 };
        writeln!(families[1].1, "process_start_time_seconds{{job=\"shop\"}} {started} {at}").unwrap();
        (queries, took) = (queries + 100, took + if is_new { 4_800 } else { 1_500 });
        for (part, number) in [("bucket", queries), ("sum", took), ("count", queries)] {
            let le = if part == "bucket" { ",le=\"+Inf\"" } else { "" };
            writeln!(families[2].1, "db_query_duration_ms_{part}{{job=\"shop\"{le}}} {number} {at}").unwrap();
        }
        (hits, misses) = if is_new { (hits + 10, misses + 90) } else { (hits + 90, misses + 10) };
        for (result, number) in [("hit", hits), ("miss", misses)] {
            let labels = format!("job=\"shop\",endpoint=\"home\",result=\"{result}\"");
            writeln!(families[3].1, "cache_answers_total{{{labels}}} {number} {at}").unwrap();
        }
    }
    let all: Vec<&str> = families.iter().flat_map(|(head, lines)| [*head, lines.as_str()]).collect();
    all.concat() + "# EOF\n"
}

#[test]
fn an_alert_says_what_changed_and_what_load_tests_said() {
    let folder = Folder::new();
    let prometheus = Prometheus::start(&folder, &samples());
    folder.write("loadline.toml", PROJECT);
    let once = |more: &[&str], code| {
        let always = ["watch", "--once", "--prometheus", &prometheus.url, "--at", "2026-07-04T12:00:00Z"];
        folder.run(always.iter().chain(more)).expect(code).out
    };
    let around = |text: &str| -> Vec<String> {
        let json: Value = serde_json::from_str(text).unwrap();
        let around = json["budgets"][0]["around"].as_array().unwrap().clone();
        around.iter().map(|words| words.as_str().unwrap().to_owned()).collect()
    };
    let words = around(&once(&["--json"], 1));
    for wanted in [
        "changed: version 1.4.0 answers since 2026-07-04T11:41",
        "changed: 1 of 1 processes started, the last at 2026-07-04T11:40:07Z",
        "changed: it is asked 60/s, 3× as often as before (20/s)",
        "changed: a query of the database takes 48ms on average, 3.2× as long as before (15ms)",
        "changed: 10% of its answers come from a cache, 90% did before",
        "no load test of it is in the history",
    ] {
        assert!(words.iter().any(|words| words.starts_with(wanted)), "{wanted}\n{words:#?}");
    }
    assert!(words[0].ends_with("in place of 1.3.9"), "{words:#?}");

    // A load test of the same endpoint.
    let server = nginx();
    folder.run(["hit", &format!("{}/", server.url), "--duration", "1s", "--rate", "20"]).expect(0);
    let words = around(&once(&["--json"], 1));
    let tested = words.last().unwrap();
    assert!(
        tested.starts_with("the last load test (run 1 of ") && tested.contains(" with a p95 of "),
        "{tested}"
    );
    assert!(tested.contains("; now it is asked 60/s"), "{tested}");
    let text = once(&[], 1).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("the last load test (run 1 of") && text.contains("in place of 1.3.9"), "{text}");
    // What does not burn is not explained.
    let before =
        ["watch", "--once", "--prometheus", &prometheus.url, "--at", "2026-07-04T11:39:00Z", "--json"];
    assert!(around(&folder.run(before).expect(0).out).is_empty());
}
