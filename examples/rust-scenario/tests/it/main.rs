//! The example, run as its users run it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod holiday;
