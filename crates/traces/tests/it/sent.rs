//! Spans that are sent: OTLP over HTTP in both forms, over gRPC, and what no exporter should send.

use std::io::Write as _;

use bytes::{BufMut as _, Bytes, BytesMut};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderValue, Method};
use loadline_client::{Client, ClientConfig, Request, Response, Shared};
use loadline_traces::live::{Followed, Sample, Traces, TracesError, Wanted};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message as _;
use tokio::task::LocalSet;

use crate::service::{Fake, Load};

fn open() -> Traces {
    let wanted: Wanted = "0".parse().unwrap();
    std::thread::spawn(|| Traces::open(wanted, Sample::default())).join().unwrap().unwrap()
}

fn server_span(trace: u128, caller: u64) -> Span {
    Span {
        trace_id: trace.to_be_bytes().to_vec(),
        span_id: 9_u64.to_be_bytes().to_vec(),
        parent_span_id: caller.to_be_bytes().to_vec(),
        name: "GET /".to_owned(),
        kind: SpanKind::Server.into(),
        start_time_unix_nano: 1_000,
        end_time_unix_nano: 5_000,
        ..Span::default()
    }
}

fn message(spans: Vec<Span>) -> Vec<u8> {
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

async fn post(traces: &Traces, path: &str, headers: &[(&'static str, &str)], body: Vec<u8>) -> Response {
    let client = Client::new(Shared::new(ClientConfig::default()).unwrap());
    let url = format!("{}{path}", traces.url().unwrap()).parse().unwrap();
    let mut fields = HeaderMap::new();
    for (name, value) in headers {
        fields.insert(*name, HeaderValue::from_str(value).unwrap());
    }
    let request = Request { headers: fields, body: body.into(), ..Request::new(Method::POST, url) };
    client.send(request, None).await.hops.pop().unwrap().outcome.unwrap()
}

const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");
const JSON: (&str, &str) = ("content-type", "application/json");
const TRACES: &str = "/v1/traces";

/// Sends as many requests as there are ways to send their spans; what has come of it.
async fn followed() -> Followed {
    let (_, address) = Fake::start(|_, _| ("", Vec::new())).await;
    let traces = open();
    let mut load = Load::begin(&traces);
    let mut one = Vec::new();
    for _ in 0..4 {
        let exchange =
            load.client.send(Request::get(format!("http://{address}/").parse().unwrap()), None).await;
        one.push(load.ended(&exchange));
    }
    let spans = |index: usize| message(vec![server_span(one[index].0, one[index].1)]);
    assert_eq!(post(&traces, TRACES, &[PROTOBUF], spans(0)).await.status, 200);
    let packed = [PROTOBUF, ("content-encoding", "gzip")];
    let answer = post(&traces, TRACES, &packed, gzip(&spans(1))).await;
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    let json = format!(
        r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"traceId":"{:032x}","spanId":"0000000000000009",
        "parentSpanId":"{:016x}","name":"GET /","kind":2,"startTimeUnixNano":"1000","endTimeUnixNano":"5000"}},{{}}]}}]}}]}}"#,
        one[2].0, one[2].1
    );
    let answer = post(&traces, TRACES, &[JSON], json.into_bytes()).await;
    let said: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(said["partialSuccess"]["rejectedSpans"], "1", "{said}");
    let (status, reply) = call(&traces, &spans(3)).await;
    assert_eq!((status.as_str(), reply), ("0", ExportTraceServiceResponse::default()));
    // Somebody else's.
    post(&traces, TRACES, &[PROTOBUF], message(vec![server_span(77, 1)])).await;
    traces.finish(std::future::pending()).await
}

/// Exports over gRPC: the status, and the answer.
async fn call(traces: &Traces, message: &[u8]) -> (String, ExportTraceServiceResponse) {
    let address = traces.url().unwrap().trim_start_matches("http://").to_owned();
    let stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    let (sender, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(async move {
        let _ = connection.await;
    });
    let request = http::Request::builder()
        .method("POST")
        .uri(format!("http://{address}/opentelemetry.proto.collector.trace.v1.TraceService/Export"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(())
        .unwrap();
    let (response, mut body) = sender.ready().await.unwrap().send_request(request, false).unwrap();
    let mut framed = BytesMut::new();
    framed.put_u8(0);
    framed.put_u32(message.len() as u32);
    framed.extend_from_slice(message);
    body.send_data(framed.freeze(), true).unwrap();
    let response = response.await.unwrap();
    assert_eq!(response.status(), 200);
    let head = response.headers().clone();
    let mut incoming = response.into_body();
    let mut bytes = BytesMut::new();
    while let Some(part) = incoming.data().await {
        bytes.extend_from_slice(&part.unwrap());
    }
    let trailers = incoming.trailers().await.unwrap().unwrap_or(head);
    let reply: Bytes = bytes.freeze();
    let reply = reply.get(5..).map(|message| ExportTraceServiceResponse::decode(message).unwrap());
    (trailers["grpc-status"].to_str().unwrap().to_owned(), reply.unwrap_or_default())
}

#[tokio::test(flavor = "current_thread")]
async fn every_way_is_taken() {
    let followed = LocalSet::new().run_until(followed()).await;
    let account = followed.account;
    assert_eq!((account.requests, account.explained, account.spans), (4, 4, 5), "{account:?}");
    assert_eq!((account.invalid, account.foreign, followed.lost, followed.refused), (1, 1, 0, 0));
    let (_, slowest) = followed.slowest.iter().next().unwrap();
    assert!(slowest.iter().all(|one| one.server_ns == 4_000 && one.parts == [("app".to_owned(), 4_000)]));
}

#[tokio::test(flavor = "current_thread")]
async fn what_no_exporter_sends_is_refused_in_words() {
    let set = LocalSet::new();
    set.run_until(async {
        let traces = open();
        for (path, headers, body, status) in [
            ("/", &[PROTOBUF][..], Vec::new(), 404),
            (TRACES, &[("content-type", "text/plain")], Vec::new(), 415),
            (TRACES, &[], Vec::new(), 415),
            (TRACES, &[PROTOBUF], b"{".to_vec(), 400),
            (TRACES, &[JSON], b"[".to_vec(), 400),
            (TRACES, &[PROTOBUF, ("content-encoding", "br")], Vec::new(), 415),
            (TRACES, &[PROTOBUF, ("content-encoding", "gzip")], b"x".to_vec(), 400),
            (TRACES, &[PROTOBUF, ("content-encoding", "gzip")], gzip(&vec![0; 17 << 20]), 413),
            ("/v1/metrics", &[PROTOBUF], b"whatever".to_vec(), 200),
            ("/v1/logs", &[JSON], b"whatever".to_vec(), 200),
        ] {
            let answer = post(&traces, path, headers, body).await;
            assert_eq!(answer.status, status, "{path} {headers:?}");
            assert!(answer.status == 200 || !answer.body.is_empty(), "{path} {headers:?}");
        }
        let (status, _) = call(&traces, b"\xff").await;
        assert_eq!(status, "3");
        let followed = traces.finish(std::future::pending()).await;
        assert_eq!((followed.account.spans, followed.refused), (0, 9));
    })
    .await;
}

#[test]
fn an_address_that_is_taken_is_said() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let error = Traces::open(port.parse().unwrap(), Sample::default()).unwrap_err();
    assert!(matches!(error, TracesError::InUse(_)) && error.to_string().contains(&port), "{error}");
}
