//! Merging is the same as having recorded together.

use std::sync::Arc;

use loadline_measure::{MetricKind, Run, RunMeta, Schema, Sink, TagSetId, Unit, Window};
use proptest::prelude::*;

use crate::support::{Recorded, describe_run, metric, run_of, schema, values};

/// Splits values over runs, keeping each value's place in time: gauges ask for the last one.
fn split(values: &[Recorded], parts: usize) -> Vec<Vec<Recorded>> {
    let mut split = vec![Vec::new(); parts];
    for (position, value) in values.iter().enumerate() {
        split[position % parts].push(value.clone());
    }
    split
}

/// Gauges are stamped by position in `run_of`, which differs in a part of the values; they have their own test.
fn without_gauges(values: Vec<Recorded>) -> Vec<Recorded> {
    values.into_iter().filter(|value| value.metric != 1).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn workers_record_as_one(values in values(4000), workers in 2..5usize) {
        let schema = schema([0, 1, 2, 3]);
        let together = describe_run(&run_of(&schema, &values, 1));
        prop_assert_eq!(together, describe_run(&run_of(&schema, &values, workers)));
    }

    #[test]
    fn runs_merge_in_any_order_and_grouping(values in values(4000)) {
        let values = without_gauges(values);
        let together = describe_run(&run_of(&schema([0, 1, 2, 3]), &values, 1));
        let parts = split(&values, 3);
        // Three schemas whose ids differ.
        let orders = [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]];
        let run = |part: usize| run_of(&schema(orders[part]), &parts[part], 1);
        let last = values.iter().map(|value| value.second).max().unwrap_or(0);
        let merged = |mut left: Run, right: Run| {
            left.merge(right).unwrap();
            left
        };
        let groupings = [
            merged(merged(run(0), run(1)), run(2)),
            merged(run(0), merged(run(1), run(2))),
            merged(run(2), merged(run(1), run(0))),
            merged(merged(run(1), run(2)), run(0)),
        ];
        for grouping in groupings {
            prop_assert_eq!(grouping.duration.as_secs(), last + 1);
            prop_assert_eq!(&describe_run(&grouping), &together);
        }
    }

    #[test]
    fn gauges_keep_the_last_value_in_any_order(
        stamped in prop::collection::vec((0..5i64, 0..5u64, -10.0..10.0f64), 1..20),
    ) {
        use loadline_measure::Gauge;
        let merge = |mut left: Gauge, right: Gauge| { left.merge(&right); left };
        let gauge = |&(time, sequence, value): &(i64, u64, f64)| Gauge::new(value, time, sequence);
        let forward = stamped.iter().map(gauge).reduce(merge).unwrap();
        let backward = stamped.iter().rev().map(gauge).reduce(merge).unwrap();
        prop_assert_eq!(forward, backward);
        let newest = stamped.iter().map(|(time, sequence, _)| (*time, *sequence)).max().unwrap();
        prop_assert_eq!((forward.time_unix_ns, forward.sequence), newest);
    }

    #[test]
    fn late_parts_of_a_second_count(values in values(3000)) {
        let values = without_gauges(values);
        let schema = schema([0, 1, 2, 3]);
        let together = run_of(&schema, &values, 1);
        let mut late = Run::new(RunMeta::default(), Arc::clone(&schema));
        let windows: Vec<(u64, Window)> = together.seconds().collect();
        for (second, window) in windows.into_iter().rev() {
            let mut halves = [Window::default(), Window::default()];
            for (position, (series, sink)) in window.iter().enumerate() {
                halves[position % 2].add(series, sink.clone());
            }
            for half in halves {
                late.push(second, half);
            }
        }
        prop_assert_eq!(describe_run(&late), describe_run(&together));
    }
}

#[test]
fn selecting_merges_the_series_that_match() {
    let schema = schema([0, 1, 2, 3]);
    let value = |scenario, value| Recorded { second: 0, metric: 0, scenario, value };
    let run = run_of(&schema, &[value(0, 1.0), value(1, 2.0), value(0, 4.0)], 1);
    let sum = |tags: &[(&str, &str)]| match run.select(metric(&schema, 0), tags) {
        Some(Sink::Counter(counter)) => Some(counter.sum),
        _ => None,
    };
    assert_eq!(sum(&[]), Some(7.0));
    assert_eq!(sum(&[("scenario", "search")]), Some(5.0));
    assert_eq!(sum(&[("scenario", "browse")]), None);
    let window = run.second(0).unwrap();
    assert_eq!(window.select(&schema, metric(&schema, 0), &[("scenario", "payment")]).unwrap().count(), 1);
}

#[test]
fn runs_that_disagree_about_a_metric_do_not_merge_at_all() {
    let ours = schema([0, 1, 2, 3]);
    let theirs = Schema::new();
    let counter = theirs.define("new_here", MetricKind::Counter, Unit::Plain).unwrap();
    theirs.define("a_trend", MetricKind::Rate, Unit::Plain).unwrap();
    let mut other = Run::new(RunMeta::default(), Arc::clone(&theirs));
    let mut window = Window::default();
    let mut recorder = loadline_measure::Recorder::new(theirs);
    recorder.record(counter, 1.0, TagSetId::EMPTY);
    window.merge(recorder.take_window());
    other.push(0, window);
    let mut run = Run::new(RunMeta::default(), Arc::clone(&ours));
    let error = run.merge(other).unwrap_err();
    assert!(error.to_string().contains("metric `a_trend` is defined twice"), "{error}");
    assert_eq!(run.series().count(), 0);
    assert_eq!(ours.find("new_here"), None);
}
