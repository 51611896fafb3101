//! A script as what is run: `setup()` before its scenarios, `teardown()` after them.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use loadline_measure::{Sample, Window};
use loadline_report::Phase;
use loadline_runner::{Ending, Failure, Interrupts, Subject, Terms, Voice};
use loadline_script::program::{Fault, Phases, ScriptProgram};

use crate::session::Session;
use crate::setup_data::SetupData;

/// How long `setup` and `teardown` may take unless told otherwise.
const PHASE_LIMIT: Duration = Duration::from_mins(1);

/// A script that is run once.
pub struct Scripted<'a> {
    session: &'a Session,
    phases: Phases,
    /// What `setup()` returned, as JSON.
    pub setup_data: Option<String>,
    /// Where others read and bring it.
    shared: Option<Arc<SetupData>>,
}

impl<'a> Scripted<'a> {
    /// The script, not run yet.
    pub fn new(session: &'a Session) -> Self {
        let phases = Phases::new(session.script.clone(), Arc::clone(&session.process));
        Self { session, phases, setup_data: None, shared: None }
    }

    /// Others read here what `setup()` returned, and may bring data in its place before it runs.
    #[must_use]
    pub fn telling(mut self, shared: &Arc<SetupData>) -> Self {
        self.shared = Some(Arc::clone(shared));
        self
    }

    async fn setup(&self, interrupts: &Interrupts, voice: &dyn Voice) -> Result<Option<String>, Failure> {
        let options = self.session.options();
        if !self.session.script.has_function("setup") || options.no_setup.unwrap_or(false) {
            return Ok(None);
        }
        voice.phase(Phase::Setup);
        let limit = options.setup_timeout.unwrap_or(PHASE_LIMIT);
        self.phases
            .setup(limit, interrupts.first())
            .await
            .map_err(|fault| phase_failure("setup()", &fault, Ending::SetupTimeout))
    }
}

impl Subject for Scripted<'_> {
    type Program = ScriptProgram;

    fn terms(&self) -> Terms {
        Terms {
            name: self.session.script.entry().to_owned(),
            plan: self.session.settled.plan.clone(),
            connections: self.session.settled.plan.max_vus(),
            budgets: self.session.budgets.clone(),
            schema: Arc::clone(&self.session.schema),
            client: Arc::clone(&self.session.client),
            origin: self.session.origin.clone(),
            options: self.session.settled.json.clone(),
            segment: self.session.settled.segment.clone(),
            min_iteration_duration: self.session.options().min_iteration_duration.unwrap_or_default(),
            init_limit: Some(self.session.script.realms().init_limit),
            workers: None,
            leave_users: true,
            stuck_hint: "look for an endless loop, or a long computation without a request or a `sleep`",
        }
    }

    fn stream(&mut self, samples: &SyncSender<Vec<Sample>>) {
        self.phases.stream(samples.clone());
    }

    async fn begin(
        &mut self,
        interrupts: &Interrupts,
        voice: &dyn Voice,
    ) -> Result<Arc<ScriptProgram>, Failure> {
        let brought = self.shared.as_ref().filter(|shared| shared.begin());
        self.setup_data = match brought {
            Some(shared) => shared.known(),
            None => self.setup(interrupts, voice).await?,
        };
        if let Some(shared) = &self.shared {
            shared.returned(self.setup_data.clone());
        }
        Ok(Arc::new(ScriptProgram::new(
            self.session.script.clone(),
            Arc::clone(&self.session.process),
            self.setup_data.clone(),
            self.session.sharing(),
        )))
    }

    async fn end(&mut self, interrupts: &Interrupts, voice: &dyn Voice) -> Result<(), Failure> {
        let options = self.session.options();
        if !self.session.script.has_function("teardown") || options.no_teardown.unwrap_or(false) {
            return Ok(());
        }
        voice.phase(Phase::Teardown);
        let limit = options.teardown_timeout.unwrap_or(PHASE_LIMIT);
        self.phases
            .teardown(self.setup_data.as_deref(), limit, interrupts.second())
            .await
            .map_err(|fault| phase_failure("teardown()", &fault, Ending::TeardownTimeout))
    }

    fn take_window(&mut self) -> Window {
        self.phases.take_window()
    }

    fn end_stream(&mut self) -> u64 {
        self.phases.end_stream()
    }

    fn own_failures(&self) -> Vec<Failure> {
        let process = &self.session.process;
        let marked = process.failure().map(|reason| {
            let text = format!("the script marked the test as failed: {reason}");
            Failure::new(Ending::MarkedFailed, text)
        });
        let iterations = process.iterations_out_of_memory();
        let out_of_memory = (iterations > 0).then(|| {
            let text = format!(
                "`{}` ran out of memory in {iterations} iterations; the errors above say where",
                self.session.script.entry()
            );
            Failure::new(Ending::ScriptException, text)
        });
        let mixed_up = process.mixed_up().map(|reason| Failure::new(Ending::Aborted, reason.to_owned()));
        mixed_up.into_iter().chain(out_of_memory).chain(marked).collect()
    }
}

fn phase_failure(phase: &str, fault: &Fault, timeout: Ending) -> Failure {
    let ending = match fault {
        Fault::Exception(_) | Fault::OutOfMemory(_) => Ending::ScriptException,
        Fault::TimedOut(_) => timeout,
        Fault::Aborted(_) => Ending::Aborted,
        Fault::Interrupted => Ending::Signal,
    };
    Failure::new(ending, format!("{phase}: {fault}"))
}
