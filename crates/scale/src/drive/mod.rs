//! A policy on real replicas, at small size and in short: what is computed of it.
//!
//! The policy's time goes by faster than the clock's by a stated factor, so that its windows of minutes are seconds.
//! The same slowed down is a scenario of the simulator: rates are divided by the factor and service times multiplied,
//! which leaves every queue as it is. So both can be held against each other, second by second.

mod course;
mod decider;
mod load;
mod pace;
mod prediction;
mod readings;

pub use course::{Agreement, Course, Point};
pub use decider::Decider;
pub use load::{Load, SPREAD};
pub use pace::{FastError, Pace};
pub use prediction::{Prediction, predict};
pub use readings::{Counters, Readings};
