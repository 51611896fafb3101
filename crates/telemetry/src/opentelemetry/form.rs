//! A run in the form of OTLP: totals since the run began.

use std::sync::Arc;

use bytes::Bytes;
use loadline_measure::{MetricId, MetricKind, Schema, Series, Sink, Trend, Unit, Window};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Metric,
    NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;

use super::answers::{meaning, text};
use super::buckets::{buckets, scale};
use super::settings::Said;
use crate::accumulated::Accumulated;
use crate::form::{Answer, Field, Form, Message, Next};
use crate::tags::OfRun;

/// Values in a message, so that none is large.
const MOST_POINTS: u64 = 1_000;
const FIELDS: [Field; 1] = [("content-type", "application/x-protobuf")];
const NS_PER_MS: u64 = 1_000_000;

/// What makes messages of OTLP.
pub(crate) struct Otlp {
    schema: Arc<Schema>,
    run: OfRun,
    said: Said,
    all: Accumulated<Series>,
    began_ns: u64,
}

impl Otlp {
    /// Of a run that begins now, in milliseconds since 1970 UTC.
    pub(crate) fn new(schema: Arc<Schema>, run: OfRun, said: Said, now_ms: i64) -> Self {
        let all = Accumulated::new(Arc::clone(&schema), false);
        Self { schema, run, said, all, began_ns: nanoseconds(now_ms) }
    }

    /// A message of these metrics.
    fn message(&self, metrics: Vec<Metric>, points: u64, series: Vec<u32>) -> Message {
        let attributes = vec![
            attribute("service.name", self.said.service_name.clone()),
            attribute("service.version", self.said.service_version.clone()),
        ];
        let scope = InstrumentationScope {
            name: "loadline".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ..InstrumentationScope::default()
        };
        let request = ExportMetricsServiceRequest {
            resource_metrics: vec![ResourceMetrics {
                resource: Some(Resource { attributes, ..Resource::default() }),
                scope_metrics: vec![ScopeMetrics { scope: Some(scope), metrics, ..ScopeMetrics::default() }],
                ..ResourceMetrics::default()
            }],
        };
        Message { body: Bytes::from(request.encode_to_vec()), fields: &FIELDS, points, series }
    }

    /// What a series says now, into the metrics of a message; how many values these are.
    fn say(&mut self, number: u32, now_ns: u64, metrics: &mut Draft) -> u64 {
        let total = self.all.total(number);
        let metric = self.schema.metric(total.identity.metric);
        let tags = self.schema.tag_set(total.identity.tags);
        let attributes: Vec<KeyValue> =
            self.run.pairs(&tags).map(|(key, value)| attribute(key, value.into_owned())).collect();
        let name = format!("{}{}", self.said.prefix, metric.name);
        let point = |value: Value, attributes: Vec<KeyValue>| NumberDataPoint {
            attributes,
            start_time_unix_nano: self.began_ns,
            time_unix_nano: now_ns,
            value: Some(value),
            ..NumberDataPoint::default()
        };
        let unit = match metric.unit {
            Unit::Plain => "",
            Unit::Milliseconds => "ms",
            Unit::Bytes => "By",
        };
        let mut add =
            |name: String, shape, point| metrics.add(total.identity.metric, name, unit, shape, point);
        match &total.sink {
            Sink::Counter(counter) => {
                add(
                    name,
                    MetricKind::Counter,
                    Point::Number(point(Value::AsDouble(counter.sum), attributes)),
                );
                1
            }
            Sink::Gauge(gauge) => {
                add(name, MetricKind::Gauge, Point::Number(point(Value::AsDouble(gauge.last), attributes)));
                1
            }
            Sink::Rate(rate) if self.said.one_counter_for_rate => {
                for (condition, count) in [("nonzero", rate.passes), ("zero", rate.fails())] {
                    let mut attributes = attributes.clone();
                    attributes.retain(|known| known.key != "condition");
                    attributes.push(attribute("condition", condition.to_owned()));
                    let value = Point::Number(point(Value::AsInt(count as i64), attributes));
                    add(name.clone(), MetricKind::Counter, value);
                }
                2
            }
            Sink::Rate(rate) => {
                for (suffix, count) in [("occurred", rate.passes), ("total", rate.total)] {
                    let value = Point::Number(point(Value::AsInt(count as i64), attributes.clone()));
                    add(format!("{name}.{suffix}"), MetricKind::Counter, value);
                }
                2
            }
            Sink::Trend(trend) => {
                let point = distribution(trend, attributes, self.began_ns, now_ns);
                add(name, MetricKind::Trend, Point::Distribution(Box::new(point)));
                1
            }
        }
    }
}

impl Form for Otlp {
    fn take(&mut self, window: &Window) {
        self.all.take(window, |_, series| series);
    }

    fn messages(&mut self, time_ms: i64) -> Vec<Message> {
        let changed = self.all.changed();
        let mut messages = Vec::new();
        let (mut draft, mut points, mut series) = (Draft::default(), 0, Vec::new());
        for number in changed {
            points += self.say(number, nanoseconds(time_ms), &mut draft);
            series.push(number);
            if points >= MOST_POINTS {
                let metrics = std::mem::take(&mut draft).metrics;
                messages.push(self.message(
                    metrics,
                    std::mem::take(&mut points),
                    std::mem::take(&mut series),
                ));
            }
        }
        if points > 0 {
            messages.push(self.message(draft.metrics, points, series));
        }
        messages
    }

    fn repeat(&mut self, series: &[u32]) {
        self.all.repeat(series);
    }

    fn answered(&mut self, message: &Message, answer: &Answer) -> Next {
        meaning(answer, message.points)
    }

    fn text(&self, answer: &Answer) -> String {
        text(answer)
    }
}

/// A value, or a distribution.
enum Point {
    Number(NumberDataPoint),
    Distribution(Box<ExponentialHistogramDataPoint>),
}

/// Metrics of a message that grows.
#[derive(Default)]
struct Draft {
    metrics: Vec<Metric>,
    /// Whose each of them is.
    of: Vec<MetricId>,
}

impl Draft {
    /// Adds a point to the metric of this name, which is among the last where it is there.
    fn add(&mut self, id: MetricId, name: String, unit: &str, kind: MetricKind, point: Point) {
        let known =
            self.metrics.iter().zip(&self.of).rposition(|(metric, of)| *of == id && metric.name == name);
        let place = known.unwrap_or_else(|| {
            let temporality = AggregationTemporality::Cumulative.into();
            let data = match kind {
                MetricKind::Gauge => Data::Gauge(Gauge::default()),
                MetricKind::Counter | MetricKind::Rate => Data::Sum(Sum {
                    aggregation_temporality: temporality,
                    is_monotonic: true,
                    ..Sum::default()
                }),
                MetricKind::Trend => Data::ExponentialHistogram(ExponentialHistogram {
                    aggregation_temporality: temporality,
                    ..ExponentialHistogram::default()
                }),
            };
            self.metrics.push(Metric { name, unit: unit.to_owned(), data: Some(data), ..Metric::default() });
            self.of.push(id);
            self.metrics.len() - 1
        });
        match (&mut self.metrics[place].data, point) {
            (Some(Data::Gauge(gauge)), Point::Number(point)) => gauge.data_points.push(point),
            (Some(Data::Sum(sum)), Point::Number(point)) => sum.data_points.push(point),
            (Some(Data::ExponentialHistogram(histogram)), Point::Distribution(point)) => {
                histogram.data_points.push(*point);
            }
            // A metric has one kind.
            _ => {}
        }
    }
}

fn distribution(
    trend: &Trend,
    attributes: Vec<KeyValue>,
    began_ns: u64,
    now_ns: u64,
) -> ExponentialHistogramDataPoint {
    let histogram = trend.histogram();
    let scale = scale(&histogram.positive, &histogram.negative);
    ExponentialHistogramDataPoint {
        attributes,
        start_time_unix_nano: began_ns,
        time_unix_nano: now_ns,
        count: trend.count(),
        sum: Some(trend.sum()),
        scale,
        zero_count: histogram.zero,
        positive: Some(buckets(&histogram.positive, scale)),
        negative: Some(buckets(&histogram.negative, scale)),
        min: trend.min(),
        max: trend.max(),
        ..ExponentialHistogramDataPoint::default()
    }
}

fn attribute(key: &str, value: String) -> KeyValue {
    let value = Some(AnyValue { value: Some(any_value::Value::StringValue(value)) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

fn nanoseconds(time_ms: i64) -> u64 {
    u64::try_from(time_ms).unwrap_or(0) * NS_PER_MS
}
