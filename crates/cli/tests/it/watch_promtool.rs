//! A second opinion on `--replay`: the same day as series of `promtool test rules`, with the rule that the windows are.
//!
//! A day with a scrape every ten seconds, of two replicas: one starts again, the other is not scraped for five minutes;
//! in the afternoon there is a slow release. Prometheus' own rule engine says when the alert is on; ours may differ by
//! one evaluation.

use std::fmt::Write as _;
use std::process::Command;

use serde_json::Value;

use crate::prometheus::Prometheus;
use crate::support::{Folder, ended};

/// 2026-07-04T00:00:00Z
const START: u64 = 1_783_123_200;
const SCRAPE: u64 = 10;
const MINUTES: u64 = 24 * 60;
/// The slow release, and when it was taken back.
const SLOW: std::ops::Range<u64> = 15 * 60..16 * 60 + 10;

const PROJECT: &str = r#"
[endpoints]
search = "POST /search"

[[budget]]
endpoint = "search"
p95 = "500ms"

[watch]
windows = [
  { long = "1h", short = "5m", burn = 6, severity = "page" },
  { long = "6h", short = "30m", burn = 1.2, severity = "ticket" },
]
resolve_after = "1m"
"#;

/// What a replica's counter says at each scrape; nothing where it was not scraped.
fn counter(replica: usize, slow: bool) -> Vec<Option<u64>> {
    let mut count = 0_u64;
    let mut values = Vec::new();
    for scrape in 0..=MINUTES * 60 / SCRAPE {
        let minute = scrape * SCRAPE / 60;
        // By day three times as many as by night.
        let requests = if (8 * 60..20 * 60).contains(&minute) { 12 } else { 4 };
        let bad = if SLOW.contains(&minute) { requests / 2 } else { u64::from(scrape % 60 == 0) };
        count += if slow { bad } else { requests };
        // One starts again in the midst of the slow release.
        if replica == 1 && minute == 15 * 60 + 20 && (scrape * SCRAPE).is_multiple_of(60) {
            count = 0;
        }
        let is_away = replica == 0 && (10 * 60..10 * 60 + 5).contains(&minute);
        values.push((!is_away).then_some(count));
    }
    values
}

/// Of each replica what was within the limit, and all.
fn series() -> Vec<(String, Vec<Option<u64>>)> {
    let mut all = Vec::new();
    for replica in 0..2 {
        let (total, slow) = (counter(replica, false), counter(replica, true));
        let fast = total.iter().zip(&slow).map(|(total, slow)| Some((*total)? - (*slow)?)).collect();
        for (suffix, le, values) in [("bucket", ",le=\"500\"", fast), ("bucket", ",le=\"+Inf\"", total)] {
            let labels = format!("instance=\"{replica}\",endpoint=\"search\",status=\"200\"{le}");
            all.push((format!("api_request_duration_ms_{suffix}{{{labels}}}"), values));
        }
    }
    all
}

/// As `OpenMetrics` with times.
fn samples() -> String {
    let mut text = "# TYPE api_request_duration_ms histogram\n".to_owned();
    for (name, values) in series() {
        for (scrape, value) in values.iter().enumerate() {
            if let Some(value) = value {
                let name = name.replace("le=\"500\"", "le=\"500.0\"");
                writeln!(text, "{name} {value} {}", START + scrape as u64 * SCRAPE).unwrap();
            }
        }
    }
    text + "# EOF\n"
}

/// The rule of a pair of windows, in the workbook's own form: bad events of all, in both.
fn rule(name: &str, long: &str, short: &str, threshold: f64) -> String {
    let share = |window: &str| {
        let sum =
            |le: &str| format!("sum(increase(api_request_duration_ms_bucket{{le=\"{le}\"}}[{window}]))");
        format!("(1 - {} / {})", sum("500"), sum("+Inf"))
    };
    format!(
        "      - alert: {name}\n        expr: {} > {threshold} and {} > {threshold}\n",
        share(long),
        share(short)
    )
}

/// What `promtool` is asked: whether the alerts are on, at each minute of a list.
fn asked(
    folder: &Folder,
    minutes: impl Iterator<Item = u64>,
    on: impl Fn(&str, u64) -> bool,
) -> (bool, String) {
    let rules = format!(
        "groups:\n  - name: budgets\n    interval: 1m\n    rules:\n{}{}",
        rule("page", "1h", "5m", 0.3),
        rule("ticket", "6h", "30m", 0.06)
    );
    folder.write("rules.yml", &rules);
    let mut test =
        "rule_files: [rules.yml]\nevaluation_interval: 1m\ntests:\n  - interval: 10s\n    input_series:\n"
            .to_owned();
    for (name, values) in series() {
        let values: Vec<String> = values
            .iter()
            .map(|value| value.map_or_else(|| "_".to_owned(), |value| value.to_string()))
            .collect();
        writeln!(test, "      - series: '{name}'\n        values: '{}'", values.join(" ")).unwrap();
    }
    test += "    alert_rule_test:\n";
    for minute in minutes {
        for alert in ["page", "ticket"] {
            let expected = if on(alert, minute) { "[{}]" } else { "[]" };
            writeln!(
                test,
                "      - eval_time: {minute}m\n        alertname: {alert}\n        exp_alerts: {}",
                if expected == "[{}]" { "[{ exp_labels: {} }]" } else { "[]" }
            )
            .unwrap();
        }
    }
    folder.write("test.yml", &test);
    let told = ended(Command::new("promtool").args(["test", "rules"]).arg(folder.path("test.yml")));
    (told.code == Some(0), told.out + &told.err)
}

#[test]
fn prometheus_own_rules_are_on_at_the_same_minutes() {
    let folder = Folder::new();
    let prometheus = Prometheus::start(&folder, &samples());
    folder.write("loadline.toml", PROJECT);
    let replay = ["watch", "--replay", "2026-07-04T06:00:00Z..2026-07-05T00:00:00Z", "--json"];
    let replayed = folder.run(replay.iter().copied().chain(["--prometheus", &prometheus.url])).expect(0);
    let json: Value = serde_json::from_str(&replayed.out).unwrap();
    let minute = |alert: &Value, key: &str| {
        let at: jiff::Timestamp = alert[key].as_str().unwrap_or_else(|| panic!("{json}")).parse().unwrap();
        (at.as_second() as u64 - START) / 60
    };
    let alerts = json["alerts"].as_array().unwrap();
    let spans: Vec<(&str, u64, u64)> = alerts
        .iter()
        .map(|alert| {
            // It is over a minute after it stopped to burn, as `resolve_after` says.
            (alert["severity"].as_str().unwrap(), minute(alert, "told"), minute(alert, "over") - 1)
        })
        .collect();
    assert_eq!(spans.iter().map(|span| span.0).collect::<Vec<_>>(), ["page", "ticket"], "{json}");
    assert!(spans.iter().all(|(_, told, over)| SLOW.contains(told) && SLOW.end <= *over), "{json}");

    // Everywhere but at the edges, where one evaluation either way is allowed.
    let is_on = |alert: &str, at: u64| {
        spans.iter().any(|(name, from, to)| *name == alert && (*from..*to).contains(&at))
    };
    let is_edge =
        |at: u64| spans.iter().any(|(_, from, to)| at.abs_diff(*from) <= 1 || at.abs_diff(*to) <= 1);
    let (agrees, words) = asked(&folder, (6 * 60..MINUTES).filter(|at| !is_edge(*at)), is_on);
    assert!(agrees, "{spans:?}\n{}", words.chars().take(4000).collect::<String>());
    // A test that could not fail would be none: an hour later they do not agree.
    let (agrees, _) = asked(&folder, 15 * 60 + 50..15 * 60 + 52, |alert, at| is_on(alert, at + 90));
    assert!(!agrees);
}
