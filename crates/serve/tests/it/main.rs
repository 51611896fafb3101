//! A server as its clients meet it: over real sockets, with clients that dawdle, never read, or are cut off.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise, in its helpers too")]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use loadline_serve::{BindError, Bound, Drained, Patience, Peer, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Answers the peer's address; `/large` with 32 MB; `/wait` when told to.
#[derive(Clone)]
struct Service {
    arrived: mpsc::UnboundedSender<oneshot::Sender<()>>,
}

impl tower_service::Service<Request<Incoming>> for Service {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let arrived = self.arrived.clone();
        Box::pin(async move {
            let body = match request.uri().path() {
                "/large" => {
                    arrived.send(oneshot::channel().0).unwrap();
                    Bytes::from(vec![b'x'; 32_000_000])
                }
                "/wait" => {
                    let (go_on, told) = oneshot::channel();
                    arrived.send(go_on).unwrap();
                    told.await.unwrap();
                    Bytes::from_static(b"waited")
                }
                _ => Bytes::from(request.extensions().get::<Peer>().unwrap().0.to_string()),
            };
            Ok(Response::new(Full::new(body)))
        })
    }
}

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Drained>,
    waiting: mpsc::UnboundedReceiver<oneshot::Sender<()>>,
}

async fn start(patience: Patience) -> Running {
    let bound = Bound::new(([127, 0, 0, 1], 0).into()).await.unwrap();
    assert!(bound.is_loopback());
    let address = bound.address();
    let (stop, stopped) = oneshot::channel();
    let (arrived, waiting) = mpsc::unbounded_channel();
    let stopped = async move { drop(stopped.await) };
    let ended = tokio::spawn(serve(bound, Service { arrived }, patience, stopped));
    Running { address, stop, ended, waiting }
}

async fn ask(address: SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

async fn answer(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test]
async fn requests_know_their_peer() {
    let server = start(Patience::default()).await;
    let stream = ask(server.address, "/").await;
    let own = stream.local_addr().unwrap().to_string();
    assert!(answer(stream).await.ends_with(&own));
}

/// A header of so many bytes, over HTTP/1 and over HTTP/2.
async fn statuses(address: SocketAddr, bytes: usize) -> (String, u16) {
    let large = "x".repeat(bytes);
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-large: {large}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let first = answer(stream).await.split(' ').nth(1).unwrap().to_owned();
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    let request = Request::get(format!("http://{address}/")).header("x-large", large);
    let second = sender.send_request(request.body(Full::<Bytes>::default()).unwrap()).await.unwrap();
    (first, second.status().as_u16())
}

#[tokio::test]
async fn a_head_may_be_so_large() {
    let server = start(Patience::default()).await;
    assert_eq!(statuses(server.address, 60_000).await, ("200".to_owned(), 200));
    assert_eq!(statuses(server.address, 70_000).await, ("431".to_owned(), 431));
}

#[tokio::test]
async fn a_taken_address_is_named() {
    let server = start(Patience::default()).await;
    let error = Bound::new(server.address).await.unwrap_err();
    assert!(matches!(error, BindError::InUse(address) if address == server.address), "{error}");
}

#[tokio::test]
async fn a_client_that_sends_no_head_is_closed() {
    let patience = Patience { head: Duration::from_millis(50), ..Patience::default() };
    let server = start(patience).await;
    for begun in ["", "GET / HTT", "PRI * HTTP/2.0\r\n"] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(begun.as_bytes()).await.unwrap();
        // Closed, with or without a word about it.
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    }
}

#[tokio::test]
async fn a_client_that_never_reads_is_closed() {
    let patience = Patience { write: Duration::from_millis(50), ..Patience::default() };
    let mut server = start(patience).await;
    let stream = ask(server.address, "/large").await;
    server.waiting.recv().await.unwrap();
    server.stop.send(()).unwrap();
    // The drain would wait for ten seconds; the connection is given up before, so that nothing is in flight.
    assert_eq!(server.ended.await.unwrap(), Drained::Completely);
    drop(stream);
}

#[tokio::test]
async fn requests_in_flight_are_answered_at_the_end_and_idle_connections_are_not_waited_for() {
    let patience =
        Patience { head: Duration::from_hours(1), drain: Duration::from_hours(1), ..Patience::default() };
    let mut server = start(patience).await;
    let half = {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost").await.unwrap();
        stream
    };
    let asked = ask(server.address, "/wait").await;
    let go_on = server.waiting.recv().await.unwrap();
    server.stop.send(()).unwrap();
    go_on.send(()).unwrap();
    assert!(answer(asked).await.ends_with("waited"));
    assert_eq!(server.ended.await.unwrap(), Drained::Completely);
    drop(half);
}

#[tokio::test]
async fn half_a_head_after_an_answer_does_not_hold_the_end_up() {
    let patience =
        Patience { head: Duration::from_hours(1), drain: Duration::from_hours(1), ..Patience::default() };
    let server = start(patience).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let own = stream.local_addr().unwrap().to_string();
    let mut answered = Vec::new();
    while !answered.ends_with(own.as_bytes()) {
        assert!(stream.read_buf(&mut answered).await.unwrap() > 0);
    }
    stream.write_all(b"GET / HTTP/1.1\r\nhost").await.unwrap();
    server.stop.send(()).unwrap();
    assert_eq!(server.ended.await.unwrap(), Drained::Completely);
}

/// Who reads slowly gets all of it.
#[tokio::test]
async fn an_answer_that_is_being_read_is_not_cut_at_the_end() {
    let mut server = start(Patience { drain: Duration::from_hours(1), ..Patience::default() }).await;
    let mut stream = ask(server.address, "/large").await;
    server.waiting.recv().await.unwrap();
    server.stop.send(()).unwrap();
    let (mut total, mut piece) = (0, vec![0; 1_000_000]);
    loop {
        tokio::time::sleep(Duration::from_millis(10)).await;
        match stream.read(&mut piece).await.unwrap() {
            0 => break,
            read => total += read,
        }
    }
    assert!(total > 32_000_000, "{total}");
    assert_eq!(server.ended.await.unwrap(), Drained::Completely);
}

#[tokio::test]
async fn what_takes_too_long_is_cut_off() {
    let patience = Patience { drain: Duration::from_millis(50), ..Patience::default() };
    let mut server = start(patience).await;
    let asked = ask(server.address, "/wait").await;
    let held = server.waiting.recv().await.unwrap();
    server.stop.send(()).unwrap();
    assert_eq!(server.ended.await.unwrap(), Drained::CutOff);
    drop((asked, held));
}
