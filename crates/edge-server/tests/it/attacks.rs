//! Clients that mean harm: requests that two readers read differently, answers that are to reach somebody else, and
//! connections that are to cost more than they should.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::time::Duration;

use crate::support::{Got, TestEdge, TestOrigin, answer};

fn echo() -> TestOrigin {
    TestOrigin::answering(|request| {
        let body = format!("{} {}", request.line, String::from_utf8_lossy(&request.body));
        answer("200 OK", &["Cache-Control: max-age=60"], &body)
    })
}

#[test]
fn a_request_that_can_be_read_in_two_ways_reaches_nobody() {
    let origin = echo();
    let edge = TestEdge::of(&origin);
    let smuggled = "GET /smuggled HTTP/1.1\r\nHost: shop.test\r\n\r\n";
    for fields in [
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5, 6",
        "Content-Length: +5",
        "Content-Length: 0x5",
        "Content-Length: 5\r\n Content-Length: 6",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding : chunked",
        "X-A: b\r\n folded",
        "X-A: b\rTransfer-Encoding: chunked",
        "X A: b",
        "X-A: b\0",
    ] {
        let before = origin.count();
        let raw = edge.raw(
            format!("POST /a HTTP/1.1\r\nHost: shop.test\r\n{fields}\r\n\r\n0\r\n\r\n{smuggled}").as_bytes(),
        );
        assert_eq!(Got::parse(&raw).status, 400, "{fields:?}: {raw}");
        assert_eq!(origin.count(), before, "{fields:?}");
        assert_eq!(raw.matches("HTTP/1.1 ").count(), 1, "{fields:?}: {raw}");
    }
}

#[test]
fn a_length_beside_a_transfer_coding_is_neither_believed_nor_passed_on() {
    // The coding counts, and the connection ends behind it (RFC 9112 §6.1), whichever comes first.
    for fields in
        ["Content-Length: 4\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 4"]
    {
        let origin = echo();
        let edge = TestEdge::of(&origin);
        let request = format!(
            "POST /a HTTP/1.1\r\nHost: shop.test\r\n{fields}\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: shop.test\r\n\r\n"
        );
        let raw = edge.raw(request.as_bytes());
        assert!(raw.contains("POST /a HTTP/1.1 hello"), "{fields:?}: {raw}");
        assert_eq!((origin.count(), raw.contains("/smuggled")), (1, false), "{fields:?}: {raw}");
        assert_eq!(origin.last().field("content-length"), None, "{fields:?}");
    }
}

#[test]
fn two_hosts_and_none_are_refused() {
    let origin = echo();
    let edge = TestEdge::of(&origin);
    for head in [
        "GET /a HTTP/1.1\r\n",
        "GET /a HTTP/1.1\r\nHost: shop.test\r\nHost: evil.test\r\n",
        "GET http://evil.test/a HTTP/1.1\r\nHost: shop.test\r\n",
        "GET /a HTTP/1.1\r\nHost: shop.test/evil\r\n",
        "GET /a HTTP/1.1\r\nHost: me@shop.test\r\n",
    ] {
        let got = Got::parse(&edge.raw(format!("{head}Connection: close\r\n\r\n").as_bytes()));
        assert_eq!(got.status, 400, "{head:?}");
    }
    assert_eq!(origin.count(), 0);
}

#[test]
fn nobody_chooses_what_others_are_served() {
    // What an origin could take for another host, another method, or another path.
    let origin = TestOrigin::answering(|request| {
        let fields = &request.fields;
        let said: Vec<&str> = [
            "x-forwarded-host",
            "x-host",
            "x-original-url",
            "x-rewrite-url",
            "forwarded",
            "x-forwarded-scheme",
        ]
        .iter()
        .filter(|name| fields.get(**name).is_some_and(|lines| lines[0].contains("evil")))
        .copied()
        .collect();
        answer("200 OK", &["Cache-Control: max-age=60"], &format!("[{}]", said.join(",")))
    });
    let edge = TestEdge::of(&origin);
    for (index, field) in [
        "X-Forwarded-Host: evil.test",
        "X-Host: evil.test",
        "X-Original-URL: /evil",
        "X-Rewrite-URL: /evil",
        "Forwarded: host=evil.test",
    ]
    .into_iter()
    .enumerate()
    {
        let path = format!("/{index}");
        edge.ask("GET", &path, &[field]);
        assert_eq!(edge.get(&path).body, "[]", "{field}");
    }
}

#[test]
fn a_get_that_is_more_than_it_seems_is_nobody_elses_answer() {
    let origin = TestOrigin::answering(|request| {
        let method = request.field("x-http-method-override").unwrap_or("GET");
        answer(
            "200 OK",
            &["Cache-Control: max-age=60"],
            &format!("{method}{}", String::from_utf8_lossy(&request.body)),
        )
    });
    let edge = TestEdge::of(&origin);
    let fat =
        edge.raw(b"GET /a HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 4\r\nConnection: close\r\n\r\nevil");
    assert!(fat.ends_with("GETevil"), "{fat}");
    assert_eq!(edge.get("/a").body, "GET");
    edge.ask("GET", "/b", &["X-HTTP-Method-Override: DELETE"]);
    assert_eq!(edge.get("/b").body, "GET");
}

#[test]
fn a_page_of_somebodys_own_is_not_kept_because_its_path_looks_like_a_file() {
    const RULES: &str = "[[rule]]\npath = '/**/*.{css,js}'\ncache = { public = true, max_age = '1h' }\n\n[[rule]]\npath = '/**'\ncache = { private = true, no_store = true }\n";
    // It takes `/account/x.css`, `/account;x.css` and `/account%2fx.css` for `/account`, and shows who is there.
    let origin =
        TestOrigin::answering(|request| answer("200 OK", &[], request.field("cookie").unwrap_or("nobody")));
    let edge = TestEdge::with(&origin, RULES, |_| {});
    for path in [
        "/account/x.css",
        "/account;x.css",
        "/account%2fx.css",
        "/account%00/x.css",
        "/a/..%2faccount/x.css",
        "/account%3fx.css",
    ] {
        let own = edge.ask("GET", path, &["Cookie: session=ann"]);
        let others = edge.get(path);
        assert_eq!(others.body, "nobody", "{path}: {} then {}", own.head, others.head);
    }
}

#[test]
fn answers_that_vary_without_end_take_the_room_of_a_few() {
    let origin = TestOrigin::answering(|request| {
        answer(
            "200 OK",
            &["Cache-Control: max-age=60", "Vary: X-Any"],
            request.field("x-any").unwrap_or_default(),
        )
    });
    let edge = TestEdge::of(&origin);
    for index in 0..200 {
        assert_eq!(edge.ask("GET", "/a", &[&format!("X-Any: {index}")]).body, index.to_string());
    }
    let kept = edge.metric("answers").unwrap();
    assert!(kept <= 64, "{kept} are kept");
    assert_eq!(edge.metric("variants_dropped_total"), Some(200 - kept));
}

#[test]
fn heads_that_are_too_large_or_have_too_many_fields_are_431() {
    let origin = echo();
    let edge = TestEdge::of(&origin);
    let many = (0..200).fold(String::new(), |mut fields, index| {
        let _ = write!(fields, "X-{index}: a\r\n");
        fields
    });
    for fields in [many, format!("X-Large: {}\r\n", "a".repeat(100_000))] {
        let raw = edge.raw(format!("GET / HTTP/1.1\r\nHost: shop.test\r\n{fields}\r\n").as_bytes());
        assert_eq!(Got::parse(&raw).status, 431, "{raw}");
    }
    assert_eq!(origin.count(), 0);
}

#[test]
fn content_that_never_comes_is_408_and_holds_nothing() {
    let origin = echo();
    let edge = TestEdge::with(&origin, "", |settings| settings.waits.content = Duration::from_millis(50));
    for method in ["POST", "QUERY"] {
        let mut stream = edge.connect();
        stream
            .write_all(format!("{method} /a HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\nContent-Length: 10\r\n\r\nhalf").as_bytes())
            .unwrap();
        let mut came = String::new();
        stream.read_to_string(&mut came).unwrap();
        assert_eq!(Got::parse(&came).status, 408, "{method}: {came}");
    }
}

#[test]
fn a_client_that_goes_in_the_middle_leaves_nothing_behind() {
    let origin = echo();
    let edge = TestEdge::of(&origin);
    for part in ["GET /a HTT", "POST /a HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 10\r\n\r\nhalf"] {
        let mut stream = edge.connect();
        stream.write_all(part.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut came = Vec::new();
        // Whether it is told anything does not matter; that the connection ends does.
        let _ = stream.read_to_end(&mut came);
    }
    assert_eq!(edge.get("/b").status, 200);
}

/// A frame of HTTP/2.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend_from_slice(&stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// `GET / http shop.test` in HPACK, without compression of strings.
const HEADERS: &[u8] = b"\x82\x84\x86\x41\x09shop.test";
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Sends frames until the other side has had enough. Whether it has, before all are out.
fn flooded(edge: &TestEdge, first: &[u8], frames: impl Iterator<Item = Vec<u8>>) -> bool {
    let mut stream = edge.connect();
    let mut reading = stream.try_clone().unwrap();
    let reader = std::thread::spawn(move || {
        let mut ignored = [0; 4096];
        while matches!(reading.read(&mut ignored), Ok(1..)) {}
    });
    let mut is_over = stream.write_all(&[PREFACE, &frame(4, 0, 0, &[]), first].concat()).is_err();
    for frame in frames {
        if is_over {
            break;
        }
        is_over = stream.write_all(&frame).is_err();
    }
    let _ = stream.shutdown(Shutdown::Both);
    reader.join().unwrap();
    is_over
}

#[test]
fn floods_of_frames_end_their_connection_and_nobody_elses() {
    let origin = TestOrigin::answering(|_| answer("200 OK", &["Cache-Control: no-store"], "a"));
    let edge = TestEdge::of(&origin);
    // Requests that are taken back at once, a head that never ends, and settings and pings without end.
    let resets = (0..100_000_u32).map(|index| {
        let stream = 2 * index + 1;
        [frame(1, 0x5, stream, HEADERS), frame(3, 0, stream, &8_u32.to_be_bytes())].concat()
    });
    assert!(flooded(&edge, &[], resets), "requests that are taken back");
    let continuations = (0..1_000_000).map(|_| frame(9, 0, 1, &[0; 1000]));
    assert!(flooded(&edge, &frame(1, 0, 1, HEADERS), continuations), "a head that never ends");
    assert_eq!(edge.get("/").status, 200);
    // They cost as much as they bring, and hold nothing.
    flooded(&edge, &[], (0..20_000).map(|_| frame(4, 0, 0, &[0, 3, 0, 0, 0, 100])));
    flooded(&edge, &[], (0..20_000).map(|_| frame(6, 0, 0, &[0; 8])));
    assert_eq!(edge.get("/").status, 200);
}
