//! Budgets of a project: what is counted, over which part of a run, and what comes out.

use std::sync::Arc;

use loadline_measure::{BudgetText, Builtin, MetricKind, Recorder, Run, RunMeta, Schema, TagSetId, Unit};
use loadline_verdict::{Budgets, Endpoints, Outcome, ProjectBudget, Rule, Verdict, judge};

const ENDPOINTS: [(&str, &str); 3] =
    [("search", "POST /api/trpc/search"), ("login", "POST /api/trpc/login"), ("page", "GET /page/:id")];

fn endpoints() -> Endpoints {
    let texts = ENDPOINTS.map(|(name, route)| (name.to_owned(), route.to_owned()));
    Endpoints::of_texts(&texts)
}

fn budget(subject: &str, quantity: &str, limit: &str, over: &str) -> BudgetText {
    let is_endpoint = ENDPOINTS.iter().any(|(name, _)| *name == subject);
    let (endpoint, metric) = if is_endpoint { (subject, "") } else { ("", subject) };
    BudgetText {
        endpoint: endpoint.to_owned(),
        metric: metric.to_owned(),
        part: String::new(),
        quantity: quantity.to_owned(),
        limit: limit.to_owned(),
        over: over.to_owned(),
        allow_no_data: false,
        ignore_dropped: false,
    }
}

/// One request of a second: method, URL, milliseconds, whether it failed.
type Request = (&'static str, &'static str, f64, bool);

/// A run of so many seconds, with the users and the requests of each.
fn run(
    texts: &[BudgetText],
    seconds: u64,
    users: impl Fn(u64) -> f64,
    requests: impl Fn(u64) -> Vec<Request>,
) -> (Run, Budgets) {
    let schema = Schema::new();
    let builtin = Builtin::define(&schema).unwrap();
    let spills = schema.define("db_temp_bytes", MetricKind::Counter, Unit::Bytes).unwrap();
    let project = texts.iter().map(|text| ProjectBudget::parse(text, &endpoints()).unwrap()).collect();
    let budgets = Budgets { endpoints: endpoints(), project, ..Budgets::default() };
    budgets.register(&schema);
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let mut run = Run::new(RunMeta::default(), schema);
    for second in 0..seconds {
        for (method, url, milliseconds, failed) in requests(second) {
            let tags = recorder.tags(TagSetId::EMPTY, &[("method", method), ("url", url)]);
            recorder.record(builtin.response_time, milliseconds, tags);
            recorder.record(builtin.http_req_duration, milliseconds, tags);
            recorder.record(builtin.http_reqs, 1.0, tags);
            recorder.record(builtin.http_req_failed, f64::from(u8::from(failed)), tags);
        }
        recorder.record(builtin.vus, users(second), TagSetId::EMPTY);
        recorder.record(spills, 1000.0, TagSetId::EMPTY);
        run.push(second, recorder.take_window());
    }
    (run, budgets)
}

const SEARCH: &str = "http://shop.test/api/trpc/search?batch=0";

/// A hundred searches a second, of which one in `every` takes 900 ms; the others 100 ms.
fn searches(every: u64) -> impl Fn(u64) -> Vec<Request> {
    move |second| {
        (0..100)
            .map(|n| ("POST", SEARCH, if (second * 100 + n) % every == 0 { 900.0 } else { 100.0 }, n == 0))
            .collect()
    }
}

#[track_caller]
fn one(text: BudgetText, seconds: u64, requests: impl Fn(u64) -> Vec<Request>, outcome: Outcome) -> Verdict {
    let (run, budgets) = run(&[text], seconds, |_| 10.0, requests);
    let verdict = judge(&run, &budgets).remove(0);
    assert_eq!(verdict.outcome, outcome, "{}", verdict.evidence);
    assert_eq!((verdict.rule, verdict.abort), (Rule::Budget, false));
    verdict
}

#[test]
fn percentiles_are_counted_at_their_limit() {
    let pass = one(budget("search", "p95", "500ms", ""), 60, searches(50), Outcome::Pass);
    assert!(pass.exact && pass.values == 6000 && pass.observed.unwrap() < 500.0, "{pass:?}");
    assert!(pass.evidence.contains("120 of 6,000 (2.00%) are above 500ms"), "{}", pass.evidence);
    let fail = one(budget("search", "p95", "500ms", ""), 60, searches(10), Outcome::Fail);
    assert!(fail.fails && fail.observed.unwrap() > 500.0, "{}", fail.evidence);
    // Five in a hundred are just what is allowed: it was kept, and no run decides whether it would be again.
    let open = one(budget("search", "p95", "500ms", ""), 60, searches(20), Outcome::Pass);
    assert!(!open.fails && open.is_unproven(), "{open:?}");
    assert!(open.evidence.contains("the limit is too close to tell"), "{}", open.evidence);
    let short = one(
        budget("search", "p99", "500ms", ""),
        1,
        |_| vec![("POST", SEARCH, 100.0, false); 100],
        Outcome::Pass,
    );
    assert!(!short.fails && short.is_unproven(), "{short:?}");
    assert!(short.evidence.contains("whether another run would keep it is open"), "{}", short.evidence);
}

#[test]
fn ramps_do_not_count_in_the_steady_part_and_a_bad_minute_does_in_a_window() {
    let slow_start = |second: u64| -> Vec<Request> {
        (0..50).map(|_| ("POST", SEARCH, if second < 60 { 900.0 } else { 100.0 }, false)).collect()
    };
    let ramp = |second: u64| if second < 60 { second as f64 } else { 60.0 };
    let texts = ["", "steady", "30s"].map(|over| budget("search", "p95", "500ms", over));
    let (run, budgets) = run(&texts, 600, ramp, slow_start);
    let outcomes: Vec<Outcome> = judge(&run, &budgets).iter().map(|verdict| verdict.outcome).collect();
    assert_eq!(outcomes, [Outcome::Fail, Outcome::Pass, Outcome::Fail]);
    let window = judge(&run, &budgets).remove(2);
    assert!(window.evidence.contains("in the worst 30s"), "{}", window.evidence);
    assert_eq!(window.expression, "p95<=500ms in any 30s");
}

/// A limit that nobody counted at is judged from buckets: what lies on both sides of it is said to be estimated.
#[test]
fn only_what_was_counted_is_called_counted() {
    let spread = |second: u64| -> Vec<Request> {
        (0..100).map(|n| ("POST", SEARCH, 100.0 + 0.01 * ((second * 100 + n) % 6000) as f64, false)).collect()
    };
    let (run, mut budgets) = run(&[budget("search", "p95", "500ms", "")], 60, |_| 10.0, spread);
    let mut judged = |limit: &str| {
        budgets.project =
            vec![ProjectBudget::parse(&budget("search", "p95", limit, ""), &endpoints()).unwrap()];
        judge(&run, &budgets).remove(0)
    };
    // Of 6,000 values between 100 and 160 ms exactly 300 are above 156.99 ms, and as many as may be.
    let near = judged("156.99ms");
    assert!(!near.exact, "{}", near.evidence);
    let words: Vec<&str> = near.evidence.split([' ', ';']).collect();
    let (at, number) =
        (words.iter().position(|word| *word == "to").unwrap(), |text: &str| text.parse::<u64>().unwrap());
    let (low, high) = (number(words[at - 1]), number(words[at + 1]));
    assert!((250..=300).contains(&low) && (300..=350).contains(&high), "{}", near.evidence);
    assert!(near.evidence.contains("estimated, ±0.14%) are above 156.99ms"), "{}", near.evidence);
    // Of a limit that no value is near to, buckets say as much as counting.
    let far = judged("400ms");
    assert_eq!((far.outcome, far.exact), (Outcome::Pass, true));
    assert!(far.evidence.contains("0 of 6,000 (0.00%) are above 400ms"), "{}", far.evidence);
}

/// A stretch without a request is one of no requests, not one that does not count.
#[test]
fn an_outage_is_in_a_sliding_window() {
    let bursts = |second: u64| vec![("POST", SEARCH, 100.0, false); if second % 30 < 2 { 4000 } else { 0 }];
    let fail = one(budget("search", "rate", "100/s", "10s"), 120, bursts, Outcome::Fail);
    assert_eq!((fail.observed, fail.values), (Some(0.0), 8000), "{}", fail.evidence);
    one(budget("search", "rate", "100/s", "30s"), 120, bursts, Outcome::Pass);
    let few = one(budget("search", "count", ">= 1", "10s"), 120, bursts, Outcome::Fail);
    assert_eq!(few.observed, Some(0.0));
    one(budget("search", "mean", "200ms", "10s"), 120, bursts, Outcome::Pass);
    one(budget("search", "max", "99ms", "10s"), 120, bursts, Outcome::Fail);
}

#[test]
fn errors_rates_extremes_and_counts() {
    // One in a hundred fails.
    one(budget("search", "errors", "2%", ""), 120, searches(50), Outcome::Pass);
    let errors = one(budget("search", "errors", "0.5%", ""), 120, searches(50), Outcome::Fail);
    let interval = errors.interval.unwrap();
    assert!(interval.low <= 0.01 && 0.01 <= interval.high && interval.low > 0.005, "{interval:?}");
    one(budget("search", "rate", "100/s", ""), 20, searches(50), Outcome::Pass);
    one(budget("search", "rate", "101/s", ""), 20, searches(50), Outcome::Fail);
    one(budget("search", "max", "1s", ""), 20, searches(50), Outcome::Pass);
    one(budget("search", "max", "899ms", ""), 20, searches(50), Outcome::Fail);
    one(budget("search", "mean", "200ms", ""), 20, searches(50), Outcome::Pass);
    one(budget("search", "count", "<= 2000", ""), 20, searches(50), Outcome::Pass);
    one(budget("search", "count", "<= 1999", ""), 20, searches(50), Outcome::Fail);
    one(budget("db_temp_bytes", "spill", "20kB", ""), 20, searches(50), Outcome::Pass);
    one(budget("db_temp_bytes", "spill", "19kB", ""), 20, searches(50), Outcome::Fail);
    let kept = one(budget("http_req_failed", "share", "< 2%", ""), 120, searches(50), Outcome::Pass);
    assert_eq!(kept.selector, "http_req_failed");
    // More is better: the interval is of what is good.
    let good = one(budget("http_req_failed", "share", ">= 0.5%", ""), 120, searches(50), Outcome::Pass);
    assert!(
        (good.observed.unwrap() - 0.01).abs() < 1e-9 && good.evidence.contains("at least 0.5%"),
        "{}",
        good.evidence
    );
}

#[test]
fn a_batch_counts_for_each_of_its_calls_and_what_is_not_there_is_no_data() {
    let batch =
        |_: u64| -> Vec<Request> { vec![("POST", "/api/trpc/search,login?batch=1", 50.0, false); 20] };
    for name in ["search", "login"] {
        let verdict = one(budget(name, "p95", "100ms", ""), 20, batch, Outcome::Pass);
        assert_eq!(verdict.values, 400);
    }
    let none = one(budget("page", "p95", "100ms", ""), 20, batch, Outcome::NoData);
    assert!(none.fails && none.evidence == "no request was one of endpoint `page`", "{}", none.evidence);
    let allowed = BudgetText { allow_no_data: true, ..budget("page", "p95", "100ms", "") };
    assert!(!one(allowed, 20, batch, Outcome::NoData).fails);
    let unknown = one(budget("http_req_durations", "p95", "100ms", ""), 5, batch, Outcome::NoData);
    assert!(unknown.evidence.contains("did you mean `http_req_duration`?"), "{}", unknown.evidence);
    let kind = one(budget("http_reqs", "p95", "100ms", ""), 5, batch, Outcome::NoData);
    assert!(kind.evidence.contains("is a counter, which has no `p95`"), "{}", kind.evidence);
}

/// A file carries its budgets: read again, it is judged the same.
#[test]
fn a_run_is_judged_the_same_from_its_file() {
    let texts = [budget("search", "p95", "500ms", "steady"), budget("search", "errors", "2%", "30s")];
    let (mut run, budgets) = run(&texts, 60, |_| 5.0, searches(50));
    run.meta.budgets = texts.to_vec();
    run.meta.endpoints = endpoints().texts();
    let file = loadline_measure::write_packed(&run, Vec::new()).unwrap();
    let (again, _) = loadline_measure::read_run(file.as_slice()).unwrap();
    assert_eq!(judge(&again, &Budgets::of_run(&again).unwrap()), judge(&run, &budgets));
}
