//! Pictures of the report, and its figures from a Run whose content is known.

use std::sync::Arc;
use std::time::Duration;

use loadline_measure::{Builtin, MetricKind, Recorder, Run, RunMeta, Schema, TagSetId, Unit};

use super::*;
use crate::text::{Theme, render};

const LATENCY: &str = "response_time";

/// A thousand answers, of which ten are 503, and three refused connections; twenty connections were opened.
fn run() -> Run {
    let schema = Schema::new();
    let builtin = Builtin::define(&schema).unwrap();
    let latency = schema.define(LATENCY, MetricKind::Trend, Unit::Milliseconds).unwrap();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    for number in 0..1003_u32 {
        let tags = match number {
            0..990 => vec![("status", "200")],
            990..1000 => vec![("status", "503"), ("error_code", "1503")],
            _ => vec![("status", "0"), ("error", "dial: connection refused"), ("error_code", "1212")],
        };
        let tags = recorder.tags(TagSetId::EMPTY, &tags);
        let ms = 1.0 + f64::from(number % 100) / 50.0 + if number % 100 == 99 { 20.0 } else { 0.0 };
        recorder.record(latency, ms, tags);
        recorder.record(builtin.http_req_waiting, ms - 0.1, tags);
        recorder.record(builtin.http_req_sending, 0.02, tags);
        recorder.record(builtin.http_req_receiving, 0.01, tags);
        recorder.record(builtin.http_req_connecting, if number < 20 { 0.5 } else { 0.0 }, tags);
        recorder.record(builtin.http_req_tls_handshaking, 0.0, tags);
        recorder.record(builtin.http_reqs, 1.0, tags);
        recorder.record(builtin.http_req_failed, f64::from(u8::from(number >= 990)), tags);
        recorder.record(builtin.data_sent, 100.0, TagSetId::EMPTY);
        recorder.record(builtin.data_received, 250.0, TagSetId::EMPTY);
    }
    let meta = RunMeta { name: "GET http://127.0.0.1:8080/".to_owned(), ..RunMeta::default() };
    let mut run = Run::new(meta, schema);
    run.push(0, recorder.take_window());
    run.duration = Duration::from_secs(2);
    run
}

fn picture(width: usize) -> String {
    let words = "from the start of each request to its last byte, connecting included";
    render(&hit_report(&HitFigures::of(&run(), LATENCY), words, &[], width), &Theme::plain())
}

#[test]
fn figures_are_those_of_the_run() {
    let figures = HitFigures::of(&run(), LATENCY);
    assert_eq!((figures.requests, figures.failed, figures.dropped), (1003, 13, 0));
    assert_eq!(figures.rate(), 500.0);
    assert_eq!(
        figures.statuses.iter().map(|(code, count)| (code.as_str(), *count)).collect::<Vec<_>>(),
        [("200", 990), ("503", 10)]
    );
    assert_eq!(figures.errors["dial: connection refused"], 3);
    let connect = &figures.phases[0];
    assert_eq!((connect.name, connect.count), ("connect", 20), "kept connections do not count");
    assert!((connect.mean - 0.5).abs() < 1e-9 && (connect.p99 - 0.5).abs() < 1e-3, "{connect:?}");
    assert!(figures.phases.iter().all(|phase| phase.key != "tls_handshaking"), "there was none");
}

#[test]
fn reports_fit_their_terminal() {
    insta::assert_snapshot!("report_80", picture(80));
    for width in [60, 80, 120] {
        assert!(picture(width).lines().all(|line| line.chars().count() <= width), "{}", picture(width));
    }
}

#[test]
fn what_was_sent_again_is_told() {
    let mut run = run();
    assert!(!picture(80).contains("sent again"), "nothing was");
    let builtin = Builtin::define(run.schema()).unwrap();
    let mut recorder = Recorder::new(Arc::clone(run.schema()));
    recorder.record(builtin.http_reqs_repeated, 2.0, TagSetId::EMPTY);
    recorder.record(builtin.http_reqs_repeated, 1.0, TagSetId::EMPTY);
    run.push(1, recorder.take_window());
    let figures = HitFigures::of(&run, LATENCY);
    assert_eq!(figures.repeated, 3);
    let shown = render(&hit_report(&figures, "", &[], 100), &Theme::plain());
    assert!(shown.contains("3 times a request was sent again"), "{shown}");
    assert_eq!(hit_json(&run, &figures, false, &[])["repeated"], 3);
}

#[test]
fn a_run_without_any_request_is_reported() {
    let run = Run::new(RunMeta::default(), Schema::new());
    let figures = HitFigures::of(&run, LATENCY);
    assert!(render(&hit_report(&figures, "", &[], 80), &Theme::plain()).contains("0 in 0s"));
    assert_eq!(hit_json(&run, &figures, false, &[])["latency"]["p99"], serde_json::Value::Null);
}

#[test]
fn what_was_waited_in_vain_is_no_latency() {
    let schema = Schema::new();
    let builtin = Builtin::define(&schema).unwrap();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let mut run = Run::new(RunMeta::default(), schema);
    for (code, ms) in [("1050", 200.0), ("1050", 202.0), ("1212", 0.0)] {
        let tags = recorder.tags(TagSetId::EMPTY, &[("error_code", code)]);
        recorder.record(builtin.http_req_duration, ms, tags);
        recorder.record(builtin.http_reqs, 1.0, tags);
    }
    run.push(0, recorder.take_window());
    let figures = HitFigures::of(&run, LATENCY);
    let json = hit_json(&run, &figures, true, &[]);
    assert_eq!((&json["latency"]["answered"], &json["latency"]["min"]), (&false.into(), &200.into()));
    let shown = render(&hit_report(&figures, "", &[], 80), &Theme::plain());
    assert!(shown.contains("none: nothing was answered, and half were given up after 201ms"), "{shown}");
}

#[test]
fn json_has_every_figure() {
    let run = run();
    let json = hit_json(&run, &HitFigures::of(&run, LATENCY), true, &[]);
    assert_eq!(json["version"], 1);
    assert_eq!((&json["requests"], &json["statuses"]["200"]), (&1003.into(), &990.into()));
    assert_eq!(json["latency"]["from"], "schedule");
    assert!(json["latency"]["p99.9"].as_f64().unwrap() > 20.0, "{json}");
    assert_eq!(json["phases"]["connecting"]["requests"], 20);
    assert_eq!((&json["passed"], &json["budgets"]), (&true.into(), &serde_json::json!([])));
}

#[test]
fn a_saturated_generator_is_said_without_budgets_too() {
    let mut run = run();
    let reason = "it used 1.98 of 2 cores on average".to_owned();
    run.meta.saturation = Some(loadline_measure::Saturation { evidence: vec![reason] });
    let figures = HitFigures::of(&run, LATENCY);
    let text = render(&hit_report(&figures, "", &[], 80), &Theme::plain());
    assert!(
        text.ends_with(
            "  ! not trustworthy: generator saturated\n    ↳ it used 1.98 of 2 cores on average\n"
        ),
        "{text}"
    );
    assert_eq!(hit_json(&run, &figures, true, &[])["trustworthy"], false);
}
