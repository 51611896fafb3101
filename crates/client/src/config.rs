//! Configuration of all the clients of a run, and what can be wrong with it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Everything the clients of a run have in common.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// `User-Agent` of requests that bring none; empty sends none.
    pub user_agent: String,
    /// Keep connections between requests; off sends `Connection: close` and opens one for each request.
    pub reuse_connections: bool,
    /// How many connections one client keeps open to one host; `None` has no limit. Browsers use 6.
    pub connections_per_host: Option<usize>,
    /// Longest time to open a TCP connection.
    pub connect_timeout: Duration,
    /// Largest body to keep, in bytes, as sent and as decoded; a larger one is a failure.
    pub body_limit: u64,
    /// What all kept bodies may take together, in bytes, from their first byte until the last owner lets them go; a
    /// body that would take more is a failure. Bodies of up to 64 KiB are not counted.
    pub bodies_limit: u64,
    /// When HTTP/2 is spoken.
    pub http2: Http2,
    /// TLS.
    pub tls: Tls,
    /// Name look-ups.
    pub dns: Dns,
    /// Addresses of names, instead of a look-up: `host`, `host:port` or `*.domain` to `address` or `address:port`.
    pub hosts: BTreeMap<String, String>,
    /// Networks (`10.0.0.0/8`) and addresses that are never connected to.
    pub blacklist_ips: Vec<String>,
    /// Host names that are never connected to; `*.domain` stands for all below it.
    pub block_hostnames: Vec<String>,
    /// Local addresses that clients take turns to connect from: `10.0.0.5`, `10.0.0.5-10.0.0.9` or `10.0.0.0/28`.
    pub local_addresses: Vec<String>,
}

/// When HTTP/2 is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Http2 {
    /// When the server agrees to it in the TLS handshake (ALPN).
    #[default]
    Negotiated,
    /// Never.
    Off,
    /// Always, also without TLS: the server is known to speak it.
    PriorKnowledge,
}

/// How TLS connections are made.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// Accept any certificate.
    pub insecure_skip_verify: bool,
    /// Oldest version to accept.
    pub minimum_version: Option<TlsVersion>,
    /// Newest version to offer.
    pub maximum_version: Option<TlsVersion>,
    /// Cipher suites to offer, by their IANA names; empty offers all that are safe.
    pub cipher_suites: Vec<String>,
    /// Certificates to show to servers that ask.
    pub client_certificates: Vec<ClientCertificate>,
    /// Authorities to trust besides the machine's own, PEM.
    pub extra_roots_pem: Vec<u8>,
}

/// A version of TLS; older ones than 1.2 are not spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// TLS 1.2, RFC 5246.
    Tls12,
    /// TLS 1.3, RFC 8446.
    Tls13,
}

/// A certificate a client shows, and to whom.
#[derive(Clone)]
pub struct ClientCertificate {
    /// Host names it is for, `*.domain` included; empty is for all.
    pub domains: Vec<String>,
    /// The certificate and those that lead to its authority, PEM.
    pub certificate_pem: Vec<u8>,
    /// Its private key, PEM, not encrypted.
    pub key_pem: Vec<u8>,
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ClientCertificate").field("domains", &self.domains).finish_non_exhaustive()
    }
}

/// How names are looked up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dns {
    /// How long an answer is used.
    pub ttl: DnsTtl,
    /// Which of several addresses is used.
    pub select: DnsSelect,
    /// Which kind of address is used.
    pub policy: DnsPolicy,
}

/// How long a look-up's answer is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DnsTtl {
    /// This long.
    For(Duration),
    /// As long as the run lasts.
    Forever,
    /// Every new connection asks again.
    Never,
}

impl Default for DnsTtl {
    fn default() -> DnsTtl {
        DnsTtl::For(Duration::from_mins(5))
    }
}

/// Which of several addresses is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DnsSelect {
    /// The first.
    First,
    /// Any, drawn anew for each connection.
    #[default]
    Random,
    /// Each in turn.
    RoundRobin,
}

/// Which kind of address is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DnsPolicy {
    /// IPv4 if there is one.
    #[default]
    PreferIpv4,
    /// IPv6 if there is one.
    PreferIpv6,
    /// IPv4 or nothing.
    OnlyIpv4,
    /// IPv6 or nothing.
    OnlyIpv6,
    /// Both alike.
    Any,
}

impl Default for ClientConfig {
    fn default() -> ClientConfig {
        ClientConfig {
            user_agent: concat!("loadline/", env!("CARGO_PKG_VERSION")).to_owned(),
            reuse_connections: true,
            connections_per_host: Some(6),
            connect_timeout: Duration::from_secs(30),
            body_limit: 512 << 20,
            bodies_limit: 512 << 20,
            http2: Http2::default(),
            tls: Tls::default(),
            dns: Dns::default(),
            hosts: BTreeMap::new(),
            blacklist_ips: Vec::new(),
            block_hostnames: Vec::new(),
            local_addresses: Vec::new(),
        }
    }
}

/// One thing that is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{option}: `{text}` {problem}")]
pub struct ConfigError {
    /// The option, as scripts spell it.
    pub option: &'static str,
    /// The value.
    pub text: String,
    /// What is wrong, and what it should look like.
    pub problem: String,
}

/// Everything that is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(formatter, "{separator}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}
