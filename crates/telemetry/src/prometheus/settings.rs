//! What k6's variables say about remote write.

use std::time::Duration;

use loadline_report::TrendStat;

use super::trends::{Stat, Trends, parse_stats};
use crate::endpoint::Endpoint;
use crate::receiver::Kind;
use crate::variables::{SettingsError, Variables};

/// Where a Prometheus of this machine is.
const ADDRESS: &str = "http://localhost:9090/api/v1/write";
const PATH: &str = "/api/v1/write";
/// As in k6.
const INTERVAL: Duration = Duration::from_secs(5);
const STAT: Stat = Stat::Of(TrendStat::Percentile(99.0));

/// The names of variables behind the prefix.
const KNOWN: [&str; 11] = [
    "SERVER_URL",
    "USERNAME",
    "PASSWORD",
    "BEARER_TOKEN",
    "HTTP_HEADERS",
    "HEADERS_*",
    "PUSH_INTERVAL",
    "TREND_STATS",
    "TREND_AS_NATIVE_HISTOGRAM",
    "STALE_MARKERS",
    "INSECURE_SKIP_TLS_VERIFY",
];

/// A receiver of remote write.
#[derive(Clone, Debug)]
pub(crate) struct PrometheusSettings {
    pub(crate) endpoint: Endpoint,
    pub(crate) interval: Duration,
    pub(crate) trends: Trends,
    pub(crate) stale_markers: bool,
}

impl PrometheusSettings {
    /// What its variables begin with, behind their owner's name.
    pub(crate) const PREFIX: &str = "PROMETHEUS_RW_";

    /// What an address and the variables mean.
    ///
    /// # Errors
    /// An address or a variable that is none.
    pub(crate) fn new(address: Option<&str>, variables: &Variables) -> Result<Self, SettingsError> {
        variables.only(Self::PREFIX, &KNOWN)?;
        let name = |rest: &str| format!("{}{rest}", Self::PREFIX);
        let text = |rest: &str| variables.text(&name(rest));
        let from_variable = text("SERVER_URL");
        let address = address.or(from_variable.as_deref()).unwrap_or(ADDRESS);
        let mut endpoint = Endpoint::new(Kind::Prometheus, address, PATH)?;
        variables.parsed(&name("HTTP_HEADERS"), |list| endpoint.header_list(list, ':'))?;
        for (rest, variable, value) in variables.of(Self::PREFIX) {
            let Some(header) = rest.strip_prefix("HEADERS_") else { continue };
            endpoint.header(header, value).map_err(|problem| SettingsError::Value {
                name: variable.to_owned(),
                value: loadline_secrets::MASK.to_owned(),
                problem,
            })?;
        }
        if let Some(user) = text("USERNAME") {
            endpoint.basic(&user, &text("PASSWORD").unwrap_or_default());
        }
        variables.parsed(&name("BEARER_TOKEN"), |token| {
            endpoint.header("authorization", &format!("Bearer {token}"))
        })?;
        endpoint.insecure = variables.truth(&name("INSECURE_SKIP_TLS_VERIFY"))?.unwrap_or(false);
        let native = variables.truth(&name("TREND_AS_NATIVE_HISTOGRAM"))?;
        let stats = variables.parsed(&name("TREND_STATS"), parse_stats)?;
        let usual = || vec![STAT];
        let trends = match (native, stats) {
            // As k6 does: one or the other, unless both are asked for.
            (Some(true), stats) => Trends { native: true, stats: stats.unwrap_or_default() },
            (Some(false), stats) => Trends { native: false, stats: stats.unwrap_or_else(usual) },
            (None, Some(stats)) => Trends { native: false, stats },
            (None, None) => Trends { native: true, stats: usual() },
        };
        Ok(Self {
            endpoint,
            interval: variables.duration(&name("PUSH_INTERVAL"))?.unwrap_or(INTERVAL),
            trends,
            stale_markers: variables.truth(&name("STALE_MARKERS"))?.unwrap_or(false),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(list: &[(&str, &str)]) -> Result<PrometheusSettings, SettingsError> {
        let named = |(name, value): &(&str, &str)| (format!("K6_PROMETHEUS_RW_{name}"), (*value).to_owned());
        PrometheusSettings::new(None, &Variables::new(list.iter().map(named)))
    }

    #[test]
    fn what_is_usual() {
        let usual = settings(&[]).unwrap();
        assert_eq!(usual.endpoint.url.as_str(), "http://localhost:9090/api/v1/write");
        assert_eq!(usual.interval, Duration::from_secs(5));
        assert_eq!(usual.trends, Trends { native: true, stats: vec![STAT] });
        assert!(!usual.stale_markers && !usual.endpoint.insecure && usual.endpoint.headers.is_empty());
    }

    #[test]
    fn what_variables_say() {
        let said = settings(&[
            ("SERVER_URL", "https://mimir.example/api/v1/push"),
            ("USERNAME", "me"),
            ("PASSWORD", "secret"),
            ("HTTP_HEADERS", "X-Scope-OrgID:7,X-A:b:c"),
            ("HEADERS_X-B", "d"),
            ("PUSH_INTERVAL", "1s"),
            ("TREND_STATS", "p(95),max,sum"),
            ("TREND_AS_NATIVE_HISTOGRAM", "true"),
            ("STALE_MARKERS", "true"),
            ("INSECURE_SKIP_TLS_VERIFY", "true"),
        ])
        .unwrap();
        assert_eq!(said.endpoint.url.path(), "/api/v1/push");
        let header = |name: &str| said.endpoint.headers[name].to_str().unwrap();
        assert_eq!(header("authorization"), "Basic bWU6c2VjcmV0");
        assert_eq!((header("x-scope-orgid"), header("x-a"), header("x-b")), ("7", "b:c", "d"));
        assert_eq!(said.interval, Duration::from_secs(1));
        assert!(
            said.trends.native
                && said.trends.stats.len() == 3
                && said.stale_markers
                && said.endpoint.insecure
        );
        let token = settings(&[("BEARER_TOKEN", "abc")]).unwrap();
        assert_eq!(token.endpoint.headers["authorization"], "Bearer abc");
        let gauges = settings(&[("TREND_AS_NATIVE_HISTOGRAM", "false")]).unwrap().trends;
        assert!(!gauges.native && gauges.stats == vec![STAT]);
    }

    #[test]
    fn what_is_wrong_is_said_with_the_name_of_its_variable() {
        for (name, value, says) in [
            ("TREND_STATS", "p95", "unknown trend statistic"),
            ("TREND_STATS", ",", "at least one"),
            ("HTTP_HEADERS", "a", "name:value"),
            ("HEADERS_a b", "c", "K6_PROMETHEUS_RW_HEADERS_a b"),
            ("SIGV4_REGION", "eu", "not known here"),
            ("SERVER_URL", "ftp://host", "https://host/path"),
        ] {
            let problem = settings(&[(name, value)]).unwrap_err().to_string();
            assert!(problem.contains(says), "{problem}");
        }
    }
}
