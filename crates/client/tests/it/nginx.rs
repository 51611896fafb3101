//! A real nginx on loopback, in a folder of its own.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use http::{Method, Version};
use loadline_client::{BodyMode, ClientConfig};
use tempfile::TempDir;

use crate::server::{client, failure, get, plain_client, response};

/// nginx with a plain port and a TLS port that also speaks HTTP/2; ends with the value.
pub(crate) struct Nginx {
    process: Child,
    pub(crate) plain: u16,
    pub(crate) secure: u16,
    folder: TempDir,
}

const CONFIG: &str = r#"
daemon off; master_process off; pid DIR/pid; error_log stderr notice;
events { worker_connections 512; }
http {
    access_log off; keepalive_requests 1000000; default_type text/plain; client_max_body_size 0;
    client_body_temp_path DIR/b; proxy_temp_path DIR/p; fastcgi_temp_path DIR/f; uwsgi_temp_path DIR/u; scgi_temp_path DIR/s;
    gzip on; gzip_min_length 1; gzip_types text/plain;
    server {
        listen 127.0.0.1:PLAIN;
        listen 127.0.0.1:SECURE ssl http2;
        ssl_certificate DIR/server.pem; ssl_certificate_key DIR/server.key;
        ssl_client_certificate DIR/ca.pem; ssl_verify_client optional;
        ssl_protocols TLSv1.2 TLSv1.3;
        root DIR/www;
        add_header X-Connection $connection always;
        add_header X-Client $ssl_client_verify always;
        location /empty { return 204; }
        location /old { return 301 /; }
        location /upload { return 200 "$request_method $content_length"; }
    }
}"#;

impl Nginx {
    /// Starts nginx with these certificate texts: server chain, server key, authority of clients.
    pub(crate) fn start(certificates: [&str; 3]) -> Nginx {
        for _ in 0..10 {
            let folder = tempfile::tempdir().unwrap();
            if let Some(started) = Nginx::try_start(folder, certificates) {
                return started;
            }
        }
        panic!("nginx did not start ten times (Debian package `nginx-light`)");
    }

    /// `None` when another process took a port between our asking for it and nginx's.
    fn try_start(folder: TempDir, certificates: [&str; 3]) -> Option<Nginx> {
        let ports = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [plain, secure] = ports.each_ref().map(|listener| listener.local_addr().unwrap().port());
        let path = folder.path();
        for (name, text) in ["server.pem", "server.key", "ca.pem"].iter().zip(certificates) {
            std::fs::write(path.join(name), text).unwrap();
        }
        std::fs::create_dir(path.join("www")).unwrap();
        std::fs::write(path.join("www/index.html"), "hello").unwrap();
        std::fs::write(path.join("www/text"), "programme ".repeat(10_000)).unwrap();
        // A sparse file: a gigabyte that takes no room.
        std::fs::File::create(path.join("www/huge")).unwrap().set_len(1 << 30).unwrap();
        let config = CONFIG.replace("DIR", path.to_str().unwrap());
        let config = config.replace("PLAIN", &plain.to_string()).replace("SECURE", &secure.to_string());
        std::fs::write(path.join("nginx.conf"), config).unwrap();
        drop(ports);
        let mut process = Command::new(program())
            .arg("-c")
            .arg(path.join("nginx.conf"))
            .args(["-p", path.to_str().unwrap(), "-e", "stderr"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("nginx (Debian package `nginx-light`) is installed");
        let mut log = BufReader::new(process.stderr.take().unwrap()).lines();
        // It says so once its sockets are open; when they can't be, the log ends first.
        let ready = log.by_ref().map_while(Result::ok).any(|line| line.contains("event method"));
        if !ready {
            process.wait().unwrap();
            return None;
        }
        // Somebody has to read on, or nginx stops at a full pipe.
        std::thread::spawn(move || log.for_each(drop));
        Some(Nginx { process, plain, secure, folder })
    }

    pub(crate) fn plain() -> Nginx {
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let pem = own.cert.pem();
        Nginx::start([&pem, &own.signing_key.serialize_pem(), &pem])
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.plain)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
        assert!(self.folder.path().exists());
    }
}

/// Debian puts it where a user's path does not lead.
fn program() -> &'static str {
    if Path::new("/usr/sbin/nginx").exists() { "/usr/sbin/nginx" } else { "nginx" }
}

#[tokio::test]
async fn keeps_connections() {
    let nginx = Nginx::plain();
    let client = plain_client();
    let mut connections = Vec::new();
    for _ in 0..3 {
        let exchange = client.send(get(&nginx.url("/")), None).await;
        let response = response(&exchange);
        assert_eq!(
            (response.status, response.version, &response.body[..]),
            (200, Version::HTTP_11, &b"hello"[..])
        );
        assert_eq!((response.status_text(), response.proto()), ("200 OK".to_owned(), "HTTP/1.1"));
        connections.push(response.headers.get("x-connection").unwrap().into_owned());
    }
    assert!(connections.iter().all(|connection| *connection == connections[0]), "{connections:?}");
}

#[tokio::test]
async fn decodes_what_it_asked_to_be_encoded() {
    let nginx = Nginx::plain();
    let mut request = get(&nginx.url("/text"));
    let plain = plain_client().send(request.clone(), None).await;
    assert!(!response(&plain).headers.contains("content-encoding"), "nobody asked for it");
    request.headers.insert("accept-encoding", "gzip".parse().unwrap());
    let exchange = plain_client().send(request, None).await;
    let encoded = response(&exchange);
    assert_eq!(encoded.headers.get("content-encoding").as_deref(), Some("gzip"));
    assert_eq!((encoded.body.len(), &encoded.body[..10]), (100_000, &b"programme "[..]));
    assert!(encoded.encoded_bytes < 10_000 && exchange.last().received_bytes < 10_000);
}

#[tokio::test]
async fn responses_without_body() {
    let nginx = Nginx::plain();
    let client = plain_client();
    let page = client.send(get(&nginx.url("/text")), None).await;
    let tag = response(&page).headers.get("etag").unwrap().into_owned();
    let mut unchanged = get(&nginx.url("/text"));
    unchanged.headers.insert("if-none-match", tag.parse().unwrap());
    let mut head = get(&nginx.url("/text"));
    head.method = Method::HEAD;
    for (request, status) in [(head, 200), (unchanged, 304), (get(&nginx.url("/empty")), 204)] {
        let exchange = client.send(request, None).await;
        assert_eq!((response(&exchange).status, response(&exchange).body.len()), (status, 0));
    }
    let exchange = client.send(get(&nginx.url("/old")), None).await;
    assert_eq!((exchange.hops.len(), &response(&exchange).body[..]), (2, &b"hello"[..]));
    assert!(exchange.last().reused, "all of it went over one connection");
}

#[tokio::test]
async fn uploads() {
    let nginx = Nginx::plain();
    let mut request = get(&nginx.url("/upload"));
    request.method = Method::POST;
    request.body = vec![b'x'; 3_000_000].into();
    let exchange = plain_client().send(request, None).await;
    assert_eq!(response(&exchange).body, "POST 3000000");
}

#[tokio::test]
async fn a_gigabyte_is_counted_or_refused() {
    let nginx = Nginx::plain();
    let mut request = get(&nginx.url("/huge"));
    let refused = plain_client().send(request.clone(), None).await;
    assert_eq!(failure(&refused).code, 1000);
    assert!(failure(&refused).to_string().contains("536870912 bytes"), "{}", failure(&refused));
    assert!(refused.last().received_bytes < 1 << 20, "it is refused when its length is known");
    request.body_mode = BodyMode::Discard;
    request.timeout = Duration::from_mins(1);
    let exchange = plain_client().send(request, None).await;
    let response = response(&exchange);
    assert_eq!((response.status, response.encoded_bytes, response.body.len()), (200, 1 << 30, 0));
    assert!(exchange.last().received_bytes > 1 << 30);
}

#[tokio::test]
async fn bodies_of_many_reads_are_whole() {
    let nginx = Nginx::plain();
    let mut request = get(&nginx.url("/huge"));
    request.headers.insert("range", "bytes=0-4999999".parse().unwrap());
    let exchange = client(ClientConfig::default()).send(request, None).await;
    assert_eq!((response(&exchange).status, response(&exchange).body.len()), (206, 5_000_000));
}
