//! The JSON shapes, against literal expectations.

use std::sync::Arc;
use std::time::Duration;

use loadline_measure::{Builtin, Recorder, Run, RunMeta, Saturation, Schema, TagSetId};
use loadline_units::TimeUnit;
use loadline_verdict::Verdict;
use serde_json::json;

use super::*;
use crate::judged;

/// Four requests and checks over two seconds, in a group within a group.
fn run() -> Run {
    let schema = Schema::new();
    let builtin = Builtin::define(&schema).unwrap();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let mut run =
        Run::new(RunMeta { name: "four.js".into(), started_unix_ms: 1000, ..RunMeta::default() }, schema);
    for (index, ms) in [1.0, 2.0, 3.0, 4.0].into_iter().enumerate() {
        let tags = recorder.tags(TagSetId::EMPTY, &[("expected_response", "true"), ("group", "::a::b")]);
        recorder.record(builtin.http_req_duration, ms, tags);
        recorder.record(builtin.http_reqs, 1.0, tags);
        recorder.record(builtin.http_req_failed, 0.0, tags);
        let check = recorder.tags(TagSetId::EMPTY, &[("check", "ok"), ("group", "")]);
        recorder.record(builtin.checks, 1.0, check);
        let inner = recorder.tags(TagSetId::EMPTY, &[("check", "even"), ("group", "::a::b")]);
        recorder.record(builtin.checks, f64::from(u8::from(index % 2 == 0)), inner);
        recorder.record(builtin.data_sent, 100.0, TagSetId::EMPTY);
    }
    recorder.record(builtin.vus, 1.0, TagSetId::EMPTY);
    run.push(0, recorder.take_window());
    run.duration = Duration::from_secs(2);
    run
}

fn verdicts(run: &Run) -> Vec<Verdict> {
    let thresholds = [
        ("http_req_duration", "p(95)<500"),
        ("http_reqs", "count>10"),
        ("http_req_duration{scenario:x}", "med<1"),
    ];
    judged::judged(run, &thresholds)
}

const ROOT_ID: &str = "d41d8cd98f00b204e9800998ecf8427e";

#[test]
fn handle_summary_gets_k6s_object() {
    let state =
        TestState { stdout_is_terminal: true, setup_data: Some(json!({"token": 1})), ..TestState::default() };
    let run = run();
    let stats = [TrendStat::Average, TrendStat::Percentile(90.0), TrendStat::Count];
    let data = summary_data(&run, &verdicts(&run), &stats, TimeUnit::Milliseconds, &state);
    let id = |path: &str| summary_data::id(path);
    assert_eq!(id(""), ROOT_ID);
    assert_eq!(
        data,
        json!({
            "root_group": {
                "name": "", "path": "", "id": ROOT_ID,
                "groups": [{
                    "name": "a", "path": "::a", "id": id("::a"), "checks": [],
                    "groups": [{
                        "name": "b", "path": "::a::b", "id": id("::a::b"), "groups": [],
                        "checks": [{ "name": "even", "path": "::a::b::even", "id": id("::a::b::even"), "passes": 2, "fails": 2 }],
                    }],
                }],
                "checks": [{ "name": "ok", "path": "::ok", "id": id("::ok"), "passes": 4, "fails": 0 }],
            },
            "options": { "summaryTrendStats": ["avg", "p(90)", "count"], "summaryTimeUnit": "ms", "noColor": false },
            "state": { "isStdOutTTY": true, "isStdErrTTY": false, "testRunDurationMs": 2000, "trustworthy": true, "complete": true },
            "setup_data": { "token": 1 },
            "metrics": {
                "checks": { "type": "rate", "contains": "default", "values": { "rate": 0.75, "passes": 6, "fails": 2 } },
                "data_sent": { "type": "counter", "contains": "data", "values": { "count": 400, "rate": 200 } },
                "http_req_duration": {
                    "type": "trend", "contains": "time", "values": { "avg": 2.5, "p(90)": 3.7, "count": 4 },
                    "thresholds": { "p(95)<500": { "ok": true } },
                },
                "http_req_duration{expected_response:true}": {
                    "type": "trend", "contains": "time", "values": { "avg": 2.5, "p(90)": 3.7, "count": 4 },
                },
                "http_req_duration{scenario:x}": {
                    "type": "trend", "contains": "time", "values": { "avg": 0, "p(90)": 0, "count": 0 },
                    "thresholds": { "med<1": { "ok": false } },
                },
                "http_req_failed": { "type": "rate", "contains": "default", "values": { "rate": 0, "passes": 0, "fails": 4 } },
                "http_reqs": {
                    "type": "counter", "contains": "default", "values": { "count": 4, "rate": 2 },
                    "thresholds": { "count>10": { "ok": false } },
                },
                "vus": { "type": "gauge", "contains": "default", "values": { "value": 1, "min": 1, "max": 1 } },
            },
        })
    );
}

#[test]
fn summary_export_has_maps_and_true_means_failed() {
    let run = run();
    let exported = summary_export(&run, &verdicts(&run), &[TrendStat::Maximum]);
    assert_eq!(
        exported["metrics"],
        json!({
            "checks": { "value": 0.75, "passes": 6, "fails": 2 },
            "data_sent": { "count": 400, "rate": 200 },
            "http_req_duration": { "max": 4, "thresholds": { "p(95)<500": false } },
            "http_req_duration{expected_response:true}": { "max": 4 },
            "http_req_duration{scenario:x}": { "max": 0, "thresholds": { "med<1": true } },
            "http_req_failed": { "value": 0, "passes": 0, "fails": 4 },
            "http_reqs": { "count": 4, "rate": 2, "thresholds": { "count>10": true } },
            "vus": { "value": 1, "min": 1, "max": 1 },
        })
    );
    assert_eq!(exported["trustworthy"], true);
    let root = &exported["root_group"];
    assert_eq!(root["checks"]["ok"]["passes"], 4);
    assert_eq!(root["groups"]["a"]["groups"]["b"]["checks"]["even"]["fails"], 2);
    assert_eq!(root["id"], ROOT_ID);
}

#[test]
fn verdicts_have_a_version() {
    let run = run();
    assert_eq!(
        verdicts_json(&run, &verdicts(&run)[1..2]),
        json!({
            "version": 1,
            "run": { "name": "four.js", "started_unix_ms": 1000, "duration_ms": 2000 },
            "passed": false,
            "trustworthy": true,
            "complete": true,
            "verdicts": [{
                "rule": "threshold",
                "selector": "http_reqs",
                "expression": "count>10",
                "outcome": "fail",
                "fails": true,
                "metric": "http_reqs",
                "aggregate": "count",
                "observed": 4, "interval": null,
                "limit": 10,
                "unit": "default",
                "exact": true,
                "values": 4,
                "evidence": "count = 4",
                "certainty": null,
                "more_seconds": null,
                "trustworthy": true,
            }],
        })
    );
}

#[test]
fn a_saturated_generator_is_told_to_machines() {
    let mut run = run();
    run.meta.saturation = Some(Saturation { evidence: vec!["it used 2 of 2 cores".to_owned()] });
    let verdicts = verdicts(&run);
    let reasons = json!(["it used 2 of 2 cores"]);
    let all = verdicts_json(&run, &verdicts);
    let export = summary_export(&run, &verdicts, &[]);
    let data = summary_data(&run, &verdicts, &[], TimeUnit::Auto, &TestState::default());
    for object in [&all, &export, &data["state"]] {
        assert_eq!(object["trustworthy"], false);
        assert_eq!(object["not_trustworthy_because"], reasons);
    }
    assert_eq!(all["verdicts"][0]["trustworthy"], false);
}

#[test]
fn checks_of_one_name_in_two_groups_are_two_checks() {
    let root = groups(&crate::made_up::run(), &[]);
    let names: Vec<&str> = root.descendants().iter().map(|group| group.path.as_str()).collect();
    assert_eq!(names, ["::public pages", "::public pages::details", "::checkout"]);
    assert_eq!(
        root.checks.iter().map(|check| check.name.as_str()).collect::<Vec<_>>(),
        ["status is 200", "has programs"]
    );
}
