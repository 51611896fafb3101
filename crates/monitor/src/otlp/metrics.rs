//! Families as OTLP metrics, cumulative since the monitor was made.

use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    common::v1::KeyValue,
    metrics::v1::{
        AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint,
        ResourceMetrics, ScopeMetrics, Sum, metric::Data, number_data_point,
    },
    resource::v1::Resource,
};

use super::attributes::{integer, scope, text};
use crate::family::{Family, Kind, Label, Point, Value};

/// From when to when, in nanoseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(super) struct Period {
    pub(super) start_ns: u64,
    pub(super) end_ns: u64,
}

/// The message of one export.
pub(super) fn message(
    families: Vec<Family>,
    resource: &Resource,
    period: Period,
) -> ExportMetricsServiceRequest {
    let scope_metrics = ScopeMetrics {
        scope: Some(scope()),
        metrics: families.into_iter().map(|family| metric(family, period)).collect(),
        ..ScopeMetrics::default()
    };
    let resource_metrics = ResourceMetrics {
        resource: Some(resource.clone()),
        scope_metrics: vec![scope_metrics],
        ..ResourceMetrics::default()
    };
    ExportMetricsServiceRequest { resource_metrics: vec![resource_metrics] }
}

fn metric(family: Family, period: Period) -> Metric {
    let about = family.about;
    let points = family.points;
    let cumulative = AggregationTemporality::Cumulative.into();
    let data = match about.kind {
        Kind::Histogram(bounds) => Data::Histogram(Histogram {
            data_points: points.into_iter().filter_map(|point| histogram(point, bounds, period)).collect(),
            aggregation_temporality: cumulative,
        }),
        Kind::Gauge => Data::Gauge(Gauge { data_points: numbers(points, period) }),
        Kind::Counter | Kind::Level => Data::Sum(Sum {
            data_points: numbers(points, period),
            aggregation_temporality: cumulative,
            is_monotonic: about.kind == Kind::Counter,
        }),
    };
    Metric {
        name: about.opentelemetry.to_owned(),
        description: about.help.to_owned(),
        unit: about.unit.to_owned(),
        data: Some(data),
        ..Metric::default()
    }
}

fn histogram(point: Point, bounds: &[f64], period: Period) -> Option<HistogramDataPoint> {
    let Value::Histogram { buckets, sum } = point.value else { return None };
    Some(HistogramDataPoint {
        attributes: attributes(point.labels),
        start_time_unix_nano: period.start_ns,
        time_unix_nano: period.end_ns,
        count: buckets.iter().sum(),
        sum: Some(sum),
        bucket_counts: buckets,
        explicit_bounds: bounds.to_vec(),
        ..HistogramDataPoint::default()
    })
}

fn numbers(points: Vec<Point>, period: Period) -> Vec<NumberDataPoint> {
    let number = |point: Point| {
        let Value::Number(number) = point.value else { return None };
        Some(NumberDataPoint {
            attributes: attributes(point.labels),
            start_time_unix_nano: period.start_ns,
            time_unix_nano: period.end_ns,
            value: Some(number_data_point::Value::AsDouble(number)),
            ..NumberDataPoint::default()
        })
    };
    points.into_iter().filter_map(number).collect()
}

/// In the types that OpenTelemetry gives them; in Prometheus's text all are text.
fn attributes(labels: Vec<Label>) -> Vec<KeyValue> {
    let attribute = |(key, value): Label| match (key, value.parse()) {
        ("http.response.status_code", Ok(status)) => integer(key, status),
        _ => text(key, value),
    };
    labels.into_iter().map(attribute).collect()
}
