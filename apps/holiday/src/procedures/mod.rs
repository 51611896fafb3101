//! The procedures, one file per router.

mod payment;
mod procedure;
mod programs;
mod public;
mod search;
mod wire;

pub(crate) use procedure::Procedure;
