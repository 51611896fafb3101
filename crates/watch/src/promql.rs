//! The queries: one for each kind of counter, with all endpoints in it, so that a thousand budgets are three questions.
//!
//! Each is of the requests of one stretch of time. `increase` is taken before the sum: a replica that starts again sets
//! its own counter back and nobody else's, and two replicas add up.
//!
//! Source: <https://prometheus.io/docs/prometheus/latest/querying/functions/>.

use loadline_prometheus::{literal, quoted};

use crate::bounds::Bounds;
use crate::names::Names;
use crate::objective::{Indicator, Objective};
use crate::settings::Settings;

/// A query and what its answer is of.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// In Prometheus's language.
    pub text: String,
    /// What it says.
    pub reads: Reads,
}

/// What an answer is of, for each endpoint.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reads {
    /// Requests by bucket, in `le`.
    Buckets,
    /// All requests.
    Total,
    /// Those that failed.
    Failed,
    /// The share of those within a limit, from a native histogram.
    Within {
        /// The limit.
        limit_ms: f64,
    },
}

/// The query of all bounds that buckets have, over the last hour; `None` for native histograms, which have none.
pub fn bounds_query(settings: &Settings, objectives: &[Objective]) -> Option<String> {
    (!settings.names.native).then(|| {
        let selector = selector(settings, &endpoints_of(objectives), "_bucket", &[]);
        format!("group by (le) (last_over_time({selector}[1h]))")
    })
}

/// The queries of what came in the last stretch of so many seconds.
pub fn queries(settings: &Settings, objectives: &[Objective], bounds: &Bounds, stretch_s: u64) -> Vec<Query> {
    let names = &settings.names;
    let labels = by_endpoint(names);
    let endpoints = endpoints_of(objectives);
    let increase = |suffix: &str, more: &[String]| {
        format!("increase({}[{stretch_s}s])", selector(settings, &endpoints, suffix, more))
    };
    let sum = |suffix: &str, more: &[String]| format!("sum by ({labels}) ({})", increase(suffix, more));
    let mut limits: Vec<f64> = objectives.iter().filter_map(Objective::limit_ms).collect();
    limits.sort_by(f64::total_cmp);
    limits.dedup();
    let has_failures = objectives.iter().any(|objective| objective.indicator == Indicator::Failed);
    let failed = format!("{}=~{}", names.status, quoted(&settings.failed));
    let mut all = Vec::new();
    if names.native {
        all.push(Query { text: format!("histogram_count({})", sum("", &[])), reads: Reads::Total });
        all.extend(limits.iter().map(|limit_ms| {
            let limit = limit_ms * names.unit.per_ms();
            let text = format!("histogram_fraction(-Inf, {limit}, {})", sum("", &[]));
            Query { text, reads: Reads::Within { limit_ms: *limit_ms } }
        }));
        if has_failures {
            let text = format!("histogram_count({})", sum("", &[failed]));
            all.push(Query { text, reads: Reads::Failed });
        }
        return all;
    }
    if !limits.is_empty() {
        let needed: Vec<String> =
            bounds.needed(objectives, names.unit).iter().map(|written| literal(written)).collect();
        let which = format!("le=~{}", quoted(&needed.join("|")));
        let text = format!("sum by ({labels}, le) ({})", increase("_bucket", &[which]));
        all.push(Query { text, reads: Reads::Buckets });
    }
    if has_failures {
        all.push(Query { text: sum("_count", &[]), reads: Reads::Total });
        all.push(Query { text: sum("_count", &[failed]), reads: Reads::Failed });
    }
    all
}

fn endpoints_of(objectives: &[Objective]) -> Vec<&str> {
    objectives.iter().map(|objective| objective.endpoint.as_str()).collect()
}

/// The labels by which series are those of an endpoint.
pub(crate) fn by_endpoint(names: &Names) -> String {
    match &names.method {
        Some(method) => format!("{method}, {}", names.endpoint),
        None => names.endpoint.clone(),
    }
}

/// The series of these endpoints.
pub(crate) fn selector(settings: &Settings, endpoints: &[&str], suffix: &str, more: &[String]) -> String {
    let names = &settings.names;
    let mut matchers = settings.matchers();
    // Routes are written in many ways, so they are compared where they arrive.
    if names.method.is_none() {
        let mut wanted: Vec<String> =
            endpoints.iter().map(|endpoint| literal(settings.label_of(endpoint))).collect();
        wanted.sort();
        wanted.dedup();
        matchers.push(format!("{}=~{}", names.endpoint, quoted(&wanted.join("|"))));
    }
    matchers.extend_from_slice(more);
    format!("{}{suffix}{{{}}}", names.histogram, matchers.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objective(endpoint: &str, indicator: Indicator) -> Objective {
        Objective {
            endpoint: endpoint.to_owned(),
            method: None,
            path: "/x".to_owned(),
            condition: String::new(),
            indicator,
            permitted: 0.05,
            allow_no_data: false,
        }
    }

    fn texts(settings: &Settings, objectives: &[Objective]) -> Vec<String> {
        let bounds = Bounds::of_texts(["0.5", "0.500", "500", "+Inf"]);
        queries(settings, objectives, &bounds, 60).into_iter().map(|query| query.text).collect()
    }

    #[test]
    fn a_thousand_budgets_are_three_queries() {
        let slow = Indicator::Slow { limit_ms: 500.0 };
        let objectives: Vec<Objective> = (0..500)
            .flat_map(|number| {
                let name = format!("e{number}");
                [objective(&name, slow), objective(&name, Indicator::Failed)]
            })
            .collect();
        assert_eq!(texts(&Settings::default(), &objectives).len(), 3);
    }

    #[test]
    fn values_are_taken_literally() {
        let nasty = objective("a\"b\\c\nd.e", Indicator::Failed);
        let settings =
            Settings { labels: vec![("job".into(), "x\"}) or up\n".into())], ..Settings::default() };
        assert_eq!(
            texts(&settings, &[nasty])[1],
            "sum by (endpoint) (increase(api_request_duration_ms_count{load_test=\"\",job=\"x\\\"}) or up\\n\",\
             endpoint=~\"a\\\\\\\"b\\\\\\\\c\\nd\\\\.e\",status=~\"5..\"}[60s]))"
        );
    }

    #[test]
    fn routes_are_compared_later_and_native_histograms_have_fractions() {
        let objectives = [objective("a", Indicator::Slow { limit_ms: 500.0 })];
        let settings = Settings { names: Names::opentelemetry(), ..Settings::default() };
        assert_eq!(
            texts(&settings, &objectives),
            [
                "sum by (http_request_method, http_route, le) (increase(http_server_request_duration_seconds_bucket\
              {load_test=\"\",le=~\"0\\\\.5|0\\\\.500|\\\\+Inf\"}[60s]))"
            ]
        );
        let native = Names { native: true, ..Names::opentelemetry() };
        let settings = Settings { names: native, ..Settings::default() };
        let texts = texts(&settings, &objectives);
        assert_eq!(texts.len(), 2);
        assert!(texts[1].starts_with("histogram_fraction(-Inf, 0.5, sum by ("), "{}", texts[1]);
        assert_eq!(bounds_query(&settings, &objectives), None);
    }
}
