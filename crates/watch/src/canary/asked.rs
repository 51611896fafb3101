//! What is asked of a Prometheus about one version: all buckets of all endpoints, and the failures, round by round.

use loadline_prometheus::quoted;

use crate::promql::{by_endpoint, selector};
use crate::settings::Settings;

use super::side::Side;

/// The percentiles that are compared.
pub(super) const PERCENTS: [f64; 3] = [50.0, 95.0, 99.0];

/// A query and what its answer is of.
#[derive(Debug, Clone, PartialEq)]
pub struct CanaryQuery {
    /// In Prometheus's language.
    pub text: String,
    /// What it says.
    pub reads: CanaryReads,
}

/// What an answer is of, for each endpoint and round.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CanaryReads {
    /// Requests by bucket, in `le`.
    Buckets,
    /// Requests that failed.
    Failed,
    /// All requests, of a native histogram.
    Total,
    /// The share of those within a limit, of a native histogram.
    Within {
        /// In milliseconds.
        limit_ms: f64,
    },
    /// A percentile, in the metric's unit, of a native histogram.
    Percentile {
        /// From 0 to 100.
        percent: f64,
    },
}

/// The metric that counts requests.
fn count_of(settings: &Settings) -> &'static str {
    if settings.names.native { "" } else { "_count" }
}

/// A version's requests in each stretch of so many seconds, all endpoints together.
pub fn presence_query(settings: &Settings, endpoints: &[&str], side: &Side, stretch_s: u64) -> String {
    let series = selector(settings, endpoints, count_of(settings), &[side.matcher()]);
    let sum = format!("sum(increase({series}[{stretch_s}s]))");
    if settings.names.native { format!("histogram_count({sum})") } else { sum }
}

/// The versions that there were in the last so many seconds.
pub fn versions_query(settings: &Settings, endpoints: &[&str], label: &str, over_s: u64) -> String {
    let series = selector(settings, endpoints, count_of(settings), &[]);
    format!("group by ({label}) (last_over_time({series}[{over_s}s]))")
}

/// What a version did in rounds of so many seconds; the limits are in milliseconds.
pub fn canary_queries(
    settings: &Settings,
    endpoints: &[&str],
    limits_ms: &[f64],
    side: &Side,
    round_s: u64,
) -> Vec<CanaryQuery> {
    let names = &settings.names;
    let labels = by_endpoint(names);
    let sum = |suffix: &str, by: &str, more: Option<String>| {
        let more: Vec<String> = [side.matcher()].into_iter().chain(more).collect();
        format!("sum by ({by}) (increase({}[{round_s}s]))", selector(settings, endpoints, suffix, &more))
    };
    let failed = || Some(format!("{}=~{}", names.status, quoted(&settings.failed)));
    let query = |text: String, reads: CanaryReads| CanaryQuery { text, reads };
    if !names.native {
        let by = format!("{labels}, le");
        return vec![
            query(sum("_bucket", &by, None), CanaryReads::Buckets),
            query(sum("_count", &labels, failed()), CanaryReads::Failed),
        ];
    }
    let all = sum("", &labels, None);
    let mut queries = vec![
        query(format!("histogram_count({all})"), CanaryReads::Total),
        query(format!("histogram_count({})", sum("", &labels, failed())), CanaryReads::Failed),
    ];
    queries.extend(limits_ms.iter().map(|limit_ms| {
        let limit = limit_ms * names.unit.per_ms();
        let text = format!("histogram_fraction(-Inf, {limit}, {all})");
        query(text, CanaryReads::Within { limit_ms: *limit_ms })
    }));
    queries.extend(PERCENTS.map(|percent| {
        let text = format!("histogram_quantile({}, {all})", percent / 100.0);
        query(text, CanaryReads::Percentile { percent })
    }));
    queries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Names;

    #[test]
    fn a_version_is_asked_for_alone() {
        let side = Side::parse("version=1.4").unwrap();
        let settings = Settings::default();
        let queries = canary_queries(&settings, &["a.b"], &[500.0], &side.others(), 120);
        assert_eq!(
            queries[0].text,
            "sum by (endpoint, le) (increase(api_request_duration_ms_bucket{load_test=\"\",endpoint=~\"a\\\\.b\",\
             version!=\"1.4\"}[120s]))"
        );
        assert!(queries[1].text.contains("version!=\"1.4\",status=~\"5..\""), "{}", queries[1].text);
        assert_eq!(
            versions_query(&settings, &["a"], "version", 60),
            "group by (version) (last_over_time(api_request_duration_ms_count{load_test=\"\",endpoint=~\"a\"}[60s]))"
        );
        let native = Names { native: true, ..Names::opentelemetry() };
        let settings = Settings { names: native, ..Settings::default() };
        let queries = canary_queries(&settings, &["a"], &[500.0], &side, 60);
        assert_eq!(queries.len(), 6);
        assert!(
            queries[2]
                .text
                .starts_with("histogram_fraction(-Inf, 0.5, sum by (http_request_method, http_route)")
        );
        assert!(presence_query(&settings, &["a"], &side, 60).starts_with("histogram_count(sum(increase("));
    }
}
