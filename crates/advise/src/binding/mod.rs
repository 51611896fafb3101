//! Values for parameters: a normalized text has lost them, and with them what a planner knows.
//!
//! A plan for any value (the generic one) cannot see which rows a value leaves: it never uses a partial index or the
//! beginning of a pattern, and takes every value for an average one. So values are chosen, out of what statistics tell
//! of each column, such that the plan expects about as many rows as an execution was counted to have: typical ones, and
//! beside them frequent and rare ones. Statistics may be those of a portrait ([`Columns`]) or of a live database
//! (`replay`), and whoever explains an [`crate::oracle::Oracle`] or a session: what the parameters are for
//! ([`roles`]), which values there are ([`choices`]), and which of them are chosen ([`calibrate`]) is the same.

mod calibrate;
mod choices;
mod columns;
mod compared;
mod known;
mod literals;
mod portrayed;
mod role;
mod roles;
#[cfg(test)]
mod tests;
mod text;
mod written;

pub use calibrate::{Binding, Kind, Subject, Tried, calibrate};
pub use choices::choices;
pub use columns::Columns;
pub use known::{Choice, Known, of_type, unused};
#[cfg(feature = "live")]
pub(crate) use known::{different, most_common};
pub use portrayed::{Bound, bind};
pub use role::{Compared, Role};
pub use roles::roles;
pub use text::{Value, bound, with_values};
#[cfg(feature = "live")]
pub(crate) use text::{limited, numbers, spread};
