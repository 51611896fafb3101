//! One run of the story's load against the reference system; a demo may have two.

use std::path::PathBuf;
use std::sync::Arc;

use loadline_config::DatabaseSection;
use loadline_demo::Staged;
use loadline_report::SYSTEM_TAGS;
use loadline_runner::{
    Ending, Ends, Failure, Finished, Interrupts, OutSpec, SendOutput, Voice, database_settings, execute,
};
use loadline_script::modules::Log;
use loadline_scripted::{Scripted, Session, Source};
use loadline_traces::live::Traces;

use super::arguments::DemoArguments;
use crate::common::{Screen, Steering, Watched};

/// Who is told of a demo, and who may stop or steer it.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) screen: &'a Arc<Screen>,
    pub(super) interrupts: &'a Interrupts,
    /// The page that shows it, if one does; how it ended is said when all is judged.
    pub(super) watched: Option<&'a Watched>,
    pub(super) steering: Option<&'a Steering>,
}

/// Whether somebody ended a run, so that what was to come has not.
pub(super) fn was_stopped(finished: &Finished) -> bool {
    matches!(finished.came_to, Ending::Signal | Ending::StoppedByApi)
}

/// What every run of a demo has in common.
pub(super) struct Stage<'a> {
    pub(super) arguments: &'a DemoArguments,
    pub(super) around: Around<'a>,
    pub(super) system: &'a dyn Staged,
    pub(super) source: Source,
    /// Where the system's PostgreSQL is, if it has one.
    pub(super) database: Option<String>,
    /// The traces that its requests carry.
    pub(super) traces: Option<Arc<Traces>>,
}

/// What came of a run.
pub(super) struct Ran {
    pub(super) finished: Finished,
    /// Where it is kept.
    pub(super) kept: PathBuf,
    pub(super) processor: Processor,
}

/// Processor seconds of the two sides.
pub(super) struct Processor {
    pub(super) generator: f64,
    pub(super) system: Option<f64>,
}

impl Processor {
    fn until_now(system: &dyn Staged) -> Self {
        Self { generator: loadline_runner::processor_seconds(), system: system.cpu_seconds() }
    }

    fn since(self, before: &Self) -> Self {
        let system = self.system.zip(before.system).map(|(now, then)| now - then);
        Self { generator: self.generator - before.generator, system }
    }
}

impl Stage<'_> {
    /// Runs it. `prepare` may change what it is judged by meanwhile, and adds an output. It is kept in `path`, or where
    /// runs of this name are.
    pub(super) fn run(
        &self,
        path: Option<PathBuf>,
        name: &str,
        prepare: impl FnOnce(&mut Session) -> Option<SendOutput>,
    ) -> Result<Ran, Failure> {
        let Around { screen, interrupts, watched, steering } = self.around;
        let log: Arc<dyn Log> = Arc::clone(screen) as Arc<dyn Log>;
        let voice: Arc<dyn Voice> = Arc::clone(screen) as Arc<dyn Voice>;
        let mut session = Session::prepare(&self.source, &log, interrupts)?;
        let output = prepare(&mut session);
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().ends(Ending::CouldNotRun)?;
        let mut kept = PathBuf::new();
        let mut sampling = self.system.sampling();
        sampling.database = database_settings(self.database.as_deref(), &DatabaseSection::default())
            .ends(Ending::Configuration)?;
        sampling.traces.clone_from(&self.traces);
        let before = Processor::until_now(self.system);
        let mut script = Scripted::new(&session);
        let finished = runtime.block_on(execute(&mut script, &sampling, &voice, interrupts, |meta| {
            kept = match path {
                Some(path) => path,
                None => loadline_runner::default_run_path(name, meta.started_unix_ms)?,
            };
            let run = OutSpec::Run(kept.clone());
            let mut all =
                loadline_runner::open_outputs(&[run], meta, &session.schema, &session.budgets, &SYSTEM_TAGS)?;
            all.extend(output);
            all.extend(watched.map(|page| page.output(meta, &session.schema, &session.budgets, true)));
            all.extend(steering.map(|steered| steered.output(meta, &session.schema, &session.budgets)));
            anyhow::Ok(all)
        }))?;
        let processor = Processor::until_now(self.system).since(&before);
        Ok(Ran { finished, kept, processor })
    }
}
