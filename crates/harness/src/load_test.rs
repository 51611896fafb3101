//! What a load test consists of, and its way from there to a judged run.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use loadline_client::{ClientConfig, Shared};
use loadline_config::Workload;
use loadline_edge::observed::Outcomes;
use loadline_load::{Control, Iteration, IterationEnd, Plan, Scenario, Segment, Vu};
use loadline_measure::{
    Builtin, MetricId, MetricKind, Origin, Producer, Schema, SchemaError, ThresholdText, Unit, WorkloadId,
};
use loadline_runner::{
    Described, Dialect, Ending, Ends, Interrupts, KeptRun, OpenError, OutSpec, ProjectFile, Rules,
    SamplingSettings, Terms, Tone, Voice, database_settings, define_database, define_scraped, execute,
    find_project, learn_environment, origin, outputs_and_history, raise_descriptor_limit,
};
use loadline_verdict::{Budgets, brief_lines};

use crate::ended::Ended;
use crate::error::HarnessError;
use crate::place::Place;
use crate::print::{self, StandardError};
use crate::program::{ClosureVu, DynVu, MakeVu, ScenarioProgram};
use crate::subject::{STUCK, Scenarios};
use crate::user::User;
use crate::voice::Heard;

/// A load test: scenarios, thresholds, and how to run them.
pub struct LoadTest {
    name: String,
    scenarios: Vec<Scenario>,
    makers: Vec<MakeVu>,
    thresholds: Vec<ThresholdText>,
    schema: Arc<Schema>,
    client: ClientConfig,
    outputs: Vec<OutSpec>,
    history: Option<Place>,
    sampling: SamplingSettings,
    project: Option<PathBuf>,
    target_version: Option<String>,
    rules: Rules,
    voice: Option<Arc<dyn Voice>>,
}

impl LoadTest {
    /// A load test without scenarios; the name stands in the Run.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            scenarios: Vec::new(),
            makers: Vec::new(),
            thresholds: Vec::new(),
            schema: Schema::new(),
            client: ClientConfig {
                user_agent: concat!("loadline/", env!("CARGO_PKG_VERSION")).to_owned(),
                ..ClientConfig::default()
            },
            outputs: Vec::new(),
            history: None,
            sampling: SamplingSettings::default(),
            project: None,
            target_version: None,
            rules: Rules::default(),
            voice: None,
        }
    }

    /// Defines a metric of its own, in milliseconds, bytes or plain numbers; record with
    /// [`Iteration::record`](loadline_load::Iteration::record).
    ///
    /// # Errors
    /// When the name is none, or is taken by another metric.
    pub fn define(&self, name: &str, kind: MetricKind, unit: Unit) -> Result<MetricId, SchemaError> {
        Builtin::define(&self.schema)?;
        self.schema.define(name, kind, unit)
    }

    /// Adds a scenario whose iterations are calls of an asynchronous closure. An interrupted iteration is dropped where
    /// it waits. The closure ends with nothing, or with an [`IterationEnd`].
    #[must_use]
    pub fn scenario<F, R>(self, scenario: Scenario, iteration: F) -> Self
    where
        F: AsyncFn(User, Iteration) -> R + Send + Sync + 'static,
        R: Into<IterationEnd> + 'static,
    {
        let function = Arc::new(iteration);
        self.add(
            scenario,
            Box::new(move |user| {
                let vu: Box<dyn DynVu> = Box::new(ClosureVu { function: Arc::clone(&function), user });
                vu
            }),
        )
    }

    /// Adds a scenario of virtual users with a state of their own: `make` is called once for each of them.
    #[must_use]
    pub fn scenario_of<V: Vu + 'static>(
        self,
        scenario: Scenario,
        make: impl Fn(User) -> V + Send + Sync + 'static,
    ) -> Self {
        self.add(
            scenario,
            Box::new(move |user| {
                let vu: Box<dyn DynVu> = Box::new(make(user));
                vu
            }),
        )
    }

    fn add(mut self, scenario: Scenario, make: MakeVu) -> Self {
        self.scenarios.push(scenario);
        self.makers.push(make);
        self
    }

    /// Adds a threshold as scripts write it: `http_req_duration{scenario:search}` and `p(95)<500`.
    #[must_use]
    pub fn threshold(self, selector: &str, expression: &str) -> Self {
        self.threshold_text(ThresholdText {
            selector: selector.to_owned(),
            expression: expression.to_owned(),
            ..ThresholdText::default()
        })
    }

    /// Adds a threshold in its long form, which may abort the run or have no data.
    #[must_use]
    pub fn threshold_text(mut self, threshold: ThresholdText) -> Self {
        self.thresholds.push(threshold);
        self
    }

    /// Sets what the users' clients are like.
    #[must_use]
    pub fn client(mut self, config: ClientConfig) -> Self {
        self.client = config;
        self
    }

    /// Keeps the Run in this file, second by second.
    #[must_use]
    pub fn keep_run(self, path: impl Into<PathBuf>) -> Self {
        self.out(OutSpec::Run(path.into()))
    }

    /// Writes samples or the Run, beside what is written already.
    #[must_use]
    pub fn out(mut self, output: OutSpec) -> Self {
        self.outputs.push(output);
        self
    }

    /// Keeps the Run in the history, for trends, baselines and comparisons: where the project says,
    /// `.loadline/history.sqlite` below the working directory by default.
    #[must_use]
    pub fn keep_in_history(mut self) -> Self {
        self.history = Some(Place::Usual);
        self
    }

    /// Keeps the Run in this history: a file, or a `postgres://` URL.
    #[must_use]
    pub fn keep_in_history_at(mut self, place: impl Into<String>) -> Self {
        self.history = Some(Place::Named(place.into()));
        self
    }

    /// Samples more than this process's memory: other processes, and metrics of Prometheus endpoints.
    #[must_use]
    pub fn sample(mut self, sampling: SamplingSettings) -> Self {
        self.sampling = sampling;
        self
    }

    /// Takes this project file in place of the working directory's `loadline.toml`, or none for `none`. Its budgets
    /// judge the run beside the thresholds; those with `scripts` do when a pattern fits the test's name.
    #[must_use]
    pub fn project(mut self, file: impl Into<PathBuf>) -> Self {
        self.project = Some(file.into());
        self
    }

    /// Says which version of the system is tested.
    #[must_use]
    pub fn target_version(mut self, version: impl Into<String>) -> Self {
        self.target_version = Some(version.into());
        self
    }

    /// Says what goes on to this voice, while it goes on.
    #[must_use]
    pub fn voice(mut self, voice: Arc<dyn Voice>) -> Self {
        self.voice = Some(voice);
        self
    }

    /// Ends with [`Ending::Saturated`] when the generator could not keep up, in place of a pass or a fail that
    /// cannot be trusted.
    #[must_use]
    pub fn fail_on_saturation(mut self) -> Self {
        self.rules.fail_on_saturation = true;
        self
    }

    /// Fails a pass that may be chance, too, and what too little evidence leaves open.
    #[must_use]
    pub fn fail_on_unproven(mut self) -> Self {
        self.rules.fail_on_unproven = true;
        self
    }

    /// Runs and judges it. Dropping the future stops it.
    ///
    /// # Errors
    /// [`HarnessError`] when it cannot run.
    pub async fn run(self) -> Result<Ended, HarnessError> {
        self.run_with(Control::new()).await
    }

    /// [`LoadTest::run`], with a handle to stop it.
    ///
    /// # Errors
    /// As [`LoadTest::run`].
    pub async fn run_with(self, control: Control) -> Result<Ended, HarnessError> {
        let voice = Arc::new(Heard::by(self.voice.clone()));
        self.run_until(&Interrupts::none(control), voice).await
    }

    /// All that a `main` has to do: runs it on an event loop of its own, ends it gently at the first interrupt and at
    /// once at the second, prints the summary on standard output and everything else on standard error.
    pub fn main(self) -> ExitCode {
        raise_descriptor_limit();
        let on = self.voice.clone().unwrap_or_else(|| Arc::new(StandardError));
        let voice = Arc::new(Heard::by(Some(on)));
        let heard: Arc<dyn Voice> = Arc::clone(&voice) as Arc<dyn Voice>;
        let ended = Interrupts::listen(&heard).map_err(HarnessError::Start).and_then(|interrupts| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(HarnessError::Start)?;
            runtime.block_on(self.run_until(&interrupts, voice))
        });
        match ended {
            Ok(ended) => {
                print::ended(&ended);
                ended.exit_code()
            }
            Err(error) => {
                StandardError.say(Tone::Error, &error.to_string());
                error.ending().code(Dialect::K6).into()
            }
        }
    }

    async fn run_until(self, interrupts: &Interrupts, heard: Arc<Heard>) -> Result<Ended, HarnessError> {
        let voice: Arc<dyn Voice> = Arc::clone(&heard) as Arc<dyn Voice>;
        let (outputs, mut sampling, rules) = (self.outputs.clone(), self.sampling.clone(), self.rules);
        let place = self.history.clone();
        learn_environment();
        let found = find_project(self.project.as_deref())?;
        let database = database_settings(None, &found.project.database);
        sampling.database = database.ends(Ending::Configuration).map_err(HarnessError::NotRun)?;
        let mut scenarios = self.prepare(&found, &*voice).await?;
        let (schema, budgets) = (Arc::clone(&scenarios.terms.schema), scenarios.terms.budgets.clone());
        let mut kept: Option<KeptRun> = None;
        let finished = execute(&mut scenarios, &sampling, &voice, interrupts, |meta| {
            let history = place.as_ref().map(|place| place.open(&found.project));
            let described = Described { meta, schema: &schema, budgets: &budgets };
            let (all, where_kept) = outputs_and_history(&outputs, &meta.name, history, described, &*voice)?;
            kept = where_kept;
            Ok::<_, OpenError>(all)
        });
        let mut finished = finished.await.map_err(HarnessError::NotRun)?;
        if finished.came_to == Ending::Configuration && !finished.trouble.is_empty() {
            return Err(HarnessError::NotRun(finished.trouble.swap_remove(0)));
        }
        if let Some(cost) = &finished.database {
            cost.lines().iter().for_each(|line| voice.note(&brief_lines(line)));
        }
        if let Some(words) = kept.and_then(|kept| kept.words()) {
            voice.note(&words);
        }
        let ending = finished.ending(rules, interrupts.any());
        let answer = finished.answer(ending);
        let (run, verdicts, trouble) = (finished.run, finished.verdicts, finished.trouble);
        Ok(Ended { run, verdicts, ending, answer, warnings: heard.take_warnings(), trouble })
    }

    /// Finds all that is wrong with it before any load.
    async fn prepare(self, found: &ProjectFile, voice: &dyn Voice) -> Result<Scenarios, HarnessError> {
        let builtin = Builtin::define(&self.schema)?;
        let wanted: &[String] = if self.sampling.targets.is_empty() { &[] } else { &self.sampling.metrics };
        define_scraped(&self.schema, wanted)?;
        if found.project.database.url.is_some() {
            define_database(&self.schema)?;
        }
        let edge = &found.project.edge;
        let caches = Arc::new(Outcomes::new(&self.schema, edge.rules.clone(), edge.region.clone())?);
        let mut budgets =
            Budgets::parse(&self.name, &self.thresholds, &self.schema).map_err(HarnessError::Thresholds)?;
        found.project.judges(&Workload { name: &self.name, request: None }, &mut budgets, &self.schema);
        budgets.register(&self.schema);
        let client = Shared::new(self.client)?;
        let plan = Plan { scenarios: self.scenarios };
        let options = serde_json::to_string(&plan).unwrap_or_default();
        let mut origin = Origin {
            workload: WorkloadId::new(Producer::Rust, origin::hash([(self.name.as_str(), "")], &options)),
            plan: origin::plan(&plan),
            ..Origin::default()
        };
        origin::add_target(&mut origin, &found.project);
        origin::add_commit(&mut origin);
        if let Some(version) = self.target_version {
            origin.target_version = version;
        }
        origin::add_version(&mut origin, &found.project, &client, voice).await;
        let terms = Terms {
            name: self.name,
            connections: plan.max_vus(),
            plan,
            budgets,
            schema: self.schema,
            client: Arc::clone(&client),
            origin,
            options,
            segment: Segment::whole(),
            min_iteration_duration: Duration::ZERO,
            init_limit: None,
            workers: None,
            leave_users: false,
            stuck_hint: STUCK,
        };
        let program = Arc::new(ScenarioProgram { makers: Arc::new(self.makers), client, builtin, caches });
        Ok(Scenarios { terms, program })
    }
}
