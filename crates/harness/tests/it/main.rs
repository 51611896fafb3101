//! Load tests in Rust are runs like any other: described, judged by the project, written, and ended in the same way.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod caches;
mod runs;
