//! Budgets of a project: what an endpoint or a metric may take, written in `loadline.toml`, judged with intervals.

mod allowed;
mod budget;
mod counted;
mod judge;
mod judge_point;
mod judge_share;
mod part;
mod shown;
mod stretch;
mod tally;

pub use allowed::{Allowed, Quantity};
pub use budget::{BudgetProblem, Place, ProjectBudget, Subject};
pub(crate) use judge::judge_project;
pub use part::Part;
