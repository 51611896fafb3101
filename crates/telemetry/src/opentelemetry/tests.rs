//! Whatever is measured arrives, read by types that are OpenTelemetry's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use loadline_measure::{MetricKind, Schema, Sink, Unit};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{ExponentialHistogramDataPoint, NumberDataPoint};
use proptest::prelude::*;
use prost::Message as _;

use super::form::Otlp;
use super::settings::Said;
use crate::form::{Answer, Form};
use crate::measured::Measured;
use crate::tags::OfRun;

type Tags = BTreeMap<String, String>;

/// The newest of each series.
#[derive(Default)]
struct Received {
    numbers: BTreeMap<(String, Tags), f64>,
    distributions: BTreeMap<(String, Tags), ExponentialHistogramDataPoint>,
    units: BTreeMap<String, String>,
}

impl Received {
    fn take(&mut self, body: &[u8]) -> u64 {
        let request = ExportMetricsServiceRequest::decode(body).unwrap();
        let mut points = 0;
        for metric in
            request.resource_metrics.into_iter().flat_map(|all| all.scope_metrics).flat_map(|all| all.metrics)
        {
            self.units.insert(metric.name.clone(), metric.unit);
            match metric.data.unwrap() {
                Data::Gauge(gauge) => points += self.numbers(&metric.name, gauge.data_points),
                Data::Sum(sum) => {
                    assert!(sum.is_monotonic && sum.aggregation_temporality == 2);
                    points += self.numbers(&metric.name, sum.data_points);
                }
                Data::ExponentialHistogram(histogram) => {
                    assert_eq!(histogram.aggregation_temporality, 2);
                    points += histogram.data_points.len() as u64;
                    for point in histogram.data_points {
                        self.distributions.insert((metric.name.clone(), tags(&point.attributes)), point);
                    }
                }
                other => panic!("{other:?}"),
            }
        }
        points
    }

    fn numbers(&mut self, name: &str, points: Vec<NumberDataPoint>) -> u64 {
        let count = points.len() as u64;
        for point in points {
            assert!(point.start_time_unix_nano < point.time_unix_nano);
            let number = match point.value.unwrap() {
                Value::AsDouble(number) => number,
                Value::AsInt(number) => number as f64,
            };
            self.numbers.insert((name.to_owned(), tags(&point.attributes)), number);
        }
        count
    }
}

fn tags(attributes: &[KeyValue]) -> Tags {
    let text = |value: &KeyValue| match value.value.clone().unwrap().value.unwrap() {
        any_value::Value::StringValue(text) => text,
        other => panic!("{other:?}"),
    };
    let all: Tags = attributes.iter().map(|pair| (pair.key.clone(), text(pair))).collect();
    assert_eq!(all.len(), attributes.len(), "each key once");
    all
}

fn said(one_counter_for_rate: bool) -> Said {
    Said {
        prefix: "k6.".to_owned(),
        service_name: "k6".to_owned(),
        service_version: "1".to_owned(),
        one_counter_for_rate,
    }
}

proptest! {
    #[test]
    fn what_arrives_is_the_run(
        seconds in prop::collection::vec(
            prop_oneof![
                9 => prop::collection::vec((0..5usize, 0..3usize, prop_oneof![Just(0.0), 0.001..100_000.0f64, -5.0..0.0f64]), 0..40),
                1 => prop::collection::vec((3..4usize, 0..1usize, 0.1..5000.0f64), 1100..1200)
            ],
            1..4
        ),
        sets in prop::collection::vec(prop::collection::vec(("[a-c]", "[a-z\"\\n🙂]{0,4}"), 0..3), 3),
        one_counter: bool,
    ) {
        let metrics = [
            ("reqs", MetricKind::Counter, Unit::Plain),
            ("vus", MetricKind::Gauge, Unit::Plain),
            ("checks", MetricKind::Rate, Unit::Plain),
            ("wait", MetricKind::Trend, Unit::Milliseconds),
            ("size", MetricKind::Trend, Unit::Bytes),
        ];
        let mut measured = Measured::of(&metrics, &sets);
        let mut form = Otlp::new(Arc::clone(&measured.schema), OfRun::default(), said(one_counter), 1);
        let mut received = Received::default();
        for (second, values) in seconds.iter().enumerate() {
            measured.second(second, values, &mut form);
            for message in form.messages(1000 * (second as i64 + 1)) {
                prop_assert_eq!(received.take(&message.body), message.points);
            }
        }
        for (series, tags, sink) in measured.run.series() {
            let tags: Tags = OfRun::default().pairs(tags).map(|(key, value)| (key.to_owned(), value.into_owned())).collect();
            // An empty value and no tag are the same there, so two series of the Run may be one: the newer is seen.
            if measured.run.series().filter(|(other, _, _)| other.metric == series.metric).filter(|(_, other, _)| {
                OfRun::default().pairs(other).map(|(key, value)| (key.to_owned(), value.into_owned())).collect::<Tags>() == tags
            }).count() > 1 {
                continue;
            }
            let name = format!("k6.{}", measured.schema.metric(series.metric).name);
            let number = |name: &str, tags: &Tags| received.numbers.get(&(name.to_owned(), tags.clone())).copied();
            match sink {
                Sink::Counter(counter) => prop_assert_eq!(number(&name, &tags), Some(counter.sum)),
                Sink::Gauge(gauge) => prop_assert_eq!(number(&name, &tags), Some(gauge.last)),
                Sink::Rate(rate) if one_counter => {
                    let with = |condition: &str| {
                        let mut tags = tags.clone();
                        tags.insert("condition".to_owned(), condition.to_owned());
                        number(&name, &tags)
                    };
                    prop_assert_eq!(with("nonzero"), Some(rate.passes as f64));
                    prop_assert_eq!(with("zero"), Some(rate.fails() as f64));
                }
                Sink::Rate(rate) => {
                    prop_assert_eq!(number(&format!("{name}.occurred"), &tags), Some(rate.passes as f64));
                    prop_assert_eq!(number(&format!("{name}.total"), &tags), Some(rate.total as f64));
                }
                Sink::Trend(trend) => {
                    let point = &received.distributions[&(name.clone(), tags)];
                    prop_assert_eq!((point.count, point.sum), (trend.count(), Some(trend.sum())));
                    prop_assert_eq!((point.min, point.max), (trend.min(), trend.max()));
                    distribution(point, &trend.histogram().values().collect::<Vec<_>>())?;
                    let unit = if name == "k6.size" { "By" } else { "ms" };
                    prop_assert_eq!(&received.units[&name], unit);
                }
            }
        }
    }
}

/// Each value lies in the bucket that it is told to be in.
fn distribution(point: &ExponentialHistogramDataPoint, values: &[(f64, u64)]) -> Result<(), TestCaseError> {
    let base = |index: i64| (index as f64 * f64::from(-point.scale).exp2()).exp2();
    let mut buckets: Vec<(f64, f64, u64)> = Vec::new();
    let negative = point.negative.clone().unwrap_or_default();
    for (place, count) in negative.bucket_counts.iter().enumerate().rev() {
        let index = i64::from(negative.offset) + place as i64;
        buckets.push((-base(index + 1), -base(index), *count));
    }
    buckets.push((0.0, 0.0, point.zero_count));
    let positive = point.positive.clone().unwrap_or_default();
    for (place, count) in positive.bucket_counts.iter().enumerate() {
        let index = i64::from(positive.offset) + place as i64;
        buckets.push((base(index), base(index + 1), *count));
    }
    let mut ours = values.iter().flat_map(|(value, count)| std::iter::repeat_n(*value, *count as usize));
    for (lower, upper, count) in buckets {
        for value in ours.by_ref().take(count as usize) {
            let slack = 1e-9 * value.abs();
            prop_assert!(lower - slack <= value && value <= upper + slack, "{value} in {lower}..{upper}");
        }
    }
    prop_assert_eq!(ours.next(), None);
    Ok(())
}

#[test]
fn what_a_receiver_says_is_understood() {
    let form = Otlp::new(Schema::new(), OfRun::default(), said(true), 0);
    let mut form = form;
    let message = crate::form::Message { body: bytes::Bytes::new(), fields: &[], points: 5, series: vec![] };
    let mut check = |answer: Answer, expected: &str, words: &str| {
        let next = form.answered(&message, &answer);
        assert!(format!("{next:?}").starts_with(expected), "{next:?}");
        assert_eq!(form.text(&answer), words);
    };
    let answer = |status: u16, body: Vec<u8>| Answer { status, body: body.into(), ..Answer::default() };
    let partial =
        ExportMetricsPartialSuccess { rejected_data_points: 2, error_message: "no room".to_owned() };
    let response = ExportMetricsServiceResponse { partial_success: Some(partial) };
    check(answer(200, response.encode_to_vec()), "Taken { missing: 2 }", "no room");
    check(answer(200, Vec::new()), "Taken { missing: 0 }", "");
    check(answer(503, b"draining".to_vec()), "Again", "draining");
    check(answer(500, Vec::new()), "Refused", "");
    // `google.rpc.Status` with a message.
    check(answer(400, [&[0x08, 3, 0x12, 3][..], b"bad"].concat()), "Refused", "bad");
    // Whatever bytes come, nothing breaks.
    check(answer(200, vec![0xff; 40]), "Taken { missing: 0 }", "");
}
