//! The engine: worker threads that run virtual users, and the hub that collects what they measure.

mod allotment;
mod assembly;
mod audit;
mod clock;
mod closed;
mod control;
mod descriptors;
mod drive;
mod drop_cause;
mod heap;
mod host;
mod hub;
mod meter;
mod observer;
mod open;
mod outcome;
mod pool;
mod reports;
mod saturation;
mod scenario_state;
mod seconds;
mod settings;
mod shared;
mod stuck;
mod ticker;
mod worker;
mod worker_core;

pub use audit::Unaccounted;
pub use control::Control;
pub use drop_cause::DropCause;
pub use hub::{run, run_local};
pub use observer::{Directive, GeneratorLoad, Observer};
pub use outcome::{Dropped, EngineError, Outcome, Why};
pub use scenario_state::{EngineState, ScenarioState};
pub use settings::Settings;
pub use stuck::Stuck;
