//! Advice held against the clock: what is measured comes in, what is confirmed or withdrawn goes out.

mod binding;
mod change;
mod choice;
mod definition;
mod kept;
mod role;
mod suspect;

pub use binding::{Value, bound, spread};
pub use change::{Change, Course, Limits, Measured, changes, is_settled};
pub use choice::{Known, combinations, compared, of_type, unused};
#[cfg(feature = "live")]
pub(crate) use definition::words;
pub use definition::{Definition, DefinitionError};
pub use kept::{Execution, Executions, Logged};
pub use role::{Role, roles};
pub use suspect::{Suspicion, culprit, suspects};
