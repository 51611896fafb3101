//! Where a request comes from: the connection's other end, or what a proxy that is trusted says of it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::http::HeaderMap;
use loadline_serve::Peer;

use super::Network;

/// Where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The client's address.
    pub(crate) address: IpAddr,
    /// Whether the client spoke TLS.
    pub(crate) secure: bool,
}

impl Origin {
    /// X-Forwarded-For and X-Forwarded-Proto count only when the peer is one of `proxies`; anybody else could write anything there.
    /// Of several addresses the last that is no proxy counts: those before it are hearsay.
    pub(crate) fn of(peer: Option<Peer>, headers: &HeaderMap, proxies: &[Network]) -> Origin {
        let address = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip().to_canonical());
        let is_proxy = |address: IpAddr| proxies.iter().any(|network| network.contains(address));
        if !is_proxy(address) {
            return Origin { address, secure: false };
        }
        let last = |name: &str| headers.get_all(name).iter().next_back()?.to_str().ok();
        let secure = last("x-forwarded-proto")
            .and_then(|protocols| protocols.rsplit(',').next())
            .is_some_and(|protocol| protocol.trim().eq_ignore_ascii_case("https"));
        let forwarded = last("x-forwarded-for").and_then(|addresses| {
            let mut addresses = addresses.rsplit(',').map_while(|address| address_of(address.trim()));
            addresses.find(|address| !is_proxy(*address))
        });
        Origin { address: forwarded.unwrap_or(address), secure }
    }
}

/// As proxies write it: bare, with a port, and IPv6 in brackets.
fn address_of(text: &str) -> Option<IpAddr> {
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let bare = inner.unwrap_or(text).parse::<IpAddr>().ok();
    bare.or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip())).map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let proxies: Vec<Network> = vec!["10.0.0.0/24".parse().unwrap()];
        for (peer, addresses, protocol, expected, secure) in [
            ("10.0.0.1", "203.0.113.5", "https", "203.0.113.5", true),
            ("10.0.0.1", "1.1.1.1, 203.0.113.5, 10.0.0.2", "http,https", "203.0.113.5", true),
            ("10.0.0.1", "203.0.113.5", "https,http", "203.0.113.5", false),
            ("10.0.0.1", "203.0.113.5:49152", "https", "203.0.113.5", true),
            ("10.0.0.1", "[2001:db8::7]:443, 10.0.0.9:80", "https", "2001:db8::7", true),
            ("10.0.0.1", "[2001:db8::7]", "", "2001:db8::7", false),
            ("10.0.0.1", "2001:db8::7", "", "2001:db8::7", false),
            ("10.0.0.1", "1.1.1.1, nonsense", "", "10.0.0.1", false),
            ("203.0.113.9", "1.1.1.1", "https", "203.0.113.9", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", addresses.parse().unwrap());
            headers.insert("x-forwarded-proto", protocol.parse().unwrap());
            let peer = Peer(SocketAddr::new(peer.parse().unwrap(), 1));
            let origin = Origin::of(Some(peer), &headers, &proxies);
            assert_eq!(origin, Origin { address: expected.parse().unwrap(), secure }, "{addresses}");
        }
    }
}
