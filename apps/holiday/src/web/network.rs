//! Addresses that belong together: networks of proxies, and what one client can easily take turns with.

use std::{
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

/// All addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    /// The bits after the first `length` are zero. IPv4 is written as its place in IPv6.
    first: u128,
    length: u8,
}

/// What IPv4 addresses begin with in IPv6.
const IPV4_BITS: u8 = 96;

impl Network {
    fn new(address: IpAddr, length: u8) -> Network {
        let bits = match address.to_canonical() {
            IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
            IpAddr::V6(address) => address.to_bits(),
        };
        Network { first: bits & mask(length), length }
    }

    /// Whether the address is in it.
    pub fn contains(self, address: IpAddr) -> bool {
        Network::new(address, self.length).first == self.first
    }

    /// What counts as one client: an IPv4 address, or 64 bits of IPv6, which is the least that a provider hands out.
    pub(crate) fn of_client(address: IpAddr) -> Network {
        let length = if address.to_canonical().is_ipv4() { 128 } else { 64 };
        Network::new(address, length)
    }
}

fn mask(length: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0)
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Network {
        Network::new(address, 128)
    }
}

impl FromStr for Network {
    type Err = String;

    /// An address, or one with the number of its bits that count, like `10.0.0.0/8`.
    fn from_str(text: &str) -> Result<Network, String> {
        let bad =
            || format!("`{text}` is not a network; write it like `10.0.0.1`, `10.0.0.0/8` or `fd00::/8`");
        let (address, length) = match text.split_once('/') {
            None => (text, None),
            Some((address, length)) => (address, Some(length.parse::<u8>().map_err(|_| bad())?)),
        };
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let (most, before) = if address.is_ipv4() { (32, IPV4_BITS) } else { (Ipv6Addr::BITS as u8, 0) };
        match length {
            None => Ok(address.into()),
            Some(length) if length <= most => Ok(Network::new(address, before + length)),
            Some(_) => Err(bad()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_a_network() {
        for (network, address, inside) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.1.1.1", true),
            ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.3", "10.1.2.4", false),
            ("0.0.0.0/0", "9.9.9.9", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("fd00::/8", "fd12::1", true),
            ("::/0", "2001:db8::1", true),
            ("2001:db8::/64", "2001:db8:0:0:1::1", true),
            ("2001:db8::/64", "2001:db8:0:1::1", false),
        ] {
            let network: Network = network.parse().unwrap();
            assert_eq!(network.contains(address.parse().unwrap()), inside, "{network:?} {address}");
        }
        for wrong in ["", "10.0.0.0/33", "fd00::/129", "10.0.0.0/", "10.0.0.0/-1", "host"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn one_client_has_many_addresses() {
        let client = |text: &str| Network::of_client(text.parse().unwrap());
        assert_eq!(client("2001:db8::1"), client("2001:db8::ffff:1"));
        assert_ne!(client("2001:db8::1"), client("2001:db8:0:1::1"));
        assert_ne!(client("192.0.2.1"), client("192.0.2.2"));
        assert_eq!(client("192.0.2.1"), client("::ffff:192.0.2.1"));
    }
}
