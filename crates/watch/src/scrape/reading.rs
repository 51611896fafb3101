//! One scrape: of a text of metrics, the histograms that are watched, each with its buckets and its count.

use std::collections::BTreeMap;

use loadline_prometheus::{FormatError, Sample, samples};
use regex_lite::Regex;

use crate::names::Names;

/// Which series are looked at.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) names: Names,
    /// Labels that series must have, with their values.
    pub(super) labels: Vec<(String, String)>,
    /// Statuses that are failures.
    pub(super) failed: Regex,
}

/// What one histogram says, under one set of labels.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Reading {
    pub(super) endpoint: String,
    pub(super) method: Option<String>,
    pub(super) is_failure: bool,
    /// Cumulative, by the value of `le` as it is written.
    pub(super) buckets: Vec<(String, f64)>,
    pub(super) count: Option<f64>,
}

/// Readings by all of their labels.
pub(super) type Readings = BTreeMap<String, Reading>;

impl Wanted {
    /// All that is wanted of a text, and how many values of it are none: negative, infinite or not a number.
    pub(super) fn readings(&self, text: &str) -> Result<(Readings, u64), FormatError> {
        // All of it is read before any of it is used: half an answer is none.
        let all: Vec<Sample<'_>> = samples(text).collect::<Result<_, _>>()?;
        let mut readings = Readings::new();
        let mut strange = 0;
        for sample in &all {
            let Some(suffix) = sample.name.strip_prefix(self.names.histogram.as_str()) else { continue };
            let bound = label(sample, "le");
            let is_wanted = match suffix {
                "_bucket" => bound.is_some(),
                "_count" => bound.is_none(),
                _ => false,
            };
            let Some(endpoint) = label(sample, &self.names.endpoint).filter(|_| is_wanted) else { continue };
            if !self.admits(sample) {
                continue;
            }
            if !(sample.value.is_finite() && sample.value >= 0.0) {
                strange += 1;
                continue;
            }
            let reading = readings.entry(key(sample)).or_insert_with(|| Reading {
                endpoint: endpoint.to_owned(),
                method: self
                    .names
                    .method
                    .as_deref()
                    .and_then(|method| label(sample, method))
                    .map(str::to_owned),
                is_failure: label(sample, &self.names.status)
                    .is_some_and(|status| self.failed.is_match(status)),
                ..Reading::default()
            });
            match bound {
                Some(bound) => reading.buckets.push((bound.to_owned(), sample.value)),
                None => reading.count = Some(sample.value),
            }
        }
        Ok((readings, strange))
    }

    fn admits(&self, sample: &Sample<'_>) -> bool {
        let of_load_test = self.names.load_test.as_deref().and_then(|name| label(sample, name));
        of_load_test.is_none_or(str::is_empty)
            && self.labels.iter().all(|(name, value)| {
                // A scrape of one's own knows no jobs: a Prometheus adds them.
                name == "job" || label(sample, name).unwrap_or_default() == value
            })
    }
}

fn label<'s>(sample: &'s Sample<'_>, name: &str) -> Option<&'s str> {
    sample.labels.iter().find(|(known, _)| *known == name).map(|(_, value)| &**value)
}

/// All labels but the bucket's, in one order: what tells one histogram from another.
fn key(sample: &Sample<'_>) -> String {
    let mut labels: Vec<(&str, &str)> = sample
        .labels
        .iter()
        .filter(|(name, _)| *name != "le")
        .map(|(name, value)| (*name, &**value))
        .collect();
    labels.sort_unstable();
    let mut key = String::new();
    for (name, value) in labels {
        // Lengths keep values apart, whatever is in them.
        key += &format!("{name}={}:{value};", value.len());
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_watched_is_read() {
        let wanted = Wanted {
            names: Names::story(),
            labels: vec![("zone".to_owned(), "a".to_owned()), ("job".to_owned(), "shop".to_owned())],
            failed: Regex::new("^(?:5..)$").unwrap(),
        };
        let text = r#"
api_request_duration_ms_bucket{endpoint="x",status="500",zone="a",le="1.0"} 1
api_request_duration_ms_bucket{endpoint="x",zone="a",status="500",le="+Inf"} 2
api_request_duration_ms_count{endpoint="x",status="500",zone="a"} 2
api_request_duration_ms_sum{endpoint="x",status="500",zone="a"} 9
api_request_duration_ms_count{endpoint="x",status="200",zone="a"} NaN
api_request_duration_ms_count{endpoint="x",status="200",zone="b"} 3
api_request_duration_ms_count{endpoint="x",status="200",zone="a",load_test="1"} 3
api_request_duration_ms_count{status="200",zone="a"} 3
other 4
"#;
        let (readings, strange) = wanted.readings(text).unwrap();
        assert_eq!((readings.len(), strange), (1, 1));
        let reading = readings.into_values().next().unwrap();
        assert!(reading.is_failure && reading.count == Some(2.0));
        assert_eq!(reading.buckets, [("1.0".to_owned(), 1.0), ("+Inf".to_owned(), 2.0)]);
        assert!(wanted.readings("half of a li").is_err());
    }
}
