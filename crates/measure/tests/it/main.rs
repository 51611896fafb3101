//! Tests of the public interface: merging, quantiles, the file, and that recording allocates nothing.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test, in helper functions too")]

mod allocation;
mod bounded;
mod file;
mod folding;
mod growing;
mod limits;
mod merging;
mod quantiles;
mod recording;
mod support;
