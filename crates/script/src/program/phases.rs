//! The functions that a script may export beside its iterations: `setup`, `teardown`, `handleSummary`.
//!
//! Each runs with a virtual user of its own (number 0) on the caller's thread, in the order of a run. What they
//! measure is theirs: it is handed out as a window, tagged with the groups `::setup` and `::teardown`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use loadline_measure::{Recorder, Sample, Window};
use rquickjs::{Ctx, Value};

use super::error::Fault;
use super::load::Script;
use crate::modules::{Process, VuState, WorkerState, buffer_bytes};
use crate::vm::{self, Vu};

/// The phases of one run of a script.
pub struct Phases {
    script: Script,
    process: Arc<Process>,
    recorder: Rc<RefCell<Recorder>>,
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
        let recorder = Rc::new(RefCell::new(Recorder::new(Arc::clone(&process.schema))));
        Self { script, process, recorder }
    }

    /// Calls `setup()`. Returns its result as JSON text, if it has one; `None` too when there is no such function.
    ///
    /// # Errors
    /// [`Fault`]: it threw, took longer than `limit`, or was interrupted.
    pub async fn setup(
        &self,
        limit: Duration,
        interrupt: impl Future<Output = ()>,
    ) -> Result<Option<String>, Fault> {
        self.call("setup", Vec::new(), to_json, interrupt, limit).await.map(Option::flatten)
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
        self.call("teardown", vec![setup_data.map(Arc::from)], |_, _| Ok(()), interrupt, limit).await?;
        Ok(())
    }

    /// Calls `handleSummary(data)`. `None` when there is no such function.
    ///
    /// # Errors
    /// [`Fault`]: it threw, or returned something else than an object of texts and buffers.
    pub async fn handle_summary(
        &self,
        data: &str,
        limit: Duration,
    ) -> Result<Option<Vec<SummaryFile>>, Fault> {
        let arguments = vec![Some(Arc::from(data))];
        self.call("handleSummary", arguments, summary_files, std::future::pending(), limit).await
    }

    /// What was measured by the phases since the last call.
    pub fn take_window(&self) -> Window {
        self.recorder.borrow_mut().take_window()
    }

    /// Sends what is measured from now on also as raw samples.
    pub fn stream(&self, samples: SyncSender<Vec<Sample>>) {
        self.recorder.borrow_mut().stream(samples);
    }

    /// Lets go of the channel. How many samples found no room in it.
    pub fn end_stream(&self) -> u64 {
        self.recorder.borrow_mut().end_stream()
    }

    async fn call<T: 'static>(
        &self,
        name: &str,
        arguments: Vec<Option<Arc<str>>>,
        take: impl for<'js> FnOnce(&Ctx<'js>, Value<'js>) -> rquickjs::Result<T> + 'static,
        interrupt: impl Future<Output = ()>,
        limit: Duration,
    ) -> Result<Option<T>, Fault> {
        if !self.script.has_function(name) {
            return Ok(None);
        }
        let mut vu = self.vu(name)?;
        let Some(export) = vu.export(name)? else { return Ok(None) };
        Ok(Some(vu.call(&export, vm::json_arguments(arguments), take, interrupt, Some(limit)).await?))
    }

    fn vu(&self, phase: &str) -> Result<Vu, Fault> {
        let realm = self.script.realm(&self.process)?;
        let worker = WorkerState::new(Arc::clone(&self.process), Rc::clone(&self.recorder), None);
        let state = VuState::new(worker, 0);
        state.begin_phase(phase);
        Ok(realm.instantiate(0, state)?)
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
