//! The slowest requests of a run that were in a trace: where to look first, beside the figures.

use std::time::Duration;

use loadline_measure::{Run, SlowRequest};
use loadline_units as units;
use loadline_verdict::brief;
use serde_json::{Value, json};

use crate::text::{Line, Role, wrap};

/// Endpoints that have lines; the rest is counted.
const MOST_ENDPOINTS: usize = 6;
/// Parts that are named; the rest is counted.
const MOST_PARTS: usize = 4;
/// Columns that what follows a request is away from it.
const MORE: usize = 4;

/// The slowest request of each of the slowest endpoints, with its trace and what its server's time went into, each line
/// `indent` columns from the edge of a terminal of `width` columns; none where no request was in a trace.
pub fn slow_lines(run: &Run, indent: usize, width: usize) -> Vec<Line> {
    let mut slowest: Vec<(&str, &SlowRequest)> = run
        .meta
        .slowest
        .iter()
        .filter_map(|(endpoint, slowest)| Some((endpoint, slowest.first()?)))
        .collect();
    slowest.sort_by(|one, other| other.1.took_ns.cmp(&one.1.took_ns).then_with(|| one.0.cmp(other.0)));
    let mut lines = Vec::new();
    for (endpoint, request) in slowest.iter().take(MOST_ENDPOINTS) {
        let status = match request.status {
            0 => "no answer".to_owned(),
            status => status.to_string(),
        };
        let took = Line::indented(indent).with(Role::Value, &time(request.took_ns));
        let line =
            took.with(Role::Text, &format!("  {}", brief(endpoint))).with(Role::Dim, &format!("  {status}"));
        lines.push(line.truncated(width));
        let mut words = vec![format!("trace {}", request.trace)];
        words.extend(parts(request));
        for words in words {
            for part in wrap(&words, width.saturating_sub(indent + MORE).max(20)) {
                lines.push(Line::indented(indent + MORE).with(Role::Dim, &part));
            }
        }
    }
    let more = slowest.len().saturating_sub(MOST_ENDPOINTS);
    if more > 0 {
        let words = format!("and {} more endpoints", units::count(more as u64));
        lines.push(Line::indented(indent).with(Role::Dim, &words));
    }
    lines
}

/// `server 1.2s: db.select users 800ms, app 400ms`.
fn parts(request: &SlowRequest) -> Option<String> {
    if request.parts.is_empty() {
        return None;
    }
    let mut parts: Vec<&(String, u64)> = request.parts.iter().collect();
    parts.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    let mut words: Vec<String> =
        parts.iter().take(MOST_PARTS).map(|(name, ns)| format!("{} {}", brief(name), time(*ns))).collect();
    if parts.len() > MOST_PARTS {
        words.push(format!("and {} more", parts.len() - MOST_PARTS));
    }
    Some(format!("server {}: {}", time(request.server_ns), words.join(", ")))
}

fn time(ns: u64) -> String {
    units::time_of(Duration::from_nanos(ns))
}

/// Adds `slowest` to a JSON object, where there are any: by endpoint a list, slowest first, times in milliseconds.
pub(crate) fn add_slowest(object: &mut Value, run: &Run) {
    if run.meta.slowest.is_empty() {
        return;
    }
    let ms = |ns: u64| ns as f64 / 1e6;
    let one = |request: &SlowRequest| {
        let parts: serde_json::Map<String, Value> =
            request.parts.iter().map(|(name, ns)| (name.clone(), ms(*ns).into())).collect();
        json!({
            "took_ms": ms(request.took_ns), "trace": request.trace, "span": request.span,
            "ended_unix_ms": request.ended_unix_ms, "status": request.status,
            "server_ms": (request.server_ns > 0).then(|| ms(request.server_ns)), "parts_ms": parts,
        })
    };
    let endpoints: serde_json::Map<String, Value> = run
        .meta
        .slowest
        .iter()
        .map(|(endpoint, slowest)| (endpoint.to_owned(), slowest.iter().map(one).collect()))
        .collect();
    object["slowest"] = Value::Object(endpoints);
}

#[cfg(test)]
mod tests {
    use loadline_measure::{RunMeta, Schema};

    use super::*;
    use crate::text::{Theme, render};

    fn run() -> Run {
        let mut meta = RunMeta::default();
        for number in 0..8_u64 {
            let request = SlowRequest {
                took_ns: 1_000_000_000 + number * 1_000_000,
                trace: format!("{number:032x}"),
                span: format!("{number:016x}"),
                status: if number == 7 { 0 } else { 200 },
                server_ns: if number == 6 { 900_000_000 } else { 0 },
                parts: match number {
                    6 => (1..=6).map(|part| (format!("db.select t{part}"), part * 50_000_000)).collect(),
                    _ => Vec::new(),
                },
                ..SlowRequest::default()
            };
            meta.slowest.add(&format!("GET http://127.0.0.1/{number}"), request);
        }
        Run::new(meta, Schema::new())
    }

    #[test]
    fn lines_for_people() {
        let text = render(&slow_lines(&run(), 2, 72), &Theme::plain());
        let expected = "  1s  GET http://127.0.0.1/7  no answer
      trace 00000000000000000000000000000007
  1s  GET http://127.0.0.1/6  200
      trace 00000000000000000000000000000006
      server 900ms: db.select t6 300ms, db.select t5 250ms, db.select t4
      200ms, db.select t3 150ms, and 2 more
";
        assert!(text.starts_with(expected), "{text}");
        assert!(text.ends_with("  and 2 more endpoints\n"), "{text}");
        assert!(slow_lines(&Run::new(RunMeta::default(), Schema::new()), 2, 72).is_empty());
    }

    #[test]
    fn json_for_machines() {
        let mut value = json!({});
        add_slowest(&mut value, &run());
        let six = &value["slowest"]["GET http://127.0.0.1/6"][0];
        assert_eq!((six["took_ms"].as_f64(), six["server_ms"].as_f64()), (Some(1006.0), Some(900.0)));
        assert_eq!(six["parts_ms"]["db.select t6"], 300.0);
        assert!(value["slowest"]["GET http://127.0.0.1/5"][0]["server_ms"].is_null());
        let mut none = json!({});
        add_slowest(&mut none, &Run::new(RunMeta::default(), Schema::new()));
        assert_eq!(none, json!({}));
    }
}
