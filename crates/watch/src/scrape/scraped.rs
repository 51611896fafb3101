//! Counters of several targets, followed from scrape to scrape, as the answers that a Prometheus would have given.
//!
//! What a stretch has is the sum of what each counter rose by between two scrapes of its target, each taken on its own
//! before replicas are added up:
//!
//! - The first scrape of a target is where counting begins, and says nothing yet.
//! - A histogram that is new at a target that was read before began at 0. One of which any number is lower than it was
//!   was set back, all of it: what it has now came since.
//! - A target that was not read for longer than a stretch begins anew: when what came meanwhile came, nobody knows. It
//!   is in no window, and counted.
//!
//! So nothing is extrapolated, and a stretch's requests are whole numbers.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use loadline_prometheus::{Answer, FormatError, ResultType, Row};
use regex_lite::Regex;

use super::reading::{Reading, Wanted};
use crate::bounds::Bounds;
use crate::promql::Reads;
use crate::settings::Settings;

/// Histograms of one target that are followed; a label with an identifier must not fill the memory.
const MOST: usize = 10_000;

/// Why a project cannot be watched without a Prometheus.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unscrapable {
    /// Native histograms have no place in the text format.
    #[error("`native = true` needs a Prometheus: the text of `/metrics` has classic histograms only")]
    Native,
    /// The statuses that are failures are not said understandably.
    #[error("`failed` of [watch] is not understood: {0}")]
    Failed(String),
}

/// What is not in any window, so far.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Dropped {
    /// Requests that came while their target was not read for longer than a stretch.
    pub requests: f64,
    /// Readings of histograms beyond those that are followed.
    pub readings: u64,
    /// Values that are negative, infinite or not a number.
    pub strange: u64,
}

/// All targets with what is known of them.
#[derive(Debug, Clone)]
pub struct Scraped {
    wanted: Wanted,
    step_s: i64,
    most: usize,
    targets: Vec<Target>,
    bounds: BTreeSet<String>,
    /// What the stretch that goes on has.
    open: BTreeMap<Of, f64>,
    dropped: Dropped,
}

#[derive(Debug, Clone, Default)]
struct Target {
    /// When it was read last, in seconds since 1970 UTC.
    read_s: Option<i64>,
    known: HashMap<String, Known>,
}

#[derive(Debug, Clone)]
struct Known {
    at_s: i64,
    reading: Reading,
}

/// What a number of a stretch is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Of {
    what: What,
    endpoint: String,
    method: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Bucket(String),
    Total,
    Failed,
}

impl Scraped {
    /// So many targets, of which nothing is known yet.
    ///
    /// # Errors
    /// Where native histograms are wanted, or `failed` is no regular expression.
    pub fn new(settings: &Settings, targets: usize) -> Result<Self, Unscrapable> {
        if settings.names.native {
            return Err(Unscrapable::Native);
        }
        let failed = Regex::new(&format!("^(?:{})$", settings.failed))
            .map_err(|error| Unscrapable::Failed(error.to_string()))?;
        let wanted = Wanted { names: settings.names.clone(), labels: settings.labels.clone(), failed };
        Ok(Self {
            wanted,
            step_s: settings.step_s as i64,
            most: MOST,
            targets: vec![Target::default(); targets],
            bounds: BTreeSet::new(),
            open: BTreeMap::new(),
            dropped: Dropped::default(),
        })
    }

    /// Takes in what a target, by its number, says at this time, in seconds since 1970 UTC.
    ///
    /// # Errors
    /// Where a line of it is not understood: then nothing of it counts.
    pub fn take(&mut self, target: usize, at_s: i64, text: &str) -> Result<(), FormatError> {
        let (readings, strange) = self.wanted.readings(text)?;
        self.dropped.strange += strange;
        let Some(target) = self.targets.get_mut(target) else { return Ok(()) };
        // A scrape may come a little later than its time.
        let is_recent = |then_s: i64| at_s - then_s <= self.step_s + (self.step_s / 4).max(1);
        let was_read = target.read_s.is_some_and(is_recent);
        for (key, reading) in readings {
            self.bounds.extend(reading.buckets.iter().map(|(bound, _)| bound.clone()));
            let rise = match target.known.get(&key) {
                Some(known) if is_recent(known.at_s) => Some(rise(&reading, Some(&known.reading))),
                Some(known) => {
                    self.dropped.requests += rise(&reading, Some(&known.reading)).total();
                    None
                }
                None if target.known.len() >= self.most => {
                    self.dropped.readings += 1;
                    continue;
                }
                None => was_read.then(|| rise(&reading, None)),
            };
            if let Some(rise) = rise {
                add(&mut self.open, rise);
            }
            target.known.insert(key, Known { at_s, reading });
        }
        target.read_s = Some(at_s);
        Ok(())
    }

    /// The answers of the stretch that ends at this time, in seconds since 1970 UTC, as a Prometheus gives them.
    pub fn close(&mut self, end_s: i64) -> Vec<(Reads, Answer)> {
        let names = &self.wanted.names;
        let mut answers = [Reads::Buckets, Reads::Total, Reads::Failed].map(|reads| {
            (reads, Answer { result_type: ResultType::Matrix, rows: Vec::new(), warnings: Vec::new() })
        });
        for (of, number) in std::mem::take(&mut self.open) {
            let mut labels = vec![(names.endpoint.clone(), of.endpoint)];
            labels.extend(names.method.clone().zip(of.method));
            let position = match of.what {
                What::Bucket(bound) => {
                    labels.push(("le".to_owned(), bound));
                    0
                }
                What::Total => 1,
                What::Failed => 2,
            };
            answers[position].1.rows.push(Row { labels, points: vec![(end_s * 1000, number)] });
        }
        answers.into()
    }

    /// The bounds that buckets have had.
    pub fn bounds(&self) -> Bounds {
        Bounds::of_texts(self.bounds.iter().map(String::as_str))
    }

    /// What is in no window.
    pub fn dropped(&self) -> Dropped {
        self.dropped
    }
}

impl Reading {
    /// All requests, by the count or by the bucket that has everything.
    fn total(&self) -> f64 {
        let largest = self.buckets.iter().map(|(_, count)| *count).fold(0.0, f64::max);
        self.count.unwrap_or(largest)
    }
}

/// What came since an earlier reading, or since a histogram began.
fn rise(now: &Reading, then: Option<&Reading>) -> Reading {
    let before = |bound: &str| {
        let buckets = then.map_or(&[][..], |then| &then.buckets);
        buckets.iter().find(|(known, _)| known == bound).map(|(_, count)| *count)
    };
    let count_before = then.and_then(|then| then.count);
    let is_set_back = now.count.zip(count_before).is_some_and(|(now, then)| now < then)
        || now.buckets.iter().any(|(bound, count)| before(bound).is_some_and(|then| *count < then));
    let since = |now: f64, then: Option<f64>| if is_set_back { now } else { now - then.unwrap_or(0.0) };
    Reading {
        buckets: now
            .buckets
            .iter()
            .map(|(bound, count)| (bound.clone(), since(*count, before(bound))))
            .collect(),
        count: now.count.map(|count| since(count, count_before)),
        ..now.clone()
    }
}

fn add(open: &mut BTreeMap<Of, f64>, rise: Reading) {
    let Reading { endpoint, method, is_failure, buckets, count } = rise;
    let mut add = |what: What, number: f64| {
        let of = Of { what, endpoint: endpoint.clone(), method: method.clone() };
        *open.entry(of).or_default() += number;
    };
    for (bound, number) in buckets {
        add(What::Bucket(bound), number);
    }
    if let Some(count) = count {
        add(What::Total, count);
        if is_failure {
            add(What::Failed, count);
        }
    }
}

#[cfg(test)]
#[path = "scraped_tests.rs"]
mod tests;
