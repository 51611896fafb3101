//! Advice held against the clock: what is measured comes in, what is confirmed or withdrawn goes out.

mod change;
mod definition;
mod suspect;

pub use change::{Change, Course, Limits, Measured, changes, is_settled};
pub use definition::{Definition, DefinitionError};
pub use suspect::{Suspicion, culprit, suspects};
