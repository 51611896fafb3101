//! More than the service can do: it says so at once, and keeps its health checks.

use std::{
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::Duration,
};

use holiday::server::{Capacity, Limits, Settings};
use tokio::time::Instant;

use crate::service::{Service, settings};

const SEARCH: &str = "/api/trpc/search.findPrograms";
const INPUT: &str = r#"{"json":{"location":"2000"}}"#;

#[test]
fn what_is_too_much_is_refused_at_once() {
    let service = Service::start(&Settings {
        limits: Limits { in_flight: 2, ..Limits::default() },
        search_delay: Duration::from_secs(3),
        ..settings()
    });
    thread::scope(|scope| {
        let searches: Vec<_> = (0..8).map(|_| scope.spawn(|| service.post(SEARCH, &[], INPUT))).collect();
        let answers: Vec<_> = searches.into_iter().map(|search| search.join().unwrap()).collect();
        let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 503).collect();
        assert_eq!((answers.iter().filter(|answer| answer.status == 200).count(), refused.len()), (2, 6));
        for answer in refused {
            assert_eq!(answer.header("retry-after"), Some("1"));
            assert_eq!(answer.header("cache-control"), Some("private, no-store"));
            assert_eq!(
                answer.json()["error"]["data"]["code"],
                "SERVICE_UNAVAILABLE",
                "as its client reads it"
            );
        }
    });
    let none =
        Service::start(&Settings { limits: Limits { in_flight: 0, ..Limits::default() }, ..settings() });
    assert_eq!(none.get("/").status, 503);
    for path in ["/api/health/live", "/api/health/ready"] {
        assert_eq!(none.get(path).status, 200, "{path}");
    }
}

#[test]
fn a_capacity_that_was_stated_is_kept_and_told() {
    let work = Duration::from_millis(20);
    let service = Service::start(&Settings { capacity: Some(Capacity { workers: 2, work }), ..settings() });
    let begun = Instant::now();
    thread::scope(|scope| {
        let all: Vec<_> = (0..10).map(|_| scope.spawn(|| service.get("/").status)).collect();
        assert!(all.into_iter().all(|one| one.join().unwrap() == 200), "nobody is refused");
    });
    assert!(begun.elapsed() >= work * 5, "ten requests, two at a time");
    let text = service.metrics();
    let value = |name: &str| -> f64 {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("{name}: {text}")).parse().unwrap()
    };
    let levels =
        ["", "_busy", "_waiting", "_requests_total"].map(|of| value(&format!("holiday_workers{of}")));
    assert_eq!(levels, [2.0, 0.0, 0.0, 10.0], "health checks are no work");
    assert!(value("holiday_workers_busy_seconds_total") >= 0.2);
    assert!(text.contains("# TYPE holiday_workers_requests_total counter"), "{text}");
    let text = service.metrics_as("application/openmetrics-text");
    assert!(text.contains("# TYPE holiday_workers_requests counter") && text.ends_with("# EOF\n"), "{text}");
    assert_eq!(text.matches("# EOF").count(), 1);

    let never = Service::start(&Settings { never_ready: true, ..settings() });
    assert_eq!((never.get("/api/health/ready").status, never.get("/").status), (503, 200));
}

#[test]
fn a_request_that_takes_too_long_is_given_up() {
    let service = Service::start(&Settings {
        limits: Limits { request: Duration::from_millis(50), ..Limits::default() },
        search_delay: Duration::from_mins(10),
        ..settings()
    });
    let answer = service.post(SEARCH, &[], INPUT);
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
}

#[test]
fn a_client_that_sends_nothing_is_let_go() {
    let service = Service::start(&Settings {
        limits: Limits { head: Duration::from_millis(100), ..Limits::default() },
        ..settings()
    });
    // Nothing, part of HTTP/1.1's head, part of HTTP/2's.
    for sent in ["", "GET / HTTP/1.1\r\nHost: x\r\n", "PRI * HT"] {
        let mut stream = TcpStream::connect(service.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(sent.as_bytes()).unwrap();
        let mut answer = Vec::new();
        // The end of the connection, not the end of this client's patience.
        match stream.read_to_end(&mut answer) {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{sent:?}"),
        }
    }
    assert_eq!(service.get("/api/health/live").status, 200);
}

/// Bodies that are announced and never sent take nobody's place.
#[test]
fn who_announces_a_body_and_sends_none_holds_nobody_up() {
    let service =
        Service::start(&Settings { limits: Limits { in_flight: 1, ..Limits::default() }, ..settings() });
    let head = format!("POST {SEARCH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{");
    let idle: Vec<_> = (0..20)
        .map(|_| {
            let mut stream = TcpStream::connect(service.address()).unwrap();
            stream.write_all(head.as_bytes()).unwrap();
            stream
        })
        .collect();
    // They have arrived as far as they ever will when each is counted as under way.
    let active = format!(
        r#"http_server_active_requests{{http_request_method="POST",url_scheme="http"}} {}"#,
        idle.len()
    );
    while !service.metrics().contains(&active) {
        thread::yield_now();
    }
    for _ in 0..5 {
        assert_eq!(service.post(SEARCH, &[], INPUT).status, 200);
    }
}

/// With all connections in use a restart would mend nothing: the service is ready.
#[test]
fn a_busy_database_is_no_reason_to_restart() {
    let service = Service::start(&Settings { database_connections: Some(1), ..settings() });
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for _ in 0..10 {
                    service.post(SEARCH, &[], INPUT);
                }
            });
        }
        for _ in 0..40 {
            assert_eq!(service.get("/api/health/ready").status, 200);
        }
    });
    let text = service.metrics();
    let asked = text.lines().find_map(|line| {
        line.strip_prefix(r#"db_query_duration_ms_count{operation="ping",model="database"} "#)?
            .parse::<u32>()
            .ok()
    });
    // Once a second at most, however often it is asked.
    assert!(asked.is_some_and(|asked| (1..40).contains(&asked)), "{asked:?}");
    let unknown = service.get("/api/health/nothing");
    assert_eq!(
        (unknown.status, unknown.header("cache-control")),
        (404, Some("no-cache, no-store, must-revalidate"))
    );
}
