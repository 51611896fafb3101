//! Patterns of host names: which are blocked, and which have an address of their own.
//!
//! A pattern is a name, or `*.` and a domain for every name below that domain. Names are compared without case.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use crate::config::ConfigError;

/// A set of host name patterns.
#[derive(Clone, Debug, Default)]
pub(crate) struct NamePatterns(Vec<String>);

impl NamePatterns {
    pub(crate) fn parse(texts: &[String], errors: &mut Vec<ConfigError>) -> NamePatterns {
        for text in texts {
            if let Some(problem) = fault_of(text) {
                errors.push(ConfigError {
                    option: "blockHostnames",
                    text: text.clone(),
                    problem: problem.to_owned(),
                });
            }
        }
        NamePatterns(texts.iter().map(|text| text.to_ascii_lowercase()).collect())
    }

    /// The pattern that `name` falls under.
    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().map(String::as_str).find(|pattern| matches(pattern, name))
    }
}

/// Addresses given for names, in place of a look-up.
#[derive(Clone, Debug, Default)]
pub(crate) struct HostOverrides(Vec<(String, Address)>);

/// What a name is overridden with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Address {
    ip: IpAddr,
    port: Option<u16>,
}

impl HostOverrides {
    pub(crate) fn parse(hosts: &BTreeMap<String, String>, errors: &mut Vec<ConfigError>) -> HostOverrides {
        let mut overrides = Vec::new();
        for (pattern, target) in hosts {
            if let Some(problem) = fault_of(pattern) {
                errors.push(ConfigError {
                    option: "hosts",
                    text: pattern.clone(),
                    problem: problem.to_owned(),
                });
            }
            let address = match target.parse::<SocketAddr>() {
                Ok(address) => Some(Address { ip: address.ip(), port: Some(address.port()) }),
                Err(_) => target
                    .trim_start_matches('[')
                    .trim_end_matches(']')
                    .parse()
                    .ok()
                    .map(|ip| Address { ip, port: None }),
            };
            match address {
                Some(address) => overrides.push((pattern.to_ascii_lowercase(), address)),
                None => errors.push(ConfigError {
                    option: "hosts",
                    text: target.clone(),
                    problem: format!(
                        "is not an address for `{pattern}`; write `10.0.0.1` or `10.0.0.1:8080`"
                    ),
                }),
            }
        }
        HostOverrides(overrides)
    }

    /// The address to use for `name` and `port`: that of the longest matching pattern; `name:port` before `name`.
    pub(crate) fn find(&self, name: &str, port: u16) -> Option<SocketAddr> {
        if self.0.is_empty() {
            return None;
        }
        let with_port = format!("{name}:{port}");
        let best = |text: &str| {
            let matching = self.0.iter().filter(|(pattern, _)| matches(pattern, text));
            matching
                .max_by_key(|(pattern, _)| (!pattern.starts_with('*'), pattern.len()))
                .map(|entry| entry.1)
        };
        let address = best(&with_port).or_else(|| best(name))?;
        Some(SocketAddr::new(address.ip, address.port.unwrap_or(port)))
    }
}

/// Whether `name` falls under `pattern` (in lower case).
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some("") => true,
        Some(tail) => {
            name.len() > tail.len()
                && name.is_char_boundary(name.len() - tail.len())
                && name[name.len() - tail.len()..].eq_ignore_ascii_case(tail)
        }
        None => pattern.eq_ignore_ascii_case(name),
    }
}

/// What is wrong with a pattern.
fn fault_of(text: &str) -> Option<&'static str> {
    let rest = text.strip_prefix('*').unwrap_or(text);
    if text.is_empty() || text.contains(char::is_whitespace) || text.contains('/') {
        return Some("is not a host name");
    }
    if rest.contains('*') || (rest.len() < text.len() && !rest.is_empty() && !rest.starts_with('.')) {
        return Some("has a `*` where none is allowed; only `*.domain` is possible");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_names_below_a_domain() {
        assert!(matches("*.example.com", "a.b.EXAMPLE.com"));
        assert!(!matches("*.example.com", "example.com"));
        assert!(!matches("*.example.com", "badexample.com"));
        assert!(matches("example.com", "Example.COM"));
        assert!(matches("*", "anything"));
        assert!(!matches("*.é", "xé"));
    }

    #[test]
    fn the_most_precise_override_wins() {
        let hosts = [
            ("*.example.com", "10.0.0.1"),
            ("*.api.example.com", "10.0.0.2:81"),
            ("www.example.com", "10.0.0.3"),
            ("www.example.com:8443", "[::1]:9"),
            ("six.test", "::1"),
        ];
        let hosts = hosts.map(|(name, address)| (name.to_owned(), address.to_owned())).into();
        let mut errors = Vec::new();
        let overrides = HostOverrides::parse(&hosts, &mut errors);
        assert!(errors.is_empty(), "{errors:?}");
        let find =
            |name, port| overrides.find(name, port).map(|address| address.to_string()).unwrap_or_default();
        assert_eq!(find("x.example.com", 80), "10.0.0.1:80");
        assert_eq!(find("x.api.example.com", 80), "10.0.0.2:81");
        assert_eq!(find("www.example.com", 80), "10.0.0.3:80");
        assert_eq!(find("www.example.com", 8443), "[::1]:9");
        assert_eq!(find("six.test", 80), "[::1]:80");
        assert_eq!(find("example.com", 80), "");
    }

    #[test]
    fn bad_patterns_and_addresses_are_all_told() {
        let mut errors = Vec::new();
        NamePatterns::parse(&["a.*.b", "*x", "", "a b"].map(str::to_owned), &mut errors);
        HostOverrides::parse(&[("a".to_owned(), "nonsense".to_owned())].into(), &mut errors);
        assert_eq!(errors.len(), 5, "{errors:?}");
    }
}
