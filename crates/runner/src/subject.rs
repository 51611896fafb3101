//! What is put under load, as seen by what is the same for every run.
//!
//! A subject says on what terms it runs, makes the program that the engine runs, and cleans up. Merging, judging,
//! outputs, sampling, interrupts and the end belong to [`execute`](crate::execute).

use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use loadline_client::Shared;
use loadline_load::{Plan, Program, Segment};
use loadline_measure::{Origin, Sample, Schema, Window};
use loadline_verdict::Budgets;

use crate::failure::Failure;
use crate::signals::Interrupts;
use crate::voice::Voice;

/// On what terms a subject runs.
#[derive(Clone)]
pub struct Terms {
    /// What the Run is called.
    pub name: String,
    /// What starts when.
    pub plan: Plan,
    /// Connections that it may need at one time.
    pub connections: u64,
    /// What the Run is judged by.
    pub budgets: Budgets,
    /// Where its metrics are defined.
    pub schema: Arc<Schema>,
    /// What its clients share, and scrapes with them.
    pub client: Arc<Shared>,
    /// Where the run comes from, as far as the subject knows: what is run, and when what starts.
    pub origin: Origin,
    /// The options that apply, as JSON, for the Run.
    pub options: String,
    /// This process's part of the plan.
    pub segment: Segment,
    /// A virtual user starts no iteration sooner than this after its last one.
    pub min_iteration_duration: Duration,
    /// How long the preparation of one user may take, if it has a limit.
    pub init_limit: Option<Duration>,
    /// The most worker threads; one for each core by default.
    pub workers: Option<usize>,
    /// Whether the process ends with the run, so that users may be left as they are when it is over.
    pub leave_users: bool,
    /// What helps against a user that does not yield.
    pub stuck_hint: &'static str,
}

/// A script, or one request again and again.
pub trait Subject {
    /// What the engine runs.
    type Program: Program;

    /// On what terms it runs; the same whenever it is asked.
    fn terms(&self) -> Terms;

    /// Takes note of where raw samples go that are measured outside of the scenarios.
    fn stream(&mut self, _: &SyncSender<Vec<Sample>>) {}

    /// Prepares the run before its scenarios start.
    ///
    /// # Errors
    /// When the scenarios must not start, with the exit code of the run.
    fn begin(
        &mut self,
        interrupts: &Interrupts,
        voice: &dyn Voice,
    ) -> impl Future<Output = Result<Arc<Self::Program>, Failure>>;

    /// Cleans up after its scenarios.
    ///
    /// # Errors
    /// When that failed, with the exit code of a run that is otherwise good.
    fn end(&mut self, _: &Interrupts, _: &dyn Voice) -> impl Future<Output = Result<(), Failure>> {
        std::future::ready(Ok(()))
    }

    /// What `begin` and `end` have measured since the last call.
    fn take_window(&mut self) -> Window {
        Window::default()
    }

    /// Sends the raw samples that wait. How many found no room.
    fn end_stream(&mut self) -> u64 {
        0
    }

    /// Why the run failed as the subject itself sees it, beside its budgets.
    fn own_failures(&self) -> Vec<Failure> {
        Vec::new()
    }
}
