//! What a policy measures: metrics with their targets, and what was read of them.

use super::pods::Reading;

/// What a metric is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A resource of the pods, or of one of their containers.
    Resource {
        /// `cpu`, `memory`, or another one.
        name: String,
        /// The container that is meant, where one is.
        container: Option<String>,
    },
    /// A metric that each pod has.
    Pods,
    /// A metric of another object of the cluster.
    Object,
    /// A metric from outside.
    External,
    /// A kind that Kubernetes does not know.
    Other(String),
}

/// What a metric is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Percent of what the pods ask for.
    Utilization(i32),
    /// Thousandths of its unit for each pod.
    AverageValue(i64),
    /// Thousandths of its unit in all.
    Value(i64),
}

/// One metric of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metric {
    /// What it is called; in resources, as the resource.
    pub name: String,
    /// What it is of.
    pub source: Source,
    /// What it is held against; none where the policy left it out.
    pub target: Option<Target>,
}

/// What was read of a metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measured {
    /// A reading of each pod that has one, by name.
    PerPod(Vec<(String, Reading)>),
    /// One value of an object, in thousandths.
    Object(i64),
    /// The values of all series that fit, in thousandths.
    External(Vec<i64>),
    /// Nothing: whoever was asked did not answer.
    Gone,
}

/// How far a ratio may be from 1 without anything being done, by direction, as shares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    /// Above 1.
    pub up: f64,
    /// Below 1.
    pub down: f64,
}

impl Tolerance {
    /// The controller's own, by default: a tenth both ways.
    pub const DEFAULT: Self = Self { up: 0.1, down: 0.1 };

    pub(super) fn holds(self, ratio: f64) -> bool {
        1.0 - self.down <= ratio && ratio <= 1.0 + self.up
    }
}

/// How many replicas a metric asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proposal {
    /// The number.
    pub replicas: i32,
    /// What it was worked out of: percent for a utilization, otherwise thousandths (an average, where the target is
    /// one).
    pub usage: i64,
    /// Thousandths of the resource that a pod uses on average; for a utilization alone.
    pub average_milli: Option<i64>,
}

/// Why a metric asks for nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetricError {
    /// Whoever was asked did not answer.
    #[error("no metrics of `{0}`: whoever keeps them did not answer")]
    Unavailable(String),
    /// There are no pods.
    #[error("the workload has no pods")]
    NoPods,
    /// All pods with readings are going, waiting or not believed.
    #[error("no pod that counts has a reading; they may all be unready")]
    NoneCounts,
    /// A percentage of a request was asked for, and there is none.
    #[error(
        "container `{container}` of pod `{pod}` requests no `{resource}`, so a percentage of it means nothing"
    )]
    NoRequest {
        /// Of what.
        resource: String,
        /// Which container.
        container: String,
        /// Whose.
        pod: String,
    },
    /// The container that is meant is not there.
    #[error("pod `{pod}` has no container `{container}`")]
    NoContainer {
        /// Which one.
        container: String,
        /// Whose.
        pod: String,
    },
    /// None of the readings is of a pod that requests anything.
    #[error("no reading is of a pod of this workload that requests anything")]
    NoMatch,
    /// The policy names no target that suits the metric.
    #[error("metric `{0}` has no target that suits it")]
    NoTarget(String),
    /// The policy has a kind of metric that Kubernetes does not know.
    #[error("`{0}` is no kind of metric that Kubernetes knows")]
    UnknownSource(String),
}
