//! Follows a run on the hub's thread: each second is merged, passed on, shown and judged.

use std::time::Duration;

use loadline_load::{Control, Directive, Observer, Stuck};
use loadline_measure::{Run, ScenarioProgress, Window};
use loadline_pg::cost::DatabaseCost;
use loadline_report::{Event, Phase};
use loadline_secrets::masked;
use loadline_verdict::{Budgets, Verdict, brief_lines, stops};
use tokio::time::Instant;

use crate::ending::Ending;
use crate::failure::{Cause, Failure};
use crate::initialising::Initialising;
use crate::machine::Capacity;
use crate::samples::{SampleWriter, SendOutput};
use crate::sampling::{Database, Sampler};
use crate::signals::{Doing, Interrupts};
use crate::steered::note_deeds;
use crate::trust::{note_folded, note_stuck};
use crate::voice::{Second, Voice};

/// What a Run's annotation is called that says what is missing of its database's figures.
const DATABASE: &str = "database";

/// Follows the run on the hub's thread.
pub(crate) struct Watch<'a> {
    pub(crate) run: Run,
    pub(crate) budgets: &'a Budgets,
    pub(crate) outputs: Vec<SendOutput>,
    pub(crate) voice: &'a dyn Voice,
    /// While the scenarios run.
    pub(crate) sampler: Option<Sampler>,
    pub(crate) database: Option<Database<'a>>,
    /// What the load cost it.
    pub(crate) cost: Option<DatabaseCost>,
    pub(crate) trouble: Vec<Failure>,
    pub(crate) second: u64,
    pub(crate) control: Control,
    pub(crate) capacity: Capacity,
    pub(crate) init: Initialising,
    pub(crate) interrupts: &'a Interrupts,
    /// How long iterations under way may take when the run is stopped.
    pub(crate) grace: Duration,
    /// Why the scenarios were not begun.
    pub(crate) refusal: Option<Failure>,
    /// How many of the tags that are no longer told apart were named on the voice.
    pub(crate) folded: usize,
    /// What helps against a user that does not yield.
    pub(crate) stuck_hint: &'static str,
}

impl Watch<'_> {
    /// Adds a window to the run and passes it to the outputs.
    pub(crate) fn take(&mut self, second: u64, window: &Window, progress: &[ScenarioProgress]) {
        self.second = second;
        self.run.push(second, window.clone());
        self.folded += note_folded(&self.run, self.folded, self.voice);
        let event = Event::Second { second, window, run: &self.run, progress };
        let trouble = &mut self.trouble;
        self.outputs.retain_mut(|output| match output.event(&event) {
            Ok(()) => true,
            Err(error) => {
                trouble.push(not_written(error));
                false
            }
        });
        for output in &mut self.outputs {
            output.happened().into_iter().for_each(|event| self.run.meta.events.push(event));
            output.remarks().iter().for_each(|remark| self.voice.warn(remark));
        }
    }

    /// Takes note of what went wrong with the run itself.
    pub(crate) fn trouble_by(&mut self, failure: Option<Failure>, came_to: &mut Vec<Ending>) {
        came_to.extend(failure.as_ref().map(|failure| failure.ending));
        self.trouble.extend(failure);
    }

    /// Takes what was sampled last into the last second. How many raw samples found no room.
    pub(crate) fn end_sampling(&mut self) -> u64 {
        match self.sampler.take().map(Sampler::finish) {
            Some(Ok((window, lost))) => {
                if !window.is_empty() {
                    self.take(self.second, &window, &[]);
                }
                lost
            }
            Some(Err(error)) => {
                self.trouble.push(Failure { ending: Ending::CouldNotRun, error: error.into() });
                0
            }
            None => 0,
        }
    }

    /// Ends following the database: takes what was recorded last into the last second, and says what is missing.
    pub(crate) fn end_database(&mut self) {
        let Some(database) = self.database.take() else { return };
        let Some((window, cost)) = database.finish() else {
            let words = "the thread that follows the database panicked";
            self.trouble.push(Failure::new(Ending::CouldNotRun, words));
            return;
        };
        if !window.is_empty() {
            self.take(self.second, &window, &[]);
        }
        let missing = cost.notes.lines();
        for line in &missing {
            self.voice.warn(&brief_lines(line));
        }
        if !missing.is_empty() {
            self.run.meta.annotations.insert(DATABASE.to_owned(), masked(&missing.join("\n")).into_owned());
        }
        self.cost = Some(cost);
    }

    /// Closes all outputs. What cannot be written is trouble, and no reason to lose the others.
    pub(crate) fn finish(&mut self, writer: Option<SampleWriter>, lost: u64, verdicts: &[Verdict]) {
        match writer.map(SampleWriter::finish) {
            Some(Ok(written)) => {
                self.outputs.extend(written.outputs);
                self.tell_lost(lost);
                self.trouble.extend(written.errors.into_iter().map(not_written));
            }
            Some(Err(error)) => self.trouble.push(not_written(error)),
            None => {}
        }
        for output in &mut self.outputs {
            output.ending();
        }
        for output in &mut self.outputs {
            if let Err(error) = output.finish(&self.run, verdicts) {
                self.trouble.push(not_written(error));
            }
            output.remarks().iter().for_each(|remark| self.voice.warn(remark));
        }
    }

    /// Tells the outputs how many samples never reached them.
    fn tell_lost(&mut self, lost: u64) {
        if lost == 0 {
            return;
        }
        for output in &mut self.outputs {
            if let Err(error) = output.event(&Event::Lost(lost)) {
                self.trouble.push(not_written(error));
            }
        }
    }
}

impl Observer for Watch<'_> {
    fn initialising(&mut self, done: u64, total: u64) {
        self.voice.phase(Phase::Initialising { done, total });
        if done == total {
            self.interrupts.now(Doing::Iterating(self.grace));
            self.voice.phase(Phase::Running);
        } else if self.refusal.is_none() {
            let too_small = || {
                let why = self.capacity.refuses(done, total)?;
                Some(Failure::new(Ending::Configuration, why))
            };
            self.refusal = self.init.refuses(done, total, Instant::now()).or_else(too_small);
            if self.refusal.is_some() {
                self.control.stop_now();
            }
        }
    }

    fn held(&mut self) {
        note_deeds(&self.control, &mut self.run, self.voice);
        self.voice.note("paused before its start, with everything ready: it starts when somebody resumes it");
    }

    fn stuck(&mut self, stuck: &Stuck) {
        note_stuck(stuck, self.stuck_hint, self.voice);
    }

    fn second(&mut self, second: u64, mut window: Window, progress: &[ScenarioProgress]) -> Directive {
        if let Some(sampler) = &self.sampler {
            window.merge(sampler.take_window());
        }
        if let Some(database) = &mut self.database {
            let recorded = database.second(second, &window);
            window.merge(recorded);
        }
        note_deeds(&self.control, &mut self.run, self.voice);
        let schema = self.run.schema();
        self.voice.second(Second {
            elapsed: Duration::from_secs(second + 1),
            schema,
            window: &window,
            progress,
        });
        self.take(second, &window, progress);
        match stops(&self.run, self.budgets) {
            Some(verdict) => Directive::Stop(format!(
                "threshold `{}` on `{}` failed: {}",
                verdict.expression, verdict.selector, verdict.evidence
            )),
            None => Directive::Continue,
        }
    }
}

/// What an output that failed makes of a run that is otherwise good.
fn not_written(error: impl Into<Cause>) -> Failure {
    Failure { ending: Ending::OutputNotWritten, error: error.into() }
}
