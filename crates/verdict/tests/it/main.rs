//! Tests of the public interface: messages, the grammar's properties, and judging.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test, in helper functions too")]

mod answers;
mod folding;
mod grammar;
mod judging;
mod messages;
mod pairs;
mod project;
mod reference;
mod slope;
