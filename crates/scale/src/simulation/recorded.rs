//! A simulation as a Run: the same metrics as a measured one has, replicas and nodes beside them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use loadline_measure::{
    Better, BudgetText, Builtin, ComparedFigures, Description, FigureSpec, MetricId, MetricKind, Origin,
    Producer, Quantity, Recorder, Run, RunMeta, Schema, SchemaError, Subject, TagSetId, Unit, WorkloadId,
};

use super::ledger::{LOST, Lost};
use super::observer::{Observer, State};

/// What is described to people: name, title, unit and panel.
const DESCRIBED: [(&str, &str, &str, &str); 6] = [
    ("requests_came", "Requests that come", "requests", "Throughput"),
    ("replicas_wanted", "Replicas wanted", "replicas", "Replicas"),
    ("replicas_ready", "Replicas ready", "replicas", "Replicas"),
    ("nodes", "Nodes", "nodes", "Nodes"),
    ("workers_busy", "Workers that are busy", "percent", "Utilisation"),
    ("requests_lost", "Requests that are lost", "requests", "Errors"),
];

/// Records a simulation.
#[derive(Debug)]
pub struct Recorded {
    run: Run,
    recorder: Recorder,
    builtin: Builtin,
    wanted: MetricId,
    ready: MetricId,
    nodes: MetricId,
    busy: MetricId,
    lost: MetricId,
    came: MetricId,
    reasons: [TagSetId; LOST.len()],
    has_nodes: bool,
    /// Requests that ended in this second: as in a measured run, they count when they end.
    answered: u64,
    given_up: u64,
    /// How many seconds a window has.
    step_s: u64,
    /// The first and the last second of the window that is not over.
    open_s: Option<(u64, u64)>,
}

/// What a Run says of a simulation, beside what happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// What it is called.
    pub name: String,
    /// When it begins, in milliseconds since 1970 UTC.
    pub started_unix_ms: i64,
    /// What of it has to be the same for two to be comparable: traffic and service, in any text.
    pub identity: String,
    /// The version of Loadline.
    pub version: String,
    /// Whether nodes are limited.
    pub has_nodes: bool,
    /// What it is judged by, as it was written.
    pub budgets: Vec<BudgetText>,
    /// Anything else worth keeping.
    pub annotations: BTreeMap<String, String>,
}

impl Recorded {
    /// An empty Run.
    ///
    /// # Errors
    /// Never in practice: the names are those of this crate.
    pub fn new(about: &About) -> Result<Self, SchemaError> {
        let schema = Schema::new();
        let builtin = Builtin::define(&schema)?;
        let gauge = |name| schema.define(name, MetricKind::Gauge, Unit::Plain);
        let (wanted, ready, nodes) = (gauge("replicas_wanted")?, gauge("replicas_ready")?, gauge("nodes")?);
        let busy = gauge("workers_busy")?;
        let lost = schema.define("requests_lost", MetricKind::Counter, Unit::Plain)?;
        let came = schema.define("requests_came", MetricKind::Counter, Unit::Plain)?;
        let reasons = LOST.map(|why| schema.intern(TagSetId::EMPTY, &[("reason", why.word())]));
        let describe = |(name, title, unit, panel): (&str, &str, &str, &str)| {
            (name.to_owned(), Description::new(title, unit, panel))
        };
        let mut figures = ComparedFigures::http();
        let replicas = Subject::All("replicas".to_owned());
        figures.0.push(
            FigureSpec::new(replicas.clone(), "replicas_wanted", Quantity::Average, Better::Lower)
                .of("replicas"),
        );
        figures
            .0
            .push(FigureSpec::new(replicas, "replicas_wanted", Quantity::Max, Better::Lower).of("replicas"));
        let meta = RunMeta {
            name: about.name.clone(),
            started_unix_ms: about.started_unix_ms,
            version: about.version.clone(),
            origin: Origin {
                workload: WorkloadId::new(Producer::Other("simulation".to_owned()), about.identity.clone()),
                ..Origin::default()
            },
            figures,
            budgets: about.budgets.clone(),
            annotations: about.annotations.clone(),
            descriptions: BTreeMap::from_iter(DESCRIBED.map(describe)),
            ..RunMeta::default()
        };
        let mut recorder = Recorder::new(Arc::clone(&schema));
        recorder.set_time(about.started_unix_ms.saturating_mul(1_000_000));
        Ok(Self {
            run: Run::new(meta, schema),
            recorder,
            builtin,
            wanted,
            ready,
            nodes,
            busy,
            lost,
            came,
            reasons,
            has_nodes: about.has_nodes,
            answered: 0,
            given_up: 0,
            step_s: 1,
            open_s: None,
        })
    }

    /// With windows of so many seconds, where a second each is more than anybody looks at: a day is a Run within a
    /// tenth of the time, and budgets over some minutes are judged over those that begin with a window alone.
    #[must_use]
    pub fn in_steps_of(self, seconds: u64) -> Self {
        Self { step_s: seconds.max(1), ..self }
    }

    /// The Run so far. Whoever judges it registers what they count exactly in its schema before the simulation begins.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// The Run.
    pub fn into_run(mut self) -> Run {
        self.close();
        self.run
    }

    fn close(&mut self) {
        if let Some((first, last)) = self.open_s.take() {
            self.run.push(first, self.recorder.take_window());
            self.run.duration = self.run.duration.max(Duration::from_secs(last + 1));
        }
    }
}

impl Observer for Recorded {
    #[inline]
    fn answered(&mut self, took_s: f64, times: u64) {
        let (metric, took_ms) = (self.builtin.response_time, took_s * 1000.0);
        if times == 1 {
            self.recorder.record(metric, took_ms, TagSetId::EMPTY);
        } else {
            self.recorder.record_many(metric, took_ms, TagSetId::EMPTY, times);
        }
        self.answered += times;
    }

    fn lost(&mut self, why: Lost, times: u64) {
        let reason =
            LOST.iter().position(|lost| *lost == why).map_or(TagSetId::EMPTY, |index| self.reasons[index]);
        self.recorder.record_many(self.builtin.http_req_failed, 1.0, TagSetId::EMPTY, times);
        self.recorder.record_many(self.lost, 1.0, reason, times);
        self.given_up += times;
    }

    fn second(&mut self, second: u64, state: &State) {
        let started_ns = self.run.meta.started_unix_ms.saturating_mul(1_000_000);
        self.recorder.set_time(started_ns.saturating_add(second as i64 * 1_000_000_000));
        let answered = std::mem::take(&mut self.answered);
        self.recorder.record_many(self.builtin.http_req_failed, 0.0, TagSetId::EMPTY, answered);
        let ended = answered + std::mem::take(&mut self.given_up);
        self.recorder.record_many(self.builtin.http_reqs, 1.0, TagSetId::EMPTY, ended);
        self.recorder.record_many(self.came, 1.0, TagSetId::EMPTY, state.came);
        self.recorder.record(self.wanted, f64::from(state.wanted), TagSetId::EMPTY);
        self.recorder.record(self.ready, f64::from(state.ready), TagSetId::EMPTY);
        self.recorder.record(self.busy, state.busy_percent, TagSetId::EMPTY);
        if self.has_nodes {
            self.recorder.record(self.nodes, state.nodes as f64, TagSetId::EMPTY);
        }
        self.open_s.get_or_insert((second, second)).1 = second;
        if (second + 1).is_multiple_of(self.step_s) {
            self.close();
        }
    }
}
