//! Where load goes, and whether it may go there without being asked: this machine and private networks are nobody's
//! production.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use loadline_runner::{Ending, Failure};
use loadline_verdict::escape;
use url::Url;

/// Addresses of a target, looked up once.
pub(super) fn addresses(url: &Url) -> Vec<SocketAddr> {
    let Some(port) = url.port_or_known_default() else { return Vec::new() };
    match url.host() {
        Some(url::Host::Ipv4(ip)) => vec![SocketAddr::new(ip.into(), port)],
        Some(url::Host::Ipv6(ip)) => vec![SocketAddr::new(ip.into(), port)],
        Some(url::Host::Domain(name)) => {
            (name, port).to_socket_addrs().map(Iterator::collect).unwrap_or_default()
        }
        None => Vec::new(),
    }
}

/// Whether nobody else's production can be there.
fn is_own(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// Refuses a target that others may depend on. `url` is where load goes, as far as it is known.
///
/// # Errors
/// When it is not on this machine or in a private network.
pub(super) fn may(url: Option<&Url>, addresses: &[SocketAddr]) -> Result<(), Failure> {
    let hint = "hint: it is loaded until it breaks; say `--yes` if it may be";
    let text = match url {
        _ if !addresses.is_empty() && addresses.iter().all(|one| is_own(one.ip())) => return Ok(()),
        Some(url) => {
            let host = url.host_str().unwrap_or_default();
            format!("`{}` is neither on this machine nor in a private network\n{hint}", escape(host))
        }
        None => format!(
            "it is not known where the script sends its requests\n{hint}, or say where with `-e BASE_URL=http://127.0.0.1:8080`"
        ),
    };
    Err(Failure::new(Ending::Configuration, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(text: &str) -> bool {
        let url: Url = text.parse().unwrap();
        may(Some(&url), &addresses(&url)).is_err()
    }

    #[test]
    fn this_machine_and_private_networks_are_not_asked_about() {
        for text in [
            "http://127.0.0.1:8080/",
            "http://[::1]:80/",
            "http://192.168.1.5/",
            "http://10.0.0.1/",
            "http://localhost/",
        ] {
            assert!(!asks(text), "{text}");
        }
        for text in ["http://93.184.216.34/", "https://[2606:4700::1]/", "http://172.32.0.1/"] {
            assert!(asks(text), "{text}");
        }
        assert!(may(None, &[]).is_err());
    }
}
