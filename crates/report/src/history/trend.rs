//! A figure over many runs, with the points where it changed.

use loadline_measure::{FigurePoint, FigureScale};
use loadline_verdict::ChangePoint;
use serde_json::{Value, json};

use super::words::moment;
use crate::figure_text::figure_text;
use crate::text::Line;
use crate::trend_plot::{TrendPoint, trend_lines};

/// The trend as a small plot for a terminal of `width` columns, the oldest run first.
pub fn trend_table(
    (subject, quantity): (&str, &str),
    series: &[FigurePoint],
    scale: &FigureScale,
    changes: &[ChangePoint],
    width: usize,
) -> Vec<Line> {
    let points: Vec<TrendPoint> = series
        .iter()
        .map(|point| TrendPoint {
            label: format!("run {} of {}", point.run, moment(point.started_unix_ms)),
            value: point.value,
        })
        .collect();
    let title = format!("{subject} {quantity}, {} runs", series.len());
    trend_lines(&title, &points, changes, &|value| figure_text(value, scale), width)
}

/// The trend for machines.
///
/// ```json
/// { "version": 1, "subject": "all requests", "quantity": "p95",
///   "points": [{ "run": 1, "started_unix_ms": 1785542400000, "value": 11.2, "values": 840 }],
///   "changes": [{ "run": 1, "before": 11.2, "after": 13.0, "p": 0.00001 }] }
/// ```
pub fn trend_json(
    (subject, quantity): (&str, &str),
    series: &[FigurePoint],
    changes: &[ChangePoint],
) -> Value {
    let points: Vec<Value> = series
        .iter()
        .map(|point| {
            json!({
                "run": point.run,
                "started_unix_ms": point.started_unix_ms,
                "value": point.value,
                "values": point.values,
            })
        })
        .collect();
    let changes: Vec<Value> = changes
        .iter()
        .map(|change| {
            json!({
                "run": series[change.at].run,
                "before": change.before,
                "after": change.after,
                "p": change.p,
            })
        })
        .collect();
    json!({ "version": 1, "subject": subject, "quantity": quantity, "points": points, "changes": changes })
}
