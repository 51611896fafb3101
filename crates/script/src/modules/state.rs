//! What natives know: of the process, of the worker thread, and of the virtual user that calls.

use std::cell::{Cell, Ref, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use loadline_edge::observed::Outcomes;
use loadline_measure::{
    Builtin, LateStart, MetricId, Recorder, Schema, SystemTags, TagList, TagSet, TagSetId, Tags,
};
use rquickjs::{Ctx, Exception};

use super::http::{HttpDebug, RequestPace};
use super::kept::Kept;
use super::log::{Level, Log, Source};
use crate::vm;

/// What all workers of a run share.
pub struct Process {
    /// `__ENV`.
    pub environment: BTreeMap<String, String>,
    /// Where metrics are defined.
    pub schema: Arc<Schema>,
    /// The built-in metrics of `schema`.
    pub builtin: Builtin,
    /// What records what caches did, once all metrics of the script are known.
    pub caches: Option<Outcomes>,
    /// Which default tags samples carry.
    pub system_tags: SystemTags,
    /// What requests do unless a script says otherwise.
    pub http: HttpDefaults,
    /// Connections' configuration, name cache and trust store.
    pub client: Arc<loadline_client::Shared>,
    /// Where `console` writes.
    pub log: Arc<dyn Log>,
    /// `exec.test.options` as JSON text; empty until the options are settled.
    pub options_json: RwLock<String>,
    /// The reason of the first `exec.test.fail`.
    failed: Mutex<Option<String>>,
    /// How many iterations ended because their realm was out of memory.
    pub(crate) out_of_memory: AtomicU64,
    /// How users of a realm got into each other's way, first.
    mixed_up: OnceLock<String>,
    /// Files and shared arrays; a second process of the same script takes over those of the first.
    pub kept: Arc<Kept>,
}

/// The defaults of requests; each has an option of the same name.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct HttpDefaults {
    /// A failed request throws.
    pub throw: bool,
    /// Bodies are not kept unless a request asks.
    pub discard_response_bodies: bool,
    /// Redirects that are followed.
    pub max_redirects: u32,
    /// Requests of one `http.batch` that run at once.
    pub batch: usize,
    /// The same for one host.
    pub batch_per_host: usize,
    /// Cookies stay from one iteration to the next.
    pub no_cookies_reset: bool,
    /// Each iteration opens connections of its own.
    pub no_vu_connection_reuse: bool,
    /// The clock that all requests of the process wait for.
    pub pace: Option<RequestPace>,
    /// What of each request goes to the log.
    pub debug: Option<HttpDebug>,
}

impl Default for HttpDefaults {
    fn default() -> HttpDefaults {
        HttpDefaults {
            throw: false,
            discard_response_bodies: false,
            max_redirects: 10,
            batch: 20,
            batch_per_host: 6,
            no_cookies_reset: false,
            no_vu_connection_reuse: false,
            pace: None,
            debug: None,
        }
    }
}

/// What `exec.instance` shows.
pub trait Counters {
    /// Iterations that ended by themselves.
    fn iterations_completed(&self) -> u64;
    /// Iterations that were interrupted.
    fn iterations_interrupted(&self) -> u64;
    /// Users that iterate now.
    fn vus_active(&self) -> u64;
    /// Users that have run their init code.
    fn vus_initialized(&self) -> u64;
    /// Milliseconds since the run began.
    fn test_run_duration_ms(&self) -> f64;
}

/// What `exec.scenario` shows of the running scenario.
pub trait ScenarioView {
    /// Its name.
    fn name(&self) -> &str;
    /// The name of its executor, `ramping-vus`.
    fn executor(&self) -> &str;
    /// When it began, in milliseconds since 1970.
    fn start_unix_ms(&self) -> f64;
    /// How far it is, from 0 to 1.
    fn progress(&self) -> f64;
}

/// The numbers of the running iteration, each from 0.
#[derive(Clone, Copy, Debug, Default)]
pub struct IterationNumbers {
    /// Of this user, over all scenarios: `__ITER`.
    pub in_vu: u64,
    /// Of this user in this scenario.
    pub in_scenario: u64,
    /// Of this scenario in this process.
    pub in_instance: u64,
    /// Of this scenario in the whole test.
    pub in_test: u64,
}

/// What the users of one worker thread share.
pub struct WorkerState {
    pub(crate) process: Arc<Process>,
    pub(crate) recorder: Rc<RefCell<Recorder>>,
    pub(crate) counters: Option<Rc<dyn Counters>>,
    /// Metrics of scripts, by the number their JavaScript objects carry.
    pub(super) metrics: RefCell<Vec<MetricId>>,
    pub(super) urls: super::http::Urls,
    /// Whether a realm keeps the texts that one user opened for the next.
    pub(crate) keeps_texts: Cell<bool>,
}

/// The state of one virtual user that natives read and write.
pub struct VuState {
    pub(crate) worker: Rc<WorkerState>,
    id: u64,
    pub(super) numbers: Cell<IterationNumbers>,
    /// In an open model, how late the iteration started, until its first request has it.
    pub(super) late: LateStart,
    pub(super) scenario: RefCell<Option<Rc<dyn ScenarioView>>>,
    /// Tags of the scenario and of the run.
    base: Cell<TagSetId>,
    /// `base` with the user's own tags and the group.
    tags: RefCell<Tags>,
    pub(super) own_tags: RefCell<Vec<(String, String)>>,
    /// `exec.vu.metrics.metadata`, which no output has.
    pub(super) metadata: RefCell<BTreeMap<String, String>>,
    pub(super) group: RefCell<String>,
    /// State of the generator of `randomSeed`; 0 when it is not seeded.
    pub(super) random: Cell<u64>,
    /// `__ENV` when the scenario has variables of its own.
    pub(super) environment: RefCell<Option<Rc<BTreeMap<String, String>>>>,
    pub(super) timers: super::timers::Timers,
    pub(super) http: super::http::HttpState,
}

impl Process {
    /// A process without options, whose words go to `log`.
    ///
    /// # Errors
    /// When `schema` has other metrics under the built-in names.
    pub fn new(
        schema: Arc<Schema>,
        environment: BTreeMap<String, String>,
        client: Arc<loadline_client::Shared>,
        log: Arc<dyn Log>,
    ) -> Result<Process, loadline_measure::SchemaError> {
        Ok(Process {
            builtin: Builtin::define(&schema)?,
            environment,
            schema,
            client,
            caches: None,
            system_tags: SystemTags::default(),
            http: HttpDefaults::default(),
            log,
            options_json: RwLock::default(),
            failed: Mutex::default(),
            out_of_memory: AtomicU64::new(0),
            mixed_up: OnceLock::new(),
            kept: Arc::default(),
        })
    }

    /// Sets what `exec.test.options` shows: JSON text.
    pub fn set_options_json(&self, json: &str) {
        let mut options = self.options_json.write().unwrap_or_else(PoisonError::into_inner);
        json.clone_into(&mut options);
    }

    /// Why the script called `exec.test.fail`, if it did.
    pub fn failure(&self) -> Option<String> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many iterations ended because the users of their realm had used all the memory they may.
    pub fn iterations_out_of_memory(&self) -> u64 {
        self.out_of_memory.load(Ordering::Relaxed)
    }

    /// How users that shared a realm got into each other's way, if they did: what was measured cannot be trusted then.
    pub fn mixed_up(&self) -> Option<&str> {
        self.mixed_up.get().map(String::as_str)
    }

    pub(crate) fn mix_up(&self, reason: String) {
        self.mixed_up.get_or_init(|| reason);
    }

    pub(super) fn fail(&self, reason: &str) {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| reason.to_owned());
    }
}

impl WorkerState {
    /// The state of a worker that records into `recorder`.
    pub fn new(
        process: Arc<Process>,
        recorder: Rc<RefCell<Recorder>>,
        counters: Option<Rc<dyn Counters>>,
    ) -> Rc<WorkerState> {
        Rc::new(WorkerState {
            process,
            recorder,
            counters,
            metrics: RefCell::default(),
            urls: super::http::Urls::default(),
            keeps_texts: Cell::new(false),
        })
    }
}

impl VuState {
    /// The state of user `id`, counted from 1; 0 is the one that runs setup and teardown.
    pub fn new(worker: Rc<WorkerState>, id: u64) -> Rc<VuState> {
        let group = worker.process.system_tags.group.then_some([("group", "")]);
        let base =
            worker.recorder.borrow_mut().tags(TagSetId::EMPTY, group.as_ref().map_or(&[], |group| group));
        let http = super::http::HttpState::new(Arc::clone(&worker.process.client));
        Rc::new(VuState {
            worker,
            http,
            id,
            numbers: Cell::default(),
            late: LateStart::default(),
            scenario: RefCell::default(),
            base: Cell::new(base),
            tags: RefCell::new(base.into()),
            own_tags: RefCell::default(),
            metadata: RefCell::default(),
            group: RefCell::default(),
            random: Cell::new(0),
            environment: RefCell::default(),
            timers: super::timers::Timers::default(),
        })
    }

    /// `__VU`.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Makes it ready for an iteration: its numbers, and the tags that all its samples carry.
    pub fn begin(&self, scenario: Rc<dyn ScenarioView>, numbers: IterationNumbers, base: TagSetId) {
        self.numbers.set(numbers);
        self.scenario.replace(Some(scenario));
        self.group.borrow_mut().clear();
        self.timers.clear();
        let defaults = &self.worker.process.http;
        self.http.begin(defaults.no_cookies_reset, !defaults.no_vu_connection_reuse);
        if self.base.replace(base) != base || self.has_own_tags() || self.worker.process.system_tags.iter {
            self.refresh_tags();
        } else {
            self.tags.replace(base.into());
        }
    }

    /// Notes how late the iteration has started; `None` in a closed model.
    pub fn started_late(&self, late: Option<Duration>) {
        self.late.begin(late);
    }

    /// Makes it ready for a phase beside the iterations, such as `setup`: its samples carry the group `::setup`.
    pub(crate) fn begin_phase(&self, phase: &str) {
        *self.group.borrow_mut() = format!("::{phase}");
        self.refresh_tags();
    }

    /// The variables of the scenario that the next iterations belong to, the process's own included.
    pub fn set_environment(&self, environment: Option<Rc<BTreeMap<String, String>>>) {
        self.environment.replace(environment);
    }

    /// The tags of a sample that is recorded now.
    pub(crate) fn tags(&self) -> Ref<'_, Tags> {
        self.tags.borrow()
    }

    /// The value of one of them, also of one that is no longer told apart in the measurements.
    pub(crate) fn tag(&self, key: &str) -> Option<String> {
        if let Some((_, value)) = self.own_tags.borrow().iter().find(|(own, _)| own == key) {
            return Some(value.clone());
        }
        let switches = &self.worker.process.system_tags;
        match key {
            "group" if switches.group => Some(self.group.borrow().clone()),
            "vu" if switches.vu => Some(self.id.to_string()),
            "iter" if switches.iter => Some(self.numbers.get().in_vu.to_string()),
            _ => self.worker.process.schema.tag_set(self.tags().id()).get(key).map(str::to_owned),
        }
    }

    /// The names of them all.
    pub(crate) fn tag_names(&self) -> Vec<String> {
        let set = self.worker.process.schema.tag_set(self.tags().id());
        let mut names: Vec<String> = set.iter().map(|(key, _)| key.to_owned()).collect();
        names.retain(|name| !TagSet::is_mark(name));
        for (own, _) in self.own_tags.borrow().iter() {
            if !names.contains(own) {
                names.push(own.clone());
            }
        }
        names
    }

    fn has_own_tags(&self) -> bool {
        !self.own_tags.borrow().is_empty()
    }

    /// Computes the current tags anew after the group or the user's own tags have changed.
    pub(super) fn refresh_tags(&self) {
        let switches = &self.worker.process.system_tags;
        let group = self.group.borrow();
        let own = self.own_tags.borrow();
        let mut list = TagList::new();
        if switches.group {
            list.push("group", &group);
        }
        let vu = if switches.vu { self.id.to_string() } else { String::new() };
        if switches.vu {
            list.push("vu", &vu);
        }
        let iter = if switches.iter { self.numbers.get().in_vu.to_string() } else { String::new() };
        if switches.iter {
            list.push("iter", &iter);
        }
        list.extend(own.iter().map(|(key, value)| (key.as_str(), value.as_str())));
        let base = self.base.get().into();
        self.tags.replace(self.worker.recorder.borrow_mut().whole_tags(&base, list.as_slice()));
    }

    /// Records a sample with the current tags and `extra`.
    pub(crate) fn record(&self, metric: MetricId, value: f64, extra: &[(&str, &str)]) {
        let mut recorder = self.worker.recorder.borrow_mut();
        recorder.stamp();
        let outer = self.tags();
        if extra.is_empty() {
            recorder.record_whole(metric, value, &outer);
        } else {
            let tags = recorder.whole_tags(&outer, extra);
            recorder.record_whole(metric, value, &tags);
        }
    }

    pub(crate) fn log(&self, level: Level, source: Source, message: &str) {
        self.worker.process.log.log(level, source, message);
    }
}

/// The user whose script calls.
///
/// # Errors
/// Throws where no user is: while a realm is being built.
pub(crate) fn vu(ctx: &Ctx<'_>) -> rquickjs::Result<Rc<VuState>> {
    vm::current_state()
        .ok_or_else(|| Exception::throw_message(ctx, "this is only possible in a script's own code"))
}
