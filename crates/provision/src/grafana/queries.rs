//! Queries of a service's requests, by the names that the project's metrics have.
//!
//! What whoever looks has chosen is in variables; what the project says is always there.

use loadline_watch::{Names, Objective, Settings};

/// Of which requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// Those of users.
    Users,
    /// Those of load tests.
    LoadTests,
}

/// A service's requests in queries.
#[derive(Debug, Clone, Copy)]
pub(super) struct Requests<'s> {
    pub(super) settings: &'s Settings,
    pub(super) whose: Whose,
}

impl Requests<'_> {
    fn names(&self) -> &Names {
        &self.settings.names
    }

    /// Series with this ending and more matchers, of the services and instances that are chosen.
    pub(super) fn series(&self, suffix: &str, more: &[String]) -> String {
        let names = self.names();
        let mut matchers: Vec<String> = match (self.whose, &names.load_test) {
            (Whose::Users, Some(label)) => vec![format!("{label}=\"\"")],
            (Whose::LoadTests, Some(label)) => vec![format!("{label}!=\"\"")],
            (_, None) => Vec::new(),
        };
        matchers.extend(chosen(self.settings));
        matchers.extend_from_slice(more);
        format!("{}{suffix}{{{}}}", names.histogram, matchers.join(","))
    }

    /// The endpoints that are chosen.
    pub(super) fn of_chosen(&self) -> Vec<String> {
        vec![format!("{}=~\"$endpoint\"", self.names().endpoint)]
    }

    /// Requests per second.
    pub(super) fn rate(&self, by: &str, of: &[String]) -> String {
        if self.names().native {
            return format!("histogram_count({})", sum(by, &self.series("", of)));
        }
        sum(by, &self.series("_count", of))
    }

    /// The share of requests that fail.
    pub(super) fn failed(&self, by: &str, of: &[String]) -> String {
        let failed = loadline_prometheus::quoted(&self.settings.failed);
        let status = literally(format!("{}=~{failed}", self.names().status));
        let failed = self.rate(by, &[of, &[status]].concat());
        let all = self.rate(by, of);
        // Where nothing fails there is no series of failures.
        format!("({failed} or 0 * {all}) / ({all} > 0)")
    }

    /// The time within which so large a share of requests is answered, in the metric's unit.
    pub(super) fn quantile(&self, share: f64, by: &str, of: &[String]) -> String {
        if self.names().native {
            return format!("histogram_quantile({share}, {})", sum(by, &self.series("", of)));
        }
        let by = if by.is_empty() { "le".to_owned() } else { format!("{by}, le") };
        format!("histogram_quantile({share}, {})", sum(&by, &self.series("_bucket", of)))
    }

    /// The unit of its times, as Grafana calls it.
    pub(super) fn unit(&self) -> &'static str {
        match self.names().unit {
            loadline_watch::Unit::Milliseconds => "ms",
            loadline_watch::Unit::Seconds => "s",
        }
    }
}

/// Matchers of the services and instances that are chosen, and of what the project says.
pub(super) fn chosen(settings: &Settings) -> Vec<String> {
    let variables = ["job=~\"$service\"", "instance=~\"$instance\""].map(str::to_owned);
    settings.said_matchers().map(literally).chain(variables).collect()
}

/// Matchers of an objective's endpoint.
pub(super) fn of_endpoint(settings: &Settings, objective: &Objective) -> Vec<String> {
    settings.endpoint_matchers(objective).into_iter().map(literally).collect()
}

/// A matcher in which Grafana finds none of its variables.
fn literally(matcher: String) -> String {
    if matcher.contains('$') { matcher.replace('$', "\\x24") } else { matcher }
}

/// A rate of each series, added up by these labels.
pub(super) fn sum(by: &str, series: &str) -> String {
    if by.is_empty() {
        format!("sum(rate({series}[$__rate_interval]))")
    } else {
        format!("sum by ({by}) (rate({series}[$__rate_interval]))")
    }
}
