//! What a load test consists of, and its way from there to a judged run.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use loadline_client::{ClientConfig, Shared};
use loadline_load::{Control, Iteration, IterationEnd, Plan, Scenario, Settings, Vu, run};
use loadline_measure::{
    Builtin, Host, MetricId, MetricKind, Run, RunMeta, Schema, SchemaError, ThresholdText, Unit,
};
use loadline_report::{Output, RunOutput};
use loadline_verdict::{Budgets, judge};

use crate::ended::{Ended, Ending};
use crate::error::HarnessError;
use crate::print;
use crate::program::{Actor, Casting, Improviser, Troupe};
use crate::user::User;
use crate::watch::Watch;

/// A load test: scenarios, thresholds, and how to run them.
pub struct LoadTest {
    name: String,
    scenarios: Vec<Scenario>,
    castings: Vec<Casting>,
    thresholds: Vec<ThresholdText>,
    schema: Arc<Schema>,
    client: ClientConfig,
    run_file: Option<PathBuf>,
    fail_on_saturation: bool,
}

impl LoadTest {
    /// A load test without scenarios; the name stands in the Run.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            scenarios: Vec::new(),
            castings: Vec::new(),
            thresholds: Vec::new(),
            schema: Schema::new(),
            client: ClientConfig {
                user_agent: concat!("loadline/", env!("CARGO_PKG_VERSION")).to_owned(),
                ..ClientConfig::default()
            },
            run_file: None,
            fail_on_saturation: false,
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
        self.cast(
            scenario,
            Box::new(move |user| {
                let actor: Box<dyn Actor> = Box::new(Improviser { function: Arc::clone(&function), user });
                actor
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
        self.cast(
            scenario,
            Box::new(move |user| {
                let actor: Box<dyn Actor> = Box::new(make(user));
                actor
            }),
        )
    }

    fn cast(mut self, scenario: Scenario, casting: Casting) -> Self {
        self.scenarios.push(scenario);
        self.castings.push(casting);
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
    pub fn keep_run(mut self, path: impl Into<PathBuf>) -> Self {
        self.run_file = Some(path.into());
        self
    }

    /// Ends with [`Ending::GeneratorSaturated`] when the generator could not keep up, in place of a pass or a fail that
    /// cannot be trusted.
    #[must_use]
    pub fn fail_on_saturation(mut self) -> Self {
        self.fail_on_saturation = true;
        self
    }

    /// Runs and judges it. Dropping the future stops it.
    ///
    /// # Errors
    /// [`HarnessError`] when it cannot run, or its Run cannot be kept.
    pub async fn run(self) -> Result<Ended, HarnessError> {
        self.run_with(Control::new()).await
    }

    /// [`LoadTest::run`], with a handle to stop it.
    ///
    /// # Errors
    /// As [`LoadTest::run`].
    pub async fn run_with(self, control: Control) -> Result<Ended, HarnessError> {
        let builtin = Builtin::define(&self.schema)?;
        let budgets =
            Budgets::parse(&self.name, &self.thresholds, &self.schema).map_err(HarnessError::Thresholds)?;
        budgets.register(&self.schema);
        let plan = Plan { scenarios: self.scenarios };
        let meta = describe(&self.name, &plan, &budgets);
        let client = Shared::new(self.client)?;
        let file = self.run_file.as_deref();
        let file = file.map(|path| RunOutput::create(path, &meta, Arc::clone(&self.schema))).transpose()?;
        let mut watch = Watch {
            run: Run::new(meta, Arc::clone(&self.schema)),
            budgets: &budgets,
            file,
            trouble: None,
            warnings: Vec::new(),
        };
        let program = Arc::new(Troupe { castings: Arc::new(self.castings), client, builtin });
        let outcome = run(plan, program, Settings::new(self.schema), control, &mut watch).await?;
        let mut warnings = watch.warnings;
        warnings
            .extend(outcome.unresponsive.iter().map(|stuck| format!("the run ended without it: {stuck}")));
        let mut run = watch.run;
        run.duration = outcome.duration;
        run.meta.saturation = outcome.saturation;
        warnings.extend(run.folded().iter().map(ToString::to_string));
        let verdicts = judge(&run, &budgets);
        if let Some(mut file) = watch.file {
            file.finish(&run, &verdicts)?;
        }
        if let Some(trouble) = watch.trouble {
            return Err(trouble.into());
        }
        Ok(Ended::new(run, verdicts, outcome.why, warnings, self.fail_on_saturation))
    }

    /// All that a `main` has to do: runs it on an event loop of its own, ends it gently at the first interrupt and at once
    /// at the second, prints the summary on standard output and everything else on standard error.
    pub fn main(self) -> ExitCode {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let ended = runtime.map_err(HarnessError::Start).and_then(|runtime| {
            runtime.block_on(async {
                let control = Control::new();
                tokio::select! {
                    ended = self.run_with(control.clone()) => ended,
                    never = stop_on_interrupts(&control) => match never {},
                }
            })
        });
        match ended {
            Ok(ended) => {
                print::ended(&ended);
                ended.ending.into()
            }
            Err(error) => {
                print::error(&error.to_string());
                Ending::from(&error).into()
            }
        }
    }
}

async fn stop_on_interrupts(control: &Control) -> std::convert::Infallible {
    for stop in [Control::stop, Control::stop_now] {
        if tokio::signal::ctrl_c().await.is_err() {
            break;
        }
        stop(control);
    }
    std::future::pending().await
}

fn describe(name: &str, plan: &Plan, budgets: &Budgets) -> RunMeta {
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    RunMeta {
        name: name.to_owned(),
        started_unix_ms: started.as_millis() as i64,
        options: serde_json::to_string(plan).unwrap_or_default(),
        thresholds: budgets.budgets.iter().map(|budget| budget.text.clone()).collect(),
        allow_no_data: budgets.allow_no_data,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        host: Host {
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            cores: std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32),
            ..Host::default()
        },
        ..RunMeta::default()
    }
}
