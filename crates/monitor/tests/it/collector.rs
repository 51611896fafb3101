//! A small collector: a real HTTP server on a free port that decodes what it is sent.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use opentelemetry_proto::tonic::{
    collector::{metrics::v1::ExportMetricsServiceRequest, trace::v1::ExportTraceServiceRequest},
    common::v1::{KeyValue, any_value::Value},
    metrics::v1::Metric,
    resource::v1::Resource,
    trace::v1::Span,
};
use prost::Message;
use tokio::{net::TcpListener, sync::watch};

/// What was received.
#[derive(Default)]
pub(crate) struct Received {
    pub(crate) spans: Vec<Span>,
    pub(crate) metrics: Vec<Metric>,
    pub(crate) resources: Vec<Resource>,
    pub(crate) headers: Vec<HeaderMap>,
    /// Answers to give instead of 200, last first.
    pub(crate) refusals: Vec<StatusCode>,
}

#[derive(Clone)]
pub(crate) struct Collector {
    pub(crate) received: Arc<Mutex<Received>>,
    requests: watch::Sender<usize>,
    pub(crate) url: String,
}

impl Collector {
    pub(crate) async fn start() -> Collector {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let collector = Collector { received: Arc::default(), requests: watch::Sender::new(0), url };
        let router = Router::new()
            .route("/v1/traces", post(traces))
            .route("/v1/metrics", post(metrics))
            .with_state(collector.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        collector
    }

    /// Waits until so many requests have come.
    pub(crate) async fn wait_for(&self, requests: usize) {
        self.requests.subscribe().wait_for(|seen| *seen >= requests).await.unwrap();
    }

    fn answer(&self, headers: HeaderMap) -> StatusCode {
        let mut received = self.received.lock().unwrap();
        assert_eq!(headers["content-type"], "application/x-protobuf");
        received.headers.push(headers);
        received.refusals.pop().unwrap_or(StatusCode::OK)
    }
}

async fn traces(State(collector): State<Collector>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let status = collector.answer(headers);
    if status == StatusCode::OK {
        let message = ExportTraceServiceRequest::decode(body).unwrap();
        let mut received = collector.received.lock().unwrap();
        for spans in message.resource_spans {
            received.resources.extend(spans.resource);
            received.spans.extend(spans.scope_spans.into_iter().flat_map(|scope| scope.spans));
        }
    }
    collector.requests.send_modify(|requests| *requests += 1);
    status
}

async fn metrics(State(collector): State<Collector>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let status = collector.answer(headers);
    if status == StatusCode::OK {
        let message = ExportMetricsServiceRequest::decode(body).unwrap();
        let mut received = collector.received.lock().unwrap();
        for metrics in message.resource_metrics {
            received.resources.extend(metrics.resource);
            received.metrics.extend(metrics.scope_metrics.into_iter().flat_map(|scope| scope.metrics));
        }
    }
    collector.requests.send_modify(|requests| *requests += 1);
    status
}

/// An attribute, as text.
pub(crate) fn attribute(attributes: &[KeyValue], key: &str) -> Option<String> {
    let value = attributes.iter().find(|attribute| attribute.key == key)?.value.as_ref()?.value.as_ref()?;
    Some(match value {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        Value::BoolValue(flag) => flag.to_string(),
        other => panic!("{other:?}"),
    })
}
