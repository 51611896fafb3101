//! What metrics and labels are called: the story's names, OpenTelemetry's, or what a project says.

use loadline_prometheus::literal;

/// The unit that durations are measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// `0.5` is half a second.
    Seconds,
    /// `500` is half a second.
    Milliseconds,
}

impl Unit {
    /// So many of it are in a millisecond.
    pub fn per_ms(self) -> f64 {
        match self {
            Self::Seconds => 0.001,
            Self::Milliseconds => 1.0,
        }
    }
}

/// Which metric has the durations of requests, and which of its labels say what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The histogram, without `_bucket`.
    pub histogram: String,
    /// Of its values.
    pub unit: Unit,
    /// Whether it is a native histogram, which has no series of buckets.
    pub native: bool,
    /// The label with the name of an endpoint, or with its route.
    pub endpoint: String,
    /// The label with the method, where the other one is a route.
    pub method: Option<String>,
    /// The label with the status of answers.
    pub status: String,
    /// Series that have a value in this label are of load tests, and left out.
    pub load_test: Option<String>,
}

impl Names {
    /// `api_request_duration_ms{endpoint, status}`, which `loadline-monitor` emits.
    pub fn story() -> Self {
        Self {
            histogram: "api_request_duration_ms".to_owned(),
            unit: Unit::Milliseconds,
            native: false,
            endpoint: "endpoint".to_owned(),
            method: None,
            status: "status".to_owned(),
            load_test: Some("load_test".to_owned()),
        }
    }

    /// `http.server.request.duration`, as Prometheus has it.
    ///
    /// Source: OpenTelemetry's semantic conventions for HTTP metrics,
    /// <https://opentelemetry.io/docs/specs/semconv/http/http-metrics/>, and its names in Prometheus,
    /// <https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/>.
    pub fn opentelemetry() -> Self {
        Self {
            histogram: "http_server_request_duration_seconds".to_owned(),
            unit: Unit::Seconds,
            native: false,
            endpoint: "http_route".to_owned(),
            method: Some("http_request_method".to_owned()),
            status: "http_response_status_code".to_owned(),
            load_test: Some("load_test".to_owned()),
        }
    }
}

/// A route with every segment that stands for any one written alike: `/users/{id}` and `/users/:id` are one.
pub(crate) fn canonical_path(path: &str) -> String {
    let segment = |part: &str| {
        let any = part == "*"
            || part.len() > 1 && part.starts_with(':')
            || part.len() > 2 && part.starts_with(['{', '<', '[']) && part.ends_with(['}', '>', ']']);
        if any { "*".to_owned() } else { part.to_owned() }
    };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// A regular expression of RE2's for all routes whose canonical path is this one.
pub(crate) fn path_pattern(canonical: &str) -> String {
    let segment = |part: &str| match part {
        "*" => r"(\*|:[^/]+|[{<\[][^/]+[}>\]])".to_owned(),
        part => literal(part),
    };
    canonical.split('/').map(segment).collect::<Vec<_>>().join(&literal("/"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The pattern finds exactly the routes that are the same.
        #[test]
        fn a_pattern_is_of_its_routes(
            left in prop::collection::vec("a|b|\\*|:x|\\{id\\}|\\[y\\]|<z>|:|\\{\\}|a\\.b|\\{a", 1..4),
            right in prop::collection::vec("a|b|\\*|:x|\\{id\\}|\\[y\\]|<z>|:|\\{\\}|a\\.b|axb|\\{a", 1..4),
        ) {
            let (left, right) = (format!("/{}", left.join("/")), format!("/{}", right.join("/")));
            let pattern = regex_lite::Regex::new(&format!("^(?:{})$", path_pattern(&canonical_path(&left)))).unwrap();
            prop_assert_eq!(pattern.is_match(&right), canonical_path(&left) == canonical_path(&right));
        }
    }

    #[test]
    fn frameworks_write_the_same_route_differently() {
        for path in ["/users/{id}/x", "/users/:id/x", "/users/*/x", "/users/<int:id>/x", "/users/[id]/x"] {
            assert_eq!(canonical_path(path), "/users/*/x", "{path}");
        }
        assert_eq!(canonical_path("/api/trpc/search.findPrograms"), "/api/trpc/search.findPrograms");
        assert_eq!(canonical_path("/"), "/");
    }
}
