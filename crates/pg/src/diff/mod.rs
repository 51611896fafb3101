//! Two portraits of one database: what grew, what is new and gone, what changed for its planner, and portraits between
//! the two, by which the cause of another plan is found.
//!
//! The earlier and the later one are given in any order: what is said of each does not depend on which comes first, so
//! a difference read backwards is the difference of the two the other way round.

mod catalogs;
mod changes;
mod growth;
mod indexes;
mod part;
mod schema;
mod statements;
#[cfg(test)]
mod tests;
mod time;
mod transplant;

pub use catalogs::is_of_catalogs;
pub use changes::{Changes, Setting};
pub use growth::{Growth, Measured};
pub use indexes::{IndexChange, Unused};
pub use part::{Cause, Flip, Flips, Kind, Part, Unplanned};
pub use schema::{Piece, What};
pub use statements::{Share, StatementChange, Window, window};
pub use transplant::{differing, tables_that_differ, transplant};
