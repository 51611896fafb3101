//! Connections that become something else.

use std::io::{Read, Write};

use crate::support::{TestEdge, TestOrigin, answer};

const ASKED: &str = "GET /live HTTP/1.1\r\nHost: shop.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: abc\r\n\r\n";

#[test]
fn bytes_go_both_ways_once_the_origin_agrees() {
    let origin = TestOrigin::new(|request, stream| {
        assert_eq!(request.field("connection"), Some("upgrade"));
        assert_eq!(request.field("upgrade"), Some("websocket"));
        assert_eq!(request.field("sec-websocket-key"), Some("abc"));
        let agreed = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: xyz\r\n\r\nwelcome";
        stream.write_all(agreed.as_bytes()).unwrap();
        let mut said = [0; 5];
        stream.read_exact(&mut said).unwrap();
        stream.write_all(&said.map(|byte| byte.to_ascii_uppercase())).unwrap();
        false
    });
    let edge = TestEdge::of(&origin);
    let mut stream = edge.connect();
    stream.write_all(ASKED.as_bytes()).unwrap();
    stream.write_all(b"hello").unwrap();
    let mut came = String::new();
    stream.read_to_string(&mut came).unwrap();
    let (head, rest) = came.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(head.contains("upgrade: websocket") && head.contains("sec-websocket-accept: xyz"), "{head}");
    assert_eq!(rest, "welcomeHELLO");
}

#[test]
fn an_origin_may_refuse() {
    let origin = TestOrigin::answering(|_| answer("400 Bad Request", &["Connection: close"], "no"));
    let edge = TestEdge::of(&origin);
    let got = crate::support::Got::parse(
        &edge.raw(ASKED.replace("Connection: Upgrade", "Connection: Upgrade, close").as_bytes()),
    );
    assert_eq!((got.status, got.body.as_str()), (400, "no"));
}

#[test]
fn nobody_goes_on_in_http2_past_the_rules() {
    let origin = TestOrigin::answering(|_| answer("200 OK", &["Cache-Control: max-age=60"], "plain"));
    let edge = TestEdge::of(&origin);
    let got = edge.ask(
        "GET",
        "/",
        &["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"],
    );
    assert_eq!((got.status, got.body.as_str()), (200, "plain"));
    assert_eq!((origin.last().field("upgrade"), origin.last().field("connection")), (None, None));
}
