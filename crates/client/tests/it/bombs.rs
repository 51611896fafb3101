//! Bodies that are far larger than what is sent, and those that hold a worker up: limits, time-outs, memory.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use loadline_client::{BodyMode, Client, ClientConfig, Encoding, Shared, compress};
use tokio::io::AsyncWriteExt;

use crate::misbehaviour::join_all;
use crate::server::{client, failure, get_from, read_request, response, serve};

const EVERY: [Encoding; 4] = [Encoding::Gzip, Encoding::Deflate, Encoding::Brotli, Encoding::Zstd];

/// A server that answers each request with a body of these encodings.
async fn encoded(header: &str, body: Bytes) -> std::net::SocketAddr {
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Encoding: {header}\r\nContent-Length: {}\r\n\r\n", body.len());
    let answer = Arc::new([head.as_bytes(), &body].concat());
    serve(move |_, mut stream| {
        let answer = answer.clone();
        async move {
            while read_request(&mut stream).await.is_some() {
                stream.write_all(&answer).await.unwrap();
            }
        }
    })
    .await
}

/// The most memory that this process had, in bytes.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

#[tokio::test]
async fn bombs_are_refused_at_the_limit_or_not_even_looked_at() {
    const SIZE: usize = 10 << 20;
    for encoding in EVERY {
        let (bomb, header) = compress(&[encoding], &vec![0; SIZE]).unwrap();
        let address = encoded(&header, bomb.clone()).await;
        let limited = client(ClientConfig { body_limit: 1 << 20, ..ClientConfig::default() });
        let exchange = limited.send(get_from(address), None).await;
        let refused = failure(&exchange);
        assert_eq!((refused.code, &*refused.message), (1000, "response body is too large"), "{header}");
        assert!(
            refused.to_string().contains("1048576 bytes") && refused.to_string().contains("--max-body"),
            "{refused}"
        );
        let exchange = client(ClientConfig::default()).send(get_from(address), None).await;
        assert_eq!(response(&exchange).body.len(), SIZE, "{header}");
        let mut discarded = get_from(address);
        discarded.body_mode = BodyMode::Discard;
        let exchange = limited.send(discarded, None).await;
        assert_eq!(
            (response(&exchange).body.len(), response(&exchange).encoded_bytes),
            (0, bomb.len() as u64)
        );
    }
}

#[tokio::test]
async fn bombs_in_bombs_are_never_whole() {
    // Twenty megabytes, and four hundred of them in layers.
    let (inner, _) = compress(&[Encoding::Gzip], &vec![0; 20 << 20]).unwrap();
    let (bomb, header) = compress(&[Encoding::Brotli, Encoding::Gzip], &inner.repeat(20)).unwrap();
    let before = peak_memory();
    let address = encoded(&format!("gzip, {header}"), bomb).await;
    let limited = client(ClientConfig { body_limit: 8 << 20, ..ClientConfig::default() });
    let exchange = limited.send(get_from(address), None).await;
    assert_eq!(failure(&exchange).code, 1000, "{}", failure(&exchange));
    let grown = peak_memory() - before;
    // Other tests of this process take some of it.
    assert!(grown < 300 << 20, "{grown}");
    let address = encoded(&["gzip"; 61].join(","), Bytes::from_static(b"anything")).await;
    let exchange = limited.send(get_from(address), None).await;
    assert_eq!(failure(&exchange).code, 1701);
    assert!(failure(&exchange).to_string().contains("61 encodings"), "{}", failure(&exchange));
}

#[tokio::test]
async fn the_time_out_ends_a_decompression() {
    let (bomb, header) = compress(&[Encoding::Brotli], &vec![0; 60 << 20]).unwrap();
    let address = encoded(&header, bomb).await;
    let client = client(ClientConfig::default());
    let mut request = get_from(address);
    // It takes longer than that, on any machine.
    request.timeout = Duration::from_millis(10);
    let exchange = client.send(request, None).await;
    let failure = failure(&exchange);
    assert_eq!((failure.code, &*failure.message), (1050, "request timeout"), "{failure}");
}

#[tokio::test]
async fn all_bodies_of_a_run_have_one_limit() {
    const SIZE: usize = 3 << 20;
    let address = encoded("identity", vec![b'x'; SIZE].into()).await;
    let config = ClientConfig { bodies_limit: 10 << 20, ..ClientConfig::default() };
    let shared = Shared::new(config).unwrap();
    let users: Vec<Client> = (0..10).map(|_| Client::new(Arc::clone(&shared))).collect();
    let exchanges =
        join_all(users.iter().map(|user| Box::pin(user.send(get_from(address), None))).collect()).await;
    let kept = exchanges.iter().filter(|exchange| exchange.last().outcome.is_ok()).count();
    assert!((1..=3).contains(&kept), "{kept}");
    for exchange in exchanges.iter().filter(|exchange| exchange.last().outcome.is_err()) {
        let failure = failure(exchange);
        assert_eq!(failure.message, "response bodies take too much memory");
        assert!(
            failure.to_string().contains("10485760 bytes") && failure.to_string().contains("--max-bodies"),
            "{failure}"
        );
    }
    // Who lets his body go makes room for others; a clone of it does not.
    let mut again = users[0].send(get_from(address), None).await;
    if again.last().outcome.is_err() {
        drop(exchanges);
        again = users[0].send(get_from(address), None).await;
    }
    assert_eq!(response(&again).body.len(), SIZE);
}

#[tokio::test]
async fn encodings_in_several_fields_are_one_list() {
    let (body, _) = compress(&[Encoding::Gzip, Encoding::Brotli], b"twice").unwrap();
    let address = encoded("gzip\r\nContent-Encoding: br", body).await;
    let exchange = client(ClientConfig::default()).send(get_from(address), None).await;
    assert_eq!(response(&exchange).body, "twice");
}
