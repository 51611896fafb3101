//! The edge: which answers may be used again, for whom, and for how long.
//!
//! - [`fields`] reads and writes the header fields that caching is about, each by its grammar;
//! - [`policy`] is the engine: what may be kept, what is served, what is asked of the origin (RFC 9111 and those around
//!   it), as pure functions;
//! - [`key`] says which requests are one question;
//! - [`Cache`] puts the two together around bodies, for many threads, still without any clock or socket;
//! - [`rules`] reads cache rules, lints them, and makes keys by them;
//! - `disk`, with the feature of that name, keeps a journal of a cache in a folder, so that it survives a restart;
//! - `layer`, with the feature of that name, puts the headers of rules on the answers of a service;
//! - [`observed`] reads out of an answer what caches in front did with the request;
//! - [`query`] puts queries into one form.
//!
//! Nothing here but `disk` has a clock, a socket or a file: what time it is, what is stored and what came are
//! arguments, so that the same engine is behind a server, a simulation and a proof.

mod cache;
#[cfg(feature = "disk")]
pub mod disk;
pub mod fields;
#[cfg(any(test, feature = "fuzzing"))]
mod fuzz;
pub mod key;
#[cfg(feature = "layer")]
pub mod layer;
mod moment;
pub mod observed;
pub mod policy;
pub mod query;
pub mod rules;

pub use cache::{
    Answer, Asking, Cache, Counts, Journal, Keeping, Limits, Passing, Purge, Record, Reply, Restored, Share,
    Sharing, Shelf, Shelved, Step, Underway,
};
pub use moment::Moment;

/// Entry points of `fuzz/`; no part of the library.
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing {
    /// Has a cache answer a request with an answer, both made of any bytes.
    pub fn messages(bytes: &[u8]) {
        crate::fuzz::messages(bytes);
    }

    /// Makes a cache of any bytes, as if a journal had kept them.
    pub fn store(bytes: &[u8]) {
        crate::fuzz::store(bytes);
    }

    /// Reads any bytes as a file of rules.
    pub fn rule_file(bytes: &[u8]) {
        crate::fuzz::rule_file(bytes);
    }
}
