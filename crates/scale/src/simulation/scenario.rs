//! What is simulated: traffic, a service, and a cluster, without who decides.

use std::ops::Range;

use crate::cluster::{Balance, NodeTimes, PodTimes, ScrapeTimes};
use crate::service::Service;
use crate::traffic::Profile;

/// Everything that is not the policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// What comes.
    pub traffic: Profile,
    /// What each replica does with it.
    pub service: Service,
    /// What each pod requests of a processor, in thousandths.
    pub request_milli: i64,
    /// How long pods take.
    pub pods: PodTimes,
    /// The machines; none: there is always room.
    pub nodes: Option<NodeTimes>,
    /// How metrics come.
    pub scrapes: ScrapeTimes,
    /// How requests are spread.
    pub balance: Balance,
    /// How many replicas there are at the beginning, ready and warm.
    pub initial: i32,
    /// Seconds in which nobody tells any metrics.
    pub outages: Vec<Range<u64>>,
    /// How many requests a second are followed one by one: where more come, replicas stand for others that are alike
    /// (`cluster/alike.rs`). Infinite: all of them. Where requests do not go by chance, replicas depend on each other,
    /// and all of them are followed as well.
    pub followed_per_s: f64,
    /// How many replicas are followed at least, so that chance in one of them does not rule.
    pub followed_replicas: usize,
    /// What makes this simulation this one and no other.
    pub seed: u64,
}

/// So many requests a second are followed where a day shall take a second or two: five minutes have 30,000 of them,
/// whose 95th percentile is within 1 % of that of all in two of three cases.
pub const FOLLOWED_PER_S: f64 = 100.0;

/// So many replicas are followed at least, where nobody says.
pub const FOLLOWED_REPLICAS: usize = 2;

/// Why a scenario cannot be simulated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// Pods that request nothing.
    #[error("pods request {0} thousandths of a processor: it is above 0, as percentages are of it")]
    Request(i64),
    /// Metrics that are never read.
    #[error("metrics are read every 0 s: it is at least 1")]
    Scrapes,
    /// Nodes without room.
    #[error("{0}")]
    Nodes(&'static str),
    /// Pods that become faster by being cold.
    #[error("a cold pod is {0} times as slow: it is a number from 1 on")]
    Slower(String),
}

impl Scenario {
    /// A scenario with everything else as a cluster has it by default.
    pub fn new(traffic: Profile, service: Service, request_milli: i64, initial: i32) -> Self {
        Self {
            traffic,
            service,
            request_milli,
            pods: PodTimes::default(),
            nodes: None,
            scrapes: ScrapeTimes::default(),
            balance: Balance::default(),
            initial,
            outages: Vec::new(),
            followed_per_s: f64::INFINITY,
            followed_replicas: FOLLOWED_REPLICAS,
            seed: 1,
        }
    }

    /// Whether every request is followed, however many come.
    pub fn follows_all(&self) -> bool {
        self.followed_per_s.is_infinite() || self.balance != Balance::Random
    }

    /// Whether it can be simulated.
    ///
    /// # Errors
    /// Where it contradicts itself.
    pub fn check(&self) -> Result<(), ScenarioError> {
        if self.request_milli <= 0 {
            return Err(ScenarioError::Request(self.request_milli));
        }
        if self.scrapes.every_s == 0 {
            return Err(ScenarioError::Scrapes);
        }
        if !self.pods.slower.is_finite() || self.pods.slower < 1.0 {
            return Err(ScenarioError::Slower(self.pods.slower.to_string()));
        }
        match self.nodes {
            Some(nodes) if nodes.pods_per_node == 0 => {
                Err(ScenarioError::Nodes("a node has room for 0 pods: it is at least 1"))
            }
            Some(nodes) if nodes.max == 0 || nodes.min > nodes.max => {
                Err(ScenarioError::Nodes("there are more nodes at least than at most, or none at most"))
            }
            _ => Ok(()),
        }
    }
}
