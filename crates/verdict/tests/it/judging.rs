//! Judging: the story's requirements, no data, stopping early, and that counting decides as all raw values would.

use std::sync::Arc;
use std::time::Duration;

use loadline_measure::{
    Builtin, MetricKind, Recorder, Run, RunMeta, Schema, TagSetId, ThresholdText, Trend, Unit,
};
use loadline_verdict::{Budgets, Outcome, Verdict, judge};
use proptest::prelude::*;

fn text(selector: &str, expression: &str) -> ThresholdText {
    ThresholdText { selector: selector.into(), expression: expression.into(), ..ThresholdText::default() }
}

fn schema() -> Arc<Schema> {
    let schema = Schema::new();
    Builtin::define(&schema).unwrap();
    schema.define("payment_success", MetricKind::Rate, Unit::Plain).unwrap();
    schema.define("search_errors", MetricKind::Rate, Unit::Plain).unwrap();
    schema
}

/// A run of one second with these values: metric, scenario, value.
fn run_of(schema: &Arc<Schema>, values: impl IntoIterator<Item = (&'static str, &'static str, f64)>) -> Run {
    let mut recorder = Recorder::new(Arc::clone(schema));
    for (metric, scenario, value) in values {
        let tags = recorder.tags(TagSetId::EMPTY, &[("scenario", scenario)]);
        recorder.record(schema.find(metric).unwrap(), value, tags);
    }
    let mut run = Run::new(RunMeta::default(), Arc::clone(schema));
    run.push(0, recorder.take_window());
    run
}

fn outcomes(verdicts: &[Verdict]) -> Vec<Outcome> {
    verdicts.iter().map(|verdict| verdict.outcome).collect()
}

#[test]
fn a_threshold_that_is_written_twice_is_judged_once_and_keeps_the_stricter_words() {
    let aborting = |expression: &str, delay: u64| ThresholdText {
        abort_on_fail: true,
        delay_abort_eval_ms: delay,
        ..text("http_req_duration", expression)
    };
    let lenient = ThresholdText { allow_no_data: true, ..text("http_reqs{b:2,a:1}", "count>1") };
    let texts = [
        text("http_req_duration", "p(95)<500"),
        aborting("p(95) < 0.5s", 9_000),
        aborting("p(95)<500", 3_000),
        lenient,
        text("http_reqs{a:1,b:2}", "count>1"),
        text("http_reqs{a:1}", "count>1"),
    ];
    let budgets = Budgets::parse("twice.ts", &texts, &schema()).unwrap().budgets;
    assert_eq!(budgets.len(), 3);
    assert!(budgets[0].text.abort_on_fail && budgets[0].abort_delay() == Duration::from_secs(3));
    assert!(!budgets[1].text.allow_no_data);
}

#[test]
fn the_storys_requirements() {
    let schema = schema();
    let texts = [
        text("http_req_duration{scenario:search}", "p(95)<500"),
        text("http_req_duration{scenario:search}", "p(99)<1s"),
        text("http_req_duration{scenario:payment}", "p(95)<3000"),
        text("search_errors", "rate<0.01"),
        text("payment_success", "rate>0.995"),
        text("http_reqs", "count>=2000"),
        text("http_reqs", "rate>100"),
        text("http_reqs{scenario:nowhere}", "count<1"),
        text("vus", "value<=500"),
    ];
    let budgets = Budgets::parse("story.ts", &texts, &schema).unwrap();
    budgets.register(&schema);
    let searches = (0..2000).flat_map(|index| {
        let duration = if index < 1920 { 100.0 + f64::from(index) / 10.0 } else { 800.0 };
        [
            ("http_req_duration", "search", duration),
            ("search_errors", "search", 0.0),
            ("http_reqs", "search", 1.0),
        ]
    });
    let payments = (0..400).flat_map(|index| {
        [
            ("http_req_duration", "payment", 2000.0 + f64::from(index)),
            ("payment_success", "payment", f64::from(u8::from(index > 2))),
        ]
    });
    let run = run_of(&schema, searches.chain(payments).chain([("vus", "search", 500.0)]));
    let verdicts = judge(&run, &budgets);
    let table: Vec<String> = verdicts
        .iter()
        .map(|verdict| {
            let (outcome, selector, expression) = (verdict.outcome, &verdict.selector, &verdict.expression);
            format!("{outcome:?} {selector} {expression}\n  {}", verdict.evidence)
        })
        .collect();
    insta::assert_snapshot!(table.join("\n"));
    assert!(verdicts.iter().all(|verdict| verdict.exact));
    assert_eq!(verdicts.iter().filter(|verdict| verdict.fails).count(), 1);
}

#[test]
fn no_data_fails_unless_it_is_allowed() {
    let schema = schema();
    let optional = ThresholdText { allow_no_data: true, ..text("checks", "rate>0.9") };
    let texts = [
        text("http_req_duration{scenario:serch}", "p(95)<500"),
        text("payment_success", "rate>0.9"),
        text("dropped_iterations", "count<1"),
        optional,
    ];
    let mut budgets = Budgets::parse("x.ts", &texts, &schema).unwrap();
    let run = run_of(&schema, [("http_req_duration", "search", 1.0)]);
    let verdicts = judge(&run, &budgets);
    assert_eq!(outcomes(&verdicts), [Outcome::NoData; 4]);
    assert_eq!(verdicts.iter().map(|verdict| verdict.fails).collect::<Vec<_>>(), [true, true, true, false]);
    assert_eq!(verdicts[0].evidence, "none of the 1 values of `http_req_duration` carries `scenario:serch`");
    assert_eq!(verdicts[1].evidence, "`payment_success` has no values");
    budgets.allow_no_data = true;
    assert!(judge(&run, &budgets).iter().all(|verdict| !verdict.fails));
}

#[test]
fn a_failure_stops_the_run_when_it_was_asked_to_and_the_delay_is_over() {
    let schema = schema();
    let texts = [
        ThresholdText {
            abort_on_fail: true,
            delay_abort_eval_ms: 2_000,
            ..text("http_req_failed", "rate<0.1")
        },
        ThresholdText { abort_on_fail: true, ..text("checks", "rate>0.9") },
        text("http_req_failed", "rate<0.2"),
    ];
    let budgets = Budgets::parse("x.ts", &texts, &schema).unwrap();
    let mut run = run_of(&schema, [("http_req_failed", "search", 1.0)]);
    assert!(judge(&run, &budgets).iter().all(|verdict| !verdict.abort));
    run.duration = Duration::from_secs(2);
    let abort: Vec<bool> = judge(&run, &budgets).iter().map(|verdict| verdict.abort).collect();
    assert_eq!(abort, [true, false, false]);
}

#[test]
fn without_a_registered_limit_the_estimate_decides_and_says_so() {
    let schema = schema();
    let run = run_of(&schema, (0..2000).map(|index| ("http_req_duration", "search", f64::from(index))));
    let budgets = Budgets::parse("x.ts", &[text("http_req_duration", "p(95)<1500")], &schema).unwrap();
    let verdict = &judge(&run, &budgets)[0];
    assert!(!verdict.exact && verdict.outcome == Outcome::Fail);
    assert!(verdict.evidence.contains("(estimated, ±0.14%) over 2,000 values"), "{}", verdict.evidence);
}

#[test]
fn a_run_carries_what_it_is_judged_by() {
    let schema = schema();
    let mut run = run_of(&schema, [("http_req_duration", "search", 1.0)]);
    run.meta.thresholds = vec![text("http_req_duration", "p(95)<500")];
    assert_eq!(outcomes(&judge(&run, &Budgets::of_run(&run).unwrap())), [Outcome::Pass]);
    run.meta.thresholds = vec![text("http_req_duration", "p(95)<500x")];
    assert!(Budgets::of_run(&run).is_err());
}

/// k6's percentile over all raw values.
fn raw_percentile(sorted: &[f64], percentile: f64) -> f64 {
    let position = percentile / 100.0 * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[position.floor() as usize], sorted[position.ceil() as usize]);
    if low == high { low } else { low + (high - low) * position.fract() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Many values close to the limit, far beyond what raw values are kept for.
    #[test]
    fn counting_decides_as_all_raw_values_would(
        values in prop::collection::vec(prop_oneof![Just(500.0), 499.99..500.01f64, 1.0..1000.0f64], 1001..2500),
        percentile in prop_oneof![Just(0.0), Just(50.0), Just(95.0), Just(100.0), 0.0..100.0f64],
        limit in prop_oneof![Just(500.0), 499.99..500.01f64],
        operator in prop::sample::select(vec!["<", "<=", ">", ">=", "==", "!="]),
    ) {
        let schema = schema();
        let texts = [text("http_req_duration", &format!("p({percentile}){operator}{limit}"))];
        let budgets = Budgets::parse("x.ts", &texts, &schema).unwrap();
        budgets.register(&schema);
        let run = run_of(&schema, values.iter().map(|value| ("http_req_duration", "search", *value)));
        let mut sorted = values;
        sorted.sort_by(f64::total_cmp);
        prop_assert!(!Trend::of(&sorted, &[]).is_exact());
        let raw = raw_percentile(&sorted, percentile);
        let expected = match operator {
            "<" => raw < limit, "<=" => raw <= limit, ">" => raw > limit, ">=" => raw >= limit,
            "==" => raw == limit, _ => raw != limit,
        };
        let verdict = &judge(&run, &budgets)[0];
        prop_assert_eq!(verdict.outcome == Outcome::Pass, expected, "raw {} {:?}", raw, verdict);
        prop_assert!(verdict.exact);
        let observed = verdict.observed.unwrap();
        prop_assert!((observed - raw).abs() <= raw * 0.00136, "{} {}", observed, raw);
    }
}
