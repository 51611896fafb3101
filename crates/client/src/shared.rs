//! What all clients of a run share, across worker threads.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crate::config::{ClientConfig, ConfigErrors};
use crate::net::{HostOverrides, LocalAddresses, NamePatterns, Networks, Resolver};
use crate::tls::TlsConfigs;

/// Configuration, name cache and trust store of a run; one for all its clients.
#[derive(Debug)]
pub struct Shared {
    pub(crate) config: ClientConfig,
    pub(crate) resolver: Resolver,
    pub(crate) hosts: HostOverrides,
    pub(crate) blacklist: Networks,
    pub(crate) blocked: NamePatterns,
    local_addresses: LocalAddresses,
    next_local: AtomicUsize,
    tls: OnceLock<Result<TlsConfigs, String>>,
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
        if !errors.is_empty() {
            return Err(ConfigErrors(errors));
        }
        Ok(Arc::new(Shared {
            resolver: Resolver::new(config.dns),
            hosts,
            blacklist,
            blocked,
            local_addresses,
            next_local: AtomicUsize::new(0),
            tls: OnceLock::new(),
            config,
        }))
    }

    /// The TLS configurations; the first call reads the machine's trust store.
    pub(crate) fn tls(&self) -> Result<&TlsConfigs, &str> {
        self.tls
            .get_or_init(|| TlsConfigs::new(&self.config.tls, self.config.http2))
            .as_ref()
            .map_err(String::as_str)
    }

    /// The local address of the next client, when there are any.
    pub(crate) fn next_local_address(&self) -> Option<IpAddr> {
        self.local_addresses.nth(self.next_local.fetch_add(1, Ordering::Relaxed))
    }
}
