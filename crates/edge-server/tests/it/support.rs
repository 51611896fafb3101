//! An origin that is a function, an edge in front of it, and a client that sends bytes. All of them end with the test.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use loadline_edge::rules::Rules;
use loadline_edge_server::{Edge, Origin, Settings, serve};
use loadline_serve::{Bound, Patience};
use tokio::sync::oneshot;

/// Longer than anything here takes; who waits for so long waits for ever.
const EVER: Duration = Duration::from_mins(1);

/// A request as it came over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    /// The first line.
    pub(crate) line: String,
    /// Names in lower case; lines of one name one behind the other.
    pub(crate) fields: BTreeMap<String, Vec<String>>,
    pub(crate) body: Vec<u8>,
}

impl Wire {
    /// The one line of a field.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(|lines| lines.first()).map(String::as_str)
    }

    pub(crate) fn path(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or_default()
    }
}

/// An origin: what it was asked, and where it is.
pub(crate) struct TestOrigin {
    pub(crate) address: SocketAddr,
    pub(crate) asked: Arc<Mutex<Vec<Wire>>>,
    is_over: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl TestOrigin {
    /// One that answers each request with these bytes, and goes on with the connection unless they say otherwise.
    pub(crate) fn answering(answer: impl Fn(&Wire) -> String + Send + Sync + 'static) -> Self {
        Self::new(move |request, stream| {
            let answer = answer(request);
            let _ = stream.write_all(answer.as_bytes());
            !answer.to_ascii_lowercase().contains("connection: close")
        })
    }

    /// One that does what it likes with a connection; whether it goes on.
    pub(crate) fn new(serve: impl Fn(&Wire, &mut TcpStream) -> bool + Send + Sync + 'static) -> Self {
        Self::at(([127, 0, 0, 1], 0).into(), serve)
    }

    /// The same at an address, where one was before.
    pub(crate) fn at(
        address: SocketAddr,
        serve: impl Fn(&Wire, &mut TcpStream) -> bool + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::<Mutex<Vec<Wire>>>::default();
        let is_over = Arc::<AtomicBool>::default();
        let (told, over, serve) = (Arc::clone(&asked), Arc::clone(&is_over), Arc::new(serve));
        let accepting = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let mut stream = stream.unwrap();
                let (told, serve) = (Arc::clone(&told), Arc::clone(&serve));
                std::thread::spawn(move || {
                    while let Some(request) = read_request(&mut stream) {
                        told.lock().unwrap().push(request.clone());
                        if !serve(&request, &mut stream) {
                            break;
                        }
                    }
                    let _ = stream.shutdown(Shutdown::Both);
                });
            }
        });
        Self { address, asked, is_over, accepting: Some(accepting) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How often it was asked.
    pub(crate) fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// What it was asked last.
    pub(crate) fn last(&self) -> Wire {
        self.asked.lock().unwrap().last().unwrap().clone()
    }
}

impl Drop for TestOrigin {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

/// An edge that serves.
pub(crate) struct TestEdge {
    pub(crate) address: SocketAddr,
    pub(crate) edge: Arc<Edge>,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<()>>,
}

impl TestEdge {
    /// In front of an origin, without rules.
    pub(crate) fn of(origin: &TestOrigin) -> Self {
        Self::with(origin, "", |_| {})
    }

    /// In front of an origin, by these rules.
    pub(crate) fn with(origin: &TestOrigin, rules: &'static str, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::new(Origin::new(&origin.url(), None).unwrap());
        change(&mut settings);
        let read = move || match rules {
            "" => Ok(Rules::default()),
            text => Rules::parse("test.toml", text).map_err(|error| error.to_string()),
        };
        Self::start(settings, read, |bound| bound)
    }

    pub(crate) fn start(
        settings: Settings,
        rules: impl Fn() -> Result<Rules, String> + Send + Sync + 'static,
        listen: impl FnOnce(Bound) -> Bound + Send + 'static,
    ) -> Self {
        let edge = Edge::new(settings, Box::new(rules)).unwrap();
        let (stop, stopped) = oneshot::channel();
        let (told, address) = std::sync::mpsc::channel();
        let served = Arc::clone(&edge);
        let serving = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let bound = listen(Bound::new(([127, 0, 0, 1], 0).into()).await.unwrap());
                told.send(bound.address()).unwrap();
                let stopped = async {
                    let _ = stopped.await;
                };
                let patience = Patience { drain: Duration::ZERO, ..Patience::default() };
                serve(&served, vec![bound], 2, patience, stopped).await.unwrap();
            });
        });
        let address = address.recv().unwrap();
        Self { address, edge, stop: Some(stop), serving: Some(serving) }
    }

    /// A new connection.
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(EVER)).unwrap();
        stream
    }

    /// What comes back for these bytes until the connection ends.
    pub(crate) fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        // It may have had enough before all of it is out.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        match stream.read_to_end(&mut answer) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            Err(error) => panic!("{error}"),
        }
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// The answer to one request without content.
    pub(crate) fn ask(&self, method: &str, path: &str, fields: &[&str]) -> Got {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n");
        for field in fields {
            head += &format!("{field}\r\n");
        }
        Got::parse(&self.raw(format!("{head}\r\n").as_bytes()))
    }

    pub(crate) fn get(&self, path: &str) -> Got {
        self.ask("GET", path, &[])
    }

    /// Waits until so many requests wait for another's answer.
    pub(crate) fn until_waiting(&self, count: u64) {
        while self.edge.waiting() < count {
            std::thread::yield_now();
        }
    }

    /// Waits until a metric has this value.
    pub(crate) fn until(&self, metric: &str, value: u64) {
        while self.metric(metric) != Some(value) {
            std::thread::yield_now();
        }
    }

    /// The value of a metric, by its name with its labels.
    pub(crate) fn metric(&self, name: &str) -> Option<u64> {
        let text = self.edge.metrics();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("loadline_edge_")?.strip_prefix(name)?.strip_prefix(' '));
        line.map(|value| value.parse().unwrap())
    }
}

impl Drop for TestEdge {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(serving) = self.serving.take() {
            let _ = serving.join();
        }
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Got {
    pub(crate) fn parse(answer: &str) -> Self {
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
        let is_chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
        let body = if is_chunked { joined(body) } else { body.to_owned() };
        Self { status, head: head.to_owned(), body }
    }

    /// The last line of a field.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().rev().filter_map(|line| line.split_once(": "));
        lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// What the cache says it did.
    pub(crate) fn did(&self) -> &str {
        self.field("cache-status").unwrap_or_default()
    }
}

/// The content of chunks, as far as they go.
fn joined(mut chunks: &str) -> String {
    let mut content = String::new();
    while let Some((size, rest)) = chunks.split_once("\r\n") {
        let Ok(size) = usize::from_str_radix(size, 16) else { break };
        if size == 0 || rest.len() < size {
            break;
        }
        content += &rest[..size];
        chunks = rest[size..].trim_start_matches("\r\n");
    }
    content
}

/// The next request of a connection; none at its end.
fn read_request(stream: &mut TcpStream) -> Option<Wire> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut lines = head.trim_end().split("\r\n");
    let line = lines.next()?.to_owned();
    let mut fields = BTreeMap::<String, Vec<String>>::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        fields.entry(name.to_ascii_lowercase()).or_default().push(value.trim().to_owned());
    }
    let mut body = Vec::new();
    if let Some(length) = fields.get("content-length").and_then(|lines| lines[0].parse().ok()) {
        body = vec![0; length];
        stream.read_exact(&mut body).ok()?;
    } else if fields.contains_key("transfer-encoding") {
        let mut raw = Vec::new();
        while !raw.ends_with(b"0\r\n\r\n") {
            let mut byte = [0];
            if stream.read(&mut byte).ok()? == 0 {
                return None;
            }
            raw.push(byte[0]);
        }
        body = joined(&String::from_utf8_lossy(&raw)).into_bytes();
    }
    Some(Wire { line, fields, body })
}

/// An answer with this status line, these fields and this body.
pub(crate) fn answer(status: &str, fields: &[&str], body: &str) -> String {
    let mut answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n", body.len());
    for field in fields {
        answer += &format!("{field}\r\n");
    }
    format!("{answer}\r\n{body}")
}
