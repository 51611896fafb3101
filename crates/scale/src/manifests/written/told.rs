//! What has to be known to write manifests.

use super::super::deployment::Deployed;
use super::super::read::{Declared, DeclaredKind};

/// What is to be deployed.
#[derive(Debug, Clone, Copy)]
pub struct Intended<'a> {
    /// The name of the workload.
    pub name: &'a str,
    /// The policy.
    pub policy: &'a DeclaredKind,
    /// The manifest that it is of, of which everything else stays as it is; none: a policy without a manifest.
    pub declared: Option<&'a Declared>,
    /// The workload's own manifest, of which everything else stays as it is.
    pub deployed: Option<&'a Deployed>,
    /// How its pods are.
    pub pods: &'a Pods,
    /// Why.
    pub whys: &'a Whys,
}

/// How pods are, as they were simulated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pods {
    /// What a pod requests of a processor, in thousandths.
    pub request_milli: i64,
    /// From running to being ready, in seconds.
    pub ready_s: u64,
    /// For how many seconds a pod goes on taking requests once it is being deleted.
    pub accepts_s: u64,
    /// After how many seconds it is cut off then.
    pub grace_s: u64,
    /// The image, where there is no manifest that names one.
    pub image: Option<String>,
    /// The port that it listens on.
    pub port: u16,
    /// The path that says whether it is ready.
    pub probe: String,
}

/// Why, in words that become comments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Whys {
    /// At the top of each file, a line an entry: what made it, and what it was tried on.
    pub top: Vec<String>,
    /// Of `minReplicas`.
    pub min: String,
    /// Of `maxReplicas`.
    pub max: String,
    /// Of the metrics.
    pub target: String,
    /// Of the behavior.
    pub behavior: String,
    /// Of what a pod requests.
    pub request: String,
    /// Of how many may be gone at a time.
    pub budget: String,
}

/// Why a policy is not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// A metric of which a policy alone does not say enough.
    #[error("metric `{metric}` cannot be written: {lacks}\nhint: name the manifest that has it")]
    Metric {
        /// Which one.
        metric: String,
        /// What is not known.
        lacks: &'static str,
    },
    /// A policy of Kubernetes' own autoscaler that KEDA's does not come to.
    #[error(
        "{0} cannot become a ScaledObject: KEDA asks for metrics by queries, and which one this is nobody says"
    )]
    NoQuery(String),
    /// KEDA's own, as Kubernetes' own.
    #[error("a ScaledObject cannot become a HorizontalPodAutoscaler: its triggers are KEDA's")]
    OfKeda,
    /// A pod with several containers whose request shall change.
    #[error(
        "{0} has several containers, which request {1} together: {2} are to be shared out by you\nhint: write them into its manifest, and leave `--cpu-request` out"
    )]
    SeveralContainers(String, String, String),
}
