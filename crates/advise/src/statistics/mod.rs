//! What the planner does not know, and what follows from what it does: statistics over several columns, tables that
//! were not analyzed, statements that are planned each time, and a rule of thumb.
//!
//! All of it is inferred and said to be so: a ghost has no rows of which new statistics could be gathered.

mod correlated;
mod rule;
mod stale;
mod unprepared;

pub use correlated::{Correlated, correlated};
pub use rule::{Rule, story_rule};
pub use stale::{Stale, stale};
pub use unprepared::{Unprepared, unprepared};
