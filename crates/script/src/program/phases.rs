//! The functions that a script may export beside its iterations: `setup`, `teardown`, `handleSummary`.
//!
//! Each runs with a virtual user of its own (number 0), in the order of a run, on a thread that can be left behind: see
//! [`aside`]. What they measure is theirs: it is handed out as a window, tagged with the groups `::setup` and
//! `::teardown`.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use loadline_measure::{Recorder, Sample, Window};
use rquickjs::{Ctx, Value};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::aside::{Side, aside};
use super::error::Fault;
use super::load::Script;
use crate::modules::{Process, VuState, WorkerState, buffer_bytes};
use crate::vm::{self, Realm, Vu};

/// How often what a phase has measured is handed over while it goes on.
const SECOND: Duration = Duration::from_secs(1);

/// The phases of one run of a script.
pub struct Phases {
    script: Script,
    process: Arc<Process>,
    measured: RefCell<Window>,
    samples: RefCell<Option<SyncSender<Vec<Sample>>>>,
    /// How many raw samples found no room.
    lost: Cell<u64>,
}

/// What becomes of a phase's realm when the phase is over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Afterwards {
    /// It is taken down, and its memory is free for the run.
    TakeDown,
    /// It is left as it is: the process ends soon, and nothing may come between the results and their reader.
    Leave,
}

/// What `handleSummary` wants written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SummaryFile {
    /// To standard output.
    Stdout(Vec<u8>),
    /// To standard error.
    Stderr(Vec<u8>),
    /// To a file.
    File(PathBuf, Vec<u8>),
}

impl Phases {
    /// The phases of a run of `script`.
    pub fn new(script: Script, process: Arc<Process>) -> Self {
        Self {
            script,
            process,
            measured: RefCell::default(),
            samples: RefCell::default(),
            lost: Cell::new(0),
        }
    }

    /// Calls `setup()`. Returns its result as JSON text, if it has one; `None` too when there is no such function. It
    /// ends soon after `interrupt` returns, whatever it does; so do the others.
    ///
    /// # Errors
    /// [`Fault`]: it threw, took longer than `limit`, or was interrupted.
    pub async fn setup(
        &self,
        limit: Duration,
        interrupt: impl Future<Output = ()>,
    ) -> Result<Option<String>, Fault> {
        let done = self.call("setup", Vec::new(), to_json, interrupt, limit, Afterwards::TakeDown);
        done.await.map(Option::flatten)
    }

    /// Calls `teardown(data)`, if there is one.
    ///
    /// # Errors
    /// [`Fault`]: it threw, took longer than `limit`, or was interrupted.
    pub async fn teardown(
        &self,
        setup_data: Option<&str>,
        limit: Duration,
        interrupt: impl Future<Output = ()>,
    ) -> Result<(), Fault> {
        let arguments = vec![setup_data.map(Arc::from)];
        self.call("teardown", arguments, |_, _| Ok(()), interrupt, limit, Afterwards::Leave).await?;
        Ok(())
    }

    /// Calls `handleSummary(data)`. `None` when there is no such function.
    ///
    /// # Errors
    /// [`Fault`]: it threw, returned something else than an object of texts and buffers, took longer than `limit`, or
    /// was interrupted.
    pub async fn handle_summary(
        &self,
        data: &str,
        limit: Duration,
        interrupt: impl Future<Output = ()>,
    ) -> Result<Option<Vec<SummaryFile>>, Fault> {
        let arguments = vec![Some(Arc::from(data))];
        self.call("handleSummary", arguments, summary_files, interrupt, limit, Afterwards::Leave).await
    }

    /// What was measured by the phases since the last call.
    pub fn take_window(&self) -> Window {
        self.measured.take()
    }

    /// Sends what is measured from now on also as raw samples.
    pub fn stream(&self, samples: SyncSender<Vec<Sample>>) {
        self.samples.replace(Some(samples));
    }

    /// Lets go of the channel. How many samples found no room in it.
    pub fn end_stream(&self) -> u64 {
        self.samples.take();
        self.lost.take()
    }

    async fn call<T: Send + 'static>(
        &self,
        name: &'static str,
        arguments: Vec<Option<Arc<str>>>,
        take: impl for<'js> FnOnce(&Ctx<'js>, Value<'js>) -> rquickjs::Result<T> + Send + 'static,
        interrupt: impl Future<Output = ()>,
        limit: Duration,
        afterwards: Afterwards,
    ) -> Result<Option<T>, Fault> {
        if !self.script.has_function(name) {
            return Ok(None);
        }
        let phase = Phase {
            name,
            script: self.script.clone(),
            process: Arc::clone(&self.process),
            samples: self.samples.borrow().clone(),
            limit,
            afterwards,
        };
        let done = aside(
            name,
            move |side| phase.run(side, arguments, take),
            interrupt,
            |window| self.measured.borrow_mut().merge(window),
        );
        let (result, lost) = done.await?;
        self.lost.set(self.lost.get() + lost);
        result
    }
}

/// One phase, on its thread.
struct Phase {
    name: &'static str,
    script: Script,
    process: Arc<Process>,
    samples: Option<SyncSender<Vec<Sample>>>,
    limit: Duration,
    afterwards: Afterwards,
}

/// What came of a phase, and how many raw samples found no room.
type Ended<T> = (Result<Option<T>, Fault>, u64);

impl Phase {
    fn run<T: Send + 'static>(
        self,
        side: &Side<Ended<T>>,
        arguments: Vec<Option<Arc<str>>>,
        take: impl for<'js> FnOnce(&Ctx<'js>, Value<'js>) -> rquickjs::Result<T> + Send + 'static,
    ) {
        let mut recorder = Recorder::new(Arc::clone(&self.process.schema));
        if let Some(samples) = &self.samples {
            recorder.stream(samples.clone());
        }
        let recorder = Rc::new(RefCell::new(recorder));
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                side.done((Err(Fault::Exception(format!("it cannot have an event loop: {error}"))), 0));
                return;
            }
        };
        let mut kept = (None, None);
        let result = runtime.block_on(async {
            let handing_over = async {
                let mut ticks = interval_at(Instant::now() + SECOND, SECOND);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
                loop {
                    ticks.tick().await;
                    side.measured(recorder.borrow_mut().take_window());
                }
            };
            tokio::select! {
                biased;
                result = self.call(side, &recorder, &mut kept, arguments, take) => result,
                () = handing_over => unreachable!("it goes on for ever"),
            }
        });
        let lost = {
            let mut recorder = recorder.borrow_mut();
            side.measured(recorder.take_window());
            recorder.end_stream()
        };
        side.done((result, lost));
        if self.afterwards == Afterwards::Leave {
            std::mem::forget((kept, runtime));
        }
    }

    async fn call<T: Send + 'static>(
        &self,
        side: &Side<Ended<T>>,
        recorder: &Rc<RefCell<Recorder>>,
        kept: &mut (Option<Realm>, Option<Vu>),
        arguments: Vec<Option<Arc<str>>>,
        take: impl for<'js> FnOnce(&Ctx<'js>, Value<'js>) -> rquickjs::Result<T> + 'static,
    ) -> Result<Option<T>, Fault> {
        let mut realms = self.script.realms.clone();
        realms.stop_init = side.stop();
        side.limit(realms.init_limit);
        let realm = self.script.realm_with(&realms, &self.process)?;
        let realm = kept.0.insert(realm);
        let worker = WorkerState::new(Arc::clone(&self.process), Rc::clone(recorder), None);
        let state = VuState::new(worker, 0);
        state.begin_phase(self.name);
        let vu = kept.1.insert(realm.instantiate(0, state)?);
        let Some(export) = vu.export(self.name)? else { return Ok(None) };
        let stop = side.stop();
        vu.watch(move || stop.is_now());
        side.limit(self.limit);
        let called =
            vu.call(&export, vm::json_arguments(arguments), take, side.told(), Some(self.limit)).await;
        Ok(Some(called?))
    }
}

fn to_json<'js>(ctx: &Ctx<'js>, value: Value<'js>) -> rquickjs::Result<Option<String>> {
    if value.is_function() {
        return Err(rquickjs::Exception::throw_type(
            ctx,
            "setup() returned a function, and its result has to have a form in JSON",
        ));
    }
    ctx.json_stringify(value)?.map(|json| json.to_string()).transpose()
}

#[expect(clippy::needless_pass_by_value, reason = "it takes what the call hands over")]
fn summary_files<'js>(ctx: &Ctx<'js>, value: Value<'js>) -> rquickjs::Result<Vec<SummaryFile>> {
    let wrong = |what: &str| rquickjs::Exception::throw_type(ctx, what);
    if value.is_undefined() || value.is_null() {
        return Ok(Vec::new());
    }
    let Some(object) = value.as_object() else {
        return Err(wrong("handleSummary() has to return an object: {stdout: text, 'file.json': text}"));
    };
    let mut files = BTreeMap::new();
    for entry in object.props::<String, Value<'js>>() {
        let (name, value) = entry?;
        let Some(bytes) = bytes(&value)? else {
            return Err(wrong(&format!(
                "handleSummary() returned neither a text nor an ArrayBuffer for `{name}`"
            )));
        };
        files.insert(name, bytes);
    }
    Ok(files
        .into_iter()
        .map(|(name, bytes)| match name.as_str() {
            "stdout" => SummaryFile::Stdout(bytes),
            "stderr" => SummaryFile::Stderr(bytes),
            _ => SummaryFile::File(name.into(), bytes),
        })
        .collect())
}

fn bytes(value: &Value<'_>) -> rquickjs::Result<Option<Vec<u8>>> {
    if let Some(text) = value.as_string() {
        return Ok(Some(text.to_string()?.into_bytes()));
    }
    Ok(buffer_bytes(value))
}
