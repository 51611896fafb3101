//! Rules for Prometheus: what is counted for each budget, and when somebody is told.

mod alerting;
mod expressions;
mod recording;
mod written;

pub(crate) use alerting::{BURNS, NO_BUDGET, NO_SERVICE, WITHOUT_BUDGET_S, WITHOUT_SERVICE_S};
pub(crate) use expressions::{bad, requests};
pub(crate) use recording::{burn_name, requests_name};
pub(crate) use written::{ALERTS, document, group_name};
