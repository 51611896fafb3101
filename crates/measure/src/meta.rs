//! What a run was: enough to judge and to show it again without its script.
//!
//! Every field has a default and unknown fields are ignored, so that a field can be added without a new version of
//! the file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::compared::ComparedFigures;
use crate::described::Description;
use crate::event::RunEvents;
use crate::slowest::SlowRequests;
use crate::steered::Steered;
use crate::workload::WorkloadId;

/// What a run was, beside its measurements.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunMeta {
    /// What was run: a script's path as the user wrote it, or a URL.
    pub name: String,
    /// What makes it this run and no other, wherever its file goes and however much there is of it: random, made when
    /// it starts, or of an import a hash of what was imported. Of runs that were merged those of all, ascending, with
    /// `+` between them. Empty in files of before.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// When the run started, in milliseconds since 1970 UTC.
    pub started_unix_ms: i64,
    /// The effective options, as JSON text. Secrets are left out by whoever fills this in.
    pub options: String,
    /// The thresholds as they were written, for judging again.
    pub thresholds: Vec<ThresholdText>,
    /// Whether thresholds without data pass, for the whole run.
    pub allow_no_data: bool,
    /// Whether requests without an answer count with the latency that k6 gives them, zero.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub as_k6: bool,
    /// The version of Loadline that recorded the run.
    pub version: String,
    /// The machine that made the load, and measured unless [`measured_on`](Self::measured_on) says otherwise. Nothing
    /// where no load was made.
    pub host: Host,
    /// The machine whose measurements these are, where that is another one: a database server whose statistics were
    /// read.
    #[serde(skip_serializing_if = "Host::is_unknown")]
    pub measured_on: Host,
    /// Where the run comes from: what has to be the same for two runs to be comparable.
    pub origin: Origin,
    /// Names of routes, `search.findPrograms` for `POST /api/trpc/search.findPrograms`, in the order they were written.
    pub endpoints: Vec<(String, String)>,
    /// The project's budgets as they were written, for judging again.
    pub budgets: Vec<BudgetText>,
    /// The figures that trends, baselines and comparisons of such runs are about.
    #[serde(skip_serializing_if = "ComparedFigures::are_http")]
    pub figures: ComparedFigures,
    /// How metrics that are not built in are described to people, by their names.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub descriptions: BTreeMap<String, Description>,
    /// What happened to it: stages that began, what was restarted, what ended it. Of a plan all is here from the start,
    /// also what the run did not come to.
    #[serde(skip_serializing_if = "RunEvents::is_empty")]
    pub events: RunEvents,
    /// The slowest requests that were in a trace.
    #[serde(skip_serializing_if = "SlowRequests::is_empty")]
    pub slowest: SlowRequests,
    /// Set when people changed it while it went on: its plan is not what ran then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steered: Option<Steered>,
    /// Anything else worth keeping: a commit, a branch, a note.
    pub annotations: BTreeMap<String, String>,
    /// Set when the generator could not keep up: no judgement of this run can be trusted then.
    pub saturation: Option<Saturation>,
    /// What ended the run before its time, as words that follow `interrupted`: `by a signal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interrupted: Option<String>,
}

/// A load generator that was the bottleneck itself, so that its own delay is in the measurements.
///
/// Whoever makes load decides this and writes it into the run; whoever judges or shows the run must say it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Saturation {
    /// What the generator could not keep up with, each with its figures; never empty.
    pub evidence: Vec<String>,
}

impl Saturation {
    /// What every judgement of such a run says.
    pub const WORDS: &str = "not trustworthy: generator saturated";
}

/// `not trustworthy: generator saturated: …` with all figures.
impl fmt::Display for Saturation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", Self::WORDS, self.evidence.join("; "))
    }
}

/// The machine that made the load.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Host {
    /// Its name in the network.
    pub name: String,
    /// Operating system and architecture: `linux x86_64`.
    pub system: String,
    /// Cores that were available.
    pub cores: u32,
    /// Memory in bytes.
    pub memory_bytes: u64,
}

impl Host {
    /// Whether nothing is known of it.
    fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}

/// `loader linux x86_64 2 cores`.
impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, system, cores, .. } = self;
        write!(formatter, "{name} {system} {cores} cores")
    }
}

/// Where a run comes from.
///
/// Workload, plan and machines make two runs comparable; commit and versions are what one compares.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Origin {
    /// What the run is of.
    #[serde(flatten)]
    pub workload: WorkloadId,
    /// What started when: `ramping-vus to 500 VUs, 24m`.
    pub plan: String,
    /// The system under test: its base URL, without credentials.
    pub target: String,
    /// The version of the system under test, as it says itself or as the user says.
    pub target_version: String,
    /// The commit that was tested, in full.
    pub commit: String,
    /// Its branch.
    pub branch: String,
}

/// The annotation of a run that looked for something: what it found, in a sentence.
const ANSWER: &str = "answer";

impl RunMeta {
    /// What a run found that looked for something, in a sentence; nothing of a run that was only judged.
    pub fn answer(&self) -> Option<&str> {
        self.annotations.get(ANSWER).map(String::as_str)
    }

    /// Says what it found.
    pub fn set_answer(&mut self, sentence: &str) {
        self.annotations.insert(ANSWER.to_owned(), sentence.to_owned());
    }

    /// The identity of this run merged with another one: the same whichever is merged into which, and however often.
    pub(crate) fn merged_id(&self, other: &Self) -> String {
        let parts = self.id.split('+').chain(other.id.split('+')).filter(|part| !part.is_empty());
        let parts: BTreeSet<&str> = parts.collect();
        parts.into_iter().collect::<Vec<_>>().join("+")
    }

    /// What two runs must have in common to be compared: workload, plan and machines, as one line of text. Empty when
    /// the run does not say what it is of, as those of other tools do not. One that was steered by hand has a plan of
    /// its own.
    pub fn fingerprint(&self) -> String {
        let Origin { workload, plan, .. } = &self.origin;
        let workload = workload.word();
        if workload.is_empty() {
            return String::new();
        }
        let steered = match &self.steered {
            Some(_) => format!("{}{}", Steered::MARK, self.id),
            None => String::new(),
        };
        format!("{workload} | {plan}{steered} | {}", self.machines())
    }

    /// The machine that made load and, where that is another one, the machine that was measured.
    pub fn machines(&self) -> String {
        match (self.host.is_unknown(), self.measured_on.is_unknown()) {
            (_, true) => self.host.to_string(),
            (true, false) => format!("measured on {}", self.measured_on),
            (false, false) => format!("{}, measured on {}", self.host, self.measured_on),
        }
    }
}

/// One condition of a budget as it was written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BudgetText {
    /// The endpoint it is on; empty for a budget on a metric.
    pub endpoint: String,
    /// The metric and its tags, `process_memory{process:holiday}`; empty for a budget on an endpoint.
    pub metric: String,
    /// The part of the server that it is on, `pool wait`; empty for a budget on whole requests.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub part: String,
    /// What is limited: `p95`, `max`, `errors`, `rate`, `slope`.
    pub quantity: String,
    /// The limit with its unit: `500ms`, `1%`, `20MB/h`.
    pub limit: String,
    /// The part of the run it holds for: `whole`, `steady`, or the length of a sliding window such as `30s`.
    pub over: String,
    /// Whether it passes when there is nothing to judge.
    pub allow_no_data: bool,
    /// Whether requests that were due and never sent are left out of it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ignore_dropped: bool,
}

/// One threshold as it was written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ThresholdText {
    /// The metric and its tags: `http_req_duration{scenario:search}`.
    pub selector: String,
    /// The condition: `p(95)<500`.
    pub expression: String,
    /// Whether the run stops when it fails.
    pub abort_on_fail: bool,
    /// How long after the start a failure does not stop the run yet, in milliseconds.
    pub delay_abort_eval_ms: u64,
    /// Whether it passes when there is nothing to judge.
    pub allow_no_data: bool,
    /// Whether it is for the time outside of an outage that was made on purpose: what the first restart among the run's
    /// events began.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub outside_outage: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merged_runs_are_those_that_were_merged() {
        let meta = |id: &str| RunMeta { id: id.to_owned(), ..RunMeta::default() };
        assert_eq!(meta("b").merged_id(&meta("a")), "a+b");
        assert_eq!(meta("a").merged_id(&meta("b")), "a+b");
        assert_eq!(meta("a+b").merged_id(&meta("b+c")), "a+b+c");
        assert_eq!(meta("a").merged_id(&meta("a")), "a", "pieces of one run are that run");
        assert_eq!(meta("").merged_id(&meta("a")), "a");
        assert!(!serde_json::to_string(&meta("")).unwrap().contains("\"id\""));
    }
}
