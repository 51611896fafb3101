//! Requests carry their traces over HTTP/1.1 and HTTP/2, those of users and one that is sent again and again.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue};
use loadline_client::{Client, ClientConfig, Http2, Repeat, Request, Shared, TraceContext};
use loadline_measure::Schema;
use loadline_traces::live::Traces;
use tokio::task::LocalSet;
use tokio::time::Instant;

use crate::service::Fake;

const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

async fn carried(http2: Http2) {
    let (fake, address) = Fake::start(|_, _| ("", Vec::new())).await;
    let opened = std::thread::spawn(|| Traces::open("0".parse().unwrap(), "100%".parse().unwrap()));
    let traces = opened.join().unwrap().unwrap();
    let shared = Shared::new(ClientConfig { http2, ..ClientConfig::default() }).unwrap();
    let request = || Request::get(format!("http://{address}/").parse().unwrap());
    let (client, repeat) =
        (Client::new(Arc::clone(&shared)), Repeat::new(Arc::clone(&shared), request()).unwrap());
    assert_eq!(repeat.send(Instant::now()).await.trace, None, "the run has not begun");

    traces.begin(&shared, &Schema::new(), None);
    let mut sent = Vec::new();
    for _ in 0..3 {
        let shot = repeat.send(Instant::now()).await;
        assert_eq!(shot.outcome.unwrap().code, 200);
        sent.push(shot.trace.unwrap());
        let exchange = client.send(request(), None).await;
        let hop = exchange.last();
        let field = hop.request_headers.get("traceparent").unwrap();
        assert_eq!(TraceContext::parse(field.as_bytes()), hop.trace, "what was sent is shown");
        sent.push(hop.trace.unwrap());
    }
    let mut headers = HeaderMap::new();
    headers.insert("traceparent", HeaderValue::from_static(GIVEN));
    let exchange = client.send(Request { headers, ..request() }, None).await;
    sent.push(exchange.last().trace.unwrap());
    // A scrape.
    Client::aside(shared).send(request(), None).await;

    let came = fake.came.lock().unwrap().clone();
    let read: Vec<_> = came.iter().map(|field| TraceContext::parse(field.as_bytes()).unwrap()).collect();
    assert_eq!(read, sent);
    assert_eq!(came.last().map(String::as_str), Some(GIVEN));
    let mut traces: Vec<u128> = sent.iter().map(|context| context.trace).collect();
    traces.sort_unstable();
    traces.dedup();
    assert_eq!(traces.len(), 7, "each has its own");
}

#[tokio::test(flavor = "current_thread")]
async fn over_http1() {
    LocalSet::new().run_until(carried(Http2::Off)).await;
}

#[tokio::test(flavor = "current_thread")]
async fn over_http2() {
    LocalSet::new().run_until(carried(Http2::PriorKnowledge)).await;
}
