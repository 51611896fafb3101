//! A figure over many runs: its levels, and the steps and drifts between them.

mod course;
mod drift;
mod find;
mod fit;
mod noise;
mod partition;
mod weekday;

pub use course::{Change, Course, Level, Way, course};
pub(crate) use noise::spread;
