//! Indexes that pay for a whole workload, and what they cost it.
//!
//! The crate is pure: a portrait and statements in, advice out.

pub mod existing;
pub mod size;
