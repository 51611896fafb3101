//! The names of this machine: whoever serves for it alone answers to no other, so that no page of another site reads
//! along by a name of its own that leads here (DNS rebinding).

use std::net::IpAddr;

/// Whether a host, with a port or without, is one of this machine's own names.
pub fn is_this_machine(host: &str) -> bool {
    let bare = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    let name = bare.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine_and_of_others() {
        for host in ["127.0.0.1:7007", "localhost:9", "localhost", "[::1]:7007", "127.1.2.3", "a.localhost:1"]
        {
            assert!(is_this_machine(host), "{host}");
        }
        for host in ["evil.test:7007", "127.0.0.1.evil.test", "10.0.0.1:7007", "", "localhost.evil.test"] {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}
