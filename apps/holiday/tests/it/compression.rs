//! Bodies compressed on their way, in both directions.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use flate2::{
    Compression,
    read::{GzDecoder, ZlibDecoder},
    write::GzEncoder,
};

use crate::service::{PASSWORD, Service};

const SEARCH: &str = "/api/trpc/search.findPrograms";
const INPUT: &[u8] = br#"{"json":{"location":"2000"}}"#;

/// Head and body of an answer, byte by byte; HTTP/1.0 has no chunks.
fn send(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(Service::shared().address()).unwrap();
    let mut request = format!("{method} {path} HTTP/1.0\r\nHost: x\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    request += "\r\n";
    stream.write_all(&[request.as_bytes(), body].concat()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap().to_ascii_lowercase();
    (head, answer[end + 4..].to_vec())
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim()))
}

fn decode(encoding: &str, body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    match encoding {
        "gzip" => GzDecoder::new(body).read_to_end(&mut plain),
        "deflate" => ZlibDecoder::new(body).read_to_end(&mut plain),
        "br" => brotli::Decompressor::new(body, 4_096).read_to_end(&mut plain),
        other => panic!("{other}"),
    }
    .unwrap();
    plain
}

#[test]
fn answers_are_compressed_for_those_who_ask() {
    let (_, plain) = send("POST", SEARCH, &[], INPUT);
    for (asked, encoding) in [
        ("gzip", Some("gzip")),
        ("deflate", Some("deflate")),
        ("br", Some("br")),
        ("gzip;q=0, br;q=0.5", Some("br")),
        ("gzip;q=0, identity", None),
        ("zstd", None),
        ("identity", None),
        ("", None),
    ] {
        let (head, body) = send("POST", SEARCH, &[("Accept-Encoding", asked)], INPUT);
        assert!(head.contains(" 200 "), "{asked}: {head}");
        assert_eq!(header(&head, "content-encoding"), encoding, "{asked}: {head}");
        assert_eq!(header(&head, "vary"), Some("accept-encoding"), "{asked}: {head}");
        match encoding {
            None => assert_eq!(body, plain, "{asked}"),
            Some(encoding) => {
                assert_eq!(decode(encoding, &body), plain, "{asked}");
                assert!(body.len() * 3 < plain.len(), "{asked}: {} of {}", body.len(), plain.len());
            }
        }
    }
}

#[test]
fn what_says_that_it_varies_does() {
    for path in
        ["/api/trpc/public.getPrograms", "/api/trpc/public.getProviders", "/images/programs/7.svg", "/"]
    {
        let (plain_head, plain) = send("GET", path, &[], b"");
        let (head, body) = send("GET", path, &[("Accept-Encoding", "gzip")], b"");
        let varies = |head: &str| header(head, "vary").is_some_and(|vary| vary.contains("accept-encoding"));
        assert_eq!(
            (varies(&plain_head), varies(&head)),
            (plain.len() >= 1_024, plain.len() >= 1_024),
            "{path}"
        );
        if plain.len() >= 1_024 {
            assert_eq!(header(&head, "content-encoding"), Some("gzip"), "{path}: {head}");
            assert_eq!(decode("gzip", &body), plain, "{path}");
        } else {
            assert_eq!((header(&head, "content-encoding"), body), (None, plain), "{path}");
        }
    }
    // Too small to gain anything; and lines that are sent one by one.
    for (path, headers) in [
        ("/api/health/live", &[("Accept-Encoding", "gzip")][..]),
        (
            "/api/trpc/public.getPrograms?batch=1",
            &[("Accept-Encoding", "gzip"), ("trpc-accept", "application/jsonl")],
        ),
    ] {
        let (head, _) = send("GET", path, headers, b"");
        assert_eq!(header(&head, "content-encoding"), None, "{path}: {head}");
    }
}

#[test]
fn compressed_requests_are_understood_or_refused_in_words() {
    let gzip = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let (_, plain) = send("POST", SEARCH, &[], INPUT);
    let (head, body) = send("POST", SEARCH, &[("Content-Encoding", "gzip")], &gzip(INPUT));
    assert!(head.contains(" 200 ") && body == plain, "{head}");
    let login =
        serde_json::json!({ "email": "loadtest-2@test.holiday-aggregator.com", "password": PASSWORD });
    let path = "/api/auth/callback/credentials";
    let (head, _) = send("POST", path, &[("Content-Encoding", "gzip")], &gzip(login.to_string().as_bytes()));
    assert!(head.contains(" 200 "), "{head}");

    for path in [SEARCH, path] {
        let (head, body) = send("POST", path, &[("Content-Encoding", "zstd")], INPUT);
        assert!(head.contains(" 415 "), "{path}: {head}");
        assert_eq!(header(&head, "accept-encoding"), Some("gzip, deflate, br"), "{path}: {head}");
        let said = String::from_utf8(body).unwrap();
        assert!(said.contains("send it as gzip, deflate or br"), "{path}: {said}");
        let (head, _) = send("POST", path, &[("Content-Encoding", "gzip")], INPUT);
        assert!(head.contains(" 400 "), "{path}: {head}");
        // A few hundred bytes that would be ten megabytes.
        let (head, _) = send("POST", path, &[("Content-Encoding", "gzip")], &gzip(&vec![b' '; 10_000_000]));
        assert!(head.contains(" 413 "), "{path}: {head}");
    }
}
