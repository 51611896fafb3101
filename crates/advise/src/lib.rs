//! Indexes that pay for a whole workload, what they cost it, and the measurements that prove it.
//!
//! The crate is pure: a portrait and statements in, advice out; times in, a judgement out. What has to be known of
//! plans is asked of an [`oracle::Oracle`], which explains statements and makes indexes that cost nothing. [`workload`]
//! says what runs and how often, [`binding`] with which values, [`predicate`] what a statement asks of each table,
//! [`candidate`] which indexes could serve that, and [`search`] which of them pay for all statements together.
//! [`remarks`] are about what no index helps. The feature `live` talks to servers: `live` has an oracle over a ghost,
//! and `replay` builds on a test database what is to be verified.

pub mod advice;
#[cfg(feature = "live")]
pub mod apply;
pub mod binding;
pub mod candidate;
pub mod catalogue;
pub mod index;
#[cfg(feature = "live")]
pub mod live;
pub mod oracle;
pub mod predicate;
pub mod remarks;
#[cfg(feature = "live")]
pub mod replay;
pub mod rewrite;
pub mod search;
pub mod statistics;
#[cfg(feature = "live")]
mod tree;
pub mod verify;
pub mod workload;
