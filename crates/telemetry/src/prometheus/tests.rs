//! Whatever is measured arrives: messages are read back as a receiver would, in both versions, and held against the
//! Run.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue};
use loadline_measure::{
    BUCKETS_PER_DOUBLING, MetricKind, RELATIVE_ERROR, Recorder, Run, Schema, Sink, TagSetId, Unit,
};
use loadline_report::TrendStat;
use proptest::prelude::*;
use prost::Message as _;
use snap::raw::Decoder;

use super::form::RemoteWrite;
use super::identity::Identity;
use super::native::counts;
use super::trends::{Stat, Trends};
use super::wire::{self, v1, v2};
use crate::form::{Answer, Form, Message, Next};
use crate::measured::Measured;
use crate::tags::OfRun;

/// What a receiver has: the newest value of each series, by its labels.
#[derive(Debug, Default)]
struct Received {
    numbers: BTreeMap<Vec<(String, String)>, wire::Sample>,
    histograms: BTreeMap<Vec<(String, String)>, wire::Histogram>,
}

impl Received {
    fn take_2(&mut self, message: &Message) {
        let request = v2::Request::decode(&*Decoder::new().decompress_vec(&message.body).unwrap()).unwrap();
        assert_eq!(request.symbols[0], "");
        for series in request.timeseries {
            let label = |pair: &[u32]| [0, 1].map(|side| request.symbols[pair[side] as usize].clone());
            let labels: Vec<_> = series.labels_refs.chunks_exact(2).map(label).collect();
            self.add(
                &labels.into_iter().map(|[name, value]| (name, value)).collect::<Vec<_>>(),
                series.samples,
                series.histograms,
            );
        }
    }

    fn take_1(&mut self, message: &Message) {
        let request = v1::Request::decode(&*Decoder::new().decompress_vec(&message.body).unwrap()).unwrap();
        for series in request.timeseries {
            let labels: Vec<_> = series.labels.into_iter().map(|label| (label.name, label.value)).collect();
            self.add(&labels, series.samples, series.histograms);
        }
    }

    fn add(
        &mut self,
        labels: &[(String, String)],
        samples: Vec<wire::Sample>,
        histograms: Vec<wire::Histogram>,
    ) {
        assert!(labels.windows(2).all(|pair| pair[0].0 < pair[1].0), "labels ascend: {labels:?}");
        assert!(labels.iter().all(|(name, value)| !name.is_empty() && !value.is_empty()), "{labels:?}");
        assert!(samples.is_empty() != histograms.is_empty());
        for sample in samples {
            let before = self.numbers.insert(labels.to_vec(), sample);
            assert!(before.is_none_or(|before| before.timestamp < sample.timestamp), "time goes on");
        }
        for histogram in histograms {
            let now = histogram.timestamp;
            let before = self.histograms.insert(labels.to_vec(), histogram);
            assert!(before.is_none_or(|before| before.timestamp < now), "time goes on");
        }
    }

    fn labels(name: &str, identity: &Identity) -> Vec<(String, String)> {
        let mut labels: Vec<(String, String)> =
            identity.labels.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        labels.push(("__name__".to_owned(), name.to_owned()));
        labels.sort();
        labels
    }
}

fn trends() -> Trends {
    let stats = vec![Stat::Of(TrendStat::Percentile(95.0)), Stat::Of(TrendStat::Maximum), Stat::Sum];
    Trends { native: true, stats }
}

/// Seconds of values, each with the number of its metric and of its tags.
type Seconds = Vec<Vec<(usize, usize, f64)>>;

fn seconds() -> impl Strategy<Value = Seconds> {
    let value = prop_oneof![
        4 => 0.0..2000.0f64,
        1 => Just(0.0),
        1 => -50.0..0.0f64,
        1 => prop_oneof![Just(1e-9), Just(1e12), Just(1.0), Just(1024.0)]
    ];
    let one = (0..6usize, 0..4usize, value);
    prop::collection::vec(
        prop_oneof![9 => prop::collection::vec(one.clone(), 0..40), 1 => prop::collection::vec(one, 1500..1600)],
        1..6,
    )
}

fn tags() -> impl Strategy<Value = Vec<Vec<(String, String)>>> {
    let value = prop_oneof![
        4 => "[a-z0-9]{0,6}",
        1 => Just("\"quotes\" and \\ and\nlines".to_owned()),
        1 => Just("🙂\u{0}\u{7f}".to_owned()),
        1 => Just("x".repeat(10_000))
    ];
    let key =
        prop_oneof!["[a-c]", Just("b-c".to_owned()), Just("b_c".to_owned()), Just("__name__".to_owned())];
    prop::collection::vec(prop::collection::vec((key, value), 0..4), 4)
}

proptest! {
    #[test]
    fn what_arrives_is_the_run(seconds in seconds(), tags in tags(), version_1: bool, lose: u64) {
        let metrics = [
            ("reqs", MetricKind::Counter, Unit::Plain),
            ("vus", MetricKind::Gauge, Unit::Plain),
            ("checks", MetricKind::Rate, Unit::Plain),
            ("wait", MetricKind::Trend, Unit::Milliseconds),
            ("size", MetricKind::Trend, Unit::Bytes),
            ("score", MetricKind::Trend, Unit::Plain),
        ];
        let mut measured = Measured::of(&metrics, &tags);
        let mut form = RemoteWrite::new(Arc::clone(&measured.schema), OfRun::default(), trends(), false, 0);
        let mut received = Received::default();
        for (second, values) in seconds.iter().enumerate() {
            measured.second(second, values, &mut form);
            for message in form.messages(1000 * (second as i64 + 1)) {
                // One of them is lost, and the next says what it said.
                if lose >> second & 1 == 1 && second + 1 < seconds.len() {
                    form.repeat(&message.series);
                    continue;
                }
                if version_1 {
                    let answer = Answer { status: 204, ..Answer::default() };
                    match form.answered(&message, &answer) {
                        Next::Instead(message) => received.take_1(&message),
                        _ => received.take_1(&message),
                    }
                } else {
                    received.take_2(&message);
                }
            }
        }
        check(&measured.run, &received, &seconds)?;
    }
}

/// Holds what a receiver has against a Run.
fn check(run: &Run, received: &Received, seconds: &Seconds) -> Result<(), TestCaseError> {
    // Two tag sets may be called the same.
    let mut expected: BTreeMap<Vec<(String, String)>, Sink> = BTreeMap::new();
    let mut histograms = 0;
    for (series, tags, sink) in run.series() {
        let metric = run.schema().metric(series.metric);
        let identity = Identity::of(series.metric, tags, &OfRun::default());
        let labels = Received::labels(&metric.name, &identity);
        expected.entry(labels).and_modify(|known| known.merge(sink)).or_insert_with(|| sink.clone());
    }
    for (labels, sink) in expected {
        let name = labels.iter().find(|(name, _)| name == "__name__").unwrap().1.clone();
        let named = |suffix: &str| -> Vec<(String, String)> {
            let renamed = |(label, value): &(String, String)| {
                let value = if label == "__name__" { format!("k6_{name}{suffix}") } else { value.clone() };
                (label.clone(), value)
            };
            labels.iter().map(renamed).collect()
        };
        let number = |suffix: &str| received.numbers.get(&named(suffix)).map(|sample| sample.value);
        let near = |left: Option<f64>, right: f64| {
            left.is_some_and(|left| (left - right).abs() <= 1e-9 * right.abs().max(1e-9))
        };
        match &sink {
            Sink::Counter(counter) => prop_assert!(near(number("_total"), counter.sum), "{labels:?}"),
            Sink::Gauge(gauge) => prop_assert_eq!(number(""), Some(gauge.last)),
            Sink::Rate(rate) => prop_assert_eq!(number("_rate"), rate.share()),
            Sink::Trend(trend) => {
                histograms += 1;
                let (suffix, factor) = match name.as_str() {
                    "wait" => ("_seconds", 1000.0),
                    "size" => ("_bytes", 1.0),
                    _ => ("", 1.0),
                };
                let histogram = &received.histograms[&named(suffix)];
                prop_assert_eq!(histogram.count_int, Some(trend.count()));
                // A sum of values of both signs is exact only as far as its parts are.
                let parts: f64 = seconds.iter().flatten().map(|(_, _, value)| value.abs()).sum();
                prop_assert!((histogram.sum * factor - trend.sum()).abs() <= 1e-12 * parts);
                prop_assert!((number("_sum").unwrap() * factor - trend.sum()).abs() <= 1e-12 * parts);
                prop_assert!(near(number("_max").map(|value| value * factor), trend.max().unwrap()));
                prop_assert!(near(number("_p95").map(|value| value * factor), trend.quantile(0.95).unwrap()));
                distribution(histogram, &trend.histogram().values().collect::<Vec<_>>(), factor)?;
            }
        }
    }
    prop_assert_eq!(received.histograms.len(), histograms);
    Ok(())
}

/// Each value, in ascending order, lies in the bucket that the receiver has it in, but for what was rounded.
fn distribution(
    histogram: &wire::Histogram,
    values: &[(f64, u64)],
    factor: f64,
) -> Result<(), TestCaseError> {
    let bound = |index: i32| (f64::from(index) / f64::from(BUCKETS_PER_DOUBLING)).exp2();
    let mut buckets: Vec<(f64, f64, u64)> = Vec::new();
    let negative = counts(&histogram.negative_spans, &histogram.negative_deltas);
    buckets.extend(
        negative.iter().rev().map(|(index, count)| (-bound(*index), -bound(index - 1), *count as u64)),
    );
    buckets.extend(histogram.zero_count_int.filter(|zero| *zero > 0).map(|zero| (0.0, 0.0, zero)));
    let positive = counts(&histogram.positive_spans, &histogram.positive_deltas);
    buckets.extend(positive.iter().map(|(index, count)| (bound(index - 1), bound(*index), *count as u64)));
    let mut ours =
        values.iter().flat_map(|(value, count)| std::iter::repeat_n(value / factor, *count as usize));
    for (lower, upper, count) in buckets {
        for value in ours.by_ref().take(count as usize) {
            // The value that stands for ours, and the one that stood for it before times became seconds.
            let slack = 2.1 * RELATIVE_ERROR * value.abs();
            prop_assert!(lower - slack <= value && value <= upper + slack, "{value} in {lower}..{upper}");
        }
    }
    prop_assert_eq!(ours.next(), None);
    Ok(())
}

/// A form with one counter and one trend in it, and its messages.
fn first_messages(trends: Trends) -> (RemoteWrite, Vec<Message>) {
    let schema = Schema::new();
    let requests = schema.define("reqs", MetricKind::Counter, Unit::Plain).unwrap();
    let wait = schema.define("wait", MetricKind::Trend, Unit::Milliseconds).unwrap();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    recorder.record(requests, 1.0, TagSetId::EMPTY);
    recorder.record(wait, 250.0, TagSetId::EMPTY);
    let mut form = RemoteWrite::new(schema, OfRun::default(), trends, true, 0);
    form.take(&recorder.take_window());
    let messages = form.messages(1000);
    (form, messages)
}

fn answer(status: u16, fields: &[(&'static str, &'static str)], text: &str) -> Answer {
    let headers: HeaderMap =
        fields.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect();
    Answer { status, headers, body: text.to_owned().into(), ..Answer::default() }
}

#[test]
fn a_counter_was_zero_before_and_stale_at_the_end() {
    let (mut form, messages) = first_messages(Trends { native: true, stats: Vec::new() });
    assert_eq!((messages.len(), messages[0].points, &*messages[0].series), (1, 4, &[0, 1][..]));
    let request = v2::Request::decode(&*Decoder::new().decompress_vec(&messages[0].body).unwrap()).unwrap();
    let samples: Vec<(f64, i64)> =
        request.timeseries[0].samples.iter().map(|sample| (sample.value, sample.timestamp)).collect();
    assert_eq!(samples, [(0.0, 0), (1.0, 1000)]);
    assert_eq!(request.timeseries[1].histograms[0].count_int, Some(0));
    assert_eq!(request.timeseries[1].histograms[1].sum, 0.25);
    assert!(form.messages(2000).is_empty(), "nothing changed");
    let last = form.last_words(2001);
    let request = v2::Request::decode(&*Decoder::new().decompress_vec(&last[0].body).unwrap()).unwrap();
    assert_eq!(request.timeseries[0].samples[0].value.to_bits(), 0x7ff0_0000_0000_0002);
    assert_eq!(request.timeseries[1].histograms[0].sum.to_bits(), 0x7ff0_0000_0000_0002);
}

#[test]
fn a_receiver_that_knows_version_2_says_how_much_it_wrote() {
    let (mut form, messages) = first_messages(trends());
    let all = [
        ("X-Prometheus-Remote-Write-Samples-Written", "5"),
        ("x-prometheus-remote-write-histograms-written", "2"),
    ];
    let next = form.answered(&messages[0], &answer(204, &all, ""));
    assert!(matches!(next, Next::Taken { missing: 0 }), "{next:?}");
    let next = form.answered(&messages[0], &answer(200, &all[..1], ""));
    assert!(matches!(next, Next::Taken { missing: 2 }), "{next:?}");
    // It stays with version 2, whatever it says later.
    assert!(matches!(form.answered(&messages[0], &answer(400, &[], "out of order")), Next::Refused));
    assert!(matches!(form.answered(&messages[0], &answer(503, &[], "")), Next::Again));
}

#[test]
fn another_is_asked_in_version_1_and_stays_with_it() {
    for status in [204, 400, 415] {
        let (mut form, messages) = first_messages(trends());
        let next = form.answered(&messages[0], &answer(status, &[], ""));
        let Next::Instead(message) = next else { panic!("{next:?}") };
        assert!(message.fields.contains(&("x-prometheus-remote-write-version", "0.1.0")));
        assert_eq!((message.points, &message.series), (messages[0].points, &messages[0].series));
        let mut received = Received::default();
        received.take_1(&message);
        assert_eq!((received.numbers.len(), received.histograms.len()), (4, 1));
        assert!(matches!(form.answered(&message, &answer(204, &[], "")), Next::Taken { missing: 0 }));
        assert!(matches!(form.answered(&message, &answer(400, &[], "")), Next::Refused));
        // One that was on its way meanwhile.
        assert!(matches!(form.answered(&messages[0], &answer(204, &[], "")), Next::Instead(_)));
    }
}

#[test]
fn a_receiver_without_native_histograms_gets_figures_alone() {
    let (mut form, messages) = first_messages(trends());
    let Next::Instead(message) = form.answered(&messages[0], &answer(204, &[], "")) else { panic!() };
    let next = form.answered(&message, &answer(500, &[], "native histograms are disabled\n"));
    let Next::Instead(message) = next else { panic!("{next:?}") };
    let mut received = Received::default();
    received.take_1(&message);
    assert_eq!((received.numbers.len(), received.histograms.len(), message.points), (4, 0, 5));
    assert!(form.remark().unwrap().contains("no native histograms"));
    assert_eq!(form.remark(), None);
    // Where nothing but they was asked for, they are missed.
    let only = Trends { native: true, stats: Vec::new() };
    let (mut form, messages) = first_messages(only);
    let Next::Instead(message) = form.answered(&messages[0], &answer(204, &[], "")) else { panic!() };
    let next = form.answered(&message, &answer(500, &[], "native histograms are disabled"));
    assert!(matches!(next, Next::Refused), "{next:?}");
}
