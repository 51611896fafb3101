//! The fact of a window is the verdict of a Run that recorded the same requests: exactly where the limit is a bound of
//! the histogram, and within the bucket that has the limit in it where it is none.

use std::sync::Arc;

use loadline_measure::{BudgetText, Builtin, Recorder, Run, RunMeta, Schema, TagSetId};
use loadline_prometheus::{Answer, ResultType, Row};
use loadline_verdict::{Budgets, Endpoints, Outcome, ProjectBudget, Route, Verdict, judge};
use loadline_watch::{Bounds, Fact, Objective, Reads, Settings, Tally, watched};
use proptest::prelude::*;

const BOUNDS: [(&str, f64); 6] = [
    ("100", 100.0),
    ("250", 250.0),
    ("500", 500.0),
    ("1000", 1000.0),
    ("2500", 2500.0),
    ("+Inf", f64::INFINITY),
];

/// A request: how long it took, in milliseconds, and whether it failed.
type Requests = Vec<(f64, bool)>;

fn budget(quantity: &str, limit: &str, endpoints: &Endpoints) -> ProjectBudget {
    let text = BudgetText {
        endpoint: "a".to_owned(),
        quantity: quantity.to_owned(),
        limit: limit.to_owned(),
        ..BudgetText::default()
    };
    ProjectBudget::parse(&text, endpoints).unwrap()
}

/// What `budget check` says of a Run that recorded these requests, a minute's as a second of it.
fn checked(minutes: &[Requests], project: Vec<ProjectBudget>, endpoints: &Endpoints) -> Vec<Verdict> {
    let budgets = Budgets { project, endpoints: endpoints.clone(), ..Budgets::default() };
    let schema = Schema::new();
    let builtin = Builtin::define(&schema).unwrap();
    budgets.register(&schema);
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let mut run = Run::new(RunMeta::default(), schema);
    for (second, requests) in minutes.iter().enumerate() {
        for (took_ms, failed) in requests {
            let status = if *failed { "500" } else { "200" };
            let tags = [("method", "GET"), ("url", "http://shop.test/a"), ("status", status)];
            let tags = recorder.tags(TagSetId::EMPTY, &tags);
            recorder.record(builtin.response_time, *took_ms, tags);
            recorder.record(builtin.http_req_failed, f64::from(u8::from(*failed)), tags);
            recorder.record(builtin.http_reqs, 1.0, tags);
        }
        run.push(second as u64, recorder.take_window());
    }
    judge(&run, &budgets)
}

/// What a watch says of them, from the increases of a histogram's buckets.
fn seen(minutes: &[Requests], objectives: Vec<Objective>) -> Vec<Fact> {
    let settings = Settings::default();
    let mut tally = Tally::new(settings.clone(), objectives);
    tally.set_bounds(Bounds::of_texts(BOUNDS.map(|(text, _)| text)), 0);
    let ends_s: Vec<i64> = (1..=minutes.len() as i64).map(|minute| minute * 60).collect();
    let row = |le: Option<&str>, of: &dyn Fn(&(f64, bool)) -> bool| {
        let mut labels = vec![("endpoint".to_owned(), "a".to_owned())];
        labels.extend(le.map(|le| ("le".to_owned(), le.to_owned())));
        let count = |requests: &Requests| requests.iter().filter(|request| of(request)).count() as f64;
        let points = ends_s.iter().zip(minutes).map(|(end_s, requests)| (end_s * 1000, count(requests)));
        Row { labels, points: points.collect() }
    };
    let buckets = BOUNDS.map(|(text, bound)| row(Some(text), &move |(took_ms, _)| *took_ms <= bound));
    let answer = |rows: Vec<Row>| Answer { result_type: ResultType::Matrix, rows, warnings: Vec::new() };
    let answers = [
        (Reads::Buckets, answer(buckets.to_vec())),
        (Reads::Total, answer(vec![row(None, &|_| true)])),
        (Reads::Failed, answer(vec![row(None, &|(_, failed)| *failed)])),
    ];
    tally.take(&answers, &ends_s, 60);
    let (now_s, over_s) = (ends_s[ends_s.len() - 1], minutes.len() as u64 * 60);
    let all = tally.objectives().iter().zip(tally.ledgers());
    all.map(|(objective, ledger)| watched(objective, ledger, &settings, now_s, over_s).fact).collect()
}

fn endpoints() -> Endpoints {
    let mut endpoints = Endpoints::default();
    endpoints.push("a", Route::parse("GET /a").unwrap());
    endpoints
}

proptest! {
    #[test]
    fn a_window_is_judged_as_a_run_of_the_same_requests(
        minutes in prop::collection::vec(
            prop::collection::vec(
                (prop_oneof![1.0..3000.0_f64, Just(500.0), Just(300.0), 20.0..120.0_f64], prop::bool::weighted(0.05)),
                0..40,
            ),
            1..12,
        ),
        percent in prop::sample::select(vec![50, 80, 90, 95, 99]),
        between_ms in 101..2400_u32,
    ) {
        prop_assume!(minutes.iter().any(|requests| !requests.is_empty()));
        let endpoints = endpoints();
        let percentile = format!("p{percent}");
        let project = vec![
            budget(&percentile, "500ms", &endpoints),
            budget("errors", "5%", &endpoints),
            budget(&percentile, &format!("{between_ms}ms"), &endpoints),
        ];
        let objectives = project.iter().map(|budget| Objective::of(budget, &endpoints).unwrap()).collect();
        let facts = seen(&minutes, objectives);
        let verdicts = checked(&minutes, project, &endpoints);
        let all: Requests = minutes.iter().flatten().copied().collect();
        let slower = |limit_ms: f64| all.iter().filter(|(took_ms, _)| *took_ms > limit_ms).count() as f64;
        for (verdict, fact) in verdicts.iter().zip(&facts) {
            prop_assert_eq!(fact.total, all.len() as f64);
            prop_assert!(matches!(verdict.outcome, Outcome::Pass | Outcome::Fail), "{:?}", verdict);
        }
        // On a bound, and of failures: the same.
        for (verdict, fact) in verdicts.iter().zip(&facts).take(2) {
            prop_assert_eq!(fact.doubt, 0.0);
            prop_assert_eq!(fact.is_beyond, Some(verdict.outcome == Outcome::Fail), "{:?} {:?}", fact, verdict);
        }
        prop_assert_eq!(facts[0].bad, slower(500.0));
        // Between two bounds the truth is within the doubt that is stated, and so is the verdict.
        let (fact, exact) = (&facts[2], slower(f64::from(between_ms)));
        prop_assert!((fact.bad - exact).abs() <= fact.doubt + 1e-3, "{exact}: {fact:?}");
        let permitted = 1.0 - f64::from(percent) / 100.0;
        let (least, most) = ((fact.bad - fact.doubt).max(0.0), (fact.bad + fact.doubt).min(fact.total));
        let beyond = |bad: f64| bad > permitted * fact.total;
        if beyond(least - 1e-3) == beyond(most + 1e-3) {
            let fails = verdicts[2].outcome == Outcome::Fail;
            prop_assert_eq!(fact.is_beyond, Some(fails), "{:?} {:?}", fact, &verdicts[2]);
        }
    }
}
