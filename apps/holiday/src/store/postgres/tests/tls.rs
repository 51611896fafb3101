//! Servers that are not there, and those that have to prove who they are.

use tokio::runtime::Runtime;

use crate::store::{
    Store,
    postgres::{Address, PostgresStore, Throwaway},
};

#[test]
fn a_server_that_is_not_there_is_a_clear_error() {
    let runtime = Runtime::new().unwrap();
    let address: Address = "postgres:///db?host=/nowhere/at/all".parse().unwrap();
    let error = runtime.block_on(PostgresStore::open(address, 1)).err().unwrap();
    let text = std::error::Error::source(&error).unwrap().to_string();
    assert!(text.contains("No such file or directory"), "{text}");
}

/// An authority, and a certificate of it for these names.
fn authority_and_certificate(names: &[&str]) -> (String, String, String) {
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::default();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority_pem = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let certificate = rcgen::CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
    (authority_pem, certificate.pem(), key.serialize_pem())
}

#[test]
fn a_server_is_believed_by_its_certificate() {
    let runtime = Runtime::new().unwrap();
    let server = Throwaway::start().unwrap();
    let (authority, certificate, key) = authority_and_certificate(&["db.test"]);
    // Free when it was picked; another process may be quicker.
    let port = (0..10)
        .find_map(|_| {
            let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            server.listen_with_tls(port, &certificate, &key).map(|()| port)
        })
        .expect("one of ten ports is free");
    let folder = tempfile::tempdir().unwrap();
    let [ours, strange, empty] =
        ["ours.pem", "strange.pem", "empty.pem"].map(|name| folder.path().join(name));
    std::fs::write(&ours, authority).unwrap();
    std::fs::write(&strange, authority_and_certificate(&["db.test"]).0).unwrap();
    std::fs::write(&empty, "").unwrap();
    let (ours, strange, empty) = (ours.display(), strange.display(), empty.display());
    let connect = |parameters: String| {
        let url = format!("postgres://holiday@db.test:{port}/postgres?hostaddr=127.0.0.1&{parameters}");
        runtime.block_on(async {
            let client = url.parse::<Address>().unwrap().connect().await.map_err(|error| {
                std::error::Error::source(&error).map_or_else(String::new, ToString::to_string)
            })?;
            let protected = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
            Ok::<bool, String>(client.query_one(protected, &[]).await.unwrap().get(0))
        })
    };
    for (parameters, outcome) in [
        (format!("sslmode=verify-full&sslrootcert={ours}"), Ok(true)),
        (format!("sslmode=verify-ca&sslrootcert={ours}"), Ok(true)),
        (format!("sslmode=require&sslrootcert={ours}"), Ok(true)),
        ("sslmode=require".to_owned(), Ok(true)),
        ("sslmode=disable".to_owned(), Ok(false)),
        ("application_name=plain".to_owned(), Ok(false)),
        (format!("sslmode=verify-full&sslrootcert={strange}"), Err("invalid peer certificate")),
        (format!("sslmode=verify-ca&sslrootcert={strange}"), Err("invalid peer certificate")),
        (format!("sslmode=require&sslrootcert={strange}"), Err("invalid peer certificate")),
        (format!("sslmode=verify-full&sslrootcert={empty}"), Err("there is no certificate in it")),
    ] {
        match (connect(parameters.clone()), outcome) {
            (Ok(protected), Ok(expected)) => assert_eq!(protected, expected, "{parameters}"),
            (Err(text), Err(expected)) => assert!(text.contains(expected), "{parameters}: {text}"),
            (found, _) => panic!("{parameters}: {found:?}"),
        }
    }
    // Another name is refused only when names count.
    let named = |mode: &str| {
        let url = format!("postgres://holiday@127.0.0.1:{port}/postgres?sslmode={mode}&sslrootcert={ours}");
        runtime.block_on(url.parse::<Address>().unwrap().connect()).map(drop)
    };
    assert!(named("verify-ca").is_ok());
    let refused = named("verify-full").unwrap_err();
    let text = std::error::Error::source(&refused).unwrap().to_string();
    assert!(text.contains("not valid for name"), "{text}");
    // The pool speaks TLS as well.
    let url = format!(
        "postgres://holiday@db.test:{port}/postgres?hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert={ours}"
    );
    let store = runtime.block_on(PostgresStore::open(url.parse().unwrap(), 2)).unwrap();
    runtime.block_on(store.ping()).unwrap();
}
