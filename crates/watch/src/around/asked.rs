//! What is asked of a Prometheus about the time around an alert.
//!
//! Two times are held against each other: the last minutes, and an hour that ended before the long window in which the
//! budget burns, because whatever set it on fire was at the beginning of that or later.

use loadline_prometheus::quoted;

use crate::burn::BurnWindow;
use crate::promql::selector;
use crate::settings::Settings;

/// How long the time before is, in seconds.
const BEFORE_S: u64 = 3600;
/// Moments of a range.
const MOMENTS: u64 = 120;
/// Time runs no further back: a ticket of three days is not explained by what was four days ago.
const FURTHEST_S: u64 = 6 * 3600;

/// The times that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spell {
    /// When it is looked, in seconds since 1970 UTC.
    pub now_s: i64,
    /// How long the last minutes are.
    pub lately_s: u64,
    /// How long ago the time before ended.
    pub ago_s: u64,
}

impl Spell {
    /// Of a budget that burns in this window.
    pub fn of(window: &BurnWindow, now_s: i64) -> Self {
        let lately_s = window.short_s.min(1800);
        Self { now_s, lately_s, ago_s: window.long_s.clamp(lately_s, FURTHEST_S) }
    }

    /// When the time before ended.
    pub fn before_s(&self) -> i64 {
        self.now_s - self.ago_s as i64
    }

    /// How long the time before is.
    pub fn before_length_s(&self) -> u64 {
        BEFORE_S
    }
}

/// A query and what its answer is of.
#[derive(Debug, Clone, PartialEq)]
pub struct AroundQuery {
    /// In Prometheus's language.
    pub text: String,
    /// What it says.
    pub reads: AroundReads,
    /// First and last moment and the step, in seconds, of one that is asked for a range; the others are asked for now.
    pub range_s: Option<(i64, i64, u64)>,
}

/// What an answer is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AroundReads {
    /// Requests by version over time.
    Versions,
    /// When processes started.
    Starts,
    /// How long queries of a database take on average, in milliseconds: lately, or before.
    Database {
        /// Before.
        before: bool,
    },
    /// The share of an endpoint's answers that a cache had: lately, or before.
    Cache {
        /// Before.
        before: bool,
    },
}

/// Histograms of a database's queries, and what makes milliseconds of their values: the story's, OpenTelemetry's.
const DATABASES: [(&str, f64); 2] =
    [("db_query_duration_ms", 1.0), ("db_client_operation_duration_seconds", 1000.0)];

/// What has to be asked for an endpoint that burns.
pub fn around_queries(settings: &Settings, endpoint: &str, spell: &Spell) -> Vec<AroundQuery> {
    let now = |text: String, reads: AroundReads| AroundQuery { text, reads, range_s: None };
    let mut queries = Vec::new();
    if let Some(version) = &settings.version {
        // Of all endpoints that have the same series: a version is one of a service.
        let span_s = 2 * spell.ago_s;
        let step_s = (span_s / MOMENTS).max(settings.step_s).max(1);
        let count = if settings.names.native { "" } else { "_count" };
        let series = selector(settings, &[endpoint], count, &[format!("{version}!=\"\"")]);
        let text = format!("sum by ({version}) (increase({series}[{step_s}s]))");
        let text = if settings.names.native { format!("histogram_count({text})") } else { text };
        let first_s = spell.now_s - (span_s / step_s * step_s) as i64;
        let range_s = Some((first_s, spell.now_s, step_s));
        queries.push(AroundQuery { text, reads: AroundReads::Versions, range_s });
    }
    let labels: Vec<String> =
        settings.labels.iter().map(|(label, value)| format!("{label}={}", quoted(value))).collect();
    let with = |more: &[String]| {
        let all: Vec<String> = labels.iter().chain(more).cloned().collect();
        if all.is_empty() { String::new() } else { format!("{{{}}}", all.join(",")) }
    };
    queries.push(now(format!("process_start_time_seconds{}", with(&[])), AroundReads::Starts));
    for before in [false, true] {
        let window = if before {
            format!("[{BEFORE_S}s] offset {}s", spell.ago_s)
        } else {
            format!("[{}s]", spell.lately_s)
        };
        let sums = |metric: &str, part: &str| format!("sum(increase({metric}_{part}{}{window}))", with(&[]));
        let [story, other] = DATABASES.map(|(metric, per_ms)| {
            format!("{per_ms} * {} / {}", sums(metric, "sum"), sums(metric, "count"))
        });
        queries.push(now(format!("({story}) or ({other})"), AroundReads::Database { before }));
        let label = settings.label_of(endpoint);
        let answers = |more: &[String]| {
            let mut all = vec![format!("endpoint={}", quoted(label))];
            all.extend_from_slice(more);
            format!("sum(increase(cache_answers_total{}{window}))", with(&all))
        };
        // Of one that never hit there is no series of hits.
        let hits = answers(&["result=\"hit\"".to_owned()]);
        let text = format!("({hits} or 0 * {all}) / {all}", all = answers(&[]));
        queries.push(now(text, AroundReads::Cache { before }));
    }
    queries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::burn::WORKBOOK;

    #[test]
    fn the_time_before_is_before_the_window() {
        let spell = Spell::of(&WORKBOOK[0], 10_000);
        assert_eq!((spell.lately_s, spell.ago_s, spell.before_s()), (300, 3600, 6_400));
        assert_eq!(Spell::of(&WORKBOOK[3], 10_000).ago_s, FURTHEST_S);
        let settings =
            Settings { labels: vec![("job".to_owned(), "sh\"op".to_owned())], ..Settings::default() };
        let queries = around_queries(&settings, "a.b", &spell);
        assert_eq!(
            queries[0].text,
            "sum by (version) (increase(api_request_duration_ms_count{load_test=\"\",job=\"sh\\\"op\",\
             endpoint=~\"a\\\\.b\",version!=\"\"}[60s]))"
        );
        assert_eq!(queries[0].range_s, Some((2_800, 10_000, 60)));
        assert_eq!(queries[1].text, "process_start_time_seconds{job=\"sh\\\"op\"}");
        assert!(queries[4].text.contains("[3600s] offset 3600s"), "{}", queries[4].text);
    }
}
