//! `--summary-export`: k6's older JSON form of the summary, which CI jobs still read.
//!
//! It differs from `handleSummary`'s data: groups and checks are objects by name, figures stand directly in the
//! metric, a rate's share is called `value`, and a threshold is `true` when it FAILED.

use loadline_measure::{MetricKind, Run};
use loadline_verdict::Verdict;
use serde_json::{Map, Value, json};

use super::figures::figures;
use super::groups::{Group, groups};
use super::json_value::number;
use super::metrics::{Measured, measured};
use super::summary_data::{check_value, id};
use super::trend_stat::TrendStat;
use crate::folded::add_folded;
use crate::ledger::{ledger_json, ledger_readings};
use crate::trust::add_trust;

/// The object that `--summary-export` writes: `root_group` and `metrics`, and ours: `ledger`, `trustworthy`, with
/// `not_trustworthy_because` when the generator was saturated.
pub fn summary_export(run: &Run, verdicts: &[Verdict], trend_stats: &[TrendStat]) -> Value {
    let mut metrics = Map::new();
    for metric in &measured(run, verdicts, &[]) {
        for shown in std::iter::once(metric).chain(&metric.submetrics) {
            metrics.insert(shown.name.clone(), metric_value(run, shown, trend_stats));
        }
    }
    let mut export = json!({ "root_group": group_value(&groups(run, &[])), "metrics": metrics });
    export["ledger"] = ledger_json(&ledger_readings(run));
    add_trust(&mut export, run);
    add_folded(&mut export, run);
    export
}

fn metric_value(run: &Run, metric: &Measured<'_>, stats: &[TrendStat]) -> Value {
    let mut shape = Map::new();
    for (name, value) in figures(metric.metric.kind, metric.sink.as_ref(), run.duration, stats) {
        let name =
            if metric.metric.kind == MetricKind::Rate && name == "rate" { "value".to_owned() } else { name };
        shape.insert(name, number(value));
    }
    if !metric.verdicts.is_empty() {
        let failed: Map<String, Value> = metric
            .verdicts
            .iter()
            .map(|verdict| (verdict.expression.clone(), Value::from(verdict.fails)))
            .collect();
        shape.insert("thresholds".to_owned(), Value::Object(failed));
    }
    Value::Object(shape)
}

fn group_value(group: &Group) -> Value {
    let groups: Map<String, Value> =
        group.groups.iter().map(|group| (group.name.clone(), group_value(group))).collect();
    let checks: Map<String, Value> =
        group.checks.iter().map(|check| (check.name.clone(), check_value(check))).collect();
    json!({ "name": group.name, "path": group.path, "id": id(&group.path), "groups": groups, "checks": checks })
}
