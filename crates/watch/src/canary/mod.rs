//! Two versions of a service, held against each other while both answer: from their counters to rounds, which are
//! judged as those of two builds are.

mod asked;
mod buckets;
mod counted;
mod pace;
mod rounds;
mod side;

pub use asked::{CanaryQuery, CanaryReads, canary_queries, presence_query, versions_query};
pub use pace::{FEWEST_ROUNDS, Pace, TooShort, pace};
pub use rounds::{Answers, Canary, canary};
pub use side::{Side, SideError};
