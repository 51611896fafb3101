//! Local addresses that virtual users connect from, so that one machine looks like many.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::config::ConfigError;
use crate::net::networks::Network;

/// Ranges of addresses, taken in turn.
#[derive(Clone, Debug, Default)]
pub(crate) struct LocalAddresses(Vec<Range>);

#[derive(Clone, Copy, Debug)]
struct Range {
    first: IpAddr,
    count: u128,
}

impl LocalAddresses {
    pub(crate) fn parse(texts: &[String], errors: &mut Vec<ConfigError>) -> LocalAddresses {
        let mut ranges = Vec::new();
        for text in texts {
            match Range::parse(text) {
                Some(range) => ranges.push(range),
                None => errors.push(ConfigError {
                    option: "localIPs",
                    text: text.clone(),
                    problem: "is neither an address, a range `10.0.0.5-10.0.0.9` nor a network `10.0.0.0/28`"
                        .to_owned(),
                }),
            }
        }
        LocalAddresses(ranges)
    }

    /// The address of the client with this index; they repeat.
    pub(crate) fn nth(&self, index: usize) -> Option<IpAddr> {
        let total: u128 = self.0.iter().map(|range| range.count).fold(0, u128::saturating_add);
        let mut rest = (index as u128).checked_rem(total)?;
        for range in &self.0 {
            if rest < range.count {
                return Some(match range.first {
                    IpAddr::V4(first) => {
                        Ipv4Addr::from_bits(first.to_bits().wrapping_add(rest as u32)).into()
                    }
                    IpAddr::V6(first) => Ipv6Addr::from_bits(first.to_bits().wrapping_add(rest)).into(),
                });
            }
            rest -= range.count;
        }
        None
    }
}

impl Range {
    fn parse(text: &str) -> Option<Range> {
        if let Some((first, last)) = text.split_once('-') {
            let (first, last): (IpAddr, IpAddr) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
            let count = match (first, last) {
                (IpAddr::V4(a), IpAddr::V4(b)) => u128::from(b.to_bits().checked_sub(a.to_bits())?),
                (IpAddr::V6(a), IpAddr::V6(b)) => b.to_bits().checked_sub(a.to_bits())?,
                _ => return None,
            };
            return Some(Range { first, count: count.saturating_add(1) });
        }
        let network = Network::parse(text)?;
        Some(match network.address {
            IpAddr::V4(address) => {
                let host_bits = 32 - u32::from(network.prefix);
                let mask = u32::MAX.checked_shl(host_bits).unwrap_or(0);
                let first = address.to_bits() & mask;
                let count = 1u128 << host_bits;
                // The first and last address of an IPv4 network name the network and its broadcast.
                let (skip, count) = if host_bits >= 2 { (1, count - 2) } else { (0, count) };
                Range { first: Ipv4Addr::from_bits(first + skip).into(), count }
            }
            IpAddr::V6(address) => {
                let host_bits = 128 - u32::from(network.prefix);
                let mask = u128::MAX.checked_shl(host_bits).unwrap_or(0);
                let count = 1u128.checked_shl(host_bits).unwrap_or(u128::MAX);
                Range { first: Ipv6Addr::from_bits(address.to_bits() & mask).into(), count }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str], count: usize) -> Vec<String> {
        let mut errors = Vec::new();
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let addresses = LocalAddresses::parse(&texts, &mut errors);
        assert!(errors.is_empty(), "{errors:?}");
        (0..count).filter_map(|index| addresses.nth(index)).map(|address| address.to_string()).collect()
    }

    #[test]
    fn takes_turns() {
        assert_eq!(addresses(&[], 3), [""; 0]);
        assert_eq!(addresses(&["127.0.0.2"], 2), ["127.0.0.2", "127.0.0.2"]);
        assert_eq!(
            addresses(&["127.0.0.2-127.0.0.3", "::1"], 4),
            ["127.0.0.2", "127.0.0.3", "::1", "127.0.0.2"]
        );
        assert_eq!(addresses(&["10.0.0.0/30"], 3), ["10.0.0.1", "10.0.0.2", "10.0.0.1"]);
        assert_eq!(addresses(&["fd00::/127"], 3), ["fd00::", "fd00::1", "fd00::"]);
    }

    #[test]
    fn refuses_backward_and_mixed_ranges() {
        let mut errors = Vec::new();
        let texts = ["10.0.0.9-10.0.0.5", "10.0.0.1-::1", "x"].map(str::to_owned);
        LocalAddresses::parse(&texts, &mut errors);
        assert_eq!(errors.len(), 3);
    }
}
