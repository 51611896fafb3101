//! What is written, held against the programs that read it: promtool and amtool.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod boards;
mod projects;
mod routes;
mod rules;
mod support;
