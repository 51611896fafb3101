//! What changed around an alert, from the series at hand: versions, processes, traffic, the database, caches.

mod asked;
mod changes;

pub use asked::{AroundQuery, AroundReads, Spell, around_queries};
pub use changes::{Changes, changes};
