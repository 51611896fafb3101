//! What is right in a file of rules and not wise: contradictions, keys that mix people up or explode, rules that never
//! match.
//!
//! Each finding has the line and a way to mend it. An error makes somebody get what is not theirs, or a rule mean
//! something else than it says; a warning costs hit rate, or depends on which cache stands in front.

mod check;
mod control;
mod finding;
mod keys;
mod order;

pub use check::lint;
pub use finding::{Finding, Severity};
