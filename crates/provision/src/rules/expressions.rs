//! What is counted, in Prometheus' language: the requests of an endpoint, and those of them that are bad.
//!
//! Counts and not rates, because windows are compared with numbers of requests as well, and a share is a count over a
//! count: a quiet night weighs as little as it has requests. `increase` is taken of each series before they are added
//! up, so that a replica that starts again sets nobody else back.

use loadline_prometheus::{bound_pattern, length, quoted};
use loadline_watch::{Indicator, Objective, Place, Settings};

use crate::document::number;
use crate::source::Counted;

/// All requests of an endpoint within so many seconds.
pub(crate) fn requests(settings: &Settings, objective: &Objective, window_s: u64) -> String {
    if settings.names.native {
        return format!("histogram_count({})", sum(settings, objective, "", &[], window_s));
    }
    sum(settings, objective, "_count", &[], window_s)
}

/// Those of them that are bad.
pub(crate) fn bad(settings: &Settings, counted: &Counted, window_s: u64) -> String {
    let objective = &counted.objective;
    let all = requests(settings, objective, window_s);
    let of = |suffix: &str, more: &[String]| sum(settings, objective, suffix, more, window_s);
    let within = |bound: f64| of("_bucket", &[format!("le=~{}", quoted(&bound_pattern(bound)))]);
    match (objective.indicator, counted.place) {
        (Indicator::Failed, _) => {
            let failed = format!("{}=~{}", settings.names.status, quoted(&settings.failed));
            // A service that never failed has no series of failures.
            if settings.names.native {
                format!("histogram_count({}) or 0 * {all}", of("", &[failed]))
            } else {
                format!("{} or 0 * {all}", of("_count", &[failed]))
            }
        }
        (Indicator::Slow { .. }, Some(Place::On(at))) => format!("clamp_min({all} - {}, 0)", within(at)),
        (Indicator::Slow { .. }, Some(Place::Between { below, above, part })) => {
            // In between, requests are taken to be spread evenly.
            let up_to = format!("{} * {}", number(part), within(above));
            if below > 0.0 {
                let rest = format!("{} * {}", number(1.0 - part), within(below));
                format!("clamp_min({all} - {up_to} - {rest}, 0)")
            } else {
                format!("clamp_min({all} - {up_to}, 0)")
            }
        }
        (Indicator::Slow { limit_ms }, _) => {
            let limit = number(limit_ms * settings.names.unit.per_ms());
            let whole = of("", &[]);
            format!("{all} * (1 - histogram_fraction(-Inf, {limit}, {whole}))")
        }
    }
}

/// The increase of a counter over all series of an endpoint.
fn sum(settings: &Settings, objective: &Objective, suffix: &str, more: &[String], window_s: u64) -> String {
    let mut matchers = settings.matchers();
    matchers.extend(settings.endpoint_matchers(objective));
    matchers.extend_from_slice(more);
    let series = format!("{}{suffix}{{{}}}", settings.names.histogram, matchers.join(","));
    format!("sum(increase({series}[{}]))", length(window_s))
}
