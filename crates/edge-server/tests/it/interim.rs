//! Interim answers: those of an origin are never taken for the answer, and a client's wish for one is granted here.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use loadline_edge::rules::Rules;
use loadline_edge_server::{Origin, Settings};

use crate::support::{Got, TestEdge, TestOrigin, answer};

#[test]
fn interim_answers_go_no_further_and_the_answer_behind_them_is_kept() {
    for interim in [
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nCache-Control: max-age=1000\r\n\r\n",
        "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nSet-Cookie: early=1\r\n\r\nHTTP/1.1 199 \r\n\r\n",
    ] {
        let origin = TestOrigin::answering(move |_| {
            format!("{interim}{}", answer("200 OK", &["Cache-Control: max-age=60"], "final"))
        });
        let edge = TestEdge::of(&origin);
        for did in ["loadline;fwd=uri-miss;fwd-status=200;stored", "loadline;hit;ttl="] {
            let raw = edge.raw(b"GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n");
            let got = Got::parse(&raw);
            assert_eq!((got.status, got.body.as_str()), (200, "final"), "{interim:?}");
            assert!(got.did().starts_with(did), "{interim:?}: {}", got.head);
            assert_eq!(raw.matches("HTTP/1.1 ").count(), 1, "{interim:?}: {raw}");
            for early in ["link", "set-cookie"] {
                assert_eq!(got.field(early), None, "{interim:?}");
            }
        }
        assert_eq!(origin.count(), 1, "{interim:?}");
    }
}

#[test]
fn nothing_but_interim_answers_is_no_answer() {
    let origin = TestOrigin::new(|_, stream| {
        while stream.write_all(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n").is_ok() {}
        false
    });
    let edge = TestEdge::with(&origin, "", |settings| {
        settings.waits.connect = Duration::from_millis(50);
        settings.waits.head = Duration::from_millis(50);
    });
    let got = edge.get("/");
    assert_eq!((got.status, got.body.as_str()), (504, "the origin did not answer within 50ms\n"));
}

#[test]
fn another_protocol_that_nobody_has_asked_for_is_no_answer() {
    let switched = |asked: &'static str| {
        let origin = TestOrigin::new(move |_, stream| {
            let head = format!("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n{asked}\r\n");
            // What it says after that would be the next answer to somebody.
            let _ = stream
                .write_all(format!("{head}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil").as_bytes());
            let _ = stream.read(&mut [0]);
            false
        });
        let edge = TestEdge::of(&origin);
        let plain = edge.get("/a");
        let wanted = edge.raw(b"GET /b HTTP/1.1\r\nHost: shop.test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nGET /c HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n");
        (plain, Got::parse(&wanted))
    };
    for asked in ["Upgrade: websocket\r\n", "Upgrade: h2c\r\n", ""] {
        let (plain, wanted) = switched(asked);
        assert_eq!(plain.status, 502, "{asked:?}: {}", plain.head);
        assert!(!plain.body.contains("evil"), "{asked:?}: {}", plain.body);
        if !asked.contains("websocket") {
            assert_eq!(wanted.status, 502, "{asked:?}: {}", wanted.head);
        }
    }
}

#[test]
fn who_waits_to_be_asked_for_content_is_asked_once_somebody_reads_it() {
    let origin = TestOrigin::answering(|request| {
        let expects = request.field("expect").unwrap_or("nothing");
        answer("200 OK", &[], &format!("{} and {expects}", String::from_utf8_lossy(&request.body)))
    });
    let edge = TestEdge::of(&origin);
    for method in ["POST", "QUERY"] {
        let mut stream = edge.connect();
        let head = format!(
            "{method} /a HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 7\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let go_on = b"HTTP/1.1 100 Continue\r\n\r\n";
        let mut came = [0; 25];
        stream.read_exact(&mut came).unwrap();
        assert_eq!(&came, go_on, "{method}");
        stream.write_all(b"content").unwrap();
        let mut rest = String::new();
        stream.read_to_string(&mut rest).unwrap();
        let got = Got::parse(&rest);
        assert_eq!((got.status, got.body.as_str()), (200, "content and nothing"), "{method}: {rest}");
    }
}

#[test]
fn content_that_nobody_will_read_is_not_asked_for() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut settings = Settings::new(Origin::new(&format!("http://{nobody}"), None).unwrap());
    settings.largest_query = 6;
    let edge = TestEdge::start(settings, || Ok(Rules::default()), |bound| bound);
    for (method, status) in [("TRACE", 405), ("QUERY", 413), ("POST", 502)] {
        let raw = edge.raw(
            format!("{method} /a HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 7\r\n\r\n")
                .as_bytes(),
        );
        assert_eq!(Got::parse(&raw).status, status, "{method}: {raw}");
    }
}
