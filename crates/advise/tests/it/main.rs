//! What is predicted, against real servers.
#![expect(clippy::unwrap_used, reason = "these are tests, and helpers of tests are not known as such")]

mod sizes;
