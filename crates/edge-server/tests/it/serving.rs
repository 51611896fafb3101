//! What a proxy does with messages, and a cache with answers, seen from outside.

use crate::support::{TestEdge, TestOrigin, answer};

fn fresh() -> TestOrigin {
    TestOrigin::answering(|request| {
        let body = format!("{} by {}", request.path(), request.field("via").unwrap_or_default());
        answer("200 OK", &["Cache-Control: max-age=60", "ETag: \"1\""], &body)
    })
}

#[test]
fn what_is_fresh_is_served_without_asking() {
    let origin = fresh();
    let edge = TestEdge::of(&origin);
    let (first, second) = (edge.get("/a"), edge.get("/a"));
    assert_eq!((first.status, first.body.as_str()), (200, "/a by 1.1 loadline"));
    assert!(first.did().starts_with("loadline;fwd=uri-miss;fwd-status=200;stored"), "{}", first.head);
    assert!(second.did().starts_with("loadline;hit;ttl="), "{}", second.head);
    assert_eq!((second.body.as_str(), origin.count()), (first.body.as_str(), 1));
    assert_eq!(edge.metric("requests_total{outcome=\"hit\"}"), Some(1));
    assert_eq!(edge.metric("requests_total{outcome=\"miss\"}"), Some(1));
    assert_eq!(edge.metric("origin_requests_total{ended=\"2xx\"}"), Some(1));
}

#[test]
fn the_origin_hears_who_asks_and_not_what_a_client_says_of_it() {
    let origin = fresh();
    let edge = TestEdge::of(&origin);
    let lies = [
        "X-Forwarded-For: 1.2.3.4",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Host: evil.test",
        "X-Real-IP: 1.2.3.4",
    ];
    edge.ask(
        "GET",
        "/",
        &[&lies[..], &["Connection: X-Secret", "X-Secret: 1", "TE: trailers", "Keep-Alive: 5"]].concat(),
    );
    let asked = origin.last();
    assert_eq!(asked.field("x-forwarded-for"), Some("127.0.0.1"));
    assert_eq!(asked.field("x-forwarded-proto"), Some("http"));
    assert_eq!(asked.field("x-forwarded-host"), Some("shop.test"));
    assert_eq!(asked.field("host"), Some("shop.test"));
    for gone in ["x-real-ip", "x-secret", "te", "keep-alive"] {
        assert_eq!(asked.field(gone), None, "{gone}");
    }
}

#[test]
fn a_head_and_a_range_and_a_condition_are_answered_from_what_is_kept() {
    let origin = TestOrigin::answering(|_| {
        answer("200 OK", &["Cache-Control: max-age=60", "ETag: \"1\""], "0123456789")
    });
    let edge = TestEdge::of(&origin);
    edge.get("/");
    let head = edge.ask("HEAD", "/", &[]);
    assert_eq!((head.status, head.field("content-length"), head.body.as_str()), (200, Some("10"), ""));
    let range = edge.ask("GET", "/", &["Range: bytes=2-4"]);
    assert_eq!((range.status, range.body.as_str()), (206, "234"));
    assert_eq!(range.field("content-range"), Some("bytes 2-4/10"));
    let same = edge.ask("GET", "/", &["If-None-Match: \"1\""]);
    assert_eq!((same.status, same.body.as_str()), (304, ""));
    assert_eq!(origin.count(), 1);
}

#[test]
fn content_goes_through_whole_and_answers_to_it_are_not_kept() {
    let origin = TestOrigin::answering(|request| answer("200 OK", &[], &request.body.len().to_string()));
    let edge = TestEdge::of(&origin);
    let content = "x".repeat(300_000);
    let head = "POST /a HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n";
    let sized = edge.raw(format!("{head}Content-Length: {}\r\n\r\n{content}", content.len()).as_bytes());
    assert!(sized.ends_with("300000"), "{sized}");
    let chunked = edge.raw(
        format!("{head}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{content}\r\n0\r\n\r\n", content.len())
            .as_bytes(),
    );
    assert!(chunked.ends_with("300000"), "{chunked}");
    assert!(chunked.contains("fwd=method"), "{chunked}");
    assert_eq!(origin.count(), 2);
}

#[test]
fn what_is_no_request_to_one_origin_is_refused() {
    let origin = fresh();
    let edge = TestEdge::of(&origin);
    for (method, path) in [("CONNECT", "shop.test:443"), ("TRACE", "/")] {
        let refused = edge.ask(method, path, &[]);
        assert_eq!(refused.status, 405, "{method}: {}", refused.head);
        assert!(refused.field("allow").is_some_and(|allowed| allowed.contains("QUERY")));
        assert!(!refused.did().is_empty());
    }
    let loops = edge.ask("OPTIONS", "/", &["Max-Forwards: 0"]);
    assert_eq!((loops.status, origin.count()), (200, 0));
    edge.ask("OPTIONS", "/", &["Max-Forwards: 3"]);
    assert_eq!(origin.last().field("max-forwards"), Some("2"));
}

#[test]
fn what_leads_back_is_not_gone_round_for_ever() {
    let origin = fresh();
    let edge = TestEdge::of(&origin);
    edge.get("/a");
    let sign = origin.last().field("cdn-loop").unwrap().to_owned();
    let again = edge.ask("GET", "/b", &[&format!("CDN-Loop: {sign}")]);
    assert_eq!((again.status, origin.count()), (508, 1));
}

#[test]
fn a_body_that_is_too_large_passes_and_is_not_kept() {
    let origin = TestOrigin::new(|request, stream| {
        use std::io::Write;
        let body = "x".repeat(100_000);
        let head = if request.path() == "/sized" {
            format!("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 100000\r\n\r\n{body}")
        } else {
            format!(
                "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n{body}\r\n0\r\n\r\n"
            )
        };
        stream.write_all(head.as_bytes()).is_ok()
    });
    let edge = TestEdge::with(&origin, "", |settings| settings.limits.body = 50_000);
    for path in ["/sized", "/chunked"] {
        for _ in 0..2 {
            let got = edge.get(path);
            assert_eq!((got.status, got.body.len()), (200, 100_000), "{path}");
        }
    }
    assert_eq!(origin.count(), 4);
    assert_eq!(edge.metric("too_large_total"), Some(4));
    assert_eq!(edge.metric("answers"), Some(0));
}

#[test]
fn an_error_is_kept_for_a_while_where_that_was_asked_for() {
    let origin = TestOrigin::answering(|request| match request.path() {
        "/gone" => answer("404 Not Found", &[], "no"),
        _ => answer("404 Not Found", &["Cache-Control: no-store"], "no"),
    });
    let edge =
        TestEdge::with(&origin, "", |settings| settings.negative = Some(std::time::Duration::from_mins(1)));
    for path in ["/gone", "/gone", "/says", "/says"] {
        assert_eq!(edge.get(path).status, 404);
    }
    assert_eq!(origin.count(), 3);
}
