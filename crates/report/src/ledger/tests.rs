//! What is said of a service that is quick, but for one request in ten that waits for its pool.

use std::sync::Arc;
use std::time::Duration;

use loadline_measure::{
    Builtin, HttpOutcome, HttpRequest, LateStart, Phases, Recorder, Run, RunMeta, Schema, ServerTiming,
    TagSetId,
};

use super::*;
use crate::text::{Theme, render};

/// A service that is quick, and for one in ten waits for its pool.
fn run() -> Run {
    let schema = Schema::new();
    let builtin = Builtin::define(&schema).unwrap();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let ms = Duration::from_millis;
    for n in 0..400_u64 {
        for (name, slow) in [("search", n % 10 == 0), ("image", false)] {
            let pool = if slow { 300 } else { 1 };
            let field = format!("pool;dur={pool}, db.select-users;dur={}", 20 + n % 3);
            let request = HttpRequest {
                outcome: HttpOutcome::Answered { status: 200, proto: "HTTP/1.1" },
                phases: Phases {
                    sending: ms(1),
                    waiting: ms(pool + 20 + n % 3 + 2),
                    receiving: ms(1),
                    ..Phases::default()
                },
                server_timing: ServerTiming::of((name == "search").then_some(field.as_bytes())),
                ..HttpRequest::unsent("GET", name, 0, "")
            };
            let tags = recorder.whole_tags(&TagSetId::EMPTY.into(), &[("name", name)]);
            request.record(&mut recorder, &builtin, &LateStart::new(None), &tags, &tags);
        }
    }
    let mut run = Run::new(RunMeta::default(), schema);
    run.push(0, recorder.take_window());
    run
}

#[test]
fn what_makes_the_slow_ones_slow_is_said_and_shown() {
    let readings = ledger_readings(&run());
    assert_eq!(readings.len(), 3);
    for width in [60, 80, 120] {
        let lines = ledger_lines(&readings, &|reading| reading.name == "search", 4, width);
        let text = render(&lines, &Theme::plain());
        assert!(lines.iter().all(|line| line.width() <= width), "{text}");
        assert!(text.contains("requests around p95 take"), "{text}");
        assert!(text.contains("server: pool"), "{text}");
        assert!(!text.contains("image"), "{text}");
    }
}

#[test]
fn machines_get_the_same() {
    let json = ledger_json(&ledger_readings(&run()));
    let search = json.as_array().unwrap().iter().find(|one| one["name"] == "search").unwrap();
    assert_eq!(search["requests"], 400);
    assert_eq!(search["gap"]["made_of"][0]["what"], "server: pool");
    let sum: f64 =
        search["slow"]["items"].as_array().unwrap().iter().map(|item| item["ms"].as_f64().unwrap()).sum();
    assert!((sum - search["slow"]["total_ms"].as_f64().unwrap()).abs() < 1e-9);
}
