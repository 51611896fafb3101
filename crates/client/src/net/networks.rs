//! Networks in CIDR notation (RFC 4632): the blacklist of addresses.

use std::net::IpAddr;

use crate::config::ConfigError;

/// A set of networks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Networks(Vec<Network>);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Network {
    pub(crate) address: IpAddr,
    pub(crate) prefix: u8,
}

impl Network {
    pub(crate) fn parse(text: &str) -> Option<Network> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address.trim().parse().ok()?, Some(prefix.trim().parse().ok()?)),
            None => (text.trim().parse().ok()?, None),
        };
        let longest = match address {
            IpAddr::V4(_) => 32,
            IpAddr::V6(_) => 128,
        };
        let prefix = prefix.unwrap_or(longest);
        (prefix <= longest).then_some(Network { address, prefix })
    }

    fn contains(self, other: IpAddr) -> bool {
        // An IPv4 address written as IPv6 (::ffff:10.0.0.1) must not slip past an IPv4 rule.
        match (self.address.to_canonical(), other.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let shift = 32 - u32::from(self.prefix.min(32));
                let mask = u32::MAX.checked_shl(shift).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let shift = 128 - u32::from(self.prefix);
                let mask = u128::MAX.checked_shl(shift).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            _ => false,
        }
    }
}

impl Networks {
    pub(crate) fn parse(texts: &[String], errors: &mut Vec<ConfigError>) -> Networks {
        let mut networks = Vec::new();
        for text in texts {
            match Network::parse(text) {
                Some(network) => networks.push(network),
                None => errors.push(ConfigError {
                    option: "blacklistIPs",
                    text: text.clone(),
                    problem: "is neither an address nor a network such as `10.0.0.0/8`".to_owned(),
                }),
            }
        }
        Networks(networks)
    }

    /// The network that holds `address`, as text.
    pub(crate) fn find(&self, address: IpAddr) -> Option<String> {
        let network = self.0.iter().find(|network| network.contains(address))?;
        Some(format!("{}/{}", network.address, network.prefix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(network: &str, address: &str, expected: bool) {
        let mut errors = Vec::new();
        let networks = Networks::parse(&[network.to_owned()], &mut errors);
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(networks.find(address.parse().unwrap()).is_some(), expected, "{address} in {network}");
    }

    #[test]
    fn holds_what_is_inside() {
        check("10.0.0.0/8", "10.255.1.2", true);
        check("10.0.0.0/8", "11.0.0.1", false);
        check("10.0.0.0/8", "::ffff:10.1.1.1", true);
        check("0.0.0.0/0", "127.0.0.1", true);
        check("0.0.0.0/0", "::1", false);
        check("127.0.0.1", "127.0.0.1", true);
        check("127.0.0.1/32", "127.0.0.2", false);
        check("fd00::/8", "fd12::1", true);
        check("::/0", "fe80::1", true);
        check("::1", "::2", false);
    }

    #[test]
    fn refuses_what_is_no_network() {
        let mut errors = Vec::new();
        let texts = ["10.0.0.0/33", "::/129", "host", "", "1.2.3"].map(str::to_owned);
        Networks::parse(&texts, &mut errors);
        assert_eq!(errors.len(), texts.len());
        assert_eq!(
            errors[0].to_string(),
            "blacklistIPs: `10.0.0.0/33` is neither an address nor a network such as `10.0.0.0/8`"
        );
    }
}
