//! Requests by every way they can end, and under names that are few.

use std::{convert::Infallible, future::pending, io, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::Path, http::Request, response::IntoResponse, routing::get};
use http::{Method, Response, StatusCode};
use loadline_monitor::{
    Call, Calls, Limits, LoadTest, MatchedPaths, Monitor, Name, Naming, PoolLevels, RequestHead,
};
use tokio::sync::Notify;
use tower::{Layer, ServiceExt, service_fn};

use crate::text::{scrape, sum, value};

fn ask(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

async fn send(service: &Router, request: Request<Body>) -> StatusCode {
    service.clone().oneshot(request).await.unwrap().status()
}

#[tokio::test(start_paused = true)]
async fn a_request_is_in_both_sets_and_every_bucket_above() {
    let monitor = Monitor::default();
    let slow = get(|Path(_): Path<u32>| async {
        tokio::time::sleep(Duration::from_millis(120)).await;
        "done"
    });
    let service = Router::new().route("/items/{id}", slow).layer(monitor.layer());
    for id in 0..3 {
        assert_eq!(send(&service, ask(&format!("/items/{id}"))).await, StatusCode::OK);
    }
    let text = scrape(&monitor);
    let story = |le: &str| {
        value(
            &text,
            &format!(
                r#"api_request_duration_ms_bucket{{method="GET",endpoint="/items/{{id}}",status="200",le="{le}"}}"#
            ),
        )
    };
    let expected = [
        ("10", 0.0),
        ("50", 0.0),
        ("100", 0.0),
        ("250", 3.0),
        ("500", 3.0),
        ("1000", 3.0),
        ("2000", 3.0),
        ("2500", 3.0),
        ("3000", 3.0),
        ("5000", 3.0),
        ("+Inf", 3.0),
    ];
    for (le, count) in expected {
        assert_eq!(story(le), Some(count), "{le}\n{text}");
    }
    let labels = r#"http_request_method="GET",url_scheme="http",http_route="/items/{id}",http_response_status_code="200""#;
    let series = |rest: &str| value(&text, &format!("http_server_request_duration_seconds_{rest}"));
    assert_eq!(series(&format!("bucket{{{labels},le=\"0.1\"}}")), Some(0.0));
    assert_eq!(series(&format!("bucket{{{labels},le=\"0.25\"}}")), Some(3.0));
    let seconds = series(&format!("sum{{{labels}}}")).unwrap();
    // The paused clock counts whole milliseconds.
    assert!((0.36..0.37).contains(&seconds), "{seconds}");
}

fn by_path<'a>(request: &RequestHead<'a>) -> Name<'a> {
    Name::Route(request.uri.path())
}

#[tokio::test]
async fn ten_thousand_paths_are_few_labels() {
    let monitor = Monitor::default();
    let service = Router::new().route("/items/{id}", get(|| async { "" })).layer(monitor.layer());
    for number in 0..10_000 {
        send(&service, ask(&format!("/random-{number}"))).await;
        send(&service, ask(&format!("/items/{number}"))).await;
    }
    let text = scrape(&monitor);
    assert_eq!(sum(&text, "api_request_duration_ms_count", "(unmatched)"), 10_000.0);
    assert_eq!(sum(&text, "api_request_duration_ms_count", "/items/{id}"), 10_000.0);
    assert!(text.lines().count() < 120, "{}", text.lines().count());

    // A naming function that does what it must not.
    let monitor = Monitor::default();
    let unmatched = Router::new().fallback(|| async { StatusCode::NOT_FOUND });
    let service = unmatched.layer(monitor.layer_named(by_path));
    for number in 0..10_000 {
        send(&service, ask(&format!("/random-{number}"))).await;
    }
    let text = scrape(&monitor);
    let most = Limits::default().endpoints as f64;
    assert_eq!(sum(&text, "api_request_duration_ms_count", "(other)"), 10_000.0 - most);
    assert_eq!(value(&text, "loadline_monitor_overflow_total"), Some(10_000.0 - most));
    assert_eq!(sum(&text, "api_request_duration_ms_count", ""), 10_000.0);
}

fn odd_name<'a>(_: &RequestHead<'a>) -> Name<'a> {
    Name::Route("/odd")
}

#[tokio::test]
async fn strange_methods_and_statuses_are_bounded_too() {
    let monitor = Monitor::default();
    let odd = service_fn(|request: Request<Body>| async move {
        let status: u16 = request.uri().path()[1..].parse().unwrap();
        let answer = Response::builder().status(status).body(Body::empty()).unwrap();
        Ok::<_, Infallible>(answer)
    });
    let service = monitor.layer_named(odd_name).layer(odd);
    for status in 100..1_000 {
        let method = Method::from_bytes(format!("BREW{status}").as_bytes()).unwrap();
        let request =
            Request::builder().method(method).uri(format!("/{status}")).body(Body::empty()).unwrap();
        service.clone().oneshot(request).await.unwrap();
    }
    let text = scrape(&monitor);
    assert_eq!(sum(&text, "api_request_duration_ms_count", r#"method="_OTHER""#), 900.0);
    let series = text.lines().filter(|line| line.starts_with("api_request_duration_ms_count")).count();
    assert!(series <= 130, "{series}");
}

#[tokio::test]
async fn a_request_that_is_given_up_is_counted_once() {
    let monitor = Monitor::default();
    let (entered, monitor_in_handler) = (Arc::new(Notify::new()), monitor.clone());
    let query = monitor.query("select", "things");
    let handler = {
        let entered = Arc::clone(&entered);
        move || async move {
            entered.notify_one();
            let _ = query.time(pending::<Result<(), ()>>()).await;
        }
    };
    let service = Router::new().route("/hang", get(handler)).layer(monitor.layer());
    let request = tokio::spawn(service.oneshot(ask("/hang")));
    entered.notified().await;
    tokio::task::yield_now().await;
    let active = r#"http_server_active_requests{http_request_method="GET",url_scheme="http"}"#;
    assert_eq!(value(&scrape(&monitor_in_handler), active), Some(1.0));
    request.abort();
    assert!(request.await.unwrap_err().is_cancelled());
    let text = scrape(&monitor);
    assert_eq!(value(&text, active), Some(0.0));
    assert_eq!(sum(&text, "api_request_duration_ms_count", r#"endpoint="/hang",status="499""#), 1.0);
    assert_eq!(sum(&text, "http_server_request_duration_seconds_count", r#"error_type="cancelled""#), 1.0);
    assert_eq!(sum(&text, "db_query_duration_ms_count", "things"), 1.0);
    assert!(!text.contains("http_response_status_code=\"499\""), "nothing was sent\n{text}");
}

#[tokio::test]
async fn a_panic_and_an_error_are_counted_as_such() {
    let monitor = Monitor::default();
    let broken = service_fn(|request: Request<Body>| async move {
        match request.uri().path() {
            "/panic" => panic!("on purpose"),
            "/error" => Err(io::Error::other("on purpose")),
            _ => Ok(StatusCode::SERVICE_UNAVAILABLE.into_response()),
        }
    });
    let service = monitor.layer_named(by_path).layer(broken);
    assert!(tokio::spawn(service.clone().oneshot(ask("/panic"))).await.unwrap_err().is_panic());
    assert!(service.clone().oneshot(ask("/error")).await.is_err());
    assert!(service.clone().oneshot(ask("/busy")).await.is_ok());
    let text = scrape(&monitor);
    for (route, status, error) in
        [("/panic", "500", "panic"), ("/error", "500", "service_error"), ("/busy", "503", "503")]
    {
        let story =
            format!(r#"api_request_duration_ms_count{{method="GET",endpoint="{route}",status="{status}"}}"#);
        assert_eq!(value(&text, &story), Some(1.0), "{story}\n{text}");
        let error = format!(r#"error_type="{error}""#);
        assert_eq!(sum(&text, "http_server_request_duration_seconds_count", &error), 1.0, "{error}\n{text}");
    }
    let active = r#"http_server_active_requests{http_request_method="GET",url_scheme="http"}"#;
    assert_eq!(value(&text, active), Some(0.0));
}

/// Names batches by their path, and load tests by a header.
struct Rpc;

impl Naming for Rpc {
    fn name<'a>(&'a self, request: &RequestHead<'a>) -> Name<'a> {
        match request.uri.path().strip_prefix("/rpc/") {
            Some(calls) if calls.contains(',') => {
                Name::Batch { route: "/rpc/{calls}", endpoints: calls.split(',').collect() }
            }
            Some(call) => Name::Endpoint { route: "/rpc/{call}", endpoint: call },
            None => MatchedPaths.name(request),
        }
    }

    fn load_test(&self, request: &RequestHead<'_>) -> LoadTest {
        match request.headers.get("x-load-test").map(|value| value == "secret") {
            None => LoadTest::No,
            Some(false) => LoadTest::Claimed,
            Some(true) => LoadTest::Proven,
        }
    }
}

#[tokio::test]
async fn a_batch_is_one_request_and_several_calls() {
    let monitor = Monitor::default();
    let handler = |Path(calls): Path<String>| async move {
        let mut response = StatusCode::MULTI_STATUS.into_response();
        if calls == "a,b" {
            let call = |name: &'static str, status, ms| Call {
                endpoint: name.into(),
                status,
                elapsed: Duration::from_millis(ms),
            };
            let calls = vec![call("a", StatusCode::OK, 20), call("b", StatusCode::NOT_FOUND, 700)];
            response.extensions_mut().insert(Calls(calls));
        }
        response
    };
    let service = Router::new().route("/rpc/{calls}", get(handler)).layer(monitor.layer_named(Rpc));
    send(&service, ask("/rpc/a,b")).await;
    send(&service, ask("/rpc/b,c")).await;
    send(&service, ask("/rpc/a")).await;
    let text = scrape(&monitor);
    let story = |endpoint: &str, status: &str| {
        sum(&text, "api_request_duration_ms_count", &format!(r#"endpoint="{endpoint}",status="{status}""#))
    };
    assert_eq!(
        [story("a", "200"), story("b", "404"), story("b", "207"), story("c", "207"), story("a", "207")],
        [1.0; 5]
    );
    let le = r#"api_request_duration_ms_bucket{method="GET",endpoint="b",status="404",le="500"}"#;
    assert_eq!(value(&text, le), Some(0.0));
    let requests = |route: &str| sum(&text, "http_server_request_duration_seconds_count", route);
    assert_eq!((requests("/rpc/{calls}"), requests("/rpc/{call}"), requests("")), (2.0, 1.0, 3.0));
}

#[tokio::test]
async fn load_tests_have_a_label_more() {
    let monitor = Monitor::default();
    let service = Router::new().route("/", get(|| async { "" })).layer(monitor.layer_named(Rpc));
    for claim in ["true", "secret"] {
        let mut test = ask("/");
        test.headers_mut().insert("x-load-test", claim.parse().unwrap());
        send(&service, test).await;
    }
    send(&service, ask("/")).await;
    let text = scrape(&monitor);
    let series = |more: &str| {
        value(
            &text,
            &format!(r#"api_request_duration_ms_count{{method="GET",endpoint="/",status="200"{more}}}"#),
        )
    };
    let labels = ["", r#",load_test="claimed""#, r#",load_test="proven""#];
    assert_eq!(labels.map(series), [Some(1.0); 3]);
}

#[tokio::test]
async fn caches_pools_and_the_process() {
    let monitor = Monitor::default();
    monitor.observe_pool("main", || PoolLevels { limit: 8, in_use: 3, idle: 2, waiting: 1 });
    let answer = |request: Request<Body>| async move {
        let mut response = "content".into_response();
        response.headers_mut().insert("cache-control", "public, max-age=60".parse().unwrap());
        if request.headers().contains_key("if-none-match") {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        response
    };
    let service = Router::new()
        .route("/picture", get(answer))
        .route("/plain", get(|| async { "" }))
        .layer(monitor.layer());
    let mut conditional = ask("/picture");
    conditional.headers_mut().insert("if-none-match", "\"1\"".parse().unwrap());
    for request in [ask("/picture"), conditional, ask("/picture"), ask("/picture"), ask("/plain")] {
        send(&service, request).await;
    }
    let text = scrape(&monitor);
    assert_eq!(value(&text, r#"cache_hit_rate{endpoint="/picture"}"#), Some(0.25));
    assert_eq!(value(&text, r#"cache_answers_total{endpoint="/picture",result="miss"}"#), Some(3.0));
    assert!(!text.contains(r#"cache_hit_rate{endpoint="/plain"}"#), "no data is not 0\n{text}");
    let pool = r#"db_client_connection_pool_name="main""#;
    for (series, expected) in [
        (format!(r#"db_client_connection_count{{{pool},db_client_connection_state="used"}}"#), 3.0),
        (format!(r#"db_client_connection_count{{{pool},db_client_connection_state="idle"}}"#), 2.0),
        (format!("db_client_connection_max{{{pool}}}"), 8.0),
        (format!("db_client_connection_pending_requests{{{pool}}}"), 1.0),
    ] {
        assert_eq!(value(&text, &series), Some(expected), "{series}");
    }
    for name in ["process_resident_memory_bytes", "process_open_fds", "process_start_time_seconds"] {
        assert!(value(&text, name).unwrap() > 0.0, "{name}");
    }
    assert!(value(&text, "process_cpu_seconds_total").is_some());
}

#[tokio::test]
async fn queries_and_outgoing_calls() {
    let monitor = Monitor::new(Limits { queries: 2, ..Limits::default() });
    monitor.set_database_system("sqlite");
    let select = monitor.query("select", "a");
    assert_eq!(select.time(async { Err::<(), _>("no") }).await, Err("no"));
    drop(monitor.query("select", "a").start());
    drop(monitor.query("select", "b").start());
    drop(monitor.query("select", "c").start());
    drop(monitor.query("select", "d").start());
    let gateway = monitor.outgoing("api.example");
    gateway.start(&Method::POST).answered(StatusCode::OK);
    gateway.start(&Method::POST).answered(StatusCode::PAYMENT_REQUIRED);
    drop(gateway.start(&Method::POST));
    let text = scrape(&monitor);
    for (series, expected) in [
        (r#"db_query_duration_ms_count{operation="select",model="a"}"#, 2.0),
        (r#"db_query_duration_ms_count{operation="(other)",model="(other)"}"#, 2.0),
        (
            r#"db_client_operation_duration_seconds_count{db_operation_name="select",db_collection_name="a",db_system_name="sqlite"}"#,
            2.0,
        ),
        (
            r#"http_client_request_duration_seconds_count{http_request_method="POST",server_address="api.example",http_response_status_code="200"}"#,
            1.0,
        ),
        (
            r#"http_client_request_duration_seconds_count{http_request_method="POST",server_address="api.example",http_response_status_code="402",error_type="402"}"#,
            1.0,
        ),
        (
            r#"http_client_request_duration_seconds_count{http_request_method="POST",server_address="api.example",error_type="connection"}"#,
            1.0,
        ),
    ] {
        assert_eq!(value(&text, series), Some(expected), "{series}\n{text}");
    }
}
