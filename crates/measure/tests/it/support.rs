//! What the tests record, and when two results count as equal.

use std::sync::Arc;

use loadline_measure::{
    MetricId, MetricKind, Recorder, Run, RunMeta, Schema, Series, Sink, TagSetId, Unit, Window,
};
use proptest::prelude::*;

/// One value of one series in one second.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) second: u64,
    pub(crate) metric: usize,
    pub(crate) scenario: usize,
    pub(crate) value: f64,
}

pub(crate) const KINDS: [MetricKind; 4] =
    [MetricKind::Counter, MetricKind::Gauge, MetricKind::Rate, MetricKind::Trend];
const NAMES: [&str; 4] = ["a_counter", "a_gauge", "a_rate", "a_trend"];
const SCENARIOS: [&str; 2] = ["search", "payment"];
pub(crate) const LIMIT: f64 = 10.0;

/// A schema with one metric of each kind, defined in this order.
pub(crate) fn schema(order: [usize; 4]) -> Arc<Schema> {
    let schema = Schema::new();
    for kind in order {
        let id = schema.define(NAMES[kind], KINDS[kind], Unit::Plain).unwrap();
        schema.add_limit(id, LIMIT);
    }
    schema
}

pub(crate) fn metric(schema: &Schema, kind: usize) -> MetricId {
    schema.find(NAMES[kind]).unwrap()
}

/// A run of these values, recorded by this many workers in turn.
pub(crate) fn run_of(schema: &Arc<Schema>, values: &[Recorded], workers: usize) -> Run {
    let mut run = Run::new(RunMeta::default(), Arc::clone(schema));
    let mut recorders: Vec<Recorder> = (0..workers).map(|_| Recorder::new(Arc::clone(schema))).collect();
    let last = values.iter().map(|value| value.second).max().unwrap_or(0);
    for second in 0..=last {
        for (position, value) in values.iter().enumerate().filter(|(_, value)| value.second == second) {
            let recorder = &mut recorders[position % workers];
            // A time of its own for each value: which gauge value is last does not depend on the worker.
            recorder.set_time(position as i64 + 1);
            let tags = recorder.tags(TagSetId::EMPTY, &[("scenario", SCENARIOS[value.scenario])]);
            recorder.record(metric(schema, value.metric), value.value, tags);
        }
        let mut window = Window::default();
        for recorder in &mut recorders {
            window.merge(recorder.take_window());
        }
        run.push(second, window);
    }
    run
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (0.0..8.0f64).prop_map(f64::exp),
        1 => -100.0..100.0f64,
        1 => Just(0.0),
        1 => Just(LIMIT),
    ]
}

/// Up to this many values in up to four seconds. Many of them in trends, so that some lose their raw values.
pub(crate) fn values(most: usize) -> impl Strategy<Value = Vec<Recorded>> {
    let one = (0..4u64, prop_oneof![3 => Just(3usize), 1 => 0..3usize], 0..2usize, value());
    let one = one.prop_map(|(second, metric, scenario, value)| Recorded { second, metric, scenario, value });
    prop::collection::vec(one, 0..most)
}

/// Everything a sink says, with sums rounded: they are the same up to the order of addition.
pub(crate) fn describe(sink: &Sink, with_form: bool) -> String {
    let rounded = |sum: f64| format!("{:.6e}", if sum.abs() < 1e-6 { 0.0 } else { sum });
    match sink {
        Sink::Counter(counter) => format!("counter {} {}", rounded(counter.sum), counter.count),
        Sink::Gauge(gauge) => format!("gauge {} {} {}", gauge.last, gauge.min, gauge.max),
        Sink::Rate(rate) => format!("rate {} of {}", rate.passes, rate.total),
        Sink::Trend(trend) => format!(
            "trend {} {} {:?} {:?} {:?} {:?} {}",
            trend.count(),
            rounded(trend.sum()),
            trend.min(),
            trend.max(),
            trend.limits(),
            trend.histogram(),
            if with_form { format!("{:?}", trend.raw()) } else { String::new() }
        ),
    }
}

fn line(schema: &Schema, series: Series, sink: &Sink, with_form: bool) -> String {
    let tags: Vec<String> =
        schema.tag_set(series.tags).iter().map(|(key, value)| format!("{key}={value}")).collect();
    format!("{} {} {}", schema.metric(series.metric).name, tags.join(","), describe(sink, with_form))
}

/// Everything a run says, by names, so that runs with different ids can be compared.
pub(crate) fn describe_run(run: &Run) -> Vec<String> {
    let mut lines: Vec<String> =
        run.series().map(|(series, _, sink)| line(run.schema(), series, sink, true)).collect();
    lines.sort();
    for (second, window) in run.seconds() {
        let mut of_second: Vec<String> =
            window.iter().map(|(series, sink)| line(run.schema(), series, sink, false)).collect();
        of_second.sort();
        lines.push(format!("second {second}"));
        lines.extend(of_second);
    }
    lines
}
