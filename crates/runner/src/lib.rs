//! One load test, from its preparation to its verdict.
//!
//! The same for everything that can be put under load (a script, a single request, scenarios in Rust): merging,
//! judging, outputs, sampling of resources, interrupts, and what the run says of its own generator and of this machine.
//! What it has to say goes through a [`Voice`]: nothing here prints.

mod conclude;
mod ending;
mod events;
mod execute;
mod failure;
mod history;
mod initialising;
mod keep;
mod kept;
mod machine;
pub mod origin;
mod outputs;
mod project;
mod samples;
mod sampling;
mod shortfall;
mod signals;
mod steered;
mod subject;
mod tracing;
mod trust;
mod voice;
mod watch;

pub use conclude::{Finished, Rules, is_unproven};
pub use ending::{Dialect, Ending};
pub use execute::execute;
pub use failure::{Cause, Ends, Failure};
pub use history::{NoHistory, history_location, open_history};
pub use keep::{Described, outputs_and_history};
pub use kept::KeptRun;
pub use machine::{
    memory_of_a_realm, processor_seconds, processor_seconds_of, processor_ticks_of_machine,
    raise_descriptor_limit,
};
pub use outputs::{
    KeepError, OpenError, OutSpec, OutSpecError, children_folder, default_run_path, open_outputs, own_folder,
    working_folder,
};
pub use project::{ProjectError, ProjectFile, find_project, learn_environment, only_request};
pub use samples::SendOutput;
pub use sampling::{
    GENERATOR, Process, SCRAPED_BY_DEFAULT, SamplingError, SamplingSettings, SamplingTexts,
    database_settings, define_database, define_scraped, is_of_database, scraped_unit,
};
pub use signals::{Doing, Interrupts};
pub use subject::{Subject, Terms};
pub use voice::{Answer, Second, Silence, Tone, Voice};
