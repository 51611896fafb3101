//! A day of production (two replicas, a scrape every 10 s, restarts, a gap, a deploy that breaks everything, a slow
//! burn in the evening): when a watch would have alarmed, by hand and by what a Prometheus says of the workbook's
//! rules.

use std::fmt::Write as _;

use serde_json::Value;

use crate::prometheus::Prometheus;
use crate::support::{Folder, ended};

/// 2026-07-04T00:00:00Z
const START: u64 = 1_783_123_200;
const HOUR: u64 = 3600;

const PROJECT: &str = r#"
[endpoints]
search = "POST /search"

[[budget]]
endpoint = "search"
p95 = "500ms"

[watch]
windows = [
  { long = "1h", short = "5m", burn = 14.4 },
  { long = "6h", short = "30m", burn = 6 },
]
"#;

/// Of ten requests, how many are slow.
fn slow(second: u64) -> u64 {
    match second {
        _ if (14 * HOUR..15 * HOUR).contains(&second) => 10,
        _ if (18 * HOUR..22 * HOUR).contains(&second) => 5,
        _ => 0,
    }
}

fn samples() -> String {
    let mut text = "# TYPE api_request_duration_ms histogram\n".to_owned();
    for (replica, restarts) in [("a", vec![14 * HOUR]), ("b", vec![6 * HOUR + 7, 14 * HOUR + 30])] {
        for bound in ["500", "+Inf"] {
            let mut count = 0;
            for second in (10..=24 * HOUR).step_by(10) {
                if restarts.iter().any(|at| (second - 10..second).contains(at)) {
                    count = 0;
                }
                count += if bound == "+Inf" { 10 } else { 10 - slow(second - 1) };
                // A network that is away for a while.
                if (9 * HOUR..9 * HOUR + 300).contains(&second) {
                    continue;
                }
                let labels =
                    format!("instance=\"{replica}\",endpoint=\"search\",status=\"200\",le=\"{bound}\"");
                writeln!(text, "api_request_duration_ms_bucket{{{labels}}} {count} {}", START + second)
                    .unwrap();
            }
        }
    }
    text + "# EOF\n"
}

/// When the workbook's condition holds, minute by minute, as a Prometheus sees it: begins and ends, in minutes.
fn by_prometheus(prometheus: &Prometheus) -> Vec<(i64, i64)> {
    let share = |length: &str| {
        let of = |le: &str| format!("sum(rate(api_request_duration_ms_bucket{{le=\"{le}\"}}[{length}]))");
        format!("(1 - {} / {})", of("500"), of("+Inf"))
    };
    let both = |long: &str, short: &str, above: f64| {
        format!("{} > {above} and {} > {above}", share(long), share(short))
    };
    let query = format!("({}) or ({})", both("1h", "5m", 14.4 * 0.05), both("6h", "30m", 6.0 * 0.05));
    let url = format!("{}/api/v1/query_range", prometheus.url);
    let (start, end) = (format!("start={START}"), format!("end={}", START + 24 * HOUR));
    let arguments = [
        "-s",
        "--data-urlencode",
        &format!("query={query}"),
        "-d",
        &start,
        "-d",
        &end,
        "-d",
        "step=60",
        &url,
    ];
    let answer: Value =
        serde_json::from_str(&ended(std::process::Command::new("curl").args(arguments)).out).unwrap();
    let mut minutes: Vec<i64> = answer["data"]["result"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer}"))
        .iter()
        .flat_map(|row| row["values"].as_array().unwrap())
        .map(|point| (point[0].as_i64().unwrap() - START as i64) / 60)
        .collect();
    minutes.sort_unstable();
    let mut spans: Vec<(i64, i64)> = Vec::new();
    for minute in minutes {
        match spans.last_mut() {
            Some((_, end)) if minute <= *end + 1 => *end = minute,
            _ => spans.push((minute, minute)),
        }
    }
    spans
}

fn minute(time: &Value) -> i64 {
    let time: jiff::Timestamp = time.as_str().unwrap().parse().unwrap();
    (time.as_second() - START as i64) / 60
}

#[test]
fn a_day_is_seen_as_by_hand_and_as_a_prometheus_sees_it() {
    let folder = Folder::with(&[("loadline.toml", PROJECT)]);
    let prometheus = Prometheus::start(&folder, &samples());
    let span = "2026-07-04T00:00:00Z..2026-07-05T00:00:00Z";
    let lived = folder.run(["watch", "--replay", span, "--prometheus", &prometheus.url, "--json"]).expect(0);
    let json: Value = serde_json::from_str(&lived.out).unwrap();
    let ours: Vec<(i64, i64)> = json["alerts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|alert| (minute(&alert["told"]), minute(&alert["over"])))
        .collect();

    // By hand. All are slow from 14:00 to 15:00: more than 72 % of an hour after 43.2 minutes, and of the last five
    // minutes until 1.4 minutes after it. Half are from 18:00 to 22:00: with the hour of the afternoon more than 30 %
    // of six hours after 96 minutes, until 36 minutes of that hour are left in them at 20:24; without it again after
    // 216 minutes, and of half an hour until 12 minutes after it. Over is a quarter of an hour later, and twice that
    // for each time that it comes again within six hours.
    let held = [15, 30, 60];
    let by_hand = [
        (14 * 60 + 44, 15 * 60 + 2 + 15),
        (19 * 60 + 37, 20 * 60 + 24 + 30),
        (21 * 60 + 37, 22 * 60 + 13 + 60),
    ];
    assert_eq!(ours.len(), by_hand.len(), "{json}");
    let theirs = by_prometheus(&prometheus);
    assert_eq!(theirs.len(), by_hand.len(), "{theirs:?} {json}");
    for (((ours, by_hand), (begin, end)), held) in ours.iter().zip(by_hand).zip(theirs).zip(held) {
        // Within one look.
        for (one, other) in
            [(ours.0, by_hand.0), (ours.1, by_hand.1), (ours.0, begin), (ours.1, end + 1 + held)]
        {
            assert!((one - other).abs() <= 1, "{ours:?} {by_hand:?} {begin} {end}");
        }
    }
}
