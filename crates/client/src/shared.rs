//! What all clients of a run share, across worker threads.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crate::bodies::Bodies;
use crate::config::{ClientConfig, ConfigError, ConfigErrors};
use crate::net::{HostOverrides, LocalAddresses, NamePatterns, Networks, Resolver};
use crate::tls::{TlsConfigs, TlsError};
use crate::tracing::Tracing;

/// Configuration, name cache and trust store of a run; one for all its clients.
#[derive(Debug)]
pub struct Shared {
    pub(crate) config: ClientConfig,
    pub(crate) resolver: Resolver,
    pub(crate) hosts: HostOverrides,
    pub(crate) blacklist: Networks,
    pub(crate) blocked: NamePatterns,
    pub(crate) bodies: Arc<Bodies>,
    local_addresses: LocalAddresses,
    next_local: AtomicUsize,
    tls: OnceLock<Result<TlsConfigs, TlsError>>,
    tracing: OnceLock<Arc<Tracing>>,
}

impl Shared {
    /// Checks a configuration and makes it ready for use. Certificates of the machine are not read yet.
    ///
    /// # Errors
    /// Everything that is wrong with the configuration, not only the first.
    pub fn new(config: ClientConfig) -> Result<Arc<Shared>, ConfigErrors> {
        let mut errors = Vec::new();
        let hosts = HostOverrides::parse(&config.hosts, &mut errors);
        let blacklist = Networks::parse(&config.blacklist_ips, &mut errors);
        let blocked = NamePatterns::parse(&config.block_hostnames, &mut errors);
        let local_addresses = LocalAddresses::parse(&config.local_addresses, &mut errors);
        crate::tls::check(&config.tls, &mut errors);
        if http::HeaderValue::try_from(&config.user_agent).is_err() {
            errors.push(ConfigError {
                option: "userAgent",
                text: config.user_agent.escape_debug().to_string(),
                problem: "has characters that no header may have".to_owned(),
            });
        }
        if !errors.is_empty() {
            return Err(ConfigErrors(errors));
        }
        Ok(Arc::new(Shared {
            resolver: Resolver::new(config.dns),
            hosts,
            blacklist,
            blocked,
            bodies: Arc::new(Bodies::new(config.body_limit, config.bodies_limit)),
            local_addresses,
            next_local: AtomicUsize::new(0),
            tls: OnceLock::new(),
            tracing: OnceLock::new(),
            config,
        }))
    }

    /// Has requests carry traces, while these are switched on. Whether they do: others may have been there before.
    pub fn carry_traces(&self, tracing: &Arc<Tracing>) -> bool {
        Arc::ptr_eq(self.tracing.get_or_init(|| Arc::clone(tracing)), tracing)
    }

    pub(crate) fn tracing(&self) -> Option<&Tracing> {
        self.tracing.get().map(|tracing| &**tracing)
    }

    /// The TLS configurations; the first call reads the machine's trust store.
    pub(crate) fn tls(&self) -> Result<&TlsConfigs, &TlsError> {
        self.tls.get_or_init(|| TlsConfigs::new(&self.config.tls, self.config.http2)).as_ref()
    }

    /// The local address of the next client, when there are any.
    pub(crate) fn next_local_address(&self) -> Option<IpAddr> {
        self.local_addresses.nth(self.next_local.fetch_add(1, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ClientCertificate, Tls, TlsVersion};

    #[test]
    fn everything_wrong_is_told_at_once() {
        let certificate = ClientCertificate {
            domains: vec!["shop.test".to_owned()],
            certificate_pem: b"nothing".to_vec(),
            key_pem: Vec::new(),
        };
        let tls = Tls {
            minimum_version: Some(TlsVersion::Tls13),
            maximum_version: Some(TlsVersion::Tls12),
            cipher_suites: vec!["TLS_RSA_WITH_RC4_128_SHA".to_owned()],
            client_certificates: vec![certificate],
            ..Tls::default()
        };
        let config = ClientConfig {
            user_agent: "two\r\nlines".to_owned(),
            blacklist_ips: vec!["10.0.0.0/40".to_owned()],
            block_hostnames: vec!["a*b".to_owned()],
            local_addresses: vec!["here".to_owned()],
            hosts: [("a".to_owned(), "b".to_owned())].into(),
            tls,
            ..ClientConfig::default()
        };
        let errors = Shared::new(config).unwrap_err();
        let options: Vec<&str> = errors.0.iter().map(|error| error.option).collect();
        assert_eq!(
            options,
            [
                "hosts",
                "blacklistIPs",
                "blockHostnames",
                "localIPs",
                "tlsCipherSuites",
                "tlsVersion",
                "tlsAuth",
                "userAgent"
            ]
        );
        assert!(errors.to_string().contains("TLS_AES_128_GCM_SHA256"), "{errors}");
    }
}
