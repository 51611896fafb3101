//! Unit tests of the rules, for `promtool test rules`: what fires, what does not, and what is over, at the instants
//! that arithmetic gives.
//!
//! A course of requests is made up for each budget, and a model that only counts says when alerts have to be on. It
//! knows nothing of Prometheus' language, so a rule that says something else is found out.

mod course;
mod model;
mod series;
mod written;

pub(crate) use written::document;
