//! Each service is started, asked, and read as a Prometheus reads it: they count alike, whichever server it is.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise, in its helpers too")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// A service that ends with the test.
struct Service {
    process: Child,
    public: String,
    private: String,
}

impl Service {
    fn start(program: &str) -> Self {
        let mut command = Command::new(program);
        command.args(["127.0.0.1:0", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut address = || {
            let line = lines.next().unwrap().unwrap();
            line.split("http://").nth(1).unwrap().trim_end_matches("/metrics").to_owned()
        };
        let (public, private) = (address(), address());
        Self { process, public, private }
    }

    /// Everything that comes back, which is nothing when the handler panics.
    fn ask(address: &str, path: &str) -> String {
        Self::ask_with(address, path, "")
    }

    /// The same with another line in its head.
    fn ask_with(address: &str, path: &str, line: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{line}\r\n").unwrap();
        let mut answer = Vec::new();
        // A connection whose handler panics may be reset.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8(answer).unwrap()
    }

    /// How often each series of requests and queries was counted, whoever asked.
    fn counted(&self) -> BTreeMap<String, f64> {
        let answer = Self::ask(&self.private, "/metrics");
        let (head, text) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("text/plain; version=0.0.4"), "{head}");
        let samples = loadline_prometheus::samples(text).map(Result::unwrap);
        let counts = samples.filter(|sample| {
            ["api_request_duration_ms_count", "db_query_duration_ms_count", "http_server_active_requests"]
                .contains(&sample.name)
        });
        let mut counted = BTreeMap::new();
        for mut sample in counts {
            sample.labels.retain(|(name, _)| *name != "load_test");
            *counted.entry(format!("{} {:?}", sample.name, sample.labels)).or_insert(0.0) += sample.value;
        }
        counted
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn counts_alike(program: &str) {
    let service = Service::start(program);
    for path in ["/users/7", "/users/8", "/nothing", "/users/x/y"] {
        assert!(Service::ask(&service.public, path).starts_with("HTTP/1.1 "), "{path}");
    }
    assert!(!Service::ask(&service.public, "/panics").contains("200 OK"));
    // A load test is told where its time goes, and nobody else.
    let told = Service::ask_with(&service.public, "/users/9", "x-load-test: true\r\n");
    assert!(told.contains("server-timing: total;dur=") && told.contains(", db.select-users;dur="), "{told}");
    assert!(!Service::ask(&service.public, "/users/9").contains("server-timing"));
    let expected = [
        (
            r#"api_request_duration_ms_count [("method", "GET"), ("endpoint", "(unmatched)"), ("status", "404")]"#,
            2.0,
        ),
        (
            r#"api_request_duration_ms_count [("method", "GET"), ("endpoint", "/panics"), ("status", "500")]"#,
            1.0,
        ),
        (
            r#"api_request_duration_ms_count [("method", "GET"), ("endpoint", "/users/{id}"), ("status", "200")]"#,
            4.0,
        ),
        (r#"db_query_duration_ms_count [("operation", "select"), ("model", "users")]"#, 4.0),
        (r#"http_server_active_requests [("http_request_method", "GET"), ("url_scheme", "http")]"#, 0.0),
    ];
    let expected: BTreeMap<String, f64> =
        expected.into_iter().map(|(series, count)| (series.to_owned(), count)).collect();
    assert_eq!(service.counted(), expected);
}

#[test]
fn a_service_of_hyper_alone() {
    counts_alike(env!("CARGO_BIN_EXE_hyper"));
}

#[test]
fn a_service_of_actix_web() {
    counts_alike(env!("CARGO_BIN_EXE_actix"));
}
