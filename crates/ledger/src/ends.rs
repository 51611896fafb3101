//! What else comes to an end: pools, threads, descriptors, as a target tells of itself in scraped metrics.
//!
//! Whoever exports how much is in use mostly exports how much there is, by a name of the same stem: in the words of
//! Prometheus' client libraries, Micrometer (`HikariCP`, Tomcat, JVM), Go's `database/sql`, `postgres_exporter` and
//! OpenTelemetry's conventions. What is a share already needs no other.

use loadline_measure::{Run, TagSet};

/// What is in use and how much there is, where the names have no stem in common.
const PAIRS: [(&str, &str); 8] = [
    ("holiday_workers_busy", "holiday_workers"),
    ("process_open_fds", "process_max_fds"),
    ("go_sql_in_use_connections", "go_sql_max_open_connections"),
    ("tomcat_threads_busy_threads", "tomcat_threads_config_max_threads"),
    ("jvm_memory_used_bytes", "jvm_memory_max_bytes"),
    ("pg_stat_activity_count", "pg_settings_max_connections"),
    ("db_client_connection_count", "db_client_connection_max"),
    ("db_client_connections_usage", "db_client_connections_max"),
];
/// Endings of what is in use, …
const IN_USE: [&str; 7] = ["_in_use", "_used", "_active", "_busy", "_open", "_acquired", "_current"];
/// … and of how much there is.
const MOST: [&str; 5] = ["_max", "_limit", "_size", "_capacity", "_total"];
/// Endings of what is a share already.
const SHARES: [&str; 3] = ["_utilization", "_utilisation", "_saturation"];

/// A scraped gauge: its name, its labels, its values by second, and their mean.
struct Gauge<'r> {
    name: String,
    tags: &'r TagSet,
    values: &'r [(u64, f64)],
    mean: f64,
}

/// Something that a target says how much there is of.
pub(crate) struct End {
    /// Its name: `app's pool_in_use of pool_max`.
    pub(crate) name: String,
    /// The part that was used, from 0 to 1: of each second that says so, ascending.
    pub(crate) seconds: Vec<(u64, f64)>,
    /// … on average.
    pub(crate) part: f64,
}

/// Of everything of which a target says how much there is: its name, and the part that was used, from 0 to 1.
pub fn ends(run: &Run) -> Vec<(String, f64)> {
    ends_by_second(run).into_iter().map(|end| (end.name, end.part)).collect()
}

/// As [`ends`], second by second; the one that is used most comes first.
pub(crate) fn ends_by_second(run: &Run) -> Vec<End> {
    let gauges = scraped(run);
    let mut found: Vec<End> = Vec::new();
    let part_of = |values: &[(u64, f64)], most: f64| -> Vec<(u64, f64)> {
        values.iter().map(|(second, value)| (*second, (value / most).clamp(0.0, 1.0))).collect()
    };
    for gauge in &gauges {
        let Some(target) = gauge.tags.get("target") else { continue };
        if SHARES.iter().any(|ending| gauge.name.ends_with(ending)) {
            found.push(End {
                name: format!("{target}'s {}", gauge.name),
                seconds: part_of(gauge.values, 1.0),
                part: gauge.mean.clamp(0.0, 1.0),
            });
        }
        for most in gauges.iter().filter(|most| is_end(&gauge.name, &most.name)) {
            // `-1` is how some say that there is no end.
            if most.mean > 0.0 && most.tags.get("target") == Some(target) && fits(gauge.tags, most.tags) {
                let name = format!("{target}'s {} of {}", gauge.name, most.name);
                let part = (gauge.mean / most.mean).clamp(0.0, 1.0);
                found.push(End { name, seconds: part_of(gauge.values, most.mean), part });
            }
        }
    }
    // Of several pools of one name the fullest is what limits.
    found.sort_by(|a, b| a.name.cmp(&b.name).then(b.part.total_cmp(&a.part)));
    found.dedup_by(|later, first| later.name == first.name);
    found.sort_by(|a, b| b.part.total_cmp(&a.part));
    found
}

/// Whether one is how much there is of the other.
fn is_end(in_use: &str, most: &str) -> bool {
    let stems = IN_USE.iter().filter_map(|ending| in_use.strip_suffix(ending));
    PAIRS.contains(&(in_use, most))
        || stems.into_iter().any(|stem| {
            let rest = most.strip_prefix(stem);
            rest.is_some_and(|rest| {
                MOST.contains(&rest) || rest.strip_prefix("_max").is_some_and(|rest| rest.starts_with('_'))
            })
        })
}

/// Whether labels do not contradict each other: `pool="a"` has no end of `pool="b"`.
fn fits(in_use: &TagSet, most: &TagSet) -> bool {
    most.iter().all(|(key, value)| in_use.get(key).is_none_or(|other| other == value))
}

fn scraped(run: &Run) -> Vec<Gauge<'_>> {
    let mut gauges = Vec::new();
    for (series, tags, _) in run.series().filter(|(_, tags, _)| tags.get("target").is_some()) {
        let values = run.gauge(series);
        // The first is of a step that has only begun, as its first second is for what is measured.
        let values = values.get(1..).filter(|rest| !rest.is_empty()).unwrap_or(values);
        if !values.is_empty() {
            let mean = values.iter().map(|(_, value)| value).sum::<f64>() / values.len() as f64;
            let name = run.schema().metric(series.metric).name.clone();
            gauges.push(Gauge { name, tags, values, mean });
        }
    }
    gauges
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use loadline_measure::{MetricKind, Recorder, RunMeta, Schema, TagSetId, Unit};

    use super::*;

    type Labels<'l> = &'l [(&'l str, &'l str)];

    /// What is told of gauges with these labels and values.
    fn told(gauges: &[(&str, Labels<'_>, f64)]) -> Vec<(String, f64)> {
        let schema = Schema::new();
        let mut recorder = Recorder::new(Arc::clone(&schema));
        for (name, labels, value) in gauges {
            let metric = schema.define(name, MetricKind::Gauge, Unit::Plain).unwrap();
            let tags = recorder.tags(TagSetId::EMPTY, labels);
            recorder.record(metric, *value, tags);
        }
        let mut run = Run::new(RunMeta::default(), schema);
        run.push(0, recorder.take_window());
        ends(&run).into_iter().map(|(name, part)| (name, (part * 100.0).round())).collect()
    }

    #[test]
    fn what_was_in_use_as_a_step_began_is_of_the_one_before_it() {
        let schema = Schema::new();
        let mut recorder = Recorder::new(Arc::clone(&schema));
        let metric = schema.define("worker_utilization", MetricKind::Gauge, Unit::Plain).unwrap();
        let mut run = Run::new(RunMeta::default(), Arc::clone(&schema));
        for (second, value) in [(0, 0.0), (1, 0.9), (2, 1.0)] {
            let tags = recorder.tags(TagSetId::EMPTY, &[("target", "app")]);
            recorder.record(metric, value, tags);
            run.push(second, recorder.take_window());
        }
        assert_eq!(ends(&run), [("app's worker_utilization".to_owned(), 0.95)]);
    }

    #[test]
    fn what_is_in_use_has_an_end_of_the_same_stem() {
        let app: Labels<'_> = &[("target", "app")];
        let told = told(&[
            ("hikaricp_connections_active", app, 9.0),
            ("hikaricp_connections_max", app, 10.0),
            ("process_open_fds", app, 100.0),
            ("process_max_fds", app, 1000.0),
            ("worker_utilization", app, 0.5),
            ("queue_depth", app, 7.0),
        ]);
        let expected = [
            ("app's hikaricp_connections_active of hikaricp_connections_max", 90.0),
            ("app's worker_utilization", 50.0),
            ("app's process_open_fds of process_max_fds", 10.0),
        ];
        assert_eq!(told, expected.map(|(name, part)| (name.to_owned(), part)));
    }

    #[test]
    fn of_several_pools_the_fullest_is_told_and_none_has_the_end_of_another() {
        let of = |pool: &'static str| [("target", "app"), ("pool", pool)];
        let told = told(&[
            ("pool_in_use", &of("a"), 5.0),
            ("pool_size", &of("a"), 10.0),
            ("pool_in_use", &of("b"), 2.0),
            ("pool_size", &of("b"), 2.0),
            // Without an end, and of another target.
            ("jvm_memory_used_bytes", &[("target", "app")], 5.0),
            ("jvm_memory_max_bytes", &[("target", "app")], -1.0),
            ("threads_busy", &[("target", "app")], 5.0),
            ("threads_max", &[("target", "other")], 5.0),
        ]);
        assert_eq!(told, [("app's pool_in_use of pool_size".to_owned(), 100.0)]);
    }
}
