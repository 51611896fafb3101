//! Ghosts: private clusters, filled by a portrait, gone with their owner.

mod body;
mod candidate;
mod cluster;
mod ends;
mod fill;
mod lengths;
mod numbers;
mod padded;
mod prepare;
mod raise;
mod restore;
mod user;

pub use candidate::{CandidateError, Part, Size};
pub use cluster::ClusterError;
pub use raise::{Ghost, GhostError, Haunt, Place};
