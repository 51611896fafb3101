//! A document that grows with its run.

mod addition;
mod growing;
mod grown_cut;
mod grown_row;
mod judgement;
mod ladder;
mod metric;
mod sizes;

pub use addition::{Addition, HeatStep, News};
pub use growing::Live;
pub use judgement::Judgement;

#[cfg(test)]
mod tests;
