//! Origins that die, hang, answer half, or answer what is no answer.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use loadline_edge::rules::Rules;
use loadline_edge_server::{Origin, Settings};

use crate::support::{TestEdge, TestOrigin, answer};

#[test]
fn an_origin_that_is_not_there_is_502_and_soon_not_waited_for() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let settings = Settings::new(Origin::new(&format!("http://{address}"), None).unwrap());
    let edge = TestEdge::start(settings, || Ok(Rules::default()), |bound| bound);
    for attempt in 0..3 {
        let got = edge.get(&format!("/{attempt}"));
        assert_eq!(got.status, 502);
        assert!(got.body.starts_with("the origin cannot be reached: "), "{}", got.body);
        assert!(got.did().contains("detail=\"origin-unreachable\""), "{}", got.head);
    }
    assert!(edge.get("/3").did().contains("origin-down"));
    assert_eq!(edge.metric("origin_up"), Some(0));
}

#[test]
fn an_origin_that_hangs_is_504() {
    let origin = TestOrigin::new(|_, stream| {
        // It answers nothing until the edge has had enough.
        let _ = stream.read(&mut [0]);
        false
    });
    let edge = TestEdge::with(&origin, "", |settings| {
        settings.waits.connect = Duration::from_millis(50);
        settings.waits.head = Duration::from_millis(50);
    });
    let got = edge.get("/");
    assert_eq!((got.status, got.body.as_str()), (504, "the origin did not answer within 50ms\n"));
    assert_eq!(edge.metric("origin_requests_total{ended=\"head-timeout\"}"), Some(1));
}

#[test]
fn what_is_stale_stands_in_for_an_origin_that_dies() {
    let origin = TestOrigin::new(|request, stream| {
        if request.field("if-none-match").is_some() {
            return false;
        }
        stream
            .write_all(
                answer("200 OK", &["Cache-Control: max-age=1", "Age: 5", "ETag: \"1\""], "old").as_bytes(),
            )
            .is_ok()
    });
    let edge = TestEdge::of(&origin);
    edge.get("/");
    let got = edge.get("/");
    assert_eq!((got.status, got.body.as_str()), (200, "old"));
    assert!(got.did().contains("origin-unreachable"), "{}", got.head);
}

#[test]
fn half_an_answer_is_not_kept_and_not_passed_off_as_a_whole() {
    let halves = [
        "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 10\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf",
    ];
    for half in halves {
        let origin = TestOrigin::new(move |_, stream| {
            let _ = stream.write_all(half.as_bytes());
            false
        });
        let edge = TestEdge::of(&origin);
        for _ in 0..2 {
            let raw = edge.raw(b"GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n");
            assert!(!raw.ends_with("\r\n0\r\n\r\n"), "{half:?} became {raw:?}");
            assert!(!raw.to_ascii_lowercase().contains("content-length: 4\r\n"), "{half:?} became {raw:?}");
        }
        assert_eq!((origin.count(), edge.metric("answers")), (2, Some(0)), "{half:?}");
        assert_eq!(edge.metric("cut_short_total"), Some(2), "{half:?}");
    }
}

#[test]
fn an_answer_that_ends_with_its_connection_passes_and_is_not_kept() {
    let origin = TestOrigin::new(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n\r\nperhaps all");
        false
    });
    let edge = TestEdge::of(&origin);
    for _ in 0..2 {
        let got = edge.get("/");
        assert_eq!((got.status, got.body.as_str()), (200, "perhaps all"));
        assert!(got.did().contains("no-length") && !got.did().contains("stored"), "{}", got.head);
    }
    assert_eq!(origin.count(), 2);
}

#[test]
fn a_connection_that_was_at_its_end_costs_nobody_an_answer() {
    let origin = TestOrigin::new(|request, stream| {
        // It promises to go on, and does not.
        let _ = stream.write_all(answer("200 OK", &["Cache-Control: no-store"], request.path()).as_bytes());
        false
    });
    let edge = TestEdge::of(&origin);
    for path in ["/a", "/b", "/c", "/d"] {
        assert_eq!(edge.get(path).body, path);
    }
}

#[test]
fn an_answer_that_stops_coming_is_given_up() {
    let origin = TestOrigin::new(|_, stream| {
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 10\r\n\r\nhalf");
        let _ = stream.read(&mut [0]);
        false
    });
    let edge = TestEdge::with(&origin, "", |settings| settings.waits.idle = Duration::from_millis(50));
    let got = edge.get("/");
    assert_eq!((got.status, got.body.as_str()), (200, "half"));
    assert_eq!((edge.metric("answers"), edge.metric("origin_cut_total")), (Some(0), Some(1)));
}

#[test]
fn what_splits_or_contradicts_itself_is_no_answer() {
    for wrong in [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        "HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello!",
        "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX-A: b\r\n Set-Cookie: folded=1\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX-A: b\rSet-Cookie: split=1\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX-A: b\0c\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX A: b\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
        "hello\r\n\r\n",
    ] {
        let origin = TestOrigin::new(move |_, stream| {
            let _ = stream.write_all(wrong.as_bytes());
            false
        });
        let edge = TestEdge::of(&origin);
        let got = edge.get("/");
        assert_eq!(got.status, 502, "{wrong:?}: {}", got.head);
        assert!(!got.head.to_ascii_lowercase().contains("set-cookie"), "{wrong:?}: {}", got.head);
        assert_eq!(edge.metric("answers"), Some(0), "{wrong:?}");
    }
}

#[test]
fn bytes_behind_an_answer_are_nobodys() {
    let origin = TestOrigin::new(|request, stream| {
        let smuggled = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 4\r\n\r\nevil";
        let own = answer("200 OK", &["Cache-Control: max-age=60"], request.path());
        stream.write_all(format!("{own}{smuggled}").as_bytes()).is_ok()
    });
    let edge = TestEdge::of(&origin);
    for path in ["/a", "/b", "/c"] {
        assert_eq!(edge.get(path).body, path);
    }
}
