//! Where the time went, as evidence of the verdicts that requests were too slow for.

use loadline_measure::{Run, TagSet, Unit};
use loadline_verdict::{Endpoints, Router, Selector, Verdict};

use crate::reading::{Reading, reading_of};
use crate::told;

/// Metrics of a whole request: what a response time, or the part of it that k6 counts, is over its limit by.
const TIMES: [&str; 4] = ["response_time", "http_response_time", "http_req_duration", "http_req_waiting"];

/// Adds to the evidence of each verdict that requests are too slow what makes the slow ones slow. Verdicts on anything
/// else stay as they are.
pub fn explain(verdicts: &mut [Verdict], run: &Run) {
    let endpoints = Endpoints::of_texts(&run.meta.endpoints);
    let is_slow = |verdict: &Verdict| {
        verdict.fails
            && verdict.observed.is_some()
            && verdict.unit == Unit::Milliseconds
            && TIMES.contains(&&*verdict.metric)
    };
    for verdict in verdicts.iter_mut().filter(|verdict| is_slow(verdict)) {
        let gap = judged(verdict, run, &endpoints).and_then(|reading| reading.gap);
        if let Some(words) = gap.as_ref().and_then(told::gap_words) {
            verdict.evidence += if verdict.evidence.is_empty() { "" } else { "; " };
            verdict.evidence += &words;
        }
    }
}

/// The account of what a verdict judges.
fn judged(verdict: &Verdict, run: &Run, endpoints: &Endpoints) -> Option<Reading> {
    if endpoints.contains(&verdict.selector) {
        let router = Router::new(endpoints);
        let is_it = |tags: &TagSet| router.of_tags(tags).contains(&verdict.selector.as_str());
        return reading_of(&verdict.selector, run, &is_it);
    }
    let selector = Selector::parse(&verdict.selector).ok()?;
    reading_of(&verdict.selector, run, &|tags| selector.matches(tags))
}
