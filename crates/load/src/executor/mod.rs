//! The executors: one file for each way of deciding what starts when. All pure: no clock, no tasks.

mod constant_arrival_rate;
mod constant_vus;
mod externally_controlled;
mod kind;
mod per_vu_iterations;
mod ramping_arrival_rate;
mod ramping_vus;
mod schedule;
mod shared_iterations;

pub use constant_arrival_rate::ConstantArrivalRate;
pub(crate) use constant_arrival_rate::per;
pub use constant_vus::ConstantVus;
pub use externally_controlled::ExternallyControlled;
pub use kind::Executor;
pub use per_vu_iterations::PerVuIterations;
pub use ramping_arrival_rate::RampingArrivalRate;
pub(crate) use ramping_vus::SlotChange;
pub use ramping_vus::{RampingVus, SlotAction};
pub use schedule::PlannedSchedule;
pub use shared_iterations::SharedIterations;
