//! Dashboards for Grafana, in its classic form, which every version imports.

mod board;
mod database;
mod edge;
mod layout;
mod lint;
mod load_test;
mod panel;
mod queries;
mod scaling;
mod service;
mod written;

pub use lint::{Complaint, Expression, complaints, expressions};
pub(crate) use written::boards;
