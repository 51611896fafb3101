//! Tempo and Jaeger are asked for the slowest requests' traces, as they answer.

use loadline_client::Request;
use loadline_traces::live::{Sample, Traces, Wanted};

use crate::service::{Fake, Load, Place};

/// As Jaeger's query service answers.
fn jaeger(trace: &str, caller: &str) -> (&'static str, Vec<u8>) {
    let text = format!(
        r#"{{"data":[{{"traceID":"{trace}","spans":[
          {{"traceID":"{trace}","spanID":"00000000000000a1","operationName":"GET /",
            "references":[{{"refType":"CHILD_OF","traceID":"{trace}","spanID":"{caller}"}}],
            "startTime":1729181197748657,"duration":1500,"tags":[{{"key":"span.kind","type":"string","value":"server"}}],
            "logs":[],"processID":"p1","warnings":null}},
          {{"traceID":"{trace}","spanID":"00000000000000a2","operationName":"query",
            "references":[{{"refType":"CHILD_OF","traceID":"{trace}","spanID":"00000000000000a1"}}],
            "startTime":1729181197748700,"duration":500,"tags":[{{"key":"span.kind","type":"string","value":"client"}},
            {{"key":"db.operation","type":"string","value":"SELECT"}}],"logs":[],"processID":"p1","warnings":null}}],
          "processes":{{"p1":{{"serviceName":"shop","tags":[]}}}},"warnings":null}}],
          "total":0,"limit":0,"offset":0,"errors":null}}"#
    );
    ("application/json", text.into_bytes())
}

/// As Tempo answers who cannot take protobuf.
fn tempo(trace: &str, caller: &str) -> (&'static str, Vec<u8>) {
    let text = format!(
        r#"{{"batches":[{{"resource":{{}},"scopeSpans":[{{"scope":{{}},"spans":[
          {{"traceId":"{trace}","spanId":"00000000000000a1","parentSpanId":"{caller}","name":"GET /",
            "kind":"SPAN_KIND_SERVER","startTimeUnixNano":"1729181197748657000","endTimeUnixNano":"1729181197750157000"}},
          {{"traceId":"{trace}","spanId":"00000000000000a2","parentSpanId":"00000000000000a1","name":"query",
            "kind":"SPAN_KIND_CLIENT","startTimeUnixNano":"1729181197748700000","endTimeUnixNano":"1729181197749200000",
            "attributes":[{{"key":"db.operation.name","value":{{"stringValue":"SELECT"}}}}]}}]}}]}}]}}"#
    );
    ("application/json", text.into_bytes())
}

async fn check(wanted: &str, place: Place) {
    let (fake, address) = Fake::start(place).await;
    let wanted: Wanted = format!("{wanted}=http://{address}/").parse().unwrap();
    // It has an event loop of its own, and is opened before there is another.
    let opened = std::thread::spawn(|| Traces::open(wanted, Sample::default()));
    let traces = opened.join().unwrap().unwrap();
    assert_eq!(traces.url(), None);
    let mut load = Load::begin(&traces);
    let url = format!("http://{address}/");
    for _ in 0..3 {
        let exchange = load.client.send(Request::get(url.parse().unwrap()), None).await;
        load.ended(&exchange);
    }
    assert_eq!(fake.came.lock().unwrap().len(), 3);
    let followed = traces.finish(std::future::pending()).await;
    assert_eq!(followed.trouble, Vec::<String>::new());
    let (endpoint, slowest) = followed.slowest.iter().next().unwrap();
    assert_eq!((endpoint, slowest.len()), ("GET /", 3));
    for request in slowest {
        assert_eq!((request.status, request.server_ns), (200, 1_500_000));
        let parts = [("app".to_owned(), 1_000_000), ("db.select".to_owned(), 500_000)];
        assert_eq!(request.parts, parts);
    }
    // Afterwards nothing carries a trace any more.
    load.client.send(Request::get(url.parse().unwrap()), None).await;
    assert_eq!(fake.came.lock().unwrap().len(), 3);
}

#[tokio::test(flavor = "current_thread")]
async fn jaeger_is_asked_until_it_has_them() {
    tokio::task::LocalSet::new().run_until(check("jaeger", jaeger)).await;
}

#[tokio::test(flavor = "current_thread")]
async fn tempo_is_asked_until_it_has_them() {
    tokio::task::LocalSet::new().run_until(check("tempo", tempo)).await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_place_that_is_not_there_is_said() {
    let (_, address) = Fake::start(jaeger).await;
    let traces = std::thread::spawn(|| {
        // Nobody listens on a port that was free a moment ago.
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        Traces::open(format!("tempo=http://{taken}").parse().unwrap(), Sample::default())
    });
    let traces = traces.join().unwrap().unwrap();
    let mut load = Load::begin(&traces);
    let exchange = load.client.send(Request::get(format!("http://{address}/").parse().unwrap()), None).await;
    load.ended(&exchange);
    let followed = traces.finish(std::future::pending()).await;
    assert!(followed.trouble[0].starts_with("Tempo cannot be asked: "), "{:?}", followed.trouble);
    assert_eq!(followed.slowest.iter().count(), 1, "the trace itself is known");
}
