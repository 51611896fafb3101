//! Virtual users that run a script.
//!
//! A worker fills one realm after the other with users. Users of a realm share bytecode and what belongs to the
//! realm; a script that uses what belongs to a realm, such as its job queue, gets a realm for each user.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use loadline_load::{
    Interrupt, Iteration, IterationEnd, Program, ProgramError, ScenarioState, Vu, VuId, Worker, WorkerContext,
};
use loadline_measure::TagSetId;
use rustc_hash::FxHashMap;
use tokio::time::Instant;

use super::error::Fault;
use super::load::Script;
use super::views::{Instance, Scenario};
use super::watch::Watch;
use crate::modules::{self, IterationNumbers, Level, Process, Source, VuState, WorkerState};
use crate::vm::{self, Export, Realm, Sharing};

/// How many virtual users share a realm, when their script allows sharing: few enough that a collection of one
/// realm's cycles stays well under a millisecond.
pub const VUS_PER_REALM: usize = 64;

/// How long a user waits whose realm is out of memory.
const OUT_OF_MEMORY_PAUSE: Duration = Duration::from_secs(1);

/// How many virtual users share a realm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VusPerRealm {
    /// As many as the script allows: [`VUS_PER_REALM`], or one ([`Script::own_realm`]).
    #[default]
    Automatic,
    /// This many; at least one.
    Exactly(usize),
}

impl VusPerRealm {
    /// The number for a script.
    pub fn of(self, script: &Script) -> usize {
        match self {
            Self::Exactly(number) => number.max(1),
            Self::Automatic if script.own_realm().is_some() => 1,
            Self::Automatic => VUS_PER_REALM,
        }
    }
}

/// A script, ready to be run by many virtual users.
pub struct ScriptProgram {
    script: Script,
    process: Arc<Process>,
    setup_data: Option<Arc<str>>,
    vus_per_realm: usize,
}

impl ScriptProgram {
    /// A program of `script`. Each virtual user gets its own copy of `setup_data`, JSON text.
    pub fn new(
        script: Script,
        process: Arc<Process>,
        setup_data: Option<String>,
        sharing: VusPerRealm,
    ) -> Self {
        let vus_per_realm = sharing.of(&script);
        Self { script, process, setup_data: setup_data.map(Into::into), vus_per_realm }
    }
}

impl Program for ScriptProgram {
    type Worker = ScriptWorker;

    fn worker(&self, context: WorkerContext) -> ScriptWorker {
        let counters = Rc::new(Instance(Arc::clone(&context.engine)));
        let state = WorkerState::new(Arc::clone(&self.process), context.recorder, Some(counters));
        state.keeps_texts.set(self.vus_per_realm > 1);
        let mut script = self.script.clone();
        script.realms.sharing = if self.vus_per_realm > 1 { Sharing::Shared } else { Sharing::Alone };
        ScriptWorker {
            state,
            script,
            setup_data: self.setup_data.clone(),
            vus_per_realm: self.vus_per_realm,
            realm: None,
            watch: Watch::default(),
            scenarios: Rc::default(),
        }
    }
}

/// The script on one worker thread.
pub struct ScriptWorker {
    state: Rc<WorkerState>,
    script: Script,
    setup_data: Option<Arc<str>>,
    vus_per_realm: usize,
    /// The realm that is being filled, and its users so far.
    realm: Option<(Realm, usize)>,
    watch: Watch,
    scenarios: Rc<RefCell<FxHashMap<usize, Rc<Prepared>>>>,
}

/// What all users of a worker need to know about a scenario.
struct Prepared {
    view: Rc<Scenario>,
    tags: TagSetId,
    environment: Option<Rc<BTreeMap<String, String>>>,
}

impl Worker for ScriptWorker {
    type Vu = ScriptVu;

    async fn vu(&mut self, id: VuId) -> Result<ScriptVu, ProgramError> {
        let realm = match &mut self.realm {
            Some((realm, users)) if *users < self.vus_per_realm => {
                *users += 1;
                realm.clone()
            }
            _ => {
                let realm = self
                    .script
                    .realm(&self.state.process)
                    .and_then(|realm| self.watch.add(&realm).map(|()| realm))
                    .map_err(|error| ProgramError::new(Fault::from(error)))?;
                self.realm = Some((realm.clone(), 1));
                realm
            }
        };
        let state = VuState::new(Rc::clone(&self.state), id.in_test);
        let vu = realm
            .instantiate(id.in_test, Rc::clone(&state) as Rc<dyn std::any::Any>)
            .map_err(|error| ProgramError::new(Fault::from(error)))?;
        Ok(ScriptVu {
            vu,
            state,
            setup_data: self.setup_data.clone(),
            scenarios: Rc::clone(&self.scenarios),
            current: None,
        })
    }

    fn end(&mut self) {
        if let Some(reason) = self.watch.changed() {
            self.state.process.mix_up(reason);
        }
    }
}

/// A virtual user that runs a script.
///
/// Field order is drop order: values of the realm go before `vu`, which may be the last to hold the realm.
pub struct ScriptVu {
    current: Option<Current>,
    state: Rc<VuState>,
    setup_data: Option<Arc<str>>,
    scenarios: Rc<RefCell<FxHashMap<usize, Rc<Prepared>>>>,
    vu: vm::Vu,
}

/// The scenario whose iterations the user runs.
struct Current {
    index: usize,
    prepared: Rc<Prepared>,
    export: Export,
    /// The interrupt that the running script asks for from time to time.
    watched: Option<Interrupt>,
}

impl ScriptVu {
    fn enter(&mut self, scenario: &Arc<ScenarioState>) -> Result<&Current, Fault> {
        if self.current.as_ref().is_none_or(|current| current.index != scenario.index()) {
            let prepared = Rc::clone(
                self.scenarios
                    .borrow_mut()
                    .entry(scenario.index())
                    .or_insert_with(|| Rc::new(prepare(scenario, &self.state))),
            );
            let exec = &scenario.definition().exec;
            let export = self.vu.export(exec)?.ok_or_else(|| {
                Fault::Exception(format!(
                    "the script exports no function `{exec}` for scenario `{}`",
                    scenario.definition().name
                ))
            })?;
            self.state.set_environment(prepared.environment.clone());
            self.vu.with(|_, global| modules::forget_environment(global))?;
            self.current = Some(Current { index: scenario.index(), prepared, export, watched: None });
        }
        Ok(self.current.as_ref().expect("it was set just now"))
    }

    async fn run(&mut self, iteration: &Iteration) -> Result<(), Fault> {
        let current = self.enter(&iteration.scenario)?;
        let export = current.export.clone();
        let prepared = Rc::clone(&current.prepared);
        let is_watched =
            current.watched.as_ref().is_some_and(|watched| watched.is_same(&iteration.interrupt));
        let numbers = IterationNumbers {
            in_vu: iteration.in_vu,
            in_scenario: iteration.in_scenario_vu,
            in_instance: iteration.in_instance,
            in_test: iteration.in_test,
        };
        self.state.begin(prepared.view.clone(), numbers, prepared.tags);
        self.state.started_late(iteration.lag);
        let arguments = vm::json_arguments([self.setup_data.clone()]);
        if !is_watched {
            self.watch(iteration);
        }
        self.vu.call(&export, arguments, |_, _| Ok(()), iteration.interrupt.wait(), None).await?;
        Ok(())
    }
}

impl ScriptVu {
    fn watch(&mut self, iteration: &Iteration) {
        let watched = iteration.interrupt.clone();
        let overdue = overdue(&iteration.scenario);
        self.vu.watch(move || watched.is_set() || overdue.is_some_and(|at| Instant::now() >= at));
        if let Some(current) = &mut self.current {
            current.watched = Some(iteration.interrupt.clone());
        }
    }

    /// Says what happened and holds the user back: what it has kept is still there, so its
    /// next iteration is likely to end at once, and the other realms are to go on undisturbed.
    async fn run_out_of_memory(&mut self, fault: &Fault, iteration: &Iteration) {
        self.state.log(Level::Error, Source::Engine, &fault.to_string());
        self.state.worker.process.out_of_memory.fetch_add(1, Ordering::Relaxed);
        let interrupt = iteration.interrupt.clone();
        tokio::select! {
            () = interrupt.wait() => {}
            () = tokio::time::sleep(OUT_OF_MEMORY_PAUSE) => {}
        }
    }
}

impl Vu for ScriptVu {
    async fn iterate(&mut self, iteration: &Iteration) -> IterationEnd {
        match self.run(iteration).await {
            Ok(()) => IterationEnd::Complete,
            Err(Fault::Interrupted) => IterationEnd::Interrupted,
            Err(Fault::Aborted(reason)) => IterationEnd::Abort(reason),
            Err(fault @ Fault::OutOfMemory(_)) => {
                self.run_out_of_memory(&fault, iteration).await;
                IterationEnd::Failed
            }
            Err(fault @ (Fault::Exception(_) | Fault::TimedOut(_))) => {
                self.state.log(Level::Error, Source::Engine, &fault.to_string());
                IterationEnd::Failed
            }
        }
    }
}

/// When a script that never waits, and so keeps this thread from noticing anything, is stopped by itself: when its
/// scenario and the grace after it are over.
fn overdue(scenario: &ScenarioState) -> Option<Instant> {
    scenario.latest_end()
}

fn prepare(scenario: &Arc<ScenarioState>, state: &VuState) -> Prepared {
    let definition = scenario.definition();
    let process = &state.worker.process;
    let environment = (!definition.env.is_empty()).then(|| {
        let mut all = process.environment.clone();
        all.extend(definition.env.iter().map(|(name, value)| (name.clone(), value.clone())));
        Rc::new(all)
    });
    let now = loadline_measure::unix_time();
    let ago = scenario.started_at().map_or(std::time::Duration::ZERO, |start| start.elapsed());
    let view = Rc::new(Scenario {
        state: Arc::clone(scenario),
        started_unix_ms: (now.saturating_sub(ago)).as_secs_f64() * 1000.0,
    });
    Prepared { view, tags: scenario.tags(), environment }
}
