//! Documents that grow: what was told second by second is what is told at once, and what the run says when it is over.

use std::sync::Arc;
use std::time::Duration;

use loadline_measure::{Builtin, EventKind, Recorder, Run, RunMeta, Schema, TagSetId, ThresholdText, Window};
use loadline_verdict::{Budgets, judge};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Judgement, Live, News};
use crate::document::{Document, Outcome};

/// A request: which of the names, whether it was well, and how long it took.
type Request = (usize, bool, f64);

/// Seconds of a run, with the schema of its windows.
fn seconds(requests: &[Vec<Request>]) -> (Arc<Schema>, Vec<Window>) {
    let schema = Schema::new();
    let builtin = Builtin::define(&schema).unwrap();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let windows = requests.iter().map(|second| {
        for (name, is_well, took) in second {
            let status = if *is_well { "200" } else { "500" };
            let name = format!("/{name}");
            let tags = [("name", name.as_str()), ("status", status), ("method", "GET")];
            let tags = recorder.tags(TagSetId::EMPTY, &tags);
            recorder.record(builtin.response_time, *took, tags);
            recorder.record(builtin.http_reqs, 1.0, tags);
            recorder.record(builtin.http_req_failed, f64::from(u8::from(!is_well)), tags);
            let tags = recorder.tags(TagSetId::EMPTY, &[("check", &name), ("group", "::shop")]);
            recorder.record(builtin.checks, f64::from(u8::from(*is_well)), tags);
        }
        recorder.take_window()
    });
    let windows = windows.collect();
    (schema, windows)
}

fn meta() -> RunMeta {
    let threshold = |selector: &str, expression: &str| ThresholdText {
        selector: selector.to_owned(),
        expression: expression.to_owned(),
        ..ThresholdText::default()
    };
    let thresholds = vec![threshold("response_time", "p(95)<100"), threshold("vus", "value<5")];
    RunMeta { name: "mix.ts".to_owned(), thresholds, ..RunMeta::default() }
}

/// Puts an addition into a document as the page does (`web/src/live.ts`).
fn add(document: &mut Value, news: &Value) {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let at = |value: &Value| value.as_u64().unwrap() as usize;
    let steps = at(&news["steps"]);
    document["duration_ms"] = news["duration_ms"].clone();
    document["steps"] = news["steps"].clone();
    for row in every(document) {
        for numbers in row["course"].as_object_mut().unwrap().values_mut() {
            numbers.as_array_mut().unwrap().resize(steps, Value::Null);
        }
    }
    document["metrics"].as_array_mut().unwrap().extend(list(&news["metrics"]));
    if news.get("panels").is_some() {
        document["panels"] = news["panels"].clone();
    }
    for cut in list(&news["cuts"]) {
        document["metrics"][at(&cut[0])]["cuts"].as_array_mut().unwrap().push(cut[1].clone());
    }
    for row in list(&news["rows"]) {
        let rows = &mut document["metrics"][at(&row[0])]["cuts"][at(&row[1])]["rows"];
        rows.as_array_mut().unwrap().push(row[2].clone());
    }
    for left in list(&news["left_out"]) {
        document["metrics"][at(&left[0])]["cuts"][at(&left[1])]["left_out"] = left[2].clone();
    }
    for grown in list(&news["grown"]) {
        let metric = &mut document["metrics"][at(&grown[0])];
        let row = match grown[1].as_u64() {
            Some(cut) => &mut metric["cuts"][cut as usize]["rows"][at(&grown[2])],
            None => &mut metric["all"],
        };
        row["samples"] = grown[3].clone();
        for (figure, value) in row["figures"].as_object_mut().unwrap().values_mut().zip(list(&grown[4])) {
            *figure = value;
        }
        for (numbers, value) in row["course"].as_object_mut().unwrap().values_mut().zip(list(&grown[5])) {
            numbers[steps - 1] = value;
        }
    }
    if let Some(heat) = news.get("heat") {
        if document["heat"].is_null() {
            document["heat"] =
                json!({ "metric": heat["metric"], "edges": super::sizes::edges(), "cells": [] });
        }
        let cells = document["heat"]["cells"].as_array_mut().unwrap();
        cells.retain(|cell| cell[0] != heat["step"]);
        cells.extend(list(&heat["cells"]).iter().map(|cell| json!([heat["step"], cell[0], cell[1]])));
    }
    for (new, changed, known, fields) in [
        ("new_checks", "checks", "checks", &["passes", "fails", "first_fail_s"]),
        ("new_failures", "failures", "failures", &["count", "first_s", "last_s"]),
    ] {
        document[known].as_array_mut().unwrap().extend(list(&news[new]));
        for change in list(&news[changed]) {
            for (place, field) in fields.iter().enumerate() {
                document[known][at(&change[0])][field] = change[place + 1].clone();
            }
        }
    }
    document["failures_left_out"] = news["failures_left_out"].clone();
    if let Some(events) = news.get("events") {
        document["events"] = events[0].clone();
        document["events_left_out"] = events[1].clone();
    }
    if let Some(judged) = news.get("judged") {
        for field in ["verdict", "requirements", "warnings"] {
            document[field] = judged[field].clone();
        }
    }
}

fn every(document: &mut Value) -> impl Iterator<Item = &mut Value> {
    document["metrics"].as_array_mut().unwrap().iter_mut().flat_map(|metric| {
        let metric = metric.as_object_mut().unwrap();
        let mut rows = Vec::new();
        for (key, value) in metric.iter_mut() {
            match key.as_str() {
                "all" => rows.push(value),
                "cuts" => {
                    for cut in value.as_array_mut().unwrap() {
                        rows.extend(cut["rows"].as_array_mut().unwrap());
                    }
                }
                _ => {}
            }
        }
        rows
    })
}

/// Without what is told only now and then, or can be reckoned by whoever has the rest.
fn told(document: &Document) -> Value {
    let mut document = serde_json::to_value(document).unwrap();
    reckoned(&mut document);
    document
}

fn reckoned(document: &mut Value) {
    for row in every(document) {
        let is_drawn = !row["course"].as_object().unwrap().is_empty();
        row["figures"]["rate"] = Value::Null;
        if !is_drawn {
            row["figures"] = Value::Null;
            row["samples"] = Value::Null;
        }
    }
}

fn requests() -> impl Strategy<Value = Vec<Vec<Request>>> {
    let request = (0_usize..20, proptest::bool::weighted(0.8), 0.1_f64..2_000.0);
    proptest::collection::vec(proptest::collection::vec(request, 0..6), 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whoever was there from any second on sees what is told to who comes now.
    #[test]
    fn additions_come_to_the_whole(requests in requests(), joins in 0_usize..40, restarts in 0_usize..40) {
        let (schema, windows) = seconds(&requests);
        let budgets = Budgets::of_run(&Run::new(meta(), Arc::clone(&schema))).unwrap();
        let mut live = Live::new(meta(), Arc::clone(&schema));
        let mut run = Run::new(meta(), schema);
        let mut viewer = None;
        for (second, window) in windows.iter().enumerate() {
            if second == joins.min(windows.len() - 1) {
                viewer = Some(serde_json::to_value(live.document()).unwrap());
            }
            run.push(second as u64, window.clone());
            if second % 3 == 0 {
                live.judge(Judgement::so_far(&run, &judge(&run, &budgets)));
            }
            if second == restarts {
                run.meta.events.add(Duration::from_secs(second as u64), EventKind::Restart, "the database");
                live.happened(run.meta.events.clone());
            }
            let news = live.take(second as u64, window);
            let (Some(viewer), News::Added(addition)) = (&mut viewer, news) else { continue };
            add(viewer, &serde_json::to_value(addition).unwrap());
        }
        let mut viewer = viewer.unwrap();
        reckoned(&mut viewer);
        prop_assert_eq!(viewer, told(&live.document()));
    }

    /// All values together come to what they come to in the document of a run that is over.
    #[test]
    fn at_last_it_says_what_the_run_says(requests in requests()) {
        let (schema, windows) = seconds(&requests);
        let mut live = Live::new(meta(), Arc::clone(&schema));
        let mut run = Run::new(meta(), schema);
        for (second, window) in windows.into_iter().enumerate() {
            live.take(second as u64, &window);
            run.push(second as u64, window);
        }
        let (live, whole) = (live.document(), Document::of(&run, &[]));
        prop_assert_eq!(live.metrics.len(), whole.metrics.len());
        for metric in &whole.metrics {
            let known = live.metrics.iter().find(|known| known.name == metric.name).unwrap();
            prop_assert_eq!(known.all.samples, metric.all.samples);
            prop_assert_eq!(&known.all.figures, &metric.all.figures);
            for (column, course) in &known.all.course {
                // The run's last seconds may be without a value, and then its steps are fewer.
                prop_assert_eq!(&course[..metric.all.course[column].len()], &metric.all.course[column][..]);
            }
        }
        let sum = |document: &Document| -> u64 {
            document.heat.iter().flat_map(|heat| &heat.cells).map(|(_, _, count)| count).sum()
        };
        prop_assert_eq!(sum(&live), sum(&whole));
        let failed = |document: &Document| document.failures.iter().map(|failure| failure.count).sum::<u64>();
        prop_assert_eq!(failed(&live), failed(&whole));
    }
}

#[test]
fn what_has_no_data_yet_has_not_failed() {
    let (schema, windows) = seconds(&[vec![(0, true, 10.0)]]);
    let budgets = Budgets::of_run(&Run::new(meta(), Arc::clone(&schema))).unwrap();
    let mut run = Run::new(meta(), schema);
    let before = Judgement::so_far(&run, &judge(&run, &budgets));
    assert_eq!(before.verdict.outcome, Outcome::NoData);
    assert!(before.requirements.iter().all(|one| !one.fails));
    run.push(0, windows.into_iter().next().unwrap());
    let first = Judgement::so_far(&run, &judge(&run, &budgets));
    assert_eq!(first.verdict.words, "So far: 1 of 2 requirements met, the rest without data");
}

/// A requirement is drawn on its metric's chart as soon as there is one, judged anew or not.
#[test]
fn a_metric_that_comes_late_has_its_requirement() {
    let (schema, windows) = seconds(&[vec![], vec![(0, true, 10.0)]]);
    let run = Run::new(meta(), Arc::clone(&schema));
    let budgets = Budgets::of_run(&run).unwrap();
    let mut live = Live::new(meta(), schema);
    live.judge(Judgement::so_far(&run, &judge(&run, &budgets)));
    let News::Added(first) = live.take(0, &windows[0]) else { panic!("everything is told again") };
    assert_eq!(first.judged.unwrap().requirements[0].metric, None);
    let News::Added(second) = live.take(1, &windows[1]) else { panic!("everything is told again") };
    let place = second.judged.unwrap().requirements[0].metric.unwrap();
    assert_eq!(second.metrics[place].name, "response_time");
}

#[test]
fn many_names_are_bounded_and_counted() {
    let requests: Vec<Vec<Request>> =
        (0..20).map(|second| (0..100).map(|at| (second * 100 + at, true, 10.0)).collect()).collect();
    let (schema, windows) = seconds(&requests);
    let mut live = Live::new(meta(), schema);
    let mut largest = 0;
    for (second, window) in windows.iter().enumerate() {
        let News::Added(addition) = live.take(second as u64, window) else { continue };
        largest = largest.max(serde_json::to_string(&addition).unwrap().len());
    }
    let document = live.document();
    let times = document.metrics.iter().find(|metric| metric.name == "response_time").unwrap();
    let names = times.cuts.iter().find(|cut| cut.by == "name").unwrap();
    assert_eq!((names.rows.len(), names.left_out), (500, 1_500));
    assert!(largest < 200_000, "{largest}");
}
