//! Scaling out, tried before it is deployed.
//!
//! [`hpa`] is the decision: Kubernetes' autoscaler as its own code computes it, release by release. It has no clock:
//! what time it is, the pods and what was read of them go in, a number of replicas and the reasons come out.
//!
//! ```
//! use loadline_scale::hpa::{Controller, DEFAULT_VERSION, Flags, Measured, Metric, Policy, Rules, Source, Target, Workload};
//!
//! let requests =
//!     Metric { name: "queue".to_owned(), source: Source::External, target: Some(Target::AverageValue(100_000)) };
//! let policy = Policy { min: 2, max: 20, metrics: vec![requests], behavior: None };
//! let mut controller = Controller::new(policy, Flags::default(), Rules::of(DEFAULT_VERSION));
//!
//! let look = |measured: &[Measured], controller: &mut Controller| {
//!     let workload = Workload { spec_replicas: 4, status_replicas: 4, pods: &[], measured };
//!     controller.sync(&workload, 0).replicas
//! };
//! // 650 wait and each replica shall have 100: seven of them.
//! assert_eq!(look(&[Measured::External(vec![650_000])], &mut controller), 7);
//! // Nobody tells how many wait: nothing is taken away.
//! assert_eq!(look(&[Measured::Gone], &mut controller), 4);
//! ```

pub mod autoscaler;
pub mod cluster;
mod draws;
pub mod drive;
pub mod hpa;
pub mod keda;
pub mod manifests;
pub mod service;
pub mod simulation;
pub mod traffic;
