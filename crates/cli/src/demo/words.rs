//! What the story requires, in its words, and how much there was.

use loadline_report::{Requirement, wrap};
use loadline_runner::Finished;
use loadline_units as units;
use loadline_verdict::Verdict;

use super::stage::Processor;
use crate::common::screen;

/// What the story requires, in words.
const WORDS: [(&str, &str, &str); 15] = [
    ("http_req_duration{scenario:search}", "p(95)<500", "search: 95% of requests"),
    ("http_req_duration{scenario:search}", "p(99)<1000", "search: 99% of requests"),
    ("http_req_duration{scenario:payment}", "p(95)<3000", "payment with login: 95% of requests"),
    ("http_req_duration{endpoint:payment.createSubscription}", "p(95)<3000", "subscription: 95% of requests"),
    ("http_req_duration{endpoint:payment.createSubscription}", "p(99)<5000", "subscription: 99% of requests"),
    ("http_req_duration{endpoint:auth.login}", "p(95)<1000", "login: 95% of requests"),
    ("http_req_duration{endpoint:auth.login}", "p(99)<2000", "login: 99% of requests"),
    ("payment_success", "rate>0.995", "payments that succeed"),
    ("http_req_failed", "rate<0.01", "requests that fail"),
    ("search_errors", "rate<0.01", "searches that go wrong"),
    ("browse_errors", "rate<0.01", "page views that go wrong"),
    ("cache_hits{endpoint:static}", "rate>0.9", "static files from the cache"),
    ("cache_hits{endpoint:image}", "rate>0.9", "pictures from the cache"),
    ("cache_hits{endpoint:public.getPrograms}", "rate>0.9", "lists of programmes from the cache"),
    ("cache_hits{endpoint:public.getProviders}", "rate>0.9", "lists of providers from the cache"),
];

/// What is required, in words, with what came out.
pub(super) fn requirements(finished: &Finished) -> Vec<Requirement> {
    let of = |verdict: &Verdict| {
        let words = WORDS
            .iter()
            .find(|(selector, expression, _)| {
                *selector == verdict.selector && *expression == verdict.expression
            })
            .map_or_else(|| words_of(verdict), |(_, _, words)| (*words).to_owned());
        Requirement::new(&words, &finished.run, verdict)
    };
    finished.verdicts.iter().map(of).collect()
}

/// A claim is named in words; a threshold says what it limits.
fn words_of(verdict: &Verdict) -> String {
    if verdict.metric.is_empty() {
        verdict.selector.clone()
    } else {
        format!("{} {}", verdict.selector, verdict.expression)
    }
}

/// One line on how much there was: requests, and who took how much processor time for them.
pub(super) fn figures(finished: &Finished, processor: &Processor) -> Option<String> {
    let run = &finished.run;
    let requests = run.select::<&str, &str>(run.schema().find("http_reqs")?, &[]);
    let count = match requests {
        Some(loadline_measure::Sink::Counter(counter)) => counter.sum,
        _ => 0.0,
    };
    let seconds = run.duration.as_secs_f64();
    let mut text = format!("{} requests in {}", units::count(count as u64), units::time(seconds * 1000.0));
    text += &format!("; the load generator took {:.2} of a core", processor.generator / seconds);
    if let Some(system) = processor.system {
        text += &format!(", the system under test {:.2}", system / seconds);
    }
    let lines = wrap(&text, screen::result_width().saturating_sub(4));
    Some(format!("\n  {}\n", lines.join("\n    ")))
}
