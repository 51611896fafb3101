//! The decoder against tables of responses, each fed whole, byte by byte and cut at every position.

use super::*;
use crate::bodies::{Bodies, Refused};
use crate::request::BodyMode;
use proptest::prelude::*;
use std::sync::Arc;

/// What came of feeding: status, body and whether the connection is kept; or why not.
fn decode(to_head: bool, pieces: &[&[u8]], closes: bool) -> Result<(u16, String, bool), String> {
    let bodies = Arc::new(Bodies::new(1 << 20, 1 << 20));
    let mut decoder = Decoder::new(to_head, Body::new(BodyMode::Keep, &bodies));
    for piece in pieces {
        decoder.feed(piece).map_err(|malformed| format!("{malformed:?}"))?;
    }
    if closes && !decoder.is_done() {
        decoder.end().map_err(|malformed| format!("{malformed:?}"))?;
    }
    if !decoder.is_done() {
        return Err("incomplete".to_owned());
    }
    let status = decoder.head.as_ref().map_or(0, |head| head.status);
    let keep_alive = decoder.keep_alive();
    Ok((status, decoder.body.take().escape_ascii().to_string(), keep_alive))
}

fn every_cut(to_head: bool, text: &[u8], closes: bool) -> Vec<Result<(u16, String, bool), String>> {
    let mut results = vec![decode(to_head, &[text], closes)];
    let bytes: Vec<&[u8]> = text.chunks(1).collect();
    results.push(decode(to_head, &bytes, closes));
    for cut in 0..=text.len() {
        results.push(decode(to_head, &[&text[..cut], &text[cut..]], closes));
    }
    results
}

#[track_caller]
fn check(text: &str, closes: bool, expected: (u16, &str, bool)) {
    for result in every_cut(false, text.as_bytes(), closes) {
        let (status, body, keep_alive) = result.unwrap();
        assert_eq!((status, body.as_str(), keep_alive), expected, "{text:?}");
    }
}

#[track_caller]
fn check_broken(text: &str, closes: bool, words: &str) {
    for result in every_cut(false, text.as_bytes(), closes) {
        let error = result.unwrap_err();
        assert!(error.contains(words), "{text:?}: {error}");
    }
}

#[test]
fn length_frames_the_body() {
    check("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false, (200, "hello", true));
    check("HTTP/1.1 200 OK\r\ncontent-length:5\r\n\r\nhello", false, (200, "hello", true));
    check("HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", false, (200, "hello", true));
    check("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, (200, "", true));
    check("HTTP/1.1 200\r\nContent-Length: 2, 2\r\n\r\nhi", false, (200, "hi", true));
    check("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi", false, (200, "hi", false));
    check("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi!", false, (200, "hi", false));
    check("\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", false, (200, "hi", true));
}

#[test]
fn chunks_frame_the_body() {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let with = |body: &str| format!("{head}{body}");
    check(&with("5\r\nhello\r\n0\r\n\r\n"), false, (200, "hello", true));
    check(&with("3\r\nhel\r\n2;name=\"v\"\r\nlo\r\n000\r\n\r\n"), false, (200, "hello", true));
    check(&with("5 ; a\r\nhello\r\n0;last\r\nX-Sum: 1\r\nY: 2\r\n\r\n"), false, (200, "hello", true));
    check(&with("A\r\n0123456789\r\n0\r\n\r\n"), false, (200, "0123456789", true));
    check(&with("1\nx\n0\n\n"), false, (200, "x", true));
    check(&with("0\r\n\r\n"), false, (200, "", true));
    check(&with("0\r\n\r\nHTTP/1.1 200"), false, (200, "", false));
    check_broken(&with("xyz\r\n"), false, "hexadecimal");
    check_broken(&with("\r\n"), false, "hexadecimal");
    check_broken(&with("11111111111111111\r\n"), false, "too large");
    check_broken(&with("2\r\nabc\r\n"), false, "longer than its size");
    check_broken(&with("5\r\nhel"), true, "Cut");
    check_broken(&with("5\r\nhello\r\n"), true, "Cut");
    check_broken(&with(&format!("1;{}\r\n", "e".repeat(20_000))), false, "extension");
}

#[test]
fn the_end_of_the_connection_frames_the_body() {
    check("HTTP/1.1 200 OK\r\n\r\nall of it", true, (200, "all of it", false));
    check("HTTP/1.0 200 OK\r\n\r\n", true, (200, "", false));
    check("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\nraw", true, (200, "raw", false));
    check_broken("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", true, "Cut");
    check_broken("HTTP/1.1 200 OK\r\nContent-Le", true, "Cut");
    check_broken("", true, "Cut");
}

#[test]
fn some_responses_have_no_body() {
    check("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", false, (204, "", true));
    check("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", false, (304, "", true));
    check("HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", false, (101, "", false));
    let text = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    for result in every_cut(true, text, false) {
        assert_eq!(result.unwrap(), (200, String::new(), true));
    }
}

#[test]
fn informational_responses_are_passed_over() {
    check(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        false,
        (200, "ok", true),
    );
}

#[test]
fn informational_responses_end_somewhere() {
    let one = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    let some = format!("{}HTTP/1.1 204 No Content\r\n\r\n", one.repeat(100));
    assert_eq!(decode(false, &[some.as_bytes()], false).unwrap().0, 204);
    let endless = one.repeat(10_000);
    for size in [one.len(), 1000, endless.len()] {
        let pieces: Vec<&[u8]> = endless.as_bytes().chunks(size).collect();
        assert!(decode(false, &pieces, false).unwrap_err().contains("informational"), "{size}");
    }
}

#[test]
fn old_and_ambiguous_responses() {
    check("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", false, (200, "hi", false));
    check(
        "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nhi",
        false,
        (200, "hi", true),
    );
    check(
        "HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        false,
        (200, "x", false),
    );
    check_broken("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", false, "several");
    check_broken("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", false, "bad Content-Length");
    check_broken(
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        false,
        "bad Content-Length",
    );
    check_broken("SSH-2.0-OpenSSH_9.2\r\n", false, "malformed HTTP response");
    check_broken("HTTP/1.1 abc\r\n\r\n", false, "malformed HTTP response");
    check_broken("HTTP/1.1 200 OK\r\nbad header\r\n\r\n", false, "malformed HTTP response");
}

#[test]
fn heads_of_any_sensible_size() {
    let fields = "X-Field: v\r\n".repeat(500);
    let text = format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: 2\r\n\r\nhi");
    assert_eq!(decode(false, &[text.as_bytes()], false).unwrap().1, "hi");
    let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "y".repeat(300 << 10));
    assert!(decode(false, &[endless.as_bytes()], false).unwrap_err().contains("longer than"));
    let many = "X: v\r\n".repeat(5000);
    let text = format!("HTTP/1.1 200 OK\r\n{many}\r\n");
    assert!(decode(false, &[text.as_bytes()], false).unwrap_err().contains("header fields"));
}

#[test]
fn bodies_beyond_the_limit_are_refused_before_they_are_read() {
    let bodies = Arc::new(Bodies::new(10, 20));
    let mut decoder = Decoder::new(false, Body::new(BodyMode::Keep, &bodies));
    let refused = decoder.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n");
    assert_eq!(refused, Err(Malformed::Refused(Refused::One(10))));
    let mut decoder = Decoder::new(false, Body::new(BodyMode::Keep, &bodies));
    let refused = decoder.feed(b"HTTP/1.1 200 OK\r\n\r\n0123456789x");
    assert_eq!(refused, Err(Malformed::Refused(Refused::One(10))));
    let mut decoder = Decoder::new(false, Body::new(BodyMode::Discard, &bodies));
    decoder.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n0123456789x").unwrap();
    assert_eq!((decoder.is_done(), decoder.body.received(), decoder.body.take().len()), (true, 11, 0));
}

/// Text that often gets past the first line.
fn likely() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        Just("HTTP/1.1 200 OK\r\n"),
        Just("HTTP/1.0 404 No\r\n"),
        Just("HTTP/1.1 100 Continue\r\n\r\n"),
        Just("Content-Length: 3\r\n"),
        Just("Transfer-Encoding: chunked\r\n"),
        Just("Connection: close\r\n"),
        Just("X: y\r\n"),
        Just("\r\n"),
        Just("\n"),
        Just("3\r\nabc\r\n"),
        Just("0\r\n\r\n"),
        Just("abc"),
        Just(":"),
    ];
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat().into_bytes()),
    ]
}

proptest! {
    #[test]
    fn any_bytes_cut_anywhere_decode_alike(bytes in likely(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6), to_head: bool) {
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        places.sort_unstable();
        let mut pieces = Vec::new();
        let mut from = 0;
        for place in places {
            pieces.push(&bytes[from..place]);
            from = place;
        }
        pieces.push(&bytes[from..]);
        let whole = decode(to_head, &[&bytes], true);
        let cut = decode(to_head, &pieces, true);
        match (whole, cut) {
            (Ok(whole), Ok(cut)) => prop_assert_eq!(whole, cut),
            // Why it is broken may be noticed at another place.
            (whole, cut) => prop_assert_eq!(whole.is_err(), cut.is_err()),
        }
    }
}
