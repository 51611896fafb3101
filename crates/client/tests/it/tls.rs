//! TLS and HTTP/2 with nginx and certificates made for the test.

use std::collections::BTreeMap;

use http::Version;
use loadline_client::{Client, ClientCertificate, ClientConfig, Http2, Tls, TlsVersion};
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};

use crate::misbehaviour::join_all;
use crate::nginx::Nginx;
use crate::server::{client, failure, get, response};

/// An authority, a server's certificate for `shop.test`, and a client's.
struct Authority {
    pem: String,
    server: (String, String),
    client: (String, String),
}

fn authority() -> Authority {
    let key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::new(Vec::new()).unwrap();
    // The same name as those it signs would make them look self-signed.
    parameters.distinguished_name.push(DnType::CommonName, "authority");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = parameters.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(parameters, key);
    let sign = |purpose| {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(["shop.test".to_owned()]).unwrap();
        parameters.extended_key_usages = vec![purpose];
        (parameters.signed_by(&key, &issuer).unwrap().pem(), key.serialize_pem())
    };
    Authority {
        server: sign(ExtendedKeyUsagePurpose::ServerAuth),
        client: sign(ExtendedKeyUsagePurpose::ClientAuth),
        pem,
    }
}

fn start() -> (Nginx, Authority) {
    let authority = authority();
    let nginx = Nginx::start([&authority.server.0, &authority.server.1, &authority.pem]);
    (nginx, authority)
}

/// A client for which every name is this machine.
fn local(tls: Tls, http2: Http2) -> Client {
    let hosts = BTreeMap::from([("*".to_owned(), "127.0.0.1".to_owned())]);
    client(ClientConfig { tls, http2, hosts, ..ClientConfig::default() })
}

fn trusting(authority: &Authority) -> Tls {
    Tls { extra_roots_pem: authority.pem.clone().into_bytes(), ..Tls::default() }
}

#[tokio::test]
async fn certificates_are_verified() {
    let (nginx, authority) = start();
    let check = async |tls: Tls, host: &str, code: u16, words: &str| {
        let exchange =
            local(tls, Http2::Off).send(get(&format!("https://{host}:{}/", nginx.secure)), None).await;
        if code == 0 {
            assert_eq!(response(&exchange).body, "hello");
            let hop = exchange.last();
            assert_eq!(hop.tls.unwrap().version, "tls1.3");
            assert!(hop.tls.unwrap().cipher_suite.starts_with("TLS_"), "{:?}", hop.tls);
            assert!(
                !hop.timings.tls_handshaking.is_zero() && hop.timings.blocked > hop.timings.tls_handshaking
            );
            assert!(hop.sent_bytes > 300 && hop.received_bytes > 1000, "the handshake counts");
        } else {
            let failure = failure(&exchange);
            assert_eq!(failure.code, code, "{failure}");
            assert!(failure.to_string().contains(words), "{failure}");
            assert!(exchange.last().received_bytes > 0);
        }
    };
    check(trusting(&authority), "shop.test", 0, "").await;
    check(trusting(&authority), "other.test", 1311, "doesn't match hostname").await;
    let other = self::authority();
    check(trusting(&other), "shop.test", 1310, "insecureSkipTLSVerify").await;
    check(Tls { insecure_skip_verify: true, ..Tls::default() }, "other.test", 0, "").await;
}

#[tokio::test]
async fn a_plain_server_is_no_tls_server() {
    let (nginx, authority) = start();
    let exchange = local(trusting(&authority), Http2::Negotiated)
        .send(get(&format!("https://shop.test:{}/", nginx.plain)), None)
        .await;
    assert_eq!(failure(&exchange).code, 1300, "{}", failure(&exchange));
}

#[tokio::test]
async fn versions_and_suites_can_be_chosen() {
    let (nginx, authority) = start();
    let tls = Tls {
        maximum_version: Some(TlsVersion::Tls12),
        cipher_suites: vec!["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384".to_owned()],
        ..trusting(&authority)
    };
    let exchange =
        local(tls, Http2::Off).send(get(&format!("https://shop.test:{}/", nginx.secure)), None).await;
    let tls = exchange.last().tls.unwrap();
    assert_eq!((tls.version, tls.cipher_suite), ("tls1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"));
}

#[tokio::test]
async fn client_certificates_are_shown_to_their_domains() {
    let (nginx, authority) = start();
    let certificate = ClientCertificate {
        domains: vec!["shop.test".to_owned()],
        certificate_pem: authority.client.0.clone().into_bytes(),
        key_pem: authority.client.1.clone().into_bytes(),
    };
    let tls = Tls { client_certificates: vec![certificate], insecure_skip_verify: true, ..Tls::default() };
    let client = local(tls, Http2::Off);
    for (host, expected) in [("shop.test", "SUCCESS"), ("other.test", "NONE")] {
        let exchange = client.send(get(&format!("https://{host}:{}/", nginx.secure)), None).await;
        assert_eq!(response(&exchange).headers.get("x-client").as_deref(), Some(expected));
    }
}

#[tokio::test]
async fn many_requests_share_one_http2_connection() {
    let (nginx, authority) = start();
    let client = local(trusting(&authority), Http2::Negotiated);
    let url = format!("https://shop.test:{}/text", nginx.secure);
    let requests = (0..20).map(|_| Box::pin(client.send(get(&url), None))).collect();
    let exchanges = join_all(requests).await;
    let connections: std::collections::BTreeSet<String> = exchanges
        .iter()
        .map(|exchange| {
            let response = response(exchange);
            assert_eq!((response.version, response.body.len()), (Version::HTTP_2, 100_000));
            assert_eq!((response.proto(), response.status_text()), ("HTTP/2.0", "200 OK".to_owned()));
            response.headers.get("x-connection").unwrap().into_owned()
        })
        .collect();
    assert_eq!(connections.len(), 1, "{connections:?}");
    assert_eq!(exchanges.iter().filter(|exchange| !exchange.last().reused).count(), 1);
    let received: u64 = exchanges.iter().map(|exchange| exchange.last().received_bytes).sum();
    assert!(received > 2_000_000 && received < 2_200_000, "{received}");
}
