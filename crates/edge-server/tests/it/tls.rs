//! TLS on both sides: an edge in front of an edge.

use std::io::{Read, Write};
use std::sync::Arc;

use loadline_edge::rules::Rules;
use loadline_edge_server::{Origin, Settings, authorities, server_tls};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::{Got, TestEdge, TestOrigin, answer};

struct Certificate {
    folder: tempfile::TempDir,
}

impl Certificate {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(folder.path().join("cert.pem"), cert.pem()).unwrap();
        std::fs::write(folder.path().join("key.pem"), signing_key.serialize_pem()).unwrap();
        Self { folder }
    }

    fn roots(&self) -> RootCertStore {
        authorities(&self.folder.path().join("cert.pem")).unwrap()
    }

    fn edge(&self, settings: Settings) -> TestEdge {
        let path = self.folder.path();
        let config = server_tls(&path.join("cert.pem"), &path.join("key.pem")).unwrap();
        TestEdge::start(settings, || Ok(Rules::default()), move |bound| bound.with_tls(config))
    }
}

#[test]
fn clients_speak_tls_and_so_does_the_edge() {
    let origin = TestOrigin::answering(|request| {
        let proto = request.field("x-forwarded-proto").unwrap_or_default().to_owned();
        answer("200 OK", &["Cache-Control: max-age=60"], &format!("{} {proto}", request.path()))
    });
    let certificate = Certificate::new();
    let inner = certificate.edge(Settings::new(Origin::new(&origin.url(), None).unwrap()));
    let address = format!("https://localhost:{}", inner.address.port());
    let outer = certificate.edge(Settings::new(Origin::new(&address, Some(certificate.roots())).unwrap()));

    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(certificate.roots())
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let session = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(session, outer.connect());
    stream.write_all(b"GET /a HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n").unwrap();
    let mut came = String::new();
    stream.read_to_string(&mut came).unwrap();
    let got = Got::parse(&came);
    assert_eq!((got.status, got.body.as_str()), (200, "/a https"), "{came}");
    // Both caches say what they did, the one that is nearer to the origin first.
    assert_eq!(got.head.matches("cache-status: loadline;fwd=uri-miss;").count(), 2, "{came}");
    assert_eq!(outer.metric("origin_requests_total{ended=\"2xx\"}"), Some(1));
}

#[test]
fn an_origin_that_nobody_vouches_for_is_not_believed() {
    let origin = TestOrigin::answering(|_| answer("200 OK", &[], "a"));
    let (certificate, other) = (Certificate::new(), Certificate::new());
    let inner = certificate.edge(Settings::new(Origin::new(&origin.url(), None).unwrap()));
    let address = format!("https://localhost:{}", inner.address.port());
    let settings = Settings::new(Origin::new(&address, Some(other.roots())).unwrap());
    let outer = TestEdge::start(settings, || Ok(Rules::default()), |bound| bound);
    let got = outer.get("/a");
    assert_eq!((got.status, origin.count()), (502, 0));
    assert!(got.body.contains("its TLS failed"), "{}", got.body);
}

#[test]
fn who_speaks_no_tls_is_not_served_without() {
    let origin = TestOrigin::answering(|_| answer("200 OK", &[], "a"));
    let edge = Certificate::new().edge(Settings::new(Origin::new(&origin.url(), None).unwrap()));
    let raw = edge.raw(b"GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n");
    assert!(!raw.contains("HTTP/1.1 200") && origin.count() == 0, "{raw:?}");
}
