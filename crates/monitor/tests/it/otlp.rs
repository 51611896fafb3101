//! Traces and metrics, received by a collector.

use axum::{Router, body::Body, http::Request, routing::get};
use http::StatusCode;
use loadline_monitor::{
    Monitor,
    otlp::{Exporter, OtlpSettings},
};
use opentelemetry_proto::tonic::{
    metrics::v1::{AggregationTemporality, metric::Data},
    trace::v1::{span::SpanKind, status},
};
use tower::ServiceExt;

use crate::{
    collector::{Collector, attribute},
    text::{scrape, value},
};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Exports to an address with the variables an operator would set.
fn export(monitor: &Monitor, url: &str, more: &[(&str, &str)]) -> Exporter {
    let settings = OtlpSettings::from_variables("shop", |name| {
        let found = more.iter().find(|(found, _)| *found == name).map(|(_, value)| (*value).to_owned());
        found.or_else(|| (name == "OTEL_EXPORTER_OTLP_ENDPOINT").then(|| url.to_owned()))
    });
    monitor.export(&settings.unwrap().unwrap()).unwrap()
}

fn service(monitor: &Monitor) -> Router {
    let (good, bad) = (monitor.query("select", "users"), monitor.query("insert", "orders"));
    let handler = move || async move {
        good.time(async {
            tokio::task::yield_now().await;
            Ok::<_, ()>(())
        })
        .await
        .unwrap();
        bad.time(async { Err::<(), _>("refused") }).await.unwrap_err();
        StatusCode::CREATED
    };
    Router::new().route("/users/{id}", get(handler)).layer(monitor.layer())
}

async fn ask(service: &Router, path: &str, traceparent: Option<&str>) {
    let mut request = Request::get(path).body(Body::empty()).unwrap();
    if let Some(parent) = traceparent {
        request.headers_mut().insert("traceparent", parent.parse().unwrap());
        request.headers_mut().insert("tracestate", "vendor=1".parse().unwrap());
    }
    service.clone().oneshot(request).await.unwrap();
}

#[tokio::test]
async fn spans_continue_the_caller_s_trace() {
    let collector = Collector::start().await;
    let monitor = Monitor::default();
    monitor.set_database_system("postgresql");
    let headers = ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=k");
    let exporter = export(&monitor, &collector.url, &[headers, ("OTEL_SERVICE_NAME", "the-shop")]);
    let service = service(&monitor);
    ask(&service, "/users/7", Some(PARENT)).await;
    exporter.shut_down().await;

    let received = collector.received.lock().unwrap();
    assert!(received.headers.iter().all(|headers| headers["api-key"] == "k"));
    assert_eq!(attribute(&received.resources[0].attributes, "service.name").as_deref(), Some("the-shop"));
    let named = |name: &str| {
        received.spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{:?}", received.spans))
    };
    let (server, good, bad) = (named("GET /users/{id}"), named("select users"), named("insert orders"));
    assert_eq!(received.spans.len(), 3);
    for span in [server, good, bad] {
        assert_eq!(span.trace_id, 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128.to_be_bytes());
        assert!(span.start_time_unix_nano > 1_600_000_000_000_000_000);
        assert!(span.end_time_unix_nano >= span.start_time_unix_nano);
    }
    assert_eq!(server.parent_span_id, 0x00f0_67aa_0ba9_02b7_u64.to_be_bytes());
    assert_eq!((&good.parent_span_id, &bad.parent_span_id), (&server.span_id, &server.span_id));
    assert_ne!(good.span_id, bad.span_id);
    assert_eq!(server.trace_state, "vendor=1");
    assert_eq!((server.kind(), good.kind()), (SpanKind::Server, SpanKind::Client));
    let failed: i32 = status::StatusCode::Error.into();
    assert_eq!(
        [server, good, bad].map(|span| span.status.clone().unwrap().code == failed),
        [false, false, true]
    );
    for (span, key, expected) in [
        (server, "http.request.method", "GET"),
        (server, "http.route", "/users/{id}"),
        (server, "http.response.status_code", "201"),
        (server, "url.path", "/users/7"),
        (good, "db.operation.name", "select"),
        (good, "db.collection.name", "users"),
        (good, "db.system.name", "postgresql"),
    ] {
        assert_eq!(attribute(&span.attributes, key).as_deref(), Some(expected), "{key}");
    }
}

#[tokio::test]
async fn requests_at_the_same_time_keep_their_queries_apart() {
    let collector = Collector::start().await;
    let monitor = Monitor::default();
    let exporter = export(&monitor, &collector.url, &[]);
    let service = service(&monitor);
    // One thread and a handler that yields: their polls alternate.
    let requests = (0..20).map(|number| {
        let service = service.clone();
        tokio::spawn(async move { ask(&service, &format!("/users/{number}"), None).await })
    });
    for request in requests.collect::<Vec<_>>() {
        request.await.unwrap();
    }
    // Outside of a request there is no span to be below.
    drop(monitor.query("select", "users").start());
    exporter.shut_down().await;
    let received = collector.received.lock().unwrap();
    assert_eq!(received.spans.len(), 60);
    for server in received.spans.iter().filter(|span| span.kind() == SpanKind::Server) {
        assert!(server.parent_span_id.is_empty());
        let below = received.spans.iter().filter(|span| span.parent_span_id == server.span_id);
        assert_eq!(below.filter(|span| span.trace_id == server.trace_id).count(), 2);
    }
}

#[tokio::test]
async fn metrics_have_both_names() {
    let collector = Collector::start().await;
    let monitor = Monitor::default();
    let interval = ("OTEL_METRIC_EXPORT_INTERVAL", "10");
    let exporter = export(&monitor, &collector.url, &[interval, ("OTEL_TRACES_EXPORTER", "none")]);
    ask(&service(&monitor), "/users/7", None).await;
    collector.wait_for(2).await;
    exporter.shut_down().await;
    let received = collector.received.lock().unwrap();
    assert!(received.spans.is_empty());
    let last = |name: &str| {
        let found = received.metrics.iter().rev().find(|metric| metric.name == name);
        found.unwrap_or_else(|| panic!("no {name}")).clone()
    };
    for (name, unit) in [
        ("api_request_duration_ms", "ms"),
        ("http.server.request.duration", "s"),
        ("db_query_duration_ms", "ms"),
        ("db.client.operation.duration", "s"),
    ] {
        let metric = last(name);
        assert_eq!(metric.unit, unit);
        let Some(Data::Histogram(histogram)) = metric.data else { panic!("{name}") };
        assert_eq!(histogram.aggregation_temporality(), AggregationTemporality::Cumulative);
        let point = &histogram.data_points[0];
        assert_eq!((point.count, point.bucket_counts.iter().sum::<u64>()), (1, 1), "{name}");
        assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
        assert!(point.start_time_unix_nano < point.time_unix_nano);
    }
    let Some(Data::Histogram(requests)) = last("http.server.request.duration").data else { panic!() };
    let attributes = &requests.data_points[0].attributes;
    assert_eq!(attribute(attributes, "http.response.status_code").as_deref(), Some("201"));
    assert_eq!(attribute(attributes, "http.route").as_deref(), Some("/users/{id}"));
    let Some(Data::Sum(active)) = last("http.server.active_requests").data else { panic!() };
    assert!(!active.is_monotonic);
    let Some(Data::Gauge(_)) = last("process.memory.usage").data else { panic!() };
}

#[tokio::test]
async fn a_refusal_is_tried_again_or_counted() {
    let collector = Collector::start().await;
    collector.received.lock().unwrap().refusals = vec![StatusCode::SERVICE_UNAVAILABLE];
    let monitor = Monitor::default();
    let exporter = export(&monitor, &collector.url, &[("OTEL_METRICS_EXPORTER", "none")]);
    ask(&service(&monitor), "/users/7", None).await;
    exporter.shut_down().await;
    assert_eq!(collector.received.lock().unwrap().spans.len(), 3);
    assert_eq!(value(&scrape(&monitor), r#"loadline_monitor_spans_total{outcome="sent"}"#), Some(3.0));

    collector.received.lock().unwrap().refusals = vec![StatusCode::BAD_REQUEST];
    let monitor = Monitor::default();
    let exporter = export(&monitor, &collector.url, &[("OTEL_METRICS_EXPORTER", "none")]);
    ask(&service(&monitor), "/users/7", None).await;
    exporter.shut_down().await;
    let text = scrape(&monitor);
    assert_eq!(value(&text, r#"loadline_monitor_spans_total{outcome="lost"}"#), Some(3.0));
    assert_eq!(value(&text, r#"loadline_monitor_export_failures_total{signal="traces"}"#), Some(1.0));
}

#[tokio::test]
async fn a_dead_collector_costs_spans_and_no_request() {
    // Bound and never accepted from: connections hang.
    let hole = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let monitor = Monitor::default();
    let url = format!("http://{}", hole.local_addr().unwrap());
    let small = ("OTEL_BSP_MAX_QUEUE_SIZE", "4");
    let exporter = export(&monitor, &url, &[small, ("OTEL_EXPORTER_OTLP_TIMEOUT", "50")]);
    let service = service(&monitor);
    for _ in 0..100 {
        ask(&service, "/users/7", None).await;
    }
    exporter.shut_down().await;
    let text = scrape(&monitor);
    let spans =
        |outcome| value(&text, &format!(r#"loadline_monitor_spans_total{{outcome="{outcome}"}}"#)).unwrap();
    assert_eq!(spans("sent"), 0.0);
    assert_eq!(spans("dropped") + spans("lost"), 300.0, "{text}");
    assert!(spans("dropped") > 0.0 && spans("lost") > 0.0);
    assert_eq!(value(&text, r#"loadline_monitor_export_failures_total{signal="metrics"}"#), Some(1.0));
}

#[tokio::test]
async fn what_the_caller_does_not_keep_is_not_kept() {
    let collector = Collector::start().await;
    let monitor = Monitor::default();
    let exporter = export(&monitor, &collector.url, &[("OTEL_METRICS_EXPORTER", "none")]);
    let service = service(&monitor);
    ask(&service, "/users/7", Some(&PARENT.replace("-01", "-00"))).await;
    ask(&service, "/users/7", Some("nonsense")).await;
    exporter.shut_down().await;
    let received = collector.received.lock().unwrap();
    assert_eq!(received.spans.len(), 3, "those of the second request");
    assert!(
        received
            .spans
            .iter()
            .all(|span| span.trace_id != 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128.to_be_bytes())
    );
}
