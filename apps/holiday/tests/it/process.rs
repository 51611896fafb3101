//! The binary: what it prints, when it stops, how it fails.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use tokio::time::Instant;

use crate::client::send;

/// Ends with the test, also by a panic.
struct Running {
    child: Child,
    address: SocketAddr,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holiday"));
    command
        .args(["serve", "--programs", "200", "--password-memory-kib", "64", "--payment-latency", "0ms"])
        .args(arguments)
        .env_remove("LOAD_TEST_PASSWORD")
        .env_remove("HOLIDAY_DATABASE")
        .env_remove("OTEL_EXPORTER_OTLP_ENDPOINT");
    command
}

fn start(arguments: &[&str]) -> Running {
    start_command(&mut command(arguments))
}

fn start_command(command: &mut Command) -> Running {
    command.args(["--listen", "127.0.0.1:0"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("listening on http://").unwrap_or_else(|| panic!("{line}"));
    Running { address: address.parse().unwrap(), child }
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

fn fails(command: &mut Command) -> (Option<i32>, String) {
    let Output { status, stderr, stdout } = command.output().unwrap();
    assert!(stdout.is_empty());
    (status.code(), String::from_utf8(stderr).unwrap())
}

#[test]
fn signals_end_it_cleanly() {
    for name in ["-TERM", "-INT"] {
        let mut running = start(&[]);
        assert_eq!(send(running.address, "GET", "/api/health/ready", &[], "").status, 200);
        signal(&running.child, name);
        assert_eq!(running.child.wait().unwrap().code(), Some(0), "{name}");
    }
}

#[test]
fn a_request_in_flight_is_answered() {
    let mut running = start(&["--search-delay", "300ms"]);
    let body = r#"{"json":{"location":"2000"}}"#;
    let mut stream = TcpStream::connect(running.address).unwrap();
    let head = format!(
        "POST /api/trpc/search.findPrograms HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    // Expect: 100-continue makes the service say that it has the request before the signal comes.
    stream.write_all(head.replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n").as_bytes()).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert!(line.starts_with("HTTP/1.1 100"), "{line}");
    signal(&running.child, "-TERM");
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    reader.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("HTTP/1.1 200 OK") && answer.contains("\"programs\""), "{answer}");
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_request_that_takes_too_long_is_cut_off() {
    const DRAIN: Duration = Duration::from_millis(700);
    let mut command = command(&["--search-delay", "600s", "--drain", "700ms"]);
    let mut running = start_command(command.stderr(Stdio::piped()));
    let mut idle = TcpStream::connect(running.address).unwrap();
    idle.write_all(b"GET /api/health/live HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut idle = BufReader::new(idle);
    let mut line = String::new();
    idle.read_line(&mut line).unwrap();
    assert_eq!(line, "HTTP/1.1 200 OK\r\n");

    let mut busy = TcpStream::connect(running.address).unwrap();
    busy
        .write_all(b"POST /api/trpc/search.findPrograms HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 28\r\n\r\n")
        .unwrap();
    let mut reader = BufReader::new(busy.try_clone().unwrap());
    line.clear();
    reader.read_line(&mut line).unwrap();
    assert_eq!(line, "HTTP/1.1 100 Continue\r\n");
    busy.write_all(br#"{"json":{"location":"2000"}}"#).unwrap();
    let asked = Instant::now();
    signal(&running.child, "-TERM");

    // Who asks for nothing is let go of; this reads to the connection's end.
    let mut rest = Vec::new();
    idle.read_to_end(&mut rest).unwrap();
    assert!(String::from_utf8(rest).unwrap().ends_with(r#"{"status":"ok"}"#));
    // The request had the whole drain, and then no answer: the connection ends, by a reset or not.
    let mut answer = Vec::new();
    let ended = reader.read_to_end(&mut answer);
    assert!(asked.elapsed() >= DRAIN, "cut off after {:?}", asked.elapsed());
    assert_eq!(String::from_utf8_lossy(&answer), "\r\n", "{ended:?}");
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
    assert!(asked.elapsed() < Duration::from_mins(10), "nobody waited for the search");
    let mut log = String::new();
    running.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(log.contains("some requests took longer than `--drain` and were cut off"), "{log}");
}

#[test]
fn it_can_end_with_its_parent() {
    let mut running = start(&["--exit-with-parent"]);
    drop(running.child.stdin.take());
    assert_eq!(running.child.wait().unwrap().code(), Some(0));

    // Without the option, standard input means nothing.
    let mut running = start(&[]);
    drop(running.child.stdin.take());
    assert_eq!(send(running.address, "GET", "/api/health/live", &[], "").status, 200);
}

#[test]
fn nothing_is_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command(&["--exit-with-parent", "--listen", "127.0.0.1:0"]);
    let mut child =
        command.env("TMPDIR", folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    // Already while it runs: however it ends, there is nothing to remove.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    drop(child.stdin.take());
    child.wait().unwrap();
}

#[test]
fn a_port_in_use_is_a_clear_error() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, error) = fails(&mut command(&["--listen", &address]));
    assert_eq!(code, Some(3));
    assert!(error.contains(&format!("error: the address `{address}` is in use")), "{error}");
}

#[test]
fn it_says_where_its_metrics_are() {
    let mut child = command(&["--listen", "127.0.0.1:0", "--exit-with-parent"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let (mut first, mut second) = (String::new(), String::new());
    output.read_line(&mut first).unwrap();
    output.read_line(&mut second).unwrap();
    assert!(first.starts_with("listening on http://127.0.0.1:"), "{first}");
    let url = second.trim_end().strip_prefix("metrics on http://").unwrap_or_else(|| panic!("{second}"));
    let address = url.strip_suffix("/metrics").unwrap().parse().unwrap();
    let metrics = send(address, "GET", "/metrics", &[], "");
    assert!(metrics.body.contains("\nprocess_resident_memory_bytes "), "{}", metrics.body);
    drop(child.stdin.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_collector_that_cannot_be_used_is_a_clear_error() {
    for (name, value, expected) in [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318", "`OTEL_EXPORTER_OTLP_ENDPOINT` is no URL"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "only `http/protobuf`"),
    ] {
        let mut command = command(&["--listen", "127.0.0.1:0"]);
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1").env(name, value);
        let (code, error) = fails(&mut command);
        assert!(code == Some(2) && error.contains(expected), "{code:?} {error}");
    }
}

#[test]
fn a_missing_password_is_a_clear_error() {
    let (code, error) = fails(&mut command(&["--load-test-accounts", "3"]));
    assert_eq!(code, Some(2));
    assert!(error.contains("`LOAD_TEST_PASSWORD`, which is not set"), "{error}");
}

#[test]
fn impossible_settings_are_clear_errors() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    std::fs::write(&file, "this is a text and not a database, whatever its name says").unwrap();
    for (arguments, code, expected) in [
        (["--password-passes", "0"], 3, "argon2 refuses"),
        (["--database", "/nowhere/at/all.sqlite"], 3, "opening the file"),
        (["--database", file.to_str().unwrap()], 3, "not a database"),
        (["--database", "postgres:///db?host=/nowhere"], 3, "connecting to PostgreSQL"),
        (["--database", "mysql://host/db"], 2, "must be a `postgres://` URL"),
        (["--listen", "192.0.2.1:80"], 3, "cannot listen on `192.0.2.1:80`"),
        (["--search-delay", "soon"], 2, "write it like `60ms`"),
        (["--metrics-listen", "192.0.2.1:80"], 3, "cannot listen on `192.0.2.1:80`"),
    ] {
        let (found, error) = fails(&mut command(&arguments));
        assert_eq!(found, Some(code), "{arguments:?}: {error}");
        assert!(error.contains(expected), "{arguments:?}: {error}");
    }
}

/// A folder in which every user may make temporary files, like /tmp.
fn temporary_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o1777)).unwrap();
    folder
}

#[test]
fn a_private_postgres_ends_with_the_service() {
    for name in ["-TERM", "-KILL"] {
        let folder = temporary_folder();
        let mut command = command(&["--database", "throwaway-postgres"]);
        let mut running = start_command(command.env("TMPDIR", folder.path()));
        let find = r#"{"json":{"location":"2000"}}"#;
        let found = send(running.address, "POST", "/api/trpc/search.findPrograms", &[], find);
        assert_eq!(found.status, 200, "{}", found.body);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        signal(&running.child, name);
        running.child.wait().unwrap();
        // After a kill the guard removes it, which nobody waits for; the test's own time limit does here.
        while fs::read_dir(folder.path()).unwrap().next().is_some() {
            assert_eq!(name, "-KILL");
            std::thread::yield_now();
        }
    }
}

#[test]
fn accounts_come_from_the_command_line() {
    let mut command =
        command(&["--load-test-accounts", "500", "--exit-with-parent", "--listen", "127.0.0.1:0"]);
    let mut child = command
        .env("LOAD_TEST_PASSWORD", "secret")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let running = Running { address: line.trim_end().rsplit('/').next().unwrap().parse().unwrap(), child };
    let login = |number: u32| {
        let body =
            format!(r#"{{"email":"loadtest-{number}@test.holiday-aggregator.com","password":"secret"}}"#);
        send(running.address, "POST", "/api/auth/callback/credentials", &[], &body).status
    };
    assert_eq!([0, 1, 500, 501].map(login), [401, 200, 200, 401]);
}
