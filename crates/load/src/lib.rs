//! The load engine: what starts when, on which worker, and when it ends.

mod duration_text;
mod executor;
mod pacer;
mod plan;
mod stripe;
mod table;

pub use executor::{
    ConstantArrivalRate, ConstantVus, Executor, PerVuIterations, RampingArrivalRate, RampingVus,
    SharedIterations, SlotAction,
};
pub use pacer::{Pace, Pacer, Schedule};
pub use plan::{Plan, PlanError, Problem, Scenario, Stage};
pub use stripe::Stripe;
pub use table::{Step, VuTable};
