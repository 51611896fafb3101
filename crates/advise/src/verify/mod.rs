//! Advice held against the clock: what is measured comes in, what is confirmed or withdrawn goes out.

mod change;
mod definition;
mod kept;
mod lesson;
mod parted;
mod suspect;
mod way;

pub use change::{Change, Course, Limits, Measured, changes, is_settled, is_to_go};
#[cfg(feature = "live")]
pub(crate) use definition::words;
pub use definition::{Definition, DefinitionError};
pub use kept::{Execution, Executions, Logged};
pub use lesson::{Lesson, Read};
pub use parted::{Part, Steps, Tree, of_script};
pub use suspect::{Suspicion, culprit, suspects};
pub use way::{Costs, Way, Ways};
