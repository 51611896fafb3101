//! Connections: kept, limited, replaced when stale, closed when a future is dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::Method;
use loadline_client::ClientConfig;
use tokio::io::AsyncWriteExt;
use tokio::sync::Notify;

use crate::misbehaviour::join_all;
use crate::server::{client, failure, get_from, plain_client, read_request, response, serve, write_ok};

/// Answers each request with `connection request`, both counted from 0.
async fn numbered() -> std::net::SocketAddr {
    serve(|connection, mut stream| async move {
        for request in 0.. {
            if read_request(&mut stream).await.is_none() {
                return;
            }
            write_ok(&mut stream, &format!("{connection} {request}")).await;
        }
    })
    .await
}

#[tokio::test]
async fn kept_connections_cost_no_phase() {
    let address = numbered().await;
    let client = plain_client();
    let first = client.send(get_from(address), None).await;
    let second = client.send(get_from(address), None).await;
    assert_eq!((&response(&first).body[..], &response(&second).body[..]), (&b"0 0"[..], &b"0 1"[..]));
    let (new, kept) = (first.last(), second.last());
    assert!(
        !new.reused
            && new.timings.connecting > Duration::ZERO
            && new.timings.blocked >= new.timings.connecting
    );
    assert!(kept.reused);
    assert_eq!((kept.timings.blocked, kept.timings.connecting), (Duration::ZERO, Duration::ZERO));
    assert!(kept.timings.waiting > Duration::ZERO);
    assert_eq!(kept.remote, Some(address));
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n0 1";
    assert_eq!(kept.received_bytes, head.len() as u64);
}

#[tokio::test]
async fn closing_makes_a_new_visitor() {
    let address = numbered().await;
    let client = plain_client();
    for connection in 0..3 {
        let exchange = client.send(get_from(address), None).await;
        assert_eq!(response(&exchange).body, format!("{connection} 0"));
        client.close_connections();
    }
}

#[tokio::test]
async fn without_reuse_each_request_says_so() {
    let address = serve(|connection, mut stream| async move {
        let request = read_request(&mut stream).await.unwrap();
        assert!(request.contains("\r\nConnection: close\r\n"), "{request}");
        write_ok(&mut stream, &connection.to_string()).await;
    })
    .await;
    let client = client(ClientConfig { reuse_connections: false, ..ClientConfig::default() });
    for connection in 0..3 {
        let exchange = client.send(get_from(address), None).await;
        assert_eq!(response(&exchange).body, connection.to_string());
    }
}

#[tokio::test]
async fn requests_wait_for_one_of_the_allowed_connections() {
    let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counted, peak) = (open.clone(), most.clone());
    let address = serve(move |_, mut stream| {
        let (open, most) = (counted.clone(), peak.clone());
        async move {
            most.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            while read_request(&mut stream).await.is_some() {
                tokio::task::yield_now().await;
                write_ok(&mut stream, "x").await;
            }
            open.fetch_sub(1, Ordering::SeqCst);
        }
    })
    .await;
    let client = client(ClientConfig { connections_per_host: Some(2), ..ClientConfig::default() });
    let requests = (0..10).map(|_| Box::pin(client.send(get_from(address), None))).collect();
    let exchanges = join_all(requests).await;
    assert!(exchanges.iter().all(|exchange| response(exchange).status == 200));
    assert_eq!(most.load(Ordering::SeqCst), 2);
    let waited = exchanges.iter().filter(|exchange| {
        let timings = exchange.last().timings;
        timings.blocked > Duration::ZERO && timings.connecting.is_zero()
    });
    assert_eq!(waited.count(), 8);
}

#[tokio::test]
async fn a_stale_connection_is_replaced_where_that_is_safe() {
    // The first connection answers once and closes when it has read the next request.
    let address = serve(|connection, mut stream| async move {
        read_request(&mut stream).await;
        write_ok(&mut stream, &connection.to_string()).await;
        while connection > 0 && read_request(&mut stream).await.is_some() {
            write_ok(&mut stream, &connection.to_string()).await;
        }
        read_request(&mut stream).await;
    })
    .await;
    let repeated = plain_client();
    assert_eq!(response(&repeated.send(get_from(address), None).await).body, "0");
    let second = repeated.send(get_from(address), None).await;
    assert_eq!((&response(&second).body[..], second.last().reused), (&b"1"[..], false));
    assert_eq!(second.last().repeats, 1, "what was sent again can be seen");
    assert!(second.last().timings.connecting > Duration::ZERO);
}

#[tokio::test]
async fn a_post_is_not_sent_twice() {
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = seen.clone();
    let address = serve(move |_, mut stream| {
        let seen = counter.clone();
        async move {
            read_request(&mut stream).await;
            write_ok(&mut stream, "once").await;
            if read_request(&mut stream).await.is_some() {
                seen.fetch_add(1, Ordering::SeqCst);
            }
        }
    })
    .await;
    let client = plain_client();
    client.send(get_from(address), None).await;
    let mut post = get_from(address);
    post.method = Method::POST;
    post.body = "pay".into();
    let exchange = client.send(post.clone(), None).await;
    assert_eq!((failure(&exchange).code, &*failure(&exchange).message), (1000, "EOF"));
    assert_eq!(seen.load(Ordering::SeqCst), 1);
    // A new connection takes it.
    assert_eq!(response(&client.send(post, None).await).body, "once");
}

#[tokio::test]
async fn connections_closed_while_idle_are_not_used_again() {
    let closed = Arc::new(Notify::new());
    let signal = closed.clone();
    let address = serve(move |connection, mut stream| {
        let signal = signal.clone();
        async move {
            read_request(&mut stream).await;
            write_ok(&mut stream, &connection.to_string()).await;
            stream.shutdown().await.unwrap();
            signal.notify_one();
            read_request(&mut stream).await;
        }
    })
    .await;
    let client = plain_client();
    for connection in 0..3 {
        // A POST may not be repeated, so a pass means that the closed connection was noticed before it was written to.
        let mut post = get_from(address);
        post.method = Method::POST;
        let exchange = client.send(post, None).await;
        assert_eq!(response(&exchange).body, connection.to_string());
        closed.notified().await;
        // On loopback the end of the stream has arrived by now. The runtime looks at its sockets every 61 turns.
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_dropped_future_closes_its_connection_and_frees_its_place() {
    let arrived = Arc::new(Notify::new());
    let signal = arrived.clone();
    let address = serve(move |connection, mut stream| {
        let signal = signal.clone();
        async move {
            read_request(&mut stream).await;
            if connection == 0 {
                signal.notify_one();
                // Ends when the client closes: the test would hang otherwise.
                assert!(read_request(&mut stream).await.is_none());
                signal.notify_one();
            } else {
                write_ok(&mut stream, "next").await;
            }
        }
    })
    .await;
    let client = client(ClientConfig { connections_per_host: Some(1), ..ClientConfig::default() });
    tokio::select! {
        _ = client.send(get_from(address), None) => panic!("nobody answered"),
        () = arrived.notified() => {}
    }
    arrived.notified().await;
    assert_eq!(response(&client.send(get_from(address), None).await).body, "next");
}

#[tokio::test]
async fn a_waiting_request_that_is_dropped_leaves_the_others_waiting() {
    let address = numbered().await;
    let client = client(ClientConfig { connections_per_host: Some(1), ..ClientConfig::default() });
    let mut first = Box::pin(client.send(get_from(address), None));
    let mut dropped = Box::pin(client.send(get_from(address), None));
    let last = Box::pin(client.send(get_from(address), None));
    std::future::poll_fn(|cx| {
        assert!(first.as_mut().poll(cx).is_pending() && dropped.as_mut().poll(cx).is_pending());
        std::task::Poll::Ready(())
    })
    .await;
    drop(dropped);
    let exchanges = join_all(vec![first, last]).await;
    assert!(exchanges.iter().all(|exchange| response(exchange).status == 200));
}

#[tokio::test]
async fn local_addresses_are_taken_in_turn() {
    let address = serve(|_, mut stream| async move {
        let peer = stream.peer_addr().unwrap().ip();
        read_request(&mut stream).await;
        write_ok(&mut stream, &peer.to_string()).await;
    })
    .await;
    let config =
        ClientConfig { local_addresses: vec!["127.0.0.2-127.0.0.3".to_owned()], ..ClientConfig::default() };
    let shared = loadline_client::Shared::new(config).unwrap();
    for expected in ["127.0.0.2", "127.0.0.3", "127.0.0.2"] {
        let client = loadline_client::Client::new(shared.clone());
        assert_eq!(response(&client.send(get_from(address), None).await).body, expected);
    }
}
