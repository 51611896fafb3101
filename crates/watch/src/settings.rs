//! `[watch]` of a project: where the counters are, what they are called, and when somebody is told.

use std::net::SocketAddr;

use crate::alert::{AlertRules, Silences};
use crate::burn::{BurnWindow, WORKBOOK};
use crate::names::Names;
use crate::notify::{Place, Receiver};

/// How a project is watched.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The address of a Prometheus.
    pub prometheus: Option<String>,
    /// Addresses of services' metrics, in place of a Prometheus.
    pub scrape: Vec<String>,
    /// What metrics and labels are called.
    pub names: Names,
    /// The label with the version that answers, if there is one.
    pub version: Option<String>,
    /// Labels that series must have, such as `job`, with their values.
    pub labels: Vec<(String, String)>,
    /// What endpoints are called in the label, where it is not by their name or route.
    pub endpoints: Vec<(String, String)>,
    /// A regular expression of RE2's for statuses that are failures.
    pub failed: String,
    /// Counters are read for stretches of so many seconds: at least two scrapes, better four.
    pub step_s: u64,
    /// A window with fewer requests tells nothing.
    pub min_requests: u64,
    /// Windows and burn rates.
    pub windows: Vec<BurnWindow>,
    /// How patient alerts are.
    pub rules: AlertRules,
    /// When nobody is told.
    pub silences: Silences,
    /// Who is told.
    pub receivers: Vec<Receiver>,
    /// The file of what must not be forgotten.
    pub state: Option<String>,
    /// What is asked for at every step, so that a dead watch is noticed.
    pub heartbeat: Option<Place>,
    /// Where the watch serves metrics of its own.
    pub metrics: Option<SocketAddr>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            prometheus: None,
            scrape: Vec::new(),
            names: Names::story(),
            version: Some("version".to_owned()),
            labels: Vec::new(),
            endpoints: Vec::new(),
            // A client's mistake is not the service's failure: OpenTelemetry's convention for servers.
            failed: "5..".to_owned(),
            step_s: 60,
            min_requests: 10,
            windows: WORKBOOK.to_vec(),
            rules: AlertRules::default(),
            silences: Silences::default(),
            receivers: Vec::new(),
            state: None,
            heartbeat: None,
            metrics: None,
        }
    }
}

impl Settings {
    /// How far back the longest window reaches.
    pub fn longest_s(&self) -> u64 {
        self.windows.iter().map(|window| window.long_s).max().unwrap_or_default()
    }

    /// What an endpoint is called in the label of endpoints.
    pub fn label_of<'s>(&'s self, endpoint: &'s str) -> &'s str {
        self.said_label_of(endpoint).unwrap_or(endpoint)
    }

    /// What the project says that it is called there.
    pub fn said_label_of(&self, endpoint: &str) -> Option<&str> {
        let said = self.endpoints.iter().find(|(name, _)| name == endpoint);
        said.map(|(_, label)| label.as_str())
    }
}
