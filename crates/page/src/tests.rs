//! Documents of runs that are made up.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use loadline_measure::{
    Builtin, EventKind, MetricKind, Recorder, Run, RunMeta, Schema, TagSetId, ThresholdText, Unit,
};
use loadline_report::ComparisonReport;
use loadline_verdict::{Budgets, Endpoints, Gate, Incomplete, compare_runs, judge_whole};
use proptest::prelude::*;

use super::*;

/// A run of so many seconds in which requests of these names are made, each second one, some of which fail.
pub(crate) fn run(names: &[&str], seconds: u64, thresholds: &[(&str, &str)]) -> Run {
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
            let mut tags = vec![("name", *name), ("status", status), ("method", "GET")];
            let set = recorder.tags(TagSetId::EMPTY, &tags);
            recorder.record(builtin.response_time, (at + 1) as f64 * 10.0 + second as f64, set);
            recorder.record(builtin.http_reqs, 1.0, set);
            let url = format!("http://shop.test{name}?page=4");
            tags.push(("url", &url));
            let set = recorder.tags(TagSetId::EMPTY, &tags);
            recorder.record(builtin.http_req_failed, f64::from(u8::from(status == "500")), set);
            let tags = recorder.tags(TagSetId::EMPTY, &[("check", name), ("group", "::shop")]);
            recorder.record(builtin.checks, f64::from(u8::from(status == "200")), tags);
        }
        run.push(second, recorder.take_window());
    }
    run
}

pub(crate) fn document(run: &Run) -> Document {
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
    assert_eq!(failure.example, "http://shop.test/a?page=4");
    let check = &document.checks[0];
    assert_eq!((check.passes, check.fails, check.first_fail_s), (16, 4, Some(4)));
    assert_eq!(document.verdict.outcome, Outcome::NoData);
}

#[test]
fn a_metric_that_nobody_foresaw_has_a_panel() {
    let mut run = run(&["/a"], 3, &[]);
    let replicas = run.schema().define("replicas", MetricKind::Gauge, Unit::Plain);
    let mut recorder = Recorder::new(Arc::clone(run.schema()));
    recorder.record(replicas.unwrap(), 3.0, TagSetId::EMPTY);
    run.push(1, recorder.take_window());
    let document = document(&run);
    let panel = document.panels.iter().find(|panel| panel.title == "replicas").unwrap();
    let replicas = &document.metrics[panel.metrics[0]];
    assert_eq!(replicas.all.course["last"], [None, Some(3.0), None]);
}

#[test]
fn what_happened_is_marked_as_far_as_the_run_came() {
    let mut run = run(&["/a"], 10, &[]);
    let second = Duration::from_secs;
    run.meta.events.add(second(40), EventKind::Stage, "search: to 20 VUs within 30s");
    run.meta.events.add(second(4), EventKind::Restart, "the database");
    let events = document(&run).events;
    assert_eq!(events, [Event { at_s: 4.0, kind: "restart", words: "the database".to_owned() }]);
}

#[test]
fn a_run_without_anything_is_a_page() {
    let run = Run::new(RunMeta::default(), Schema::new());
    let document = document(&run);
    assert!(html(&document).unwrap().contains("Nothing was required of this run"));
}

#[test]
fn what_a_run_found_is_its_headline_where_nothing_was_required() {
    let mut found = run(&["/a"], 2, &[]);
    let answer = "carries 1,240 requests/s within its budgets; p95 (500ms) breaks first, at 1,310";
    found.meta.set_answer(answer);
    let page = document(&found);
    assert_eq!(page.verdict.words, "Carries 1,240 requests/s within its budgets");
    assert!(page.facts.contains(&("answer".to_owned(), answer.to_owned())), "{:?}", page.facts);
    let mut judged = run(&["/a"], 2, &[("http_reqs", "count>1")]);
    judged.meta.set_answer(answer);
    assert_eq!(document(&judged).verdict.words, "The requirement is met");
}

/// A run with a metric of each kind that has these values, one in each of these seconds.
fn odd(values: &[(u64, f64)]) -> Run {
    let schema = Schema::new();
    let kinds = [MetricKind::Trend, MetricKind::Gauge, MetricKind::Counter, MetricKind::Rate];
    let metrics =
        kinds.map(|kind| schema.define(&format!("odd_{}", kind.name()), kind, Unit::Plain).unwrap());
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let mut run = Run::new(RunMeta::default(), schema);
    for (second, value) in values {
        for metric in metrics {
            recorder.record(metric, *value, TagSetId::EMPTY);
        }
        run.push(*second, recorder.take_window());
    }
    run
}

#[test]
fn gaps_half_seconds_and_what_is_no_number_are_drawn_as_far_as_they_go() {
    let infinite =
        [(0, f64::NAN), (1, f64::INFINITY), (2, f64::NEG_INFINITY), (3, 1e300), (4, 0.0), (5, -3.0)];
    let mut half = run(&["/a"], 1, &[("response_time", "p(95)<500")]);
    half.duration = Duration::from_millis(500);
    let gaps = odd(&[(0, 1.0), (50, 2.0), (99, 3.0)]);
    let last = metric(&document(&gaps), "odd_gauge").all.course["last"].clone();
    assert_eq!((last.len(), last.iter().flatten().count(), last[50]), (100, 3, Some(2.0)));
    for run in [odd(&infinite), half, gaps] {
        let document = document(&run);
        let page = html(&document).unwrap();
        let data = page.split("data-kind=\"run\">").nth(1).unwrap().split("</script>").next().unwrap();
        serde_json::from_str::<serde_json::Value>(data).unwrap();
        let picture = svg(&document);
        assert!(!picture.contains("NaN") && !picture.contains("inf"), "{picture}");
    }
}

/// What a page may weigh without its data, and what one of ten minutes with 200 series may weigh.
const EMPTY: usize = 250_000;
const TEN_MINUTES: usize = 1_000_000;

fn names(count: usize) -> Vec<String> {
    (0..count).map(|at| format!("/programs/{at}/details")).collect()
}

#[test]
fn pages_stay_small() {
    let empty = html(&document(&Run::new(RunMeta::default(), Schema::new()))).unwrap();
    assert!(empty.len() < EMPTY, "{}", empty.len());
    let names = names(50);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let long = run(&names, 600, &[("response_time", "p(95)<500")]);
    assert!(long.series().count() >= 200, "{}", long.series().count());
    let page = html(&document(&long)).unwrap();
    assert!(page.len() < TEN_MINUTES, "{}", page.len());
}

/// What the page's program and styles may weigh when they are sent.
const BUNDLE: usize = 120_000;

#[test]
fn the_bundle_stays_small() {
    let mut zipped = GzEncoder::new(Vec::new(), Compression::best());
    zipped.write_all(include_bytes!("../bundle/page.js")).unwrap();
    zipped.write_all(include_bytes!("../bundle/page.css")).unwrap();
    let size = zipped.finish().unwrap().len();
    assert!(size < BUNDLE, "{size}");
}

#[test]
fn ten_thousand_series_are_a_page_that_says_what_it_leaves_out() {
    let names = names(5_000);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let document = document(&run(&names, 2, &[]));
    let by_name =
        metric(&document, "response_time").cuts.iter().find(|cut| cut.by == "name").expect("a cut by name");
    assert_eq!(by_name.rows.len() as u64 + by_name.left_out, 5_000);
    assert!(by_name.left_out > 0);
    let page = html(&document).unwrap();
    assert!(page.len() < TEN_MINUTES, "{}", page.len());
}

#[test]
fn thousands_of_metrics_are_a_page_that_says_what_it_leaves_out() {
    let schema = Schema::new();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let mut run = Run::new(RunMeta::default(), Arc::clone(&schema));
    for at in 0..1_200 {
        let metric = schema.define(&format!("metric_{at}"), MetricKind::Gauge, Unit::Plain).unwrap();
        recorder.record(metric, 1.0, TagSetId::EMPTY);
    }
    run.push(0, recorder.take_window());
    let document = document(&run);
    assert_eq!((document.metrics.len(), document.panels.len()), (1_000, 1_000));
    assert_eq!(document.warnings, ["200 metrics with few samples are not in this page"]);
    assert!(html(&document).unwrap().len() < TEN_MINUTES);
}

fn pair(seconds: [u64; 2]) -> ComparedDocument {
    let [base, head] = seconds.map(|seconds| run(&["/a", "/b"], seconds, &[]));
    let compared = compare_runs(&base, &head, &Endpoints::default(), &[], &[], &Gate::default());
    let report = ComparisonReport {
        name: "runs",
        base: "base.run",
        head: "head.run",
        comparisons: &compared.comparisons,
        delta: 0.05,
        rounds: 1,
        advisory: Some("one run cannot tell"),
        deciles: &compared.deciles,
        ledger: &[],
        course: None,
    };
    ComparedDocument::of(&report, Some(Document::pair([(&base, &[]), (&head, &[])])))
}

#[test]
fn two_runs_are_shown_over_the_same_steps() {
    let [long, short] = [1_300, 700].map(|seconds| run(&["/a"], seconds, &[]));
    let [base, head] = Document::pair([(&long, &[]), (&short, &[])]);
    assert_eq!(base.step_s, head.step_s);
    assert!(base.step_s * base.steps >= 1_300 && head.step_s * head.steps >= 700);
}

#[test]
fn two_runs_are_shown_with_what_compare_says() {
    let document = pair([40, 20]);
    assert_eq!((document.runs.len(), document.deciles.len()), (2, 9));
    assert_eq!(document.notes, ["advice only: one run cannot tell"]);
    let p95 = document.rows.iter().find(|row| row.quantity == "p95").unwrap();
    assert_eq!((p95.subject.as_str(), p95.unit.as_str(), p95.more_is_worse), ("all requests", "ms", true));
    assert!(p95.change.unwrap() < 1.0, "the shorter run is the faster one: {p95:?}");
    assert!(compared_html(&document).unwrap().contains("data-kind=\"compare\""));
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
        let data = page.split("data-kind=\"run\">").nth(1).unwrap().split("</script>").next().unwrap();
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
