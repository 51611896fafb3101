//! Traffic from a range query of Prometheus: what `/api/v1/query_range` answers, asked for or saved.
//!
//! The query is one of requests per second, such as `sum(rate(http_requests_total[1m]))`. Where it has several series,
//! they are added up. A moment at which no series has a number is a missing one.

use std::collections::BTreeMap;

use jiff::Timestamp;
use loadline_prometheus::{Answer, ResultType};

use super::error::TrafficError;
use super::points::{Point, profile};
use super::profile::Profile;

/// Rates at moments, from one answer or several of one query.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PrometheusRange {
    /// By time, in milliseconds since 1970 UTC.
    rates: BTreeMap<i64, f64>,
    series: usize,
}

impl PrometheusRange {
    /// Adds an answer, as JSON.
    ///
    /// # Errors
    /// Where it is none, one that says what is wrong, or one of something else than a range.
    pub fn add(&mut self, json: &[u8]) -> Result<(), TrafficError> {
        let answer = Answer::read(json)?;
        if answer.result_type != ResultType::Matrix {
            return Err(TrafficError::NoRange);
        }
        self.series = self.series.max(answer.rows.len());
        for (at_ms, rate) in answer.rows.into_iter().flat_map(|row| row.points) {
            *self.rates.entry(at_ms).or_default() += rate;
        }
        Ok(())
    }

    /// The traffic.
    ///
    /// # Errors
    /// Where there is none, a rate is negative, or some of it is missing.
    pub fn profile(&self, bridge_gaps: bool) -> Result<Profile, TrafficError> {
        let Some((first_ms, _)) = self.rates.first_key_value() else { return Err(TrafficError::NoSeries) };
        let time = |at_ms: i64| {
            Timestamp::from_millisecond(at_ms).map_or_else(|_| at_ms.to_string(), |time| time.to_string())
        };
        let mut points = Vec::with_capacity(self.rates.len());
        for (place, (at_ms, per_s)) in self.rates.iter().enumerate() {
            if !per_s.is_finite() || *per_s < 0.0 {
                return Err(TrafficError::Negative { at: time(*at_ms), rate: per_s.to_string() });
            }
            points.push(Point { at_s: (at_ms - first_ms) as f64 / 1000.0, per_s: *per_s, place });
        }
        let place = |point: &Point| time(first_ms + (point.at_s * 1000.0).round() as i64);
        let mut profile = profile(*first_ms, &points, bridge_gaps, place)?;
        if self.series > 1 {
            profile.notes.push(format!("the query has {} series, which are added up", self.series));
        }
        Ok(profile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(json: &str) -> Result<PrometheusRange, TrafficError> {
        let mut range = PrometheusRange::default();
        range.add(json.as_bytes()).map(|()| range)
    }

    fn matrix(series: &str) -> String {
        format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{series}]}}}}"#)
    }

    #[test]
    fn series_are_added_up_and_moments_become_straight_lines() {
        let one =
            r#"{"metric":{"pod":"a"},"values":[[1783155600,"10"],[1783155615,"40"],[1783155630.0,"40"]]}"#;
        let other = r#"{"metric":{"pod":"b"},"values":[[1783155600,"5"],[1783155615,"NaN"]]}"#;
        let profile = range(&matrix(&format!("{one},{other}"))).unwrap().profile(false).unwrap();
        assert_eq!((profile.started_unix_ms, profile.seconds()), (1_783_155_600_000, 45));
        assert!((profile.at(0) - (15.0 + 25.0 / 30.0)).abs() < 1e-9 && profile.at(30) == 40.0);
        assert_eq!(profile.notes, ["the query has 2 series, which are added up"]);
    }

    #[test]
    fn what_is_missing_or_cannot_be_is_said() {
        let check = |json: &str, wanted: &str| {
            let said = range(json).and_then(|range| range.profile(false)).unwrap_err().to_string();
            assert!(said.contains(wanted), "{said}");
        };
        check("<html>", "is no answer of Prometheus");
        check(r#"{"status":"error","error":"parse error: unexpected end"}"#, "parse error: unexpected end");
        check(r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#, "`vector`");
        check(&matrix(""), "no series");
        check(&matrix(r#"{"values":[[1783155600,"-1"]]}"#), "2026-07-04T09:00:00Z: -1 requests per second");
        let gap = r#"{"values":[[1783155600,"1"],[1783155615,"1"],[1783155630,"NaN"],[1783155645,"NaN"],[1783155660,"NaN"],[1783155675,"1"],[1783155690,"1"]]}"#;
        check(&matrix(gap), "2026-07-04T09:01:15Z: 45s are missing before it");
        assert!(range(&matrix(gap)).unwrap().profile(true).unwrap().at(30) == 1.0);
    }
}
