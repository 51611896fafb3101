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
        // A proxy adds to the last line or a line of its own: all of them are one list. What does not read ends it.
        let backwards = |name: &str| {
            let lines = headers.get_all(name).iter().rev();
            lines.map_while(|line| line.to_str().ok()).flat_map(|line| line.rsplit(',')).map(str::trim)
        };
        let secure = backwards("x-forwarded-proto")
            .next()
            .is_some_and(|protocol| protocol.eq_ignore_ascii_case("https"));
        let forwarded =
            backwards("x-forwarded-for").map_while(address_of).find(|address| !is_proxy(*address));
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
    fn lines_of_several_proxies_are_one_list() {
        let proxies: Vec<Network> = vec!["10.0.0.0/24".parse().unwrap()];
        let peer = Peer(SocketAddr::new("10.0.0.1".parse().unwrap(), 1));
        for (lines, expected) in [
            (&["1.1.1.1, 203.0.113.5", "10.0.0.2"][..], "203.0.113.5"),
            (&["203.0.113.5", "10.0.0.2, 10.0.0.3"], "203.0.113.5"),
            (&["1.1.1.1", "203.0.113.5"], "203.0.113.5"),
            (&["1.1.1.1", "nonsense", "10.0.0.2"], "10.0.0.1"),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append("x-forwarded-for", line.parse().unwrap());
            }
            let origin = Origin::of(Some(peer), &headers, &proxies);
            assert_eq!(origin.address, expected.parse::<IpAddr>().unwrap(), "{lines:?}");
        }
    }

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
