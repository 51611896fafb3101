//! Servers that send a second answer to one request: it must never become the answer to the next one.

use std::sync::Arc;

use loadline_client::{Client, ClientConfig, Http2, Tls};
use rustls::{ServerConfig, ServerConnection};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::server::{client, get, response, serve};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nasked";
const UNASKED: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nunasked";

/// What a server sends for each request: with the answer, and when it is told to.
#[derive(Clone, Copy, Debug)]
enum Second {
    /// In the answer's record.
    SameRecord,
    /// In a record of its own, sent together with the answer's.
    OwnRecord,
    /// The first bytes of its record with the answer, the rest never.
    Part(usize),
    /// The first bytes of its record with the answer, the rest while nobody uses the connection.
    Late(usize),
}

/// What can be said on a connection, encrypted or not.
enum Sealed {
    Plain,
    Tls(Box<ServerConnection>),
}

impl Sealed {
    /// The bytes on the wire of a text, in one record.
    fn seal(&mut self, text: &[u8]) -> Vec<u8> {
        match self {
            Sealed::Plain => text.to_vec(),
            Sealed::Tls(session) => {
                std::io::Write::write_all(&mut session.writer(), text).unwrap();
                let mut wire = Vec::new();
                while session.wants_write() {
                    session.write_tls(&mut wire).unwrap();
                }
                wire
            }
        }
    }

    /// Reads until a request's head is whole; false when the client has left.
    async fn request(&mut self, stream: &mut TcpStream) -> bool {
        let mut text = Vec::new();
        let mut piece = [0; 4096];
        while !text.ends_with(b"\r\n\r\n") {
            let Ok(count @ 1..) = stream.read(&mut piece).await else { return false };
            match self {
                Sealed::Plain => text.extend_from_slice(&piece[..count]),
                Sealed::Tls(session) => {
                    let mut wire = &piece[..count];
                    while !wire.is_empty() {
                        session.read_tls(&mut wire).unwrap();
                        let Ok(state) = session.process_new_packets() else { return false };
                        let mut plain = vec![0; state.plaintext_bytes_to_read()];
                        std::io::Read::read_exact(&mut session.reader(), &mut plain).unwrap();
                        text.extend_from_slice(&plain);
                    }
                    let wire = self.seal(b"");
                    stream.write_all(&wire).await.unwrap();
                }
            }
        }
        true
    }
}

fn server_config() -> Arc<ServerConfig> {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .unwrap();
    Arc::new(config)
}

/// Three requests, one after the other: each must have its own answer, on a connection without a past.
async fn check(secure: bool, second: Second) {
    let config = server_config();
    let (idle, sent) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let signals = (idle.clone(), sent.clone());
    let address = serve(move |_, mut stream| {
        let (config, (idle, sent)) = (config.clone(), signals.clone());
        async move {
            let mut sealed = if secure {
                Sealed::Tls(Box::new(ServerConnection::new(config).unwrap()))
            } else {
                Sealed::Plain
            };
            while sealed.request(&mut stream).await {
                let (wire, late) = match second {
                    Second::SameRecord => (sealed.seal(&[ANSWER, UNASKED].concat()), Vec::new()),
                    Second::OwnRecord => ([sealed.seal(ANSWER), sealed.seal(UNASKED)].concat(), Vec::new()),
                    Second::Part(count) | Second::Late(count) => {
                        let (first, mut rest) = (sealed.seal(ANSWER), sealed.seal(UNASKED));
                        let late = rest.split_off(count);
                        ([first, rest].concat(), late)
                    }
                };
                stream.write_all(&wire).await.unwrap();
                if matches!(second, Second::Late(_)) {
                    idle.notified().await;
                    stream.write_all(&late).await.unwrap();
                    sent.notify_one();
                }
            }
        }
    })
    .await;
    let tls = Tls { insecure_skip_verify: true, ..Tls::default() };
    let client: Client = client(ClientConfig { tls, http2: Http2::Off, ..ClientConfig::default() });
    let url = format!("http{}://{address}/", if secure { "s" } else { "" });
    for _ in 0..3 {
        let exchange = client.send(get(&url), None).await;
        assert_eq!(response(&exchange).body, "asked", "{second:?}, secure: {secure}");
        assert!(!exchange.last().reused, "{second:?}, secure: {secure}");
        if matches!(second, Second::Late(_)) {
            idle.notify_one();
            sent.notified().await;
            // On loopback it has arrived by now. The runtime looks at its sockets every 61 turns.
            for _ in 0..200 {
                tokio::task::yield_now().await;
            }
        }
    }
}

#[tokio::test]
async fn behind_tls_it_is_noticed() {
    for second in [Second::SameRecord, Second::OwnRecord] {
        check(true, second).await;
    }
    // A record's header has five bytes; then comes what cannot be read until its end is there.
    for count in [1, 3, 5, 6, 30] {
        check(true, Second::Part(count)).await;
        check(true, Second::Late(count)).await;
    }
    check(true, Second::Late(0)).await;
}

#[tokio::test]
async fn without_tls_it_is_noticed() {
    check(false, Second::SameRecord).await;
    for count in [1, 4, 30] {
        check(false, Second::Part(count)).await;
    }
    for count in [0, 1, 30] {
        check(false, Second::Late(count)).await;
    }
}

#[tokio::test]
async fn a_session_of_tls_is_kept_where_nothing_is_left() {
    let config = server_config();
    let address = serve(move |index, mut stream| {
        let config = config.clone();
        async move {
            let mut sealed = Sealed::Tls(Box::new(ServerConnection::new(config).unwrap()));
            while sealed.request(&mut stream).await {
                let body = index.to_string();
                let text = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                // In records of odd sizes, which end together with the answer.
                let mut wire = Vec::new();
                for piece in text.as_bytes().chunks(7) {
                    wire.extend(sealed.seal(piece));
                }
                stream.write_all(&wire).await.unwrap();
            }
        }
    })
    .await;
    let tls = Tls { insecure_skip_verify: true, ..Tls::default() };
    let client = client(ClientConfig { tls, http2: Http2::Off, ..ClientConfig::default() });
    for request in 0..5 {
        let exchange = client.send(get(&format!("https://{address}/")), None).await;
        assert_eq!(response(&exchange).body, "0");
        assert_eq!(exchange.last().reused, request > 0);
    }
}
