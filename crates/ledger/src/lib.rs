//! Where the time of requests goes: an account that adds up.
//!
//! A verdict says that p95 is over its limit. This says what the requests around p95 were waiting for that the typical
//! ones were not: read from a Run's ledgers ([`loadline_measure::Ledger`]), in which the parts of each request are
//! added up beside those of requests that took about as long.
//!
//! - [`Account`] is where the time of some requests went, on average: the phases that their client saw, and within the
//!   waiting what their server has told of itself.
//! - [`Reading`] is an endpoint's: all of its requests, its typical half and its slowest twentieth, and what makes the
//!   difference between the median and a percentile.
//! - [`readings`] has those of a Run, endpoint by endpoint.
//! - [`Differences`] hold two builds' accounts against each other, round by round.
//! - [`explain`] adds what makes slow requests slow to the evidence of verdicts.
//! - [`limit`] names the resource that was used up when requests were slow.
//! - [`told`] says it in words.
//!
//! All of it is pure: Runs in, figures and words out.

mod account;
mod difference;
mod ends;
mod explain;
mod item;
mod limit;
mod ranks;
mod reading;
pub mod told;

pub use account::Account;
pub use difference::{Change, Changed, Difference, Differences};
pub use ends::ends;
pub use explain::explain;
pub use item::{Item, What};
pub use limit::{Limit, limit};
pub use ranks::{LEAST_REQUESTS, Ranks};
pub use reading::{Gap, Reading, readings};
