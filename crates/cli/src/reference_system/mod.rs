//! The reference system: its processes, and what they are told.

mod child;
mod system;

pub(crate) use system::{Crashed, Gateway, GatewayFaults, Reconciled, ReferenceSettings, ReferenceSystem};
