//! What a run is to do: scenarios, their executors, and what is wrong with them.

mod check;
mod scenario;

pub(crate) use check::{MAX_RATE, MAX_VUS, Problems};
pub use check::{PlanError, Problem};
pub use scenario::{Plan, Scenario, Stage};
