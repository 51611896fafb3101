//! What a load cost the database, statement by statement and endpoint by endpoint.
//!
//! Everything here is pure. What the server said comes in as a [`Snapshot`] or an [`Activity`]; a [`Ledger`] keeps the
//! account of a run, gives it out second by second as windows of a Run, and says at the end what it all came to
//! ([`DatabaseCost`]).

mod activity;
mod apportion;
mod comment;
mod difference;
mod finished;
mod fit;
mod heard;
#[cfg(test)]
mod heard_tests;
mod hearing;
mod lacking;
mod least_squares;
mod ledger;
mod mark;
mod metrics;
mod missing;
mod name;
mod of_run;
mod path;
mod record;
#[cfg(test)]
mod services;
mod snapshot;
#[cfg(test)]
mod tests;
mod timeline;
mod told;
mod whole;
mod words;

pub use activity::{Activity, ActivitySample, Blocked, Wait};
pub use apportion::{Apportioned, Told};
pub use comment::CommentTags;
pub use difference::{Difference, Spent, Void};
pub use finished::{DatabaseCost, EndpointCost, StatementCost};
pub use ledger::{Ledger, Pool, Requests};
pub use mark::{OWN_MARK, marked};
pub use metrics::{CostMetrics, METRICS, descriptions, figures};
pub use name::{OTHER, StatementName};
pub use of_run::{RunStatement, statements_of};
pub use snapshot::{Counters, DatabaseCounters, Snapshot, StatementKey};
pub use told::{Gap, Notes};
