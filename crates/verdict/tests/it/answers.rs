//! What was never answered: refused, timed out, dropped before it was sent.

use std::sync::Arc;

use loadline_measure::{BudgetText, Builtin, Recorder, Run, RunMeta, Schema, TagSetId, ThresholdText};
use loadline_verdict::{Budgets, Endpoints, Outcome, ProjectBudget, Verdict, judge};
use proptest::prelude::*;

/// One second: response times of answers, requests without one, arrivals that nobody was free for.
#[derive(Clone, Debug, Default)]
struct Second {
    answers: Vec<f64>,
    refused: u64,
    dropped: u64,
}

fn budgets(schema: &Arc<Schema>, of_page: &[(&str, &str, &str)], thresholds: &[(&str, &str)]) -> Budgets {
    let texts: Vec<ThresholdText> = thresholds
        .iter()
        .map(|(selector, expression)| ThresholdText {
            selector: (*selector).to_owned(),
            expression: (*expression).to_owned(),
            ..ThresholdText::default()
        })
        .collect();
    let mut budgets = Budgets::parse("x.ts", &texts, schema).unwrap();
    budgets.endpoints = Endpoints::of_texts(&[("page".to_owned(), "GET /page".to_owned())]);
    for (quantity, limit, over) in of_page {
        let text = BudgetText {
            endpoint: "page".to_owned(),
            quantity: (*quantity).to_owned(),
            limit: (*limit).to_owned(),
            over: (*over).to_owned(),
            ..BudgetText::default()
        };
        budgets.project.push(ProjectBudget::parse(&text, &budgets.endpoints).unwrap());
    }
    budgets.register(schema);
    budgets
}

fn run_of(schema: &Arc<Schema>, seconds: &[Second]) -> Run {
    let builtin = Builtin::define(schema).unwrap();
    let mut recorder = Recorder::new(Arc::clone(schema));
    let scenario = [("scenario", "pages")];
    let base = recorder.tags(TagSetId::EMPTY, &scenario);
    let target = [("method", "GET"), ("url", "http://shop.test/page")];
    let ok = recorder.tags(base, &[target.as_slice(), &[("status", "200")]].concat());
    let refused = recorder
        .tags(base, &[target.as_slice(), &[("status", "0"), ("error", "connection refused")]].concat());
    let dropped = recorder.tags(base, &[("cause", "no free VU")]);
    let mut run = Run::new(RunMeta::default(), Arc::clone(schema));
    for (number, second) in seconds.iter().enumerate() {
        for ms in &second.answers {
            recorder.record(builtin.response_time, *ms, ok);
            recorder.record(builtin.http_req_duration, *ms, ok);
            recorder.record(builtin.http_reqs, 1.0, ok);
            recorder.record(builtin.http_req_failed, 0.0, ok);
            recorder.record(builtin.iterations, 1.0, base);
        }
        for _ in 0..second.refused {
            recorder.record(builtin.http_req_duration, 0.0, refused);
            recorder.record(builtin.http_reqs, 1.0, refused);
            recorder.record(builtin.http_req_failed, 1.0, refused);
            recorder.record(builtin.iterations, 1.0, base);
        }
        if second.dropped > 0 {
            recorder.record(builtin.dropped_iterations, second.dropped as f64, dropped);
        }
        run.push(number as u64, recorder.take_window());
    }
    run
}

fn seconds(count: usize, second: impl Fn(usize) -> Second) -> Vec<Second> {
    (0..count).map(second).collect()
}

#[track_caller]
fn of_page(quantity: &str, limit: &str, over: &str, of: &[Second]) -> Verdict {
    let schema = Schema::new();
    Builtin::define(&schema).unwrap();
    let budgets = budgets(&schema, &[(quantity, limit, over)], &[]);
    let mut verdicts = judge(&run_of(&schema, of), &budgets);
    assert_eq!(verdicts.len(), 1);
    verdicts.remove(0)
}

#[track_caller]
fn threshold(selector: &str, expression: &str, as_k6: bool, of: &[Second]) -> Verdict {
    let schema = Schema::new();
    Builtin::define(&schema).unwrap();
    let mut budgets = budgets(&schema, &[], &[(selector, expression)]);
    budgets.as_k6 = as_k6;
    judge(&run_of(&schema, of), &budgets).remove(0)
}

fn fast(count: usize) -> Vec<f64> {
    vec![20.0; count]
}

#[test]
fn a_server_that_is_not_there_has_no_percentile() {
    let nothing = seconds(5, |_| Second { refused: 20, ..Second::default() });
    for verdict in [
        of_page("p95", "200ms", "", &nothing),
        of_page("p95", "200ms", "5s", &nothing),
        threshold("response_time", "p(95)<200", false, &nothing),
        threshold("http_req_duration", "p(95)<200", false, &nothing),
        threshold("http_req_waiting", "avg<200", false, &nothing),
    ] {
        assert_eq!((verdict.outcome, verdict.fails), (Outcome::NoData, true), "{}", verdict.evidence);
        assert!(
            verdict.evidence.contains("100 of 100 requests were never answered: connection refused"),
            "{}",
            verdict.evidence
        );
    }
    let k6 = threshold("http_req_duration", "p(95)<200", true, &nothing);
    assert_eq!(k6.outcome, Outcome::Pass, "{}", k6.evidence);
    assert!(of_page("errors", "1%", "", &nothing).fails);
}

#[test]
fn a_server_that_hangs_never_has_a_good_percentile() {
    // One in ten has no answer: the 95th percentile of all that was asked is none, the 89th is.
    let hangs = seconds(20, |_| Second { answers: fast(90), refused: 10, dropped: 0 });
    let verdict = of_page("p95", "200ms", "", &hangs);
    assert_eq!(
        (verdict.outcome, verdict.observed),
        (Outcome::Fail, Some(f64::INFINITY)),
        "{}",
        verdict.evidence
    );
    assert!(verdict.evidence.contains("p95 = never; 200 of 2,000 (10.00%)"), "{}", verdict.evidence);
    assert_eq!(of_page("p89", "200ms", "", &hangs).outcome, Outcome::Pass);
    assert_eq!(threshold("response_time", "p(95)<200", false, &hangs).outcome, Outcome::Fail);
    assert_eq!(threshold("response_time", "p(89)<200", false, &hangs).outcome, Outcome::Pass);
    assert_eq!(threshold("response_time", "max<200", false, &hangs).outcome, Outcome::Fail);
    // k6's own metric is as in k6.
    assert_eq!(threshold("http_req_duration", "p(95)<200", false, &hangs).outcome, Outcome::Pass);
    assert!(of_page("max", "200ms", "", &hangs).fails);
}

#[test]
fn what_was_due_and_never_sent_counts() {
    let overloaded = seconds(30, |_| Second { answers: fast(80), refused: 0, dropped: 20 });
    let late = of_page("p95", "200ms", "", &overloaded);
    assert_eq!(late.outcome, Outcome::Fail, "{}", late.evidence);
    let errors = of_page("errors", "1%", "", &overloaded);
    assert_eq!(errors.outcome, Outcome::Fail, "{}", errors.evidence);
    assert!((errors.observed.unwrap() - 0.2).abs() < 1e-9, "{:?}", errors.observed);
    assert_eq!(threshold("response_time", "p(95)<200", false, &overloaded).outcome, Outcome::Fail);

    let schema = Schema::new();
    Builtin::define(&schema).unwrap();
    let mut ignoring = budgets(&schema, &[("p95", "200ms", ""), ("errors", "1%", "")], &[]);
    for budget in &mut ignoring.project {
        budget.text.ignore_dropped = true;
    }
    for verdict in judge(&run_of(&schema, &overloaded), &ignoring) {
        assert!(!verdict.fails, "{}", verdict.evidence);
    }
}

#[test]
fn an_outage_is_a_fact_of_its_window_whatever_comes_later() {
    // Half of a busy minute fails, and of the last seconds the only request: the minute decides.
    let busy = seconds(60, |at| match at {
        20..40 => Second { answers: fast(50), refused: 50, dropped: 0 },
        59 => Second { refused: 1, ..Second::default() },
        50..59 => Second::default(),
        _ => Second { answers: fast(100), refused: 0, dropped: 0 },
    });
    let verdict = of_page("errors", "5%", "10s", &busy);
    assert_eq!(verdict.outcome, Outcome::Fail);
    assert!(verdict.evidence.contains("500 of 1,000 requests failed"), "{}", verdict.evidence);
    // Twenty seconds without a single request fail a rate and a count.
    let dead = seconds(60, |at| Second {
        answers: fast(if (20..40).contains(&at) { 0 } else { 100 }),
        ..Second::default()
    });
    assert_eq!(of_page("rate", ">= 10/s", "10s", &dead).outcome, Outcome::Fail);
    assert_eq!(of_page("count", ">= 100", "10s", &dead).outcome, Outcome::Fail);
    assert_eq!(of_page("rate", ">= 10/s", "", &dead).outcome, Outcome::Pass);
}

/// Throughput is of answers: what was refused or never sent is none, however often it was tried.
#[test]
fn throughput_is_of_answers() {
    let half = seconds(20, |_| Second { answers: fast(50), refused: 50, dropped: 20 });
    for (limit, outcome) in [("50/s", Outcome::Pass), ("51/s", Outcome::Fail)] {
        let verdict = of_page("rate", limit, "", &half);
        assert_eq!((verdict.outcome, verdict.observed), (outcome, Some(50.0)), "{}", verdict.evidence);
        let verdict = of_page("rate", limit, "10s", &half);
        assert_eq!((verdict.outcome, verdict.observed), (outcome, Some(50.0)), "{}", verdict.evidence);
    }
    let verdict = threshold("response_time", "rate>=51", false, &half);
    assert_eq!((verdict.outcome, verdict.observed), (Outcome::Fail, Some(50.0)), "{}", verdict.evidence);
    assert!(
        verdict.evidence.starts_with("rate = 50/s: 1,000 answers in 20s; 1,400 of 2,400"),
        "{}",
        verdict.evidence
    );
    // What a script asks of k6's metric keeps k6's meaning.
    let verdict = threshold("http_reqs", "rate>=100", false, &half);
    assert_eq!((verdict.outcome, verdict.observed), (Outcome::Pass, Some(100.0)), "{}", verdict.evidence);
    let refused = seconds(20, |_| Second { refused: 50, ..Second::default() });
    for verdict in
        [of_page("rate", "1/s", "", &refused), threshold("response_time", "rate>=1", false, &refused)]
    {
        assert!(
            verdict.fails && verdict.evidence.contains("1,000 of 1,000 requests were never answered"),
            "{}",
            verdict.evidence
        );
    }
}

#[test]
fn a_rate_is_over_what_there_was_of_the_run() {
    let judged = |over: &str, duration_ms: u64, answers: usize| {
        let schema = Schema::new();
        Builtin::define(&schema).unwrap();
        let budgets = budgets(&schema, &[("rate", "100/s", over)], &[]);
        let mut run = run_of(
            &schema,
            &seconds(duration_ms.div_ceil(1000) as usize, |_| Second {
                answers: fast(answers),
                ..Second::default()
            }),
        );
        run.duration = std::time::Duration::from_millis(duration_ms);
        judge(&run, &budgets).remove(0)
    };
    // Half a second, and a window that is longer than the run.
    for (over, duration_ms, answers) in [("", 500, 50), ("30s", 10_000, 100), ("30s", 500, 50)] {
        let verdict = judged(over, duration_ms, answers);
        assert_eq!(
            (verdict.outcome, verdict.observed),
            (Outcome::Pass, Some(100.0)),
            "{over}: {}",
            verdict.evidence
        );
        assert_eq!(judged(over, duration_ms, answers - 1).outcome, Outcome::Fail);
    }
}

fn any_second() -> impl Strategy<Value = Second> {
    (prop::collection::vec(1.0..400.0_f64, 0..12), 0..4_u64, 0..4_u64)
        .prop_map(|(answers, refused, dropped)| Second { answers, refused, dropped })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// The fact is what counting says: all that was asked, infinitely late where nothing came back.
    #[test]
    fn the_fact_is_the_count(of in prop::collection::vec(any_second(), 1..20), percentile in 1..100_u64, limit in 1..400_u64) {
        let answers: Vec<f64> = of.iter().flat_map(|second| second.answers.clone()).collect();
        let refused: u64 = of.iter().map(|second| second.refused).sum();
        let dropped: u64 = of.iter().map(|second| second.dropped).sum();
        // Each iteration asks once, so each arrival that was dropped is one request, if any iteration tells of it.
        let sent = answers.len() as u64 + refused;
        let all = sent + if sent > 0 { dropped } else { 0 };
        let above = answers.iter().filter(|ms| **ms > limit as f64).count() as u64;
        let bad = above + (all - answers.len() as u64);
        let verdict = of_page(&format!("p{percentile}"), &format!("{limit}ms"), "", &of);
        if answers.is_empty() {
            prop_assert_eq!(verdict.outcome, Outcome::NoData);
            prop_assert!(verdict.fails);
        } else {
            // 1 - p/100 has no exact binary form; the judge forgives as much.
            let permitted = (100 - percentile) as f64 / 100.0 * all as f64;
            let expected = if bad as f64 > permitted * (1.0 + 1e-9) + 1e-9 { Outcome::Fail } else { Outcome::Pass };
            prop_assert_eq!(verdict.outcome, expected, "{} of {}: {}", bad, all, verdict.evidence);
            prop_assert_eq!(verdict.values, all);
        }
    }
}
