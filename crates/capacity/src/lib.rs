//! The load line: how much a system carries within its budgets.
//!
//! Everything here is pure: no clock, no network, no printing. [`model`] says what measured steps mean, by the
//! Universal Scalability Law and by queues.

pub mod model;
