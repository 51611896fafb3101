//! What failed: checks that did not hold and requests that failed, with when they first did.

use std::collections::BTreeMap;

use loadline_measure::{Run, Series, Sink, TagSet};

use crate::document::{Check, Failure};

/// Kinds of failures that are listed.
const MOST_FAILURES: usize = 200;
/// What failures have in common, in the order it is shown in.
const TELLING: [&str; 7] = ["name", "method", "status", "error_code", "error", "scenario", "group"];

/// Everything that failed.
pub(crate) struct Failures {
    pub(crate) checks: Vec<Check>,
    pub(crate) requests: Vec<Failure>,
    pub(crate) left_out: u64,
}

impl Failures {
    pub(crate) fn of(run: &Run) -> Self {
        let schema = run.schema();
        let (checks, failed) = (schema.find("checks"), schema.find("http_req_failed"));
        let bad = |series: Series, sink: &Sink| match sink {
            Sink::Rate(rate) if Some(series.metric) == checks => rate.fails(),
            // Of failures the values that are not zero are the bad ones.
            Sink::Rate(rate) if Some(series.metric) == failed => rate.passes,
            _ => 0,
        };
        let wanted: Vec<Series> = run
            .series()
            .filter(|(series, _, sink)| bad(*series, sink) > 0)
            .map(|(series, ..)| series)
            .collect();
        let mut when: BTreeMap<Series, (u64, u64)> = BTreeMap::new();
        for (second, window) in run.seconds_of(&wanted) {
            for (series, _) in window.iter().filter(|(series, sink)| bad(*series, sink) > 0) {
                when.entry(series).or_insert((second, second)).1 = second;
            }
        }
        let first = |series: Series| when.get(&series).map(|(first, _)| *first);
        let mut by_check: BTreeMap<(String, String), Check> = BTreeMap::new();
        let mut by_tags: BTreeMap<Vec<(String, String)>, Failure> = BTreeMap::new();
        for (series, tags, sink) in run.series() {
            let Sink::Rate(rate) = sink else { continue };
            if Some(series.metric) == checks {
                let text = |key: &str| tags.get(key).unwrap_or_default().to_owned();
                let (group, name) = (text("group"), text("check"));
                let check = by_check.entry((group.clone(), name.clone())).or_insert_with(|| Check {
                    group,
                    name,
                    passes: 0,
                    fails: 0,
                    first_fail_s: None,
                });
                check.passes += rate.passes;
                check.fails += rate.fails();
                check.first_fail_s = match (check.first_fail_s, first(series)) {
                    (Some(known), Some(second)) => Some(known.min(second)),
                    (known, second) => known.or(second),
                };
            } else if let (true, Some((from, to))) = (Some(series.metric) == failed, when.get(&series)) {
                let tags = in_common(tags);
                let failure = by_tags.entry(tags.clone()).or_insert_with(|| Failure {
                    tags,
                    count: 0,
                    first_s: *from,
                    last_s: *to,
                });
                failure.count += rate.passes;
                failure.first_s = failure.first_s.min(*from);
                failure.last_s = failure.last_s.max(*to);
            }
        }
        let mut requests: Vec<Failure> = by_tags.into_values().collect();
        requests.sort_by_key(|failure| std::cmp::Reverse(failure.count));
        let left_out = requests.len().saturating_sub(MOST_FAILURES) as u64;
        requests.truncate(MOST_FAILURES);
        let mut checks: Vec<Check> = by_check.into_values().collect();
        checks.sort_by_key(|check| std::cmp::Reverse(check.fails));
        Self { checks, requests, left_out }
    }
}

fn in_common(tags: &TagSet) -> Vec<(String, String)> {
    let told = TELLING.iter().filter_map(|key| Some(((*key).to_owned(), tags.get(key)?.to_owned())));
    told.filter(|(_, value)| !value.is_empty()).collect()
}
