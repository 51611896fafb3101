//! The autoscaler held against answers of Kubernetes' own code (`tests/data/README.md`), and properties of it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod answers;
mod normalize;
mod policies;
mod properties;
mod replicas;
mod syncs;
