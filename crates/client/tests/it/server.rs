//! Small servers in the test's own process, for what no real server would do.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use loadline_client::{Client, ClientConfig, Exchange, Failure, Request, Response, Shared};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// A server that hands each connection, with its number from 0, to `handle`.
pub(crate) async fn serve<F, R>(handle: F) -> SocketAddr
where
    F: Fn(usize, TcpStream) -> R + Send + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for index in 0.. {
            let Ok((stream, _)) = listener.accept().await else { return };
            tokio::spawn(handle(index, stream));
        }
    });
    address
}

/// A server whose every connection reads one request, writes `text` and closes.
pub(crate) async fn answer(text: impl Into<Vec<u8>>) -> SocketAddr {
    let text: Arc<Vec<u8>> = Arc::new(text.into());
    serve(move |_, mut stream| {
        let text = text.clone();
        async move {
            read_request(&mut stream).await;
            stream.write_all(&text).await.unwrap();
        }
    })
    .await
}

/// Reads one request with its body; `None` when the client closed instead.
pub(crate) async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut text = Vec::new();
    let mut wanted = usize::MAX;
    loop {
        if wanted == usize::MAX
            && let Some(end) = text.windows(4).position(|four| four == b"\r\n\r\n")
        {
            let head = String::from_utf8_lossy(&text[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            wanted = end + 4 + length.map_or(0, |length| length.parse().unwrap());
        }
        if text.len() >= wanted {
            return Some(String::from_utf8_lossy(&text).into_owned());
        }
        if stream.read_buf(&mut text).await.ok()? == 0 {
            return None;
        }
    }
}

/// Writes a response with this body that keeps the connection.
pub(crate) async fn write_ok(stream: &mut TcpStream, body: &str) {
    let text = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(text.as_bytes()).await.unwrap();
}

pub(crate) fn client(config: ClientConfig) -> Client {
    Client::new(Shared::new(config).unwrap())
}

pub(crate) fn plain_client() -> Client {
    client(ClientConfig::default())
}

pub(crate) fn get(url: &str) -> Request {
    Request::get(Url::parse(url).unwrap())
}

pub(crate) fn get_from(address: SocketAddr) -> Request {
    get(&format!("http://{address}/"))
}

#[track_caller]
pub(crate) fn response(exchange: &Exchange) -> &Response {
    exchange.last().outcome.as_ref().unwrap()
}

#[track_caller]
pub(crate) fn failure(exchange: &Exchange) -> &Failure {
    exchange.last().outcome.as_ref().unwrap_err()
}
