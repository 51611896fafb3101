//! How often each endpoint was asked, stretch by stretch, whichever budgets it has.

use std::collections::HashMap;

use loadline_prometheus::Answer;
use loadline_verdict::Endpoints;

use crate::labelled::Labelled;
use crate::promql::{by_endpoint, selector};
use crate::settings::Settings;

/// The query of all requests by endpoint, in stretches of so many seconds.
pub fn requests_query(settings: &Settings, endpoints: &Endpoints, stretch_s: u64) -> String {
    let names: Vec<&str> = endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect();
    let suffix = if settings.names.native { "" } else { "_count" };
    let series = selector(settings, &names, suffix, &[]);
    let sum = format!("sum by ({}) (increase({series}[{stretch_s}s]))", by_endpoint(&settings.names));
    if settings.names.native { format!("histogram_count({sum})") } else { sum }
}

/// What was answered to that for the stretches that end at these times: by endpoint in the project's order, by stretch.
pub fn requests(
    settings: &Settings,
    endpoints: &Endpoints,
    answer: &Answer,
    ends_s: &[i64],
) -> Vec<Vec<Option<f64>>> {
    let labelled = Labelled::of(settings, endpoints);
    let places: HashMap<i64, usize> =
        ends_s.iter().enumerate().map(|(place, end_s)| (end_s * 1000, place)).collect();
    let mut all = vec![vec![None; ends_s.len()]; endpoints.iter().count()];
    for row in &answer.rows {
        for endpoint in labelled.of_row(&settings.names, row) {
            for (at_ms, number) in row.points.iter().filter(|(_, number)| number.is_finite()) {
                if let Some(place) = places.get(at_ms) {
                    *all[endpoint][*place].get_or_insert(0.0) += number.max(0.0);
                }
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use loadline_prometheus::{ResultType, Row};

    use super::*;
    use crate::names::Names;

    #[test]
    fn methods_of_a_route_add_up_and_silence_is_not_zero() {
        let endpoints =
            Endpoints::of_texts(&[("item".into(), "/items/:id".into()), ("home".into(), "GET /".into())]);
        let settings = Settings { names: Names::opentelemetry(), ..Settings::default() };
        assert_eq!(
            requests_query(&settings, &endpoints, 60),
            "sum by (http_request_method, http_route) (increase(http_server_request_duration_seconds_count\
             {load_test=\"\"}[60s]))"
        );
        let row = |method: &str, number: f64| Row {
            labels: vec![
                ("http_request_method".into(), method.into()),
                ("http_route".into(), "/items/{item}".into()),
            ],
            points: vec![(60_000, number), (180_000, 1.0)],
        };
        let rows = vec![row("GET", 3.0), row("PUT", 4.0)];
        let answer = Answer { result_type: ResultType::Matrix, rows, warnings: Vec::new() };
        let counted = requests(&settings, &endpoints, &answer, &[60, 120]);
        assert_eq!(counted, [vec![Some(7.0), None], vec![None, None]]);
    }
}
