//! The load line: how much a system carries within its budgets.
//!
//! Everything here is pure: no clock, no network, no printing. [`search`] says what to try next by what was tried, and
//! what the answer is; [`model`] says what the measured steps mean, by the Universal Scalability Law and by queues;
//! [`simulate`] has services whose line is known, on which the search is tried.

pub mod model;
pub mod search;
pub mod simulate;
