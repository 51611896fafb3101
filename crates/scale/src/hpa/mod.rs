//! Kubernetes' `HorizontalPodAutoscaler`, `autoscaling/v2`: how many replicas it would ask for, and why.
//!
//! The same in every number as the controller's own code: `tests/it/` holds it against 2,550 of that code's answers.
//! [`propose`] is one look at one metric, [`Controller`] an autoscaler over time.

mod arithmetic;
mod behavior;
mod calculator;
mod conditions;
mod controller;
mod limits;
mod metrics;
mod pods;
mod recommendations;
mod version;

pub use behavior::{Amount, Behavior, RatePolicy, ScalingRules, Select};
pub use calculator::{Setting, propose};
pub use conditions::{Condition, Conditions, Reason};
pub use controller::{Combined, Controller, Failure, Flags, Policy, Rescale, Sync, Workload};
pub use metrics::{Measured, Metric, MetricError, Proposal, Source, Target, Tolerance};
pub use pods::{ContainerKind, Patience, Phase, Pod, Readiness, Reading, Request, Status};
pub use version::{DEFAULT_VERSION, DIFFERENCES, Difference, Rule, Rules, UnknownVersion, VERSIONS, Version};
