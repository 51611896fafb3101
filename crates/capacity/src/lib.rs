//! The load line: how much a system carries within its budgets.
//!
//! [`search`] says what to try next by what was tried, and what the answer is; [`told`] says it in words; [`model`]
//! says what the measured steps mean, by the Universal Scalability Law and by queues; [`simulate`] has services whose
//! line is known, on which the search is tried. All of that is pure: no clock, no network, no printing. Only the
//! feature `live` makes load: each step is a run of the scaled plan.

#[cfg(feature = "live")]
pub mod live;
pub mod model;
pub mod search;
pub mod simulate;
pub mod told;
