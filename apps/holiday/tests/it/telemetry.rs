//! What the service says of itself after requests: on `/metrics`, and to a collector.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::Duration,
};

use holiday::server::{Limits, Secrets, Settings, Telemetry};
use loadline_monitor::otlp::OtlpSettings;

use crate::{
    client::send,
    service::{Service, settings},
};

const SEARCH: &str = "/api/trpc/search.findPrograms";
const INPUT: &str = r#"{"json":{"location":"2000"}}"#;

/// The value of a series, written as in the text.
fn value(text: &str, series: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

#[test]
fn every_endpoint_has_its_name() {
    let service = Service::start(&settings());
    for _ in 0..3 {
        assert_eq!(service.post(SEARCH, &[], INPUT).status, 200);
    }
    service.post(SEARCH, &[], "{");
    service.get("/images/programs/1.svg");
    service.get("/images/programs/2.svg");
    for number in 0..50 {
        service.get(&format!("/wp-{number}.php"));
        service.get(&format!("/api/trpc/no.such{number}"));
    }
    let text = service.metrics();
    for (method, endpoint, status, count) in [
        ("POST", "search.findPrograms", "200", 3.0),
        ("POST", "search.findPrograms", "400", 1.0),
        ("GET", "/images/programs/{file}", "200", 2.0),
        ("GET", "(unmatched)", "404", 100.0),
    ] {
        let series = format!(
            r#"api_request_duration_ms_count{{method="{method}",endpoint="{endpoint}",status="{status}"}}"#
        );
        assert_eq!(value(&text, &series), Some(count), "{series}\n{text}");
    }
    let series = r#"http_server_request_duration_seconds_count{http_request_method="POST",url_scheme="http",http_route="/api/trpc/search.findPrograms",http_response_status_code="200"}"#;
    assert_eq!(value(&text, series), Some(3.0), "{text}");
    assert!(!text.contains("wp-") && !text.contains("no.such"), "{text}");
}

#[test]
fn queries_the_pool_and_the_process() {
    let service = Service::start(&settings());
    let session = service.session();
    service.post(SEARCH, &[], INPUT);
    let body = r#"{"json":{"priceId":"price_1","testMode":true}}"#;
    let paid = service.post("/api/trpc/payment.createSubscription", &[("Cookie", &session)], body);
    assert_eq!(paid.status, 200, "{}", paid.body);
    let text = service.metrics();
    for (operation, model) in [
        ("select", "programs"),
        ("insert", "programs"),
        ("select", "accounts"),
        ("insert", "sessions"),
        ("select", "sessions"),
        ("upsert", "subscriptions"),
    ] {
        let count = value(
            &text,
            &format!(r#"db_query_duration_ms_count{{operation="{operation}",model="{model}"}}"#),
        );
        assert!(count.is_some_and(|count| count >= 1.0), "{operation} {model}\n{text}");
    }
    let series = r#"db_client_operation_duration_seconds_count{db_operation_name="insert",db_collection_name="sessions",db_system_name="sqlite"}"#;
    assert_eq!(value(&text, series), Some(1.0));
    let pool = r#"{db_client_connection_pool_name="holiday"}"#;
    assert!(value(&text, &format!("db_client_connection_max{pool}")).unwrap() >= 2.0);
    assert_eq!(value(&text, &format!("db_client_connection_pending_requests{pool}")), Some(0.0));
    let waits = value(&text, r#"db_pool_wait_duration_ms_count{pool="holiday"}"#).unwrap();
    let queries: f64 = text
        .lines()
        .filter(|line| line.starts_with("db_query_duration_ms_count"))
        .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
        .sum();
    assert!(waits >= queries && queries > 0.0, "{waits} {queries}");
    for name in ["process_resident_memory_bytes", "process_open_fds", "process_start_time_seconds"] {
        assert!(value(&text, name).unwrap() > 0.0, "{name}");
    }
}

#[test]
fn a_batch_is_counted_call_by_call() {
    let service = Service::start(&settings());
    let input = r#"{"0":{"json":{"location":"2000"}},"1":{"json":{"id":"x"}}}"#;
    let batch = service.post("/api/trpc/search.findPrograms,programs.getById?batch=1", &[], input);
    assert_eq!(batch.status, 207);
    let text = service.metrics();
    for (endpoint, status) in [("search.findPrograms", "200"), ("programs.getById", "400")] {
        let series = format!(
            r#"api_request_duration_ms_count{{method="POST",endpoint="{endpoint}",status="{status}"}}"#
        );
        assert_eq!(value(&text, &series), Some(1.0), "{text}");
    }
    let series = r#"http_server_request_duration_seconds_count{http_request_method="POST",url_scheme="http",http_route="/api/trpc/{procedures}",http_response_status_code="207"}"#;
    assert_eq!(value(&text, series), Some(1.0), "{text}");
}

#[test]
fn caches_are_told_that_their_copy_is_good() {
    let service = Service::start(&settings());
    let first = service.get("/images/programs/42.svg");
    let tag = first.header("etag").unwrap();
    send(service.address(), "GET", "/images/programs/42.svg", &[("If-None-Match", tag)], "");
    service.post(SEARCH, &[], INPUT);
    let text = service.metrics();
    assert_eq!(value(&text, r#"cache_hit_rate{endpoint="/images/programs/{file}"}"#), Some(0.5));
    assert!(!text.contains(r#"cache_hit_rate{endpoint="search.findPrograms"}"#));
}

/// What the edge has counted takes the place of what the service can see itself.
#[test]
fn the_hit_rate_is_what_the_cache_in_front_says() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let edge = format!("http://{}/metrics", listener.local_addr().unwrap());
    let (asked, asking) = mpsc::channel();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 1024]);
            let body = "loadline_edge_rule_requests_total{rule=\"images\",outcome=\"hit\"} 3\n\
                        loadline_edge_rule_requests_total{rule=\"images\",outcome=\"miss\"} 1\n";
            let head =
                format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
            if asked.send(()).is_err() {
                return;
            }
        }
    });
    let telemetry = Telemetry { edge: Some(edge.parse().unwrap()), ..Telemetry::default() };
    let service = Service::start(&Settings { telemetry, ..settings() });
    service.get("/images/programs/42.svg");
    // Asked for the second time, it has read what it was told the first time.
    for _ in 0..2 {
        asking.recv_timeout(Duration::from_mins(1)).unwrap();
    }
    let text = service.metrics();
    let series = |name: &str| format!("{name}{{endpoint=\"/images/programs/{{file}}\"");
    assert_eq!(value(&text, &format!("{}}}", series("cache_hit_rate"))), Some(0.75), "{text}");
    assert_eq!(
        value(&text, &format!("{},result=\"hit\"}}", series("cache_answers_total"))),
        Some(3.0),
        "{text}"
    );
}

#[test]
fn load_tests_are_told_apart_only_with_the_secret() {
    let secrets = Secrets { load_test: Some("s3cret".to_owned()), ..Secrets::default() };
    let service = Service::start(&Settings { secrets, ..settings() });
    let claim = ("X-Load-Test", "true");
    service.post(SEARCH, &[claim, ("X-Load-Test-Secret", "s3cret")], INPUT);
    service.post(SEARCH, &[claim, ("X-Load-Test-Secret", "guess")], INPUT);
    service.post(SEARCH, &[claim], INPUT);
    service.post(SEARCH, &[("X-Load-Test-Secret", "s3cret")], INPUT);
    let text = service.metrics();
    let count = |more: &str| {
        let labels = format!(r#"method="POST",endpoint="search.findPrograms",status="200"{more}"#);
        value(&text, &format!("api_request_duration_ms_count{{{labels}}}"))
    };
    let labels = [r#",load_test="proven""#, r#",load_test="claimed""#, ""];
    assert_eq!(labels.map(count), [Some(1.0), Some(2.0), Some(1.0)], "{text}");
}

#[test]
fn what_is_refused_or_cut_off_is_counted() {
    let limits = Limits { in_flight: 0, ..Limits::default() };
    let service = Service::start(&Settings { limits, ..settings() });
    assert_eq!(service.post(SEARCH, &[], INPUT).status, 503);
    let series =
        r#"api_request_duration_ms_count{method="POST",endpoint="search.findPrograms",status="503"}"#;
    assert_eq!(value(&service.metrics(), series), Some(1.0));

    let service = Service::start(&Settings { search_delay: Duration::from_mins(10), ..settings() });
    let mut stream = TcpStream::connect(service.address()).unwrap();
    write!(stream, "POST {SEARCH} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{INPUT}", INPUT.len())
        .unwrap();
    let active = r#"http_server_active_requests{http_request_method="POST",url_scheme="http"} 1"#;
    while !service.metrics().contains(active) {
        thread::yield_now();
    }
    drop(stream);
    let series =
        r#"api_request_duration_ms_count{method="POST",endpoint="search.findPrograms",status="499"}"#;
    while value(&service.metrics(), series) != Some(1.0) {
        thread::yield_now();
    }
}

#[test]
fn without_an_address_nothing_is_measured() {
    let off = Telemetry { metrics: None, otlp: None, edge: None };
    let service = Service::start(&Settings { telemetry: off, ..settings() });
    assert_eq!(service.post(SEARCH, &[], INPUT).status, 200);
    // Neither is it on the public listener.
    assert_eq!(service.get("/metrics").status, 404);
    assert_eq!(Service::shared().get("/metrics").status, 404);
}

#[test]
fn spans_reach_a_collector_at_the_end() {
    let collector = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", collector.local_addr().unwrap());
    let otlp = OtlpSettings::from_variables("holiday", |name| match name {
        "OTEL_EXPORTER_OTLP_ENDPOINT" => Some(url.clone()),
        "OTEL_METRICS_EXPORTER" => Some("none".to_owned()),
        _ => None,
    });
    let telemetry = Telemetry { otlp: otlp.unwrap(), ..Telemetry::default() };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server =
        runtime.block_on(holiday::server::Server::start(&Settings { telemetry, ..settings() })).unwrap();
    let address = server.address();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = runtime.spawn(server.run(async { drop(stopped.await) }));
    assert_eq!(send(address, "POST", SEARCH, &[], INPUT).status, 200);
    stop.send(()).unwrap();
    let (mut stream, _) = collector.accept().unwrap();
    let mut request = Vec::new();
    let mut part = [0; 4_096];
    while !request.windows(15).any(|bytes| bytes == b"select programs") {
        let read = stream.read(&mut part).unwrap();
        assert!(read > 0, "{}", String::from_utf8_lossy(&request));
        request.extend_from_slice(&part[..read]);
    }
    let text = String::from_utf8_lossy(&request);
    assert!(
        text.starts_with("POST /v1/traces HTTP/1.1") && text.contains("POST /api/trpc/search.findPrograms"),
        "{text}"
    );
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
    runtime.block_on(running).unwrap();
}
