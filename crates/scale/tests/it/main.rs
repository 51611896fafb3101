//! The autoscaler held against answers of Kubernetes' own code (`tests/data/README.md`), and the simulator against
//! queueing theory; properties of both.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod alike;
mod answers;
mod days;
mod keda;
mod manifests;
mod normalize;
mod policies;
mod properties;
mod queueing;
mod replicas;
mod schema;
mod syncs;
mod wanted;
mod written;
