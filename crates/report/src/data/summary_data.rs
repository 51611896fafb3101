//! The `data` that a script's `handleSummary(data)` gets: the same object as from k6, so that reporters written for it
//! work unchanged.

use std::time::Duration;

use loadline_measure::Run;
use loadline_units::TimeUnit;
use loadline_verdict::Verdict;
use md5::{Digest, Md5};
use serde_json::{Map, Value, json};

use super::figures::figures;
use super::groups::{Check, Group, groups};
use super::json_value::number;
use super::metrics::{Measured, measured};
use super::trend_stat::TrendStat;
use crate::folded::add_folded;
use crate::trust::add_trust;

/// What a summary tells about the run beside its measurements.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TestState {
    /// Whether standard output is a terminal.
    pub stdout_is_terminal: bool,
    /// Whether standard error is a terminal.
    pub stderr_is_terminal: bool,
    /// Whether colours are off.
    pub no_colour: bool,
    /// What `setup()` returned.
    pub setup_data: Option<Value>,
}

/// The `data` object of `handleSummary`: `root_group`, `options`, `state`, `metrics`, and `setup_data` if there is any.
pub fn summary_data(
    run: &Run,
    verdicts: &[Verdict],
    trend_stats: &[TrendStat],
    time_unit: TimeUnit,
    state: &TestState,
) -> Value {
    let stats: Vec<String> = trend_stats.iter().map(ToString::to_string).collect();
    let mut metrics = Map::new();
    for metric in &measured(run, verdicts, &[]) {
        metrics.insert(metric.name.clone(), metric_value(metric, run.duration, trend_stats));
        for submetric in &metric.submetrics {
            metrics.insert(submetric.name.clone(), metric_value(submetric, run.duration, trend_stats));
        }
    }
    let mut data = json!({
        "root_group": group_value(&groups(run, &[])),
        "options": {
            "summaryTrendStats": stats,
            "summaryTimeUnit": time_unit.as_str(),
            "noColor": state.no_colour,
        },
        "state": {
            "isStdOutTTY": state.stdout_is_terminal,
            "isStdErrTTY": state.stderr_is_terminal,
            "testRunDurationMs": number(run.duration.as_secs_f64() * 1000.0),
        },
        "metrics": metrics,
    });
    add_trust(&mut data["state"], run);
    add_folded(&mut data["state"], run);
    if let Some(setup_data) = &state.setup_data {
        data["setup_data"] = setup_data.clone();
    }
    data
}

fn metric_value(metric: &Measured<'_>, duration: Duration, stats: &[TrendStat]) -> Value {
    let figures = figures(metric.metric.kind, metric.sink.as_ref(), duration, stats);
    let values: Map<String, Value> = figures.into_iter().map(|(name, value)| (name, number(value))).collect();
    let mut shape = json!({
        "type": metric.metric.kind.name(),
        "contains": metric.metric.unit.contains(),
        "values": values,
    });
    if !metric.verdicts.is_empty() {
        let thresholds: Map<String, Value> = metric
            .verdicts
            .iter()
            .map(|verdict| (verdict.expression.clone(), json!({ "ok": !verdict.fails })))
            .collect();
        shape["thresholds"] = Value::Object(thresholds);
    }
    shape
}

fn group_value(group: &Group) -> Value {
    json!({
        "name": group.name,
        "path": group.path,
        "id": id(&group.path),
        "groups": group.groups.iter().map(group_value).collect::<Vec<_>>(),
        "checks": group.checks.iter().map(check_value).collect::<Vec<_>>(),
    })
}

/// A check, as both forms of the summary have it.
pub(super) fn check_value(check: &Check) -> Value {
    json!({
        "name": check.name,
        "path": check.path,
        "id": id(&check.path),
        "passes": check.passes,
        "fails": check.fails,
    })
}

/// k6's id of a group or check: the MD5 of its path, in hexadecimal. It identifies, it does not protect.
pub(super) fn id(path: &str) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(32);
    for byte in Md5::digest(path.as_bytes()) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
