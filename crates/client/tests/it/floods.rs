//! Peers that never come to an end: each request ends by a limit or its time-out, and others go on.

use std::time::Duration;

use loadline_client::{BodyMode, Client, ClientConfig, Http2};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::server::{client, failure, get_from, plain_client, read_request, response, serve};

/// Reads a request, writes `start`, then `again` for ever.
async fn endless(start: &'static [u8], again: &'static [u8]) -> std::net::SocketAddr {
    let block = again.repeat((64 << 10) / again.len() + 1);
    serve(move |_, mut stream| {
        let block = block.clone();
        async move {
            read_request(&mut stream).await;
            stream.write_all(start).await.ok();
            while stream.write_all(&block).await.is_ok() {}
        }
    })
    .await
}

/// What ends it, and after how many bytes at most; 0 is the time-out.
async fn check(start: &'static [u8], again: &'static [u8], words: &str, most: u64) {
    let address = endless(start, again).await;
    let mut request = get_from(address);
    request.timeout = if most == 0 { Duration::from_millis(150) } else { Duration::from_mins(1) };
    request.body_mode = BodyMode::Discard;
    let exchange = plain_client().send(request, None).await;
    let failure = failure(&exchange);
    assert_eq!(failure.code, if most == 0 { 1050 } else { 1000 }, "{failure}");
    assert!(failure.to_string().contains(words), "{failure}");
    assert!(most == 0 || exchange.last().received_bytes < most, "{}", exchange.last().received_bytes);
}

#[tokio::test]
async fn heads_chunks_and_trailers_end_at_a_limit() {
    check(b"HTTP/1.1 200 OK\r\n", b"X-Field: value\r\n", "longer than 262144 bytes", 1 << 20).await;
    check(b"HTTP/1.1 200 OK\r\nX: ", b"y", "longer than 262144 bytes", 1 << 20).await;
    check(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", "informational", 1 << 20).await;
    check(b"", b"HTTP/1.1 100 Continue\r\n\r\n", "informational", 1 << 20).await;
    check(b"", b"\r\n", "longer than 262144 bytes", 1 << 20).await;
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    check(chunked, b"0", "too large", 1 << 20).await;
    check(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"e", "extension is too long", 1 << 20)
        .await;
    check(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
        b"T: v\r\n",
        "trailers are too long",
        1 << 20,
    )
    .await;
}

#[tokio::test]
async fn what_may_be_endless_ends_by_the_time_out() {
    check(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"1;e=e\r\nx\r\n",
        "receiving the response",
        0,
    )
    .await;
    check(b"HTTP/1.1 200 OK\r\n\r\n", b"x", "receiving the response", 0).await;
    check(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n", b"x", "receiving the response", 0)
        .await;
}

#[tokio::test]
async fn a_flood_leaves_others_their_turn() {
    let address = endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x").await;
    let quiet = serve(|_, mut stream| async move {
        while read_request(&mut stream).await.is_some() {
            crate::server::write_ok(&mut stream, "ok").await;
        }
    })
    .await;
    let (flooded, other) = (plain_client(), plain_client());
    let mut request = get_from(address);
    request.timeout = Duration::from_mins(1);
    request.body_mode = BodyMode::Discard;
    tokio::select! {
        biased;
        exchange = flooded.send(request, None) => panic!("{exchange:?}"),
        () = async {
            for _ in 0..50 {
                assert_eq!(response(&other.send(get_from(quiet), None).await).body, "ok");
            }
        } => {}
    }
}

#[tokio::test]
async fn lengths_that_lie() {
    let check = async |text: &'static str, expected: Result<&str, &str>| {
        let address = crate::server::answer(text).await;
        let exchange = plain_client().send(get_from(address), None).await;
        match (&exchange.last().outcome, expected) {
            (Ok(response), Ok(body)) => assert_eq!(response.body, body, "{text:?}"),
            (Err(failure), Err(words)) => assert!(failure.to_string().contains(words), "{text:?}: {failure}"),
            (outcome, _) => panic!("{text:?}: {outcome:?}"),
        }
    };
    check("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabcdef", Ok("ab")).await;
    check("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab", Err("unexpected EOF")).await;
    check("HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nabc", Err("several Content-Lengths")).await;
    check("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nabcde", Ok("")).await;
}

/// A connection of HTTP/2 by hand: waits for the first request, then writes `start` and `again` for ever.
async fn endless_http2(start: Vec<u8>, again: Vec<u8>) -> (Client, std::net::SocketAddr) {
    let block = again.repeat((64 << 10) / again.len().max(1) + 1);
    let address = serve(move |_, mut stream: TcpStream| {
        let (start, block) = (start.clone(), block.clone());
        async move {
            stream.write_all(&frame(4, 0, 0, &[])).await.ok();
            let mut read = Vec::new();
            // Frame type 1 on stream 1 is the request.
            while !read.windows(6).any(|bytes: &[u8]| bytes[0] == 1 && bytes[2..] == [0, 0, 0, 1]) {
                if stream.read_buf(&mut read).await.unwrap_or(0) == 0 {
                    return;
                }
            }
            let (mut reader, mut writer) = stream.split();
            let drain = async {
                let mut sink = vec![0; 64 << 10];
                while reader.read(&mut sink).await.is_ok_and(|count| count > 0) {}
            };
            let flood = async {
                writer.write_all(&start).await.ok();
                while !block.is_empty() && writer.write_all(&block).await.is_ok() {}
                std::future::pending::<()>().await;
            };
            tokio::select! { () = drain => {}, () = flood => {} }
        }
    })
    .await;
    (client(ClientConfig { http2: Http2::PriorKnowledge, ..ClientConfig::default() }), address)
}

/// RFC 9113 section 4.1.
fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags, 0, 0, 0, stream], payload].concat()
}

async fn check_http2(start: Vec<u8>, again: Vec<u8>, codes: &[u16]) {
    let (client, address) = endless_http2(start, again).await;
    let mut request = get_from(address);
    request.timeout = Duration::from_millis(250);
    let exchange = client.send(request, None).await;
    let failure = failure(&exchange);
    assert!(codes.contains(&failure.code), "{} {failure}", failure.code);
}

#[tokio::test]
async fn floods_of_http2_end_too() {
    const TIMEOUT: u16 = 1050;
    const CONNECTION: std::ops::RangeInclusive<u16> = 1650..=1669;
    let or_broken: Vec<u16> = CONNECTION.chain(1610..=1649).chain([TIMEOUT, 1000, 1201, 1220]).collect();
    // `:status: 200` is 0x88 in HPACK's table; 0x00 begins a field with a new name.
    let field = [&[0, 1, b'x', 127, 0][..], &[b'y'; 127]].concat();
    let headers = frame(1, 0, 1, &[0x88]);
    // A head without an end, in frames of fields and in empty ones.
    check_http2(headers.clone(), frame(9, 0, 1, &field.repeat(100)), &or_broken).await;
    check_http2(headers.clone(), frame(9, 0, 1, &[]), &or_broken).await;
    // Informational answers, `:status: 103`.
    let informational = [&[0x08, 3][..], b"103"].concat();
    check_http2(Vec::new(), frame(1, 4, 1, &informational), &or_broken).await;
    // Pings, settings, window updates, and frames that nobody knows.
    check_http2(Vec::new(), frame(6, 0, 0, &[0; 8]), &or_broken).await;
    check_http2(Vec::new(), frame(4, 0, 0, &[]), &or_broken).await;
    check_http2(Vec::new(), frame(8, 0, 0, &[0, 0, 0, 1]), &or_broken).await;
    check_http2(Vec::new(), frame(0x2f, 0, 0, &[0; 100]), &[TIMEOUT]).await;
    // A body that has begun and stops, and one of empty pieces.
    let head = frame(1, 4, 1, &[0x88]);
    check_http2([head.clone(), frame(0, 0, 1, b"half")].concat(), Vec::new(), &[TIMEOUT]).await;
    check_http2(head.clone(), frame(0, 0, 1, &[]), &or_broken).await;
    // A body longer and shorter than announced: `content-length` is 28 in the table.
    let announced = frame(1, 4, 1, &[0x88, 0x0f, 0x0d, 1, b'2']);
    check_http2([announced.clone(), frame(0, 1, 1, b"abc")].concat(), Vec::new(), &or_broken).await;
    check_http2([announced, frame(0, 1, 1, b"a")].concat(), Vec::new(), &or_broken).await;
}

#[tokio::test]
async fn a_window_that_stays_shut_ends_by_the_time_out() {
    // The initial window of 65,535 bytes is never enlarged.
    let (client, address) = endless_http2(Vec::new(), Vec::new()).await;
    let mut request = get_from(address);
    request.method = http::Method::POST;
    request.body = vec![0; 200_000].into();
    request.timeout = Duration::from_millis(150);
    let exchange = client.send(request, None).await;
    assert_eq!(failure(&exchange).code, 1050);
    assert!(failure(&exchange).to_string().contains("sending the request"), "{}", failure(&exchange));
}
