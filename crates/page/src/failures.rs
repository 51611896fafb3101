//! What failed: checks that did not hold and requests that failed, with when they first did.

use std::collections::{BTreeSet, HashMap};

use loadline_measure::{Run, Schema, Series, Sink, TagSet, Window};

use crate::document::{Check, Failure};

/// Kinds of failures that are listed.
const MOST_FAILURES: usize = 200;
/// Kinds of failures that are told apart at all.
const MOST_TOLD_APART: usize = 10_000;
/// … while a run goes on: each of them is told to everybody who comes.
const MOST_GROWING: usize = 500;
/// Characters of an example's address.
const MOST_OF_AN_EXAMPLE: usize = 300;
/// The metrics that tell of them.
const CHECKS: &str = "checks";
const FAILED: &str = "http_req_failed";
/// What failures have in common, in the order it is shown in.
const TELLING: [&str; 8] =
    ["name", "endpoint", "method", "status", "error_code", "error", "scenario", "group"];

/// Everything that failed.
pub(crate) struct Failures {
    pub(crate) checks: Vec<Check>,
    pub(crate) requests: Vec<Failure>,
    pub(crate) left_out: u64,
}

impl Failures {
    pub(crate) fn of(run: &Run) -> Self {
        let schema = run.schema();
        let mut growing = GrowingFailures { most: MOST_TOLD_APART, ..GrowingFailures::new() };
        let wanted: Vec<Series> = run
            .series()
            .filter(|(series, ..)| is_watched(schema, *series))
            .map(|(series, ..)| series)
            .collect();
        for (second, window) in run.seconds_of(&wanted) {
            growing.take(schema, second, &window);
        }
        let GrowingFailures { mut checks, mut requests, left_out, .. } = growing;
        checks.sort_by(|a, b| (b.fails, &a.group, &a.name).cmp(&(a.fails, &b.group, &b.name)));
        requests.sort_by(|a, b| (b.count, &a.tags).cmp(&(a.count, &b.tags)));
        let beyond = requests.len().saturating_sub(MOST_FAILURES) as u64;
        requests.truncate(MOST_FAILURES);
        Self { checks, requests, left_out: left_out + beyond }
    }
}

/// What has failed so far, second by second: in the order in which it came up.
pub(crate) struct GrowingFailures {
    pub(crate) checks: Vec<Check>,
    pub(crate) requests: Vec<Failure>,
    /// Kinds of failures beyond those that are kept.
    pub(crate) left_out: u64,
    most: usize,
    known: HashMap<Series, Place>,
    by_check: HashMap<(String, String), usize>,
    by_tags: HashMap<Vec<(String, String)>, usize>,
}

/// Where the values of a series go.
#[derive(Clone, Copy)]
enum Place {
    Check(usize),
    /// Of requests that all were well so far.
    NoFailure,
    Failure(usize),
    LeftOut,
}

/// What a second changed: places in the lists.
#[derive(Default)]
pub(crate) struct Changed {
    pub(crate) checks: BTreeSet<usize>,
    pub(crate) requests: BTreeSet<usize>,
}

impl GrowingFailures {
    pub(crate) fn new() -> Self {
        Self {
            checks: Vec::new(),
            requests: Vec::new(),
            left_out: 0,
            most: MOST_GROWING,
            known: HashMap::new(),
            by_check: HashMap::new(),
            by_tags: HashMap::new(),
        }
    }

    /// Adds what failed in a second.
    pub(crate) fn take(&mut self, schema: &Schema, second: u64, window: &Window) -> Changed {
        let (checks, failed) = (schema.find(CHECKS), schema.find(FAILED));
        let mut changed = Changed::default();
        for (series, sink) in window.iter() {
            let Sink::Rate(rate) = sink else { continue };
            let is_check = Some(series.metric) == checks;
            if !is_check && Some(series.metric) != failed {
                continue;
            }
            // Of failures the values that are not zero are the bad ones.
            let bad = if is_check { rate.fails() } else { rate.passes };
            match self.place(schema, series, is_check, bad) {
                Place::Check(at) => {
                    let check = &mut self.checks[at];
                    check.passes += rate.passes;
                    check.fails += rate.fails();
                    if bad > 0 {
                        let first = check.first_fail_s.map_or(second, |known| known.min(second));
                        check.first_fail_s = Some(first);
                    }
                    changed.checks.insert(at);
                }
                Place::Failure(at) if bad > 0 => {
                    let failure = &mut self.requests[at];
                    if failure.count == 0 {
                        (failure.first_s, failure.last_s) = (second, second);
                    }
                    failure.count += bad;
                    failure.first_s = failure.first_s.min(second);
                    failure.last_s = failure.last_s.max(second);
                    changed.requests.insert(at);
                }
                Place::Failure(_) | Place::NoFailure | Place::LeftOut => {}
            }
        }
        changed
    }

    fn place(&mut self, schema: &Schema, series: Series, is_check: bool, bad: u64) -> Place {
        if let Some(place) = self.known.get(&series)
            && !(matches!(place, Place::NoFailure) && bad > 0)
        {
            return *place;
        }
        let place = if is_check {
            self.check(&schema.tag_set(series.tags))
        } else if bad == 0 {
            Place::NoFailure
        } else {
            self.failure(&schema.tag_set(series.tags))
        };
        self.known.insert(series, place);
        place
    }

    fn check(&mut self, tags: &TagSet) -> Place {
        let text = |key: &str| tags.get(key).unwrap_or_default().to_owned();
        let (group, name) = (text("group"), text("check"));
        let at = *self.by_check.entry((group.clone(), name.clone())).or_insert(self.checks.len());
        if at == self.checks.len() {
            self.checks.push(Check { group, name, passes: 0, fails: 0, first_fail_s: None });
        }
        Place::Check(at)
    }

    fn failure(&mut self, set: &TagSet) -> Place {
        let tags = in_common(set);
        if let Some(at) = self.by_tags.get(&tags) {
            return Place::Failure(*at);
        }
        if self.requests.len() == self.most {
            self.left_out += 1;
            return Place::LeftOut;
        }
        self.by_tags.insert(tags.clone(), self.requests.len());
        let example = example(set);
        self.requests.push(Failure { tags, count: 0, first_s: 0, last_s: 0, example });
        Place::Failure(self.requests.len() - 1)
    }
}

fn is_watched(schema: &Schema, series: Series) -> bool {
    [CHECKS, FAILED].iter().any(|name| schema.find(name) == Some(series.metric))
}

/// The address of a request, where it says more than its name.
fn example(tags: &TagSet) -> String {
    let url = tags.get("url").unwrap_or_default();
    if tags.get("name") == Some(url) { String::new() } else { url.chars().take(MOST_OF_AN_EXAMPLE).collect() }
}

fn in_common(tags: &TagSet) -> Vec<(String, String)> {
    let told = TELLING.iter().filter_map(|key| Some(((*key).to_owned(), tags.get(key)?.to_owned())));
    told.filter(|(_, value)| !value.is_empty()).collect()
}
