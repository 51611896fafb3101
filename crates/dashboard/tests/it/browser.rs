//! As much of a browser as it takes: a request, and server-sent events one by one.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Asks for a path, with header lines, and reads all of the answer.
pub(crate) fn ask(address: SocketAddr, path: &str, headers: &str) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nconnection: close\r\n{headers}\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
}

/// The host that a browser on this machine names.
pub(crate) fn host(address: SocketAddr) -> String {
    format!("host: {address}\r\n")
}

/// An event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) data: String,
}

/// A viewer of `/events`.
pub(crate) struct Viewer(BufReader<TcpStream>);

impl Viewer {
    pub(crate) fn open(address: SocketAddr, last: Option<&str>) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        let last = last.map(|id| format!("last-event-id: {id}\r\n")).unwrap_or_default();
        write!(stream, "GET /events HTTP/1.1\r\n{}{last}\r\n", host(address)).unwrap();
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        assert!(line.starts_with("HTTP/1.1 200"), "{line}");
        while line != "\r\n" {
            line.clear();
            reader.read_line(&mut line).unwrap();
        }
        let mut viewer = Self(reader);
        // It is there once it is greeted.
        assert_eq!(viewer.piece().unwrap(), "retry: 1000\n\n");
        viewer
    }

    /// The next piece of the body, which the server sends one event in; nothing at its end.
    fn piece(&mut self) -> Option<String> {
        let mut length = String::new();
        self.0.read_line(&mut length).unwrap();
        let length = usize::from_str_radix(length.trim(), 16).ok()?;
        let mut piece = vec![0; length + 2];
        self.0.read_exact(&mut piece).unwrap();
        piece.truncate(length);
        (length > 0).then(|| String::from_utf8(piece).unwrap())
    }

    /// The next event; nothing when there are no more.
    pub(crate) fn next(&mut self) -> Option<Told> {
        loop {
            let piece = self.piece()?;
            let field = |name: &str| {
                let line = piece.lines().find_map(|line| line.strip_prefix(name));
                line.and_then(|value| value.strip_prefix(": ")).unwrap_or_default().to_owned()
            };
            // A comment says that somebody is there.
            if !piece.starts_with(':') {
                return Some(Told { id: field("id"), name: field("event"), data: field("data") });
            }
        }
    }
}
