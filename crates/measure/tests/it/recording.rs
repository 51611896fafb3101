//! The recorder: windows, rejected values, raw samples.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use loadline_measure::{
    Builtin, MetricKind, Recorder, Run, RunMeta, Sample, Schema, Series, Sink, TagSetId, Unit,
};
use proptest::prelude::*;

fn recorder() -> (Builtin, Recorder) {
    let schema = Schema::new();
    (Builtin::define(&schema).unwrap(), Recorder::new(schema))
}

#[test]
fn a_window_has_what_was_recorded_since_the_last() {
    let (builtin, mut recorder) = recorder();
    let series = Series { metric: builtin.http_req_duration, tags: TagSetId::EMPTY };
    recorder.record(series.metric, 5.0, series.tags);
    assert_eq!(recorder.take_window().get(series).unwrap().count(), 1);
    assert!(recorder.take_window().is_empty());
    // More than a window keeps raw, so that the dense pages are used, twice.
    for round in 0..2 {
        for value in 1..=5000 {
            recorder.record(series.metric, f64::from(value), series.tags);
        }
        let window = recorder.take_window();
        let trend = window.get(series).unwrap().as_trend().unwrap();
        assert_eq!((trend.count(), trend.min(), trend.max()), (5000, Some(1.0), Some(5000.0)), "{round}");
        assert_eq!(trend.histogram().count(), 5000);
        assert_eq!(trend.sum(), 12_502_500.0);
    }
}

#[test]
fn what_is_not_a_number_is_left_out_and_counted() {
    let (builtin, mut recorder) = recorder();
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        recorder.record(builtin.http_req_duration, value, TagSetId::EMPTY);
    }
    assert_eq!(recorder.rejected(), 3);
    assert!(recorder.take_window().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn many_at_a_time_are_as_many_one_by_one(
        windows in prop::collection::vec(prop::collection::vec((-3_i32..200, 0_u64..1500), 0..6), 1..4),
    ) {
        let schema = Schema::new();
        let builtin = Builtin::define(&schema).unwrap();
        schema.add_limit(builtin.http_req_duration, 50.0);
        let metrics = [builtin.http_req_duration, builtin.http_reqs, builtin.http_req_failed, builtin.vus];
        let (mut many, mut each) = (Recorder::new(Arc::clone(&schema)), Recorder::new(schema));
        for window in windows {
            for (value, times) in window {
                for metric in metrics {
                    many.record_many(metric, f64::from(value), TagSetId::EMPTY, times);
                    for _ in 0..times {
                        each.record(metric, f64::from(value), TagSetId::EMPTY);
                    }
                }
            }
            let (many, each) = (many.take_window(), each.take_window());
            for metric in metrics {
                let series = Series { metric, tags: TagSetId::EMPTY };
                let (many, each) = (many.get(series), each.get(series));
                // When a gauge had its value is counted in values.
                let gauge = |sink: Option<&Sink>| sink?.as_gauge().map(|gauge| (gauge.last, gauge.min, gauge.max));
                prop_assert_eq!(gauge(many), gauge(each));
                if metric != builtin.vus {
                    prop_assert_eq!(many, each);
                }
            }
        }
    }
}

#[test]
fn raw_samples_arrive_in_order_or_are_counted() {
    let (builtin, mut recorder) = recorder();
    let (sender, receiver) = sync_channel(2);
    recorder.stream(sender);
    for value in 0..1000 {
        recorder.set_time(i64::from(value));
        recorder.record(builtin.http_reqs, f64::from(value), TagSetId::EMPTY);
    }
    recorder.take_window();
    let received: Vec<Sample> = receiver.try_iter().flatten().collect();
    assert_eq!(received.len() as u64 + recorder.lost_samples(), 1000);
    assert_eq!(received.len(), 512);
    assert!(received.iter().enumerate().all(|(position, sample)| {
        sample.value == position as f64 && sample.time_unix_ns == position as i64
    }));
    drop(receiver);
    recorder.record(builtin.http_reqs, 1.0, TagSetId::EMPTY);
    recorder.take_window();
    assert_eq!(recorder.lost_samples(), 489);
}

#[test]
fn workers_find_each_others_tag_sets() {
    let schema = Schema::new();
    let mut one = Recorder::new(Arc::clone(&schema));
    let mut two = Recorder::new(Arc::clone(&schema));
    let left = one.tags(TagSetId::EMPTY, &[("a", "1"), ("b", "2")]);
    let right = two.tags(TagSetId::EMPTY, &[("b", "2"), ("a", "1")]);
    assert_eq!(left, right);
}

#[test]
fn sums_beyond_all_numbers_do_not_break_the_run() {
    let (builtin, mut recorder) = recorder();
    let mut run = Run::new(RunMeta::default(), Arc::clone(recorder.schema()));
    for second in 0..3 {
        for _ in 0..2000 {
            recorder.record(builtin.http_req_duration, f64::MAX, TagSetId::EMPTY);
            recorder.record(builtin.http_req_waiting, -f64::MAX, TagSetId::EMPTY);
            recorder.record(builtin.data_sent, f64::MAX, TagSetId::EMPTY);
        }
        run.push(second, recorder.take_window());
    }
    assert_eq!(run.seconds().map(|(_, window)| window.len()).sum::<usize>(), 9);
    let series = Series { metric: builtin.http_req_duration, tags: TagSetId::EMPTY };
    assert_eq!(run.total(series).unwrap().as_trend().unwrap().quantile(0.5), Some(f64::MAX));
}

#[test]
fn gauges_keep_their_seconds_whatever_order_they_come_in() {
    let schema = Schema::new();
    let memory = schema.define("memory", MetricKind::Gauge, Unit::Bytes).unwrap();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let tags = ["a", "b"].map(|process| recorder.tags(TagSetId::EMPTY, &[("process", process)]));
    let mut run = Run::new(RunMeta::default(), Arc::clone(&schema));
    for (second, value, tags) in [(0, 1.0, tags[0]), (2, 3.0, tags[0]), (1, 9.0, tags[1]), (1, 2.0, tags[0])]
    {
        recorder.set_time(second as i64 * 1_000_000_000);
        recorder.record(memory, value, tags);
        run.push(second, recorder.take_window());
    }
    // A later value of a second that is there already; an earlier one that comes late changes nothing.
    for (nanoseconds, value) in [(2_900_000_000, 4.0), (2_100_000_000, 5.0)] {
        recorder.set_time(nanoseconds);
        recorder.record(memory, value, tags[0]);
        run.push(2, recorder.take_window());
    }
    let check = |run: &Run| {
        let memory = run.schema().find("memory").unwrap();
        let all = run.gauge_seconds::<&str, &str>(memory, &[]);
        assert_eq!(all.len(), 2);
        let of_a = run.gauge_seconds(memory, &[("process", "a")]);
        let [(tags, seconds)] = of_a.as_slice() else { panic!("{of_a:?}") };
        assert_eq!(tags.get("process"), Some("a"));
        assert_eq!(*seconds, [(0, 1.0), (1, 2.0), (2, 4.0)]);
    };
    check(&run);
    let file = loadline_measure::write_run(&run, Vec::new()).unwrap();
    check(&loadline_measure::read_run(file.as_slice()).unwrap().0);
    let mut merged = Run::new(RunMeta::default(), Schema::new());
    merged.merge(run).unwrap();
    check(&merged);
}
