//! Indexes that pay for a whole workload, what they cost it, and the measurements that prove it.
//!
//! The crate is pure: a portrait and statements in, advice out; times in, a judgement out. Only `replay` (a feature,
//! `live`) talks to a server: a test database, on which it builds what is to be verified.

pub mod existing;
#[cfg(feature = "live")]
pub mod replay;
pub mod size;
pub mod verify;
