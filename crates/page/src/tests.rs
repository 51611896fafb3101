//! Documents of runs that are made up.

use std::sync::Arc;

use loadline_measure::{Builtin, Recorder, Run, RunMeta, Schema, TagSetId, ThresholdText};
use loadline_verdict::{Budgets, Incomplete, judge_whole};
use proptest::prelude::*;

use super::*;

/// A run of so many seconds in which requests of these names are made, each second one, some of which fail.
fn run(names: &[&str], seconds: u64, thresholds: &[(&str, &str)]) -> Run {
    let schema = Schema::new();
    let builtin = Builtin::define(&schema).unwrap();
    let texts = thresholds.iter().map(|(selector, expression)| ThresholdText {
        selector: (*selector).to_owned(),
        expression: (*expression).to_owned(),
        ..ThresholdText::default()
    });
    let meta = RunMeta { name: "mix.ts".to_owned(), thresholds: texts.collect(), ..RunMeta::default() };
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let mut run = Run::new(meta, schema);
    for second in 0..seconds {
        for (at, name) in names.iter().enumerate() {
            let status = if second % 5 == 4 { "500" } else { "200" };
            let tags =
                recorder.tags(TagSetId::EMPTY, &[("name", name), ("status", status), ("method", "GET")]);
            recorder.record(builtin.response_time, (at + 1) as f64 * 10.0 + second as f64, tags);
            recorder.record(builtin.http_reqs, 1.0, tags);
            recorder.record(builtin.http_req_failed, f64::from(u8::from(status == "500")), tags);
            let tags = recorder.tags(TagSetId::EMPTY, &[("check", name), ("group", "::shop")]);
            recorder.record(builtin.checks, f64::from(u8::from(status == "200")), tags);
        }
        run.push(second, recorder.take_window());
    }
    run
}

fn document(run: &Run) -> Document {
    let budgets = Budgets::of_run(run).unwrap();
    Document::of(run, &judge_whole(run, &budgets, Incomplete::default()))
}

fn metric<'d>(document: &'d Document, name: &str) -> &'d Metric {
    document.metrics.iter().find(|metric| metric.name == name).expect(name)
}

#[test]
fn figures_and_courses_are_those_of_the_run() {
    let run = run(&["/a", "/b"], 20, &[("http_reqs", "count>1"), ("response_time", "p(95)<20")]);
    let document = document(&run);
    assert_eq!((document.steps, document.step_s), (20, 1));
    assert_eq!(document.verdict.words, "1 of 2 requirements is not met");
    let times = metric(&document, "response_time");
    assert_eq!(times.all.samples, 40);
    let by_name = times.cuts.iter().find(|cut| cut.by == "name").unwrap();
    assert_eq!(by_name.rows.iter().map(|row| row.samples).sum::<u64>(), 40);
    let first = by_name.rows.iter().find(|row| row.value == "/b").unwrap();
    assert_eq!(first.course["p50"][3], Some(23.0));
    assert_eq!(times.all.course["n"].iter().flatten().sum::<f64>(), 40.0);
    let failed = metric(&document, "http_req_failed");
    assert_eq!(failed.all.course["share"][4], Some(1.0));
    assert_eq!(failed.all.course["share"][3], Some(0.0));
    // A tag that tells apart what another does already is no cut, nor is one with a single value.
    assert!(times.cuts.iter().all(|cut| cut.by != "method"));
    let slow = &document.requirements[1];
    assert_eq!((slow.outcome, slow.line), (Outcome::Fail, Some(20.0)));
    assert_eq!(slow.metric.map(|at| document.metrics[at].name.as_str()), Some("response_time"));
}

#[test]
fn failures_say_since_when() {
    let document = document(&run(&["/a"], 20, &[]));
    assert_eq!(document.failures.len(), 1);
    let failure = &document.failures[0];
    assert_eq!((failure.count, failure.first_s, failure.last_s), (4, 4, 19));
    assert!(failure.tags.contains(&("status".to_owned(), "500".to_owned())));
    let check = &document.checks[0];
    assert_eq!((check.passes, check.fails, check.first_fail_s), (16, 4, Some(4)));
    assert_eq!(document.verdict.outcome, Outcome::NoData);
}

#[test]
fn a_metric_that_nobody_foresaw_has_a_panel() {
    let mut run = run(&["/a"], 3, &[]);
    let replicas =
        run.schema().define("replicas", loadline_measure::MetricKind::Gauge, loadline_measure::Unit::Plain);
    let mut recorder = Recorder::new(Arc::clone(run.schema()));
    recorder.record(replicas.unwrap(), 3.0, TagSetId::EMPTY);
    run.push(1, recorder.take_window());
    let document = document(&run);
    let panel = document.panels.iter().find(|panel| panel.title == "replicas").unwrap();
    let replicas = &document.metrics[panel.metrics[0]];
    assert_eq!(replicas.all.course["last"], [None, Some(3.0), None]);
}

#[test]
fn a_run_without_anything_is_a_page() {
    let run = Run::new(RunMeta::default(), Schema::new());
    let document = document(&run);
    assert!(html(&document).unwrap().contains("Nothing was required of this run"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever is named, it is data: the page has the elements of its own, and the document reads back.
    #[test]
    fn names_are_never_markup(
        name in prop_oneof![
            "\\PC{0,40}",
            Just("</script><script>alert(1)</script>".to_owned()),
            Just("<!--<script>\u{2028}\u{202e}&lt;".to_owned()),
        ]
    ) {
        let mut run = run(&[&name], 2, &[]);
        run.meta.name = name.clone();
        let page = html(&document(&run)).unwrap();
        prop_assert_eq!(page.matches("<script").count(), html(&document(&Run::new(RunMeta::default(), Schema::new()))).unwrap().matches("<script").count());
        let data = page.split("id=\"run\">").nth(1).unwrap().split("</script>").next().unwrap();
        let read: serde_json::Value = serde_json::from_str(data).unwrap();
        prop_assert_eq!(read["name"].as_str(), Some(name.as_str()));
    }

    /// Every sample is in the whole's course once, however long the run.
    #[test]
    fn no_sample_is_lost(seconds in 1_u64..2_000) {
        let run = run(&["/a"], seconds, &[]);
        let document = document(&run);
        let times = metric(&document, "response_time");
        prop_assert_eq!(times.all.course["n"].iter().flatten().sum::<f64>(), seconds as f64);
        prop_assert!(document.steps * document.step_s >= seconds);
    }
}
