//! `loadline watch` that tells people by e-mail, over a mail server that nobody here wrote.

use std::io::{BufRead, BufReader, Read};
use std::process::{ChildStderr, ChildStdout, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::{Folder, ended};
use crate::watching::{Running, Service};

/// An endpoint's name as somebody might break a mail with it.
const NAME: &str = "🛒 search\r\nBcc: all@shop.test";

const PROJECT: &str = r#"
[endpoints]
"🛒 search\r\nBcc: all@shop.test" = "POST /search"

[[budget]]
endpoint = "🛒 search\r\nBcc: all@shop.test"
p95 = "500ms"

[watch]
endpoints = { "🛒 search\r\nBcc: all@shop.test" = "search" }
step = "2s"
windows = [{ long = "4s", short = "2s", burn = 2 }]
resolve_after = "2s"

[[watch.notify]]
kind = "email"
url = "SERVER"
sender = "Löadline <watch@shop.test>"
to = [TO]
user = "watch"
key = "env:TEST_PASSWORD"
"#;

/// A mail server with its certificate, on a port of its own.
struct Sink {
    port: u16,
    mails: BufReader<ChildStdout>,
    _running: Running,
}

impl Sink {
    fn start(folder: &Folder, how: &str) -> Self {
        let (certificate, key) = (folder.path("cert.pem"), folder.path("key.pem"));
        let made = ended(
            Command::new("openssl")
                .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
                .args(["-nodes", "-days", "2", "-subj", "/CN=mail", "-addext"])
                .args(["subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"])
                .arg("-out")
                .arg(&certificate)
                .arg("-keyout")
                .arg(&key),
        );
        assert_eq!(made.code, Some(0), "{}", made.err);
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/smtp_sink.py");
        let mut process = Command::new("/usr/bin/python3")
            .arg(program)
            .args([&certificate, &key])
            .arg(how)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // It warns of what a test is about.
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut mails = BufReader::new(process.stdout.take().unwrap());
        let running = Running(process);
        let mut line = String::new();
        mails.read_line(&mut line).unwrap();
        let port = line.trim().parse().expect("the Debian package `python3-aiosmtpd` is installed");
        Self { port, mails, _running: running }
    }

    /// The next mail that it took: whom it is to, and all of it.
    fn next(&mut self) -> (String, Value) {
        let mut line = String::new();
        self.mails.read_line(&mut line).unwrap();
        let mail: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(mail["to"].as_array().unwrap().len(), 1, "each is told on their own");
        assert_eq!(mail["is_encrypted"], true, "{mail}");
        (mail["to"][0].as_str().unwrap().to_owned(), mail)
    }
}

fn header<'m>(mail: &'m Value, name: &str) -> &'m str {
    mail["headers"][name].as_str().unwrap_or_else(|| panic!("{name}: {mail}"))
}

/// A watch of a service, and what it says first.
fn watch(folder: &Folder, service: &Service, password: &str) -> (Running, String) {
    let mut command = folder.loadline(["watch", "--scrape", &format!("http://{}/metrics", service.address)]);
    command.env("TEST_PASSWORD", password).env("SSL_CERT_FILE", folder.path("cert.pem"));
    let mut watch = Running(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(watch.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (watch, line)
}

/// Ends it, and says what it said on standard error.
fn end(mut watch: Running, mut err: BufReader<ChildStderr>, mut said: String) -> String {
    kill_process(Pid::from_child(&watch.0), Signal::TERM).unwrap();
    err.read_to_string(&mut said).unwrap();
    assert_eq!(watch.0.wait().unwrap().code(), Some(0), "{said}");
    assert!(!said.contains("SMTP-SECRET") && !said.contains("WRONG-SECRET"), "{said}");
    said
}

#[test]
fn people_are_told_each_on_their_own() {
    let folder = Folder::new();
    let service = Service::start();
    let mut sink = Sink::start(&folder, "tls");
    let to = r#""stuck@shop.test", "On call <oncall@shop.test>", "gone@shop.test", "busy@shop.test""#;
    let server = format!("smtps://127.0.0.1:{}", sink.port);
    folder.write("loadline.toml", &PROJECT.replace("SERVER", &server).replace("TO", to));
    let (mut watch, line) = watch(&folder, &service, "SMTP-SECRET");
    assert!(line.contains("email to On call <oncall@shop.test>, email to gone@shop.test"), "{line}");
    let err = BufReader::new(watch.0.stderr.take().unwrap());

    service.breaks(true);
    // One that hangs keeps nobody waiting.
    let mut told = [sink.next(), sink.next()];
    told.sort_by(|one, other| one.0.cmp(&other.0));
    let [(busy, first), (oncall, second)] = &told;
    assert_eq!((busy.as_str(), oncall.as_str()), ("busy@shop.test", "oncall@shop.test"));
    assert_eq!(header(first, "message-id"), header(second, "message-id"));
    let name = NAME.replace(['\r', '\n'], " ");
    assert_eq!(header(second, "subject"), format!("page: {name} burns its budget p95<=500ms"));
    assert_eq!(header(second, "from"), "Löadline <watch@shop.test>");
    assert_eq!(header(second, "to"), "On call <oncall@shop.test>");
    assert_eq!(header(second, "auto-submitted"), "auto-generated");
    assert_eq!((&second["headers"]["bcc"], &second["defects"]), (&Value::Null, &Value::Array(Vec::new())));
    let text = second["text"].as_str().unwrap();
    assert!(text.contains("took longer than 500ms") && text.contains("more: loadline watch"), "{text}");
    service.breaks(false);
    let (_, over) = sink.next();
    assert_eq!(header(&over, "subject"), format!("over: {name} keeps its budget p95<=500ms again"));
    assert_eq!(header(&over, "references"), header(first, "references"));
    assert_ne!(header(&over, "message-id"), header(first, "message-id"));
    sink.next();

    let err = end(watch, err, String::new());
    // Who is refused for ever is lost and said to be; who is refused for now is tried again.
    assert!(err.contains("a notice for `email to gone@shop.test` is lost, 1 in all"), "{err}");
    assert!(err.contains("answers 550: 5.1.1 nobody of this name"), "{err}");
    assert!(err.contains("`email to busy@shop.test` did not take a notice, which is tried again"), "{err}");
    assert!(err.contains("answers 451: 4.3.0 later"), "{err}");
    assert!(err.contains("`email to busy@shop.test` takes notices again"), "{err}");
    // What hangs, and what may not be answered yet.
    assert!(err.contains(" notices are not told yet: the next watch tells them"), "{err}");
}

#[test]
fn who_has_the_wrong_password_loses_nothing() {
    let folder = Folder::new();
    let service = Service::start();
    let mut sink = Sink::start(&folder, "starttls");
    let server = format!("smtp://127.0.0.1:{}?tls=starttls", sink.port);
    let project = PROJECT.replace("SERVER", &server).replace("TO", r#""oncall@shop.test""#);
    folder.write("loadline.toml", &project);
    let (mut first, _) = watch(&folder, &service, "WRONG-SECRET");
    service.breaks(true);
    let mut err = BufReader::new(first.0.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains("`email to oncall@shop.test` did not take a notice") {
        assert_ne!(err.read_line(&mut said).unwrap(), 0, "{said}");
    }
    let said = end(first, err, said);
    assert!(said.contains("answers 535") && !said.contains("lost"), "{said}");
    assert!(said.contains("1 notice is not told yet: the next watch tells it"), "{said}");
    let (mut second, _) = watch(&folder, &service, "SMTP-SECRET");
    let err = BufReader::new(second.0.stderr.take().unwrap());
    let (to, mail) = sink.next();
    assert_eq!(to, "oncall@shop.test");
    assert!(header(&mail, "subject").starts_with("page: "), "{mail}");
    end(second, err, String::new());
}

#[test]
fn what_mail_needs_is_looked_at_before_it_starts() {
    let folder = Folder::new();
    let start = |server: &str, to: &str| {
        folder.write("loadline.toml", &PROJECT.replace("SERVER", server).replace("TO", to));
        let mut command = folder.loadline(["watch", "--scrape", "http://127.0.0.1:9/metrics"]);
        ended(command.env("TEST_PASSWORD", "x").env("TEST_SERVER", "smtp://mail.test?tls=none")).expect(2).err
    };
    let oncall = r#""oncall@shop.test""#;
    let said = start("smtp://mail.test?tls=none", oncall);
    assert!(said.contains("the password of `user` without TLS") && said.contains("loadline.toml:"), "{said}");
    let said = start("env:TEST_SERVER", oncall);
    assert!(said.contains("the receiver `email`") && said.contains("would get the password"), "{said}");
    let said = start("smtps://a:b@mail.test", oncall);
    assert!(said.contains("say `user` and `key`") && !said.contains("a:b@"), "{said}");
    let said = start("smtps://mail.test", r#""oncall@shop.test", "@@""#);
    assert!(said.contains("no address of e-mail"), "{said}");
}
