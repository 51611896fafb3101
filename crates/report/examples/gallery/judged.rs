//! Thresholds on the made-up run that pass, fail, and find no data; and words for each of them.

use loadline_measure::{Run, ThresholdText};
use loadline_verdict::{Budgets, Verdict, judge};

/// Each threshold with what it requires in words.
const THRESHOLDS: [(&str, &str, &str); 8] = [
    ("http_req_duration{scenario:search}", "p(95)<600", "search: 95 % of requests"),
    ("http_req_duration{scenario:search}", "p(99)<650", "search: 99 % of requests"),
    ("http_req_duration{scenario:payment}", "p(95)<3s", "payment: 95 % of requests"),
    ("http_req_duration{scenario:login}", "p(95)<1s", "login: 95 % of requests"),
    ("http_req_failed", "rate<0.01", "failed requests"),
    ("payment_success", "rate>0.995", "successful payments"),
    ("checks{scenario:payment}", "rate>0.99", "checks of payments"),
    ("refund_time", "p(95)<2s", "refunds: 95 %"),
];

/// The verdicts on the run, in the order of [`words`].
pub(crate) fn verdicts(run: &Run) -> Vec<Verdict> {
    judged(run, &THRESHOLDS.map(|(selector, expression, _)| (selector, expression)))
}

/// What each threshold requires, in words.
pub(crate) fn words() -> [&'static str; THRESHOLDS.len()] {
    THRESHOLDS.map(|(_, _, words)| words)
}

/// The verdicts on a run for these selectors and expressions.
pub(crate) fn judged(run: &Run, thresholds: &[(&str, &str)]) -> Vec<Verdict> {
    let texts: Vec<ThresholdText> = thresholds
        .iter()
        .map(|&(selector, expression)| ThresholdText {
            selector: selector.to_owned(),
            expression: expression.to_owned(),
            ..ThresholdText::default()
        })
        .collect();
    judge(run, &Budgets::parse("mix.ts", &texts, run.schema()).unwrap())
}
