//! What k6's variables say about `StatsD`.

use std::time::Duration;

use crate::variables::{SettingsError, Variables};

/// Where a server of this machine is.
const ADDRESS: &str = "localhost:8125";
const NAMESPACE: &str = "k6.";
const INTERVAL: Duration = Duration::from_secs(1);
/// Tags with too many values, as in k6.
const BLOCKED: &str = "vu,iter,url";

const KNOWN: [&str; 6] =
    ["ADDR", "NAMESPACE", "PUSH_INTERVAL", "BUFFER_SIZE", "ENABLE_TAGS", "TAG_BLOCKLIST"];

/// A receiver of datagrams.
#[derive(Clone, Debug)]
pub(crate) struct StatsdSettings {
    /// `host:port`
    pub(crate) address: String,
    pub(crate) interval: Duration,
    pub(crate) said: Said,
}

/// How things are said.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// What every name begins with.
    pub(crate) namespace: String,
    /// Whether there are tags, and the keys of those that there are not.
    pub(crate) tags: Option<Vec<String>>,
}

impl StatsdSettings {
    /// What its variables begin with, behind their owner's name.
    pub(crate) const PREFIX: &str = "STATSD_";

    /// What an address and the variables mean.
    ///
    /// # Errors
    /// An address or a variable that is none.
    pub(crate) fn new(address: Option<&str>, variables: &Variables) -> Result<Self, SettingsError> {
        variables.only(Self::PREFIX, &KNOWN)?;
        let name = |rest: &str| format!("{}{rest}", Self::PREFIX);
        let from_variable = variables.text(&name("ADDR"));
        let address = address.or(from_variable.as_deref()).unwrap_or(ADDRESS);
        let address = address.trim_start_matches("udp://").trim_end_matches('/');
        let is_address = address
            .rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0));
        if !is_address {
            let problem = format!("`{}` is no address; write `host:8125`", loadline_verdict::escape(address));
            return Err(SettingsError::Address { kind: "statsd", problem });
        }
        let blocked = variables.text(&name("TAG_BLOCKLIST")).unwrap_or_else(|| BLOCKED.to_owned());
        let blocked = blocked.split(',').map(|tag| tag.trim().to_owned()).collect();
        let has_tags = variables.truth(&name("ENABLE_TAGS"))?.unwrap_or(false);
        Ok(Self {
            address: address.to_owned(),
            interval: variables.duration(&name("PUSH_INTERVAL"))?.unwrap_or(INTERVAL),
            said: Said {
                namespace: variables.text(&name("NAMESPACE")).unwrap_or_else(|| NAMESPACE.to_owned()),
                tags: has_tags.then_some(blocked),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_variables_say() {
        let settings = |address, list: &[(&str, &str)]| {
            let named = |(name, value): &(&str, &str)| (format!("K6_STATSD_{name}"), (*value).to_owned());
            StatsdSettings::new(address, &Variables::new(list.iter().map(named)))
        };
        let usual = settings(None, &[]).unwrap();
        assert_eq!((usual.address.as_str(), usual.said.namespace.as_str()), ("localhost:8125", "k6."));
        assert_eq!(usual.said.tags, None);
        let list = [
            ("ADDR", "agent:8126"),
            ("NAMESPACE", "load."),
            ("ENABLE_TAGS", "true"),
            ("TAG_BLOCKLIST", "a, b"),
        ];
        let said = settings(None, &list).unwrap();
        assert_eq!((said.address.as_str(), said.said.namespace.as_str()), ("agent:8126", "load."));
        assert_eq!(said.said.tags, Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(settings(Some("udp://[::1]:8125"), &[]).unwrap().address, "[::1]:8125");
        for wrong in ["agent", "agent:0", ":8125", "agent:x", "http://agent"] {
            let problem = settings(Some(wrong), &[]).unwrap_err().to_string();
            assert!(problem.contains("host:8125"), "{problem}");
        }
    }
}
