//! HTTP/2 by prior knowledge against a server of our own: bodies both ways, and everything that breaks.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use h2::server::{Connection, SendResponse};
use h2::{Reason, RecvStream};
use http::{Method, Request, Response};
use loadline_client::{BodyMode, Client, ClientConfig, Http2, RequestCookie};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::misbehaviour::join_all;
use crate::server::{client, failure, get_from, response, serve};

type Incoming = (Request<RecvStream>, SendResponse<Bytes>);

fn h2c() -> Client {
    client(ClientConfig { http2: Http2::PriorKnowledge, ..ClientConfig::default() })
}

/// A server that hands each request of each connection to `handle`.
async fn server<F, R>(handle: F) -> SocketAddr
where
    F: Fn(usize, Incoming) -> R + Copy + Send + Sync + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    serve(move |index, stream| async move {
        let mut connection: Connection<TcpStream, Bytes> = h2::server::handshake(stream).await.unwrap();
        while let Some(Ok(incoming)) = connection.accept().await {
            tokio::spawn(handle(index, incoming));
        }
    })
    .await
}

async fn echo(_: usize, (request, mut respond): Incoming) {
    let mut body = request.into_body();
    let mut stream = respond.send_response(Response::new(()), false).unwrap();
    while let Some(Ok(data)) = body.data().await {
        body.flow_control().release_capacity(data.len()).unwrap();
        stream.send_data(data, false).unwrap();
    }
    stream.send_data(Bytes::new(), true).unwrap();
}

#[tokio::test]
async fn bodies_go_both_ways() {
    let address = server(echo).await;
    let client = h2c();
    for (size, mode, kept) in [
        (0, BodyMode::Keep, 0),
        (10, BodyMode::Keep, 10),
        (6_000_000, BodyMode::Keep, 6_000_000),
        (6_000_000, BodyMode::Discard, 0),
    ] {
        let mut request = get_from(address);
        request.method = Method::POST;
        request.body = vec![b'x'; size].into();
        request.body_mode = mode;
        let exchange = client.send(request, None).await;
        let response = response(&exchange);
        assert_eq!((response.status, response.body.len(), response.encoded_bytes), (200, kept, size as u64));
        assert!(exchange.last().sent_bytes > size as u64 && exchange.last().received_bytes > size as u64);
    }
}

#[tokio::test]
async fn headers_are_those_of_http2() {
    let address = server(|_, (request, mut respond)| async move {
        let seen = format!(
            "{} {} {:?} {:?} {:?}",
            request.method(),
            request.uri(),
            request.headers().get("cookie"),
            request.headers().get("connection"),
            request.headers().get("user-agent")
        );
        let mut stream = respond.send_response(Response::new(()), false).unwrap();
        stream.send_data(seen.into(), true).unwrap();
    })
    .await;
    let mut request = get_from(address);
    request.headers.insert("host", "shop.test".parse().unwrap());
    request.headers.insert("connection", "close".parse().unwrap());
    request.headers.insert("cookie", "a=b".parse().unwrap());
    request.headers.insert("user-agent", "me".parse().unwrap());
    let exchange = h2c().send(request, None).await;
    let expected = r#"GET http://shop.test/ Some("a=b") None Some("me")"#;
    assert_eq!(response(&exchange).body, expected);
    assert_eq!(exchange.last().request_headers.get("cookie").as_deref(), Some("a=b"));
}

#[tokio::test]
async fn resets_have_codes_of_their_own() {
    let address =
        server(|_, (_, mut respond)| async move { respond.send_reset(Reason::ENHANCE_YOUR_CALM) }).await;
    let exchange = h2c().send(get_from(address), None).await;
    assert_eq!(failure(&exchange).code, 1631 + 11, "{}", failure(&exchange));
    assert_eq!(failure(&exchange).message, "http2: stream error with http2 ErrCode ENHANCE_YOUR_CALM");
}

#[tokio::test]
async fn goaway_has_codes_of_its_own() {
    // Frames by hand (RFC 9113 sections 6.5 and 6.8): the library would close before its GOAWAY can be read.
    let address = serve(|_, mut stream| async move {
        let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
        let goaway = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12];
        stream.write_all(&settings).await.unwrap();
        let mut read = Vec::new();
        // Frame type 1 on stream 1 is the request.
        while !read.windows(6).any(|bytes: &[u8]| bytes[0] == 1 && bytes[2..] == [0, 0, 0, 1]) {
            stream.read_buf(&mut read).await.unwrap();
        }
        stream.write_all(&goaway).await.unwrap();
        while stream.read_buf(&mut read).await.is_ok_and(|count| count > 0) {}
    })
    .await;
    let exchange = h2c().send(get_from(address), None).await;
    assert_eq!(failure(&exchange).code, 1611 + 12, "{}", failure(&exchange));
}

#[tokio::test]
async fn a_server_of_http1_is_no_server_of_http2() {
    let address = crate::server::answer("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
    let exchange = h2c().send(get_from(address), None).await;
    let failure = failure(&exchange);
    assert!(
        (1600..1700).contains(&failure.code) || failure.code == 1000 || failure.code == 1220,
        "{failure:?}"
    );
}

#[tokio::test]
async fn a_connection_that_was_left_is_replaced() {
    // Each connection serves one request and says goodbye.
    let address = serve(|index, stream| async move {
        let mut connection: Connection<TcpStream, Bytes> = h2::server::handshake(stream).await.unwrap();
        if let Some(Ok((_, mut respond))) = connection.accept().await {
            let mut stream = respond.send_response(Response::new(()), false).unwrap();
            stream.send_data(index.to_string().into(), true).unwrap();
        }
        connection.graceful_shutdown();
        while connection.accept().await.is_some() {}
    })
    .await;
    let client = h2c();
    for index in 0..3 {
        let exchange = client.send(get_from(address), None).await;
        assert_eq!(response(&exchange).body, index.to_string());
    }
}

#[tokio::test]
async fn timeouts_and_dropped_futures_leave_the_connection_usable() {
    let address = server(|index, (request, mut respond)| async move {
        if request.uri().path() == "/slow" {
            std::future::poll_fn(|cx| respond.poll_reset(cx)).await.ok();
            return;
        }
        let mut stream = respond.send_response(Response::new(()), false).unwrap();
        stream.send_data(index.to_string().into(), true).unwrap();
    })
    .await;
    let client = h2c();
    let mut slow = get_from(address);
    Arc::make_mut(&mut slow.url).set_path("/slow");
    slow.timeout = Duration::from_millis(50);
    let exchange = client.send(slow.clone(), None).await;
    assert_eq!(failure(&exchange).code, 1050);
    slow.timeout = Duration::from_mins(1);
    let mut dropped = Box::pin(client.send(slow, None));
    std::future::poll_fn(|cx| std::task::Poll::Ready(dropped.as_mut().poll(cx).is_pending())).await;
    drop(dropped);
    let exchange = client.send(get_from(address), None).await;
    assert_eq!((&response(&exchange).body[..], exchange.last().reused), (&b"0"[..], true));
}

/// Counts what the server was asked, and answers as `respond` says for the count from 0.
async fn counted(respond: fn(usize) -> Option<Reason>) -> (SocketAddr, Arc<AtomicUsize>) {
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&seen);
    let address = serve(move |_, stream| {
        let counter = Arc::clone(&counter);
        async move {
            let mut connection: Connection<TcpStream, Bytes> = h2::server::handshake(stream).await.unwrap();
            while let Some(Ok((_, mut answer))) = connection.accept().await {
                match respond(counter.fetch_add(1, Ordering::SeqCst)) {
                    Some(reason) => answer.send_reset(reason),
                    None => drop(answer.send_response(Response::new(()), true).unwrap()),
                }
            }
        }
    })
    .await;
    (address, seen)
}

fn post_to(address: SocketAddr) -> loadline_client::Request {
    let mut request = get_from(address);
    request.method = Method::POST;
    request.body = "pay".into();
    request
}

#[tokio::test]
async fn refused_streams_are_sent_again_and_not_for_ever() {
    let (address, seen) = counted(|count| (count < 3).then_some(Reason::REFUSED_STREAM)).await;
    let exchange = h2c().send(post_to(address), None).await;
    assert_eq!((response(&exchange).status, exchange.last().repeats), (200, 3));
    assert_eq!(seen.load(Ordering::SeqCst), 4);
    let (address, seen) = counted(|_| Some(Reason::REFUSED_STREAM)).await;
    let exchange = h2c().send(post_to(address), None).await;
    assert_eq!((failure(&exchange).code, exchange.last().repeats), (1631 + 7, 6));
    assert_eq!(seen.load(Ordering::SeqCst), 7);
}

#[tokio::test]
async fn what_may_have_been_done_is_not_sent_again() {
    for reason in [Reason::CANCEL, Reason::INTERNAL_ERROR, Reason::NO_ERROR, Reason::ENHANCE_YOUR_CALM] {
        let (address, seen) = counted(|_| None).await;
        let client = h2c();
        assert_eq!(response(&client.send(get_from(address), None).await).status, 200);
        assert_eq!(seen.load(Ordering::SeqCst), 1);
        let (broken, seen) = match reason {
            Reason::CANCEL => counted(|_| Some(Reason::CANCEL)).await,
            Reason::INTERNAL_ERROR => counted(|_| Some(Reason::INTERNAL_ERROR)).await,
            Reason::NO_ERROR => counted(|_| Some(Reason::NO_ERROR)).await,
            _ => counted(|_| Some(Reason::ENHANCE_YOUR_CALM)).await,
        };
        let exchange = client.send(post_to(broken), None).await;
        assert_eq!((exchange.last().outcome.is_err(), exchange.last().repeats), (true, 0), "{reason:?}");
        assert_eq!(seen.load(Ordering::SeqCst), 1, "{reason:?}");
    }
}

/// A server that takes four requests at once and says goodbye on each connection after `each` answers, while it is
/// being asked for more. Which requests it answered, with repetitions.
async fn leaving(each: usize) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let answered = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&answered);
    let address = serve(move |_, stream| {
        let log = Arc::clone(&log);
        async move {
            let mut builder = h2::server::Builder::new();
            builder.max_concurrent_streams(4);
            let mut connection: Connection<TcpStream, Bytes> = builder.handshake(stream).await.unwrap();
            for _ in 0..each {
                let Some(Ok((request, mut answer))) = connection.accept().await else { return };
                log.lock().unwrap().push(request.uri().path().to_owned());
                answer.send_response(Response::new(()), true).unwrap();
            }
            connection.graceful_shutdown();
            while let Some(Ok((request, mut answer))) = connection.accept().await {
                log.lock().unwrap().push(request.uri().path().to_owned());
                answer.send_response(Response::new(()), true).unwrap();
            }
        }
    })
    .await;
    (address, answered)
}

#[tokio::test]
async fn every_request_is_answered_once_by_a_server_that_keeps_leaving() {
    for each in [1, 3, 10] {
        let (address, answered) = leaving(each).await;
        let client = h2c();
        let requests = (0..60).map(|number| {
            let mut request = post_to(address);
            Arc::make_mut(&mut request.url).set_path(&format!("/{number}"));
            Box::pin(client.send(request, None))
        });
        let exchanges = join_all(requests.collect()).await;
        for exchange in &exchanges {
            assert_eq!(response(exchange).status, 200);
        }
        let mut seen = answered.lock().unwrap().clone();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!((seen.len(), answered.lock().unwrap().len()), (60, 60), "each once");
    }
}

#[tokio::test]
async fn no_more_requests_are_under_way_than_the_server_takes() {
    let most = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&most);
    let address = serve(move |_, stream| {
        let most = Arc::clone(&counter);
        async move {
            let mut builder = h2::server::Builder::new();
            builder.max_concurrent_streams(3);
            let mut connection: Connection<TcpStream, Bytes> = builder.handshake(stream).await.unwrap();
            let now = Arc::new(AtomicUsize::new(0));
            while let Some(Ok((_, mut answer))) = connection.accept().await {
                let (now, most) = (Arc::clone(&now), Arc::clone(&most));
                tokio::spawn(async move {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    for _ in 0..100 {
                        tokio::task::yield_now().await;
                    }
                    now.fetch_sub(1, Ordering::SeqCst);
                    answer.send_response(Response::new(()), true).unwrap();
                });
            }
        }
    })
    .await;
    let client = h2c();
    // The first request learns what the server takes.
    assert_eq!(response(&client.send(get_from(address), None).await).status, 200);
    let exchanges = join_all((0..40).map(|_| Box::pin(client.send(get_from(address), None))).collect()).await;
    assert!(exchanges.iter().all(|exchange| response(exchange).status == 200));
    assert!(exchanges.iter().all(|exchange| exchange.last().repeats == 0));
    assert_eq!(most.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn cookies_of_any_script_go_over_http2() {
    let address = server(|_, (request, mut respond)| async move {
        let seen = request.headers().get("cookie").map_or(&b"none"[..], |value| value.as_bytes()).to_vec();
        let mut stream = respond.send_response(Response::new(()), false).unwrap();
        stream.send_data(seen.into(), true).unwrap();
    })
    .await;
    let mut request = get_from(address);
    let own = |value: &str| RequestCookie { name: "sid".to_owned(), value: value.to_owned(), replace: false };
    request.cookies = vec![own("\"ü\"")];
    assert_eq!(response(&h2c().send(request.clone(), None).await).body, "sid=\"ü\"");
    request.cookies = vec![own("a\r\nb")];
    let exchange = h2c().send(request, None).await;
    assert!(
        failure(&exchange).to_string().contains("cookie `sid` has the byte `\\r`"),
        "{}",
        failure(&exchange)
    );
}
