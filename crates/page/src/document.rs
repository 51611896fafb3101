//! What the page reads, field by field. Fields may be added under one version, never changed.

use std::collections::BTreeMap;

use loadline_ledger::Reading;
use serde::Serialize;

/// The version of the form; it grows when a field changes its meaning or goes.
pub const VERSION: u32 = 1;

/// All that there is to see of a run. Times are in milliseconds, amounts of data in bytes, shares from 0 to 1, and
/// what is not a number (no value, infinity) is `null`.
#[derive(Debug, Clone, Serialize)]
pub struct Document {
    /// The form's.
    pub version: u32,
    /// What was run: a script, a URL.
    pub name: String,
    /// When it started, in milliseconds since 1970 UTC.
    pub started_unix_ms: i64,
    /// How long it lasted, in milliseconds.
    pub duration_ms: f64,
    /// Seconds in one step of every course.
    pub step_s: u64,
    /// Steps of every course.
    pub steps: u64,
    /// How it was judged.
    pub verdict: Verdict,
    /// What it was: names with their values, in the order to show them in.
    pub facts: Vec<(String, String)>,
    /// What makes it less than it seems: a generator that was saturated, a run that was cut, tags that were folded.
    pub warnings: Vec<String>,
    /// What was required of it.
    pub requirements: Vec<Requirement>,
    /// What its metrics are drawn in.
    pub panels: Vec<Panel>,
    /// What was measured.
    pub metrics: Vec<Metric>,
    /// How response times were spread, over time.
    pub heat: Option<Heat>,
    /// Its checks.
    pub checks: Vec<Check>,
    /// Its failed requests by what they have in common, the most frequent first.
    pub failures: Vec<Failure>,
    /// Kinds of failures beyond those.
    pub failures_left_out: u64,
    /// What happened to it, in the order of time.
    pub events: Vec<Event>,
    /// What happened beyond that.
    pub events_left_out: u64,
    /// Where the time of requests went: of all of them, then of each endpoint.
    pub ledger: Vec<Ledger>,
    /// What limited it, most likely, in words; empty where nothing was used up.
    pub limit: String,
}

/// Where an endpoint's time went.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ledger {
    /// The figures.
    #[serde(flatten)]
    pub reading: Reading,
    /// What makes its slow requests slow, in words; empty where nothing is to be said.
    pub words: String,
    /// What has to be said beside them.
    pub notes: Vec<String>,
}

/// Something that happened to a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// When, in seconds since its scenarios started.
    pub at_s: f64,
    /// `stage`, `pause`, `restart`, `deploy`, `abort`, `other`.
    pub kind: &'static str,
    /// What, in words.
    pub words: String,
}

/// The run's verdict.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    /// What came out.
    pub outcome: Outcome,
    /// In words: `2 of 13 requirements are not met`.
    pub words: String,
}

/// What came out of a requirement, or of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Met.
    Pass,
    /// Not met.
    Fail,
    /// Nothing to judge.
    NoData,
    /// Can't be told.
    Inconclusive,
}

/// One requirement.
#[derive(Debug, Clone, Serialize)]
pub struct Requirement {
    /// What is required: `search.findPrograms p95`.
    pub words: String,
    /// The limit with its unit: `< 500ms`.
    pub limit: String,
    /// What was observed, with its unit.
    pub observed: Option<String>,
    /// How many values that stands on.
    pub samples: u64,
    /// How it was judged.
    pub outcome: Outcome,
    /// Whether the run fails by it.
    pub fails: bool,
    /// Whether it would come out so again, in words; empty where nothing was inferred.
    pub certainty: String,
    /// Why.
    pub evidence: String,
    /// The metric that it judges, where the document has it: a place in `metrics`.
    pub metric: Option<usize>,
    /// The limit as a number in the metric's unit, to draw; only of what a course shows in that unit.
    pub line: Option<f64>,
}

/// Metrics that are drawn together.
#[derive(Debug, Clone, Serialize)]
pub struct Panel {
    /// Its heading.
    pub title: String,
    /// Whether it is among those that explain most, which are shown before anybody asks for more.
    pub first: bool,
    /// Places in `metrics`.
    pub metrics: Vec<usize>,
}

/// One metric.
#[derive(Debug, Clone, Serialize)]
pub struct Metric {
    /// Its name in scripts and files.
    pub name: String,
    /// What it is, for people.
    pub title: String,
    /// `counter`, `gauge`, `rate` or `trend`.
    pub kind: &'static str,
    /// `ms`, `bytes`, `%`, or what it counts.
    pub unit: String,
    /// All values together.
    pub all: Row,
    /// The values by what tells them apart.
    pub cuts: Vec<Cut>,
}

/// A metric's values by a tag, or by endpoint.
#[derive(Debug, Clone, Serialize)]
pub struct Cut {
    /// The tag's key, or `endpoint`.
    pub by: String,
    /// One row for each value, those with most samples first.
    pub rows: Vec<Row>,
    /// Values beyond those.
    pub left_out: u64,
}

/// Figures and course of some values.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Row {
    /// The tag's value; empty for all values together.
    pub value: String,
    /// How many samples there were.
    pub samples: u64,
    /// What they come to: `avg`, `p95`, `max`, `rate`, `share`, `last`.
    pub figures: BTreeMap<&'static str, Option<f64>>,
    /// A number for each step, by figure. `n` is the samples of a step. Empty for rows that are not drawn.
    pub course: BTreeMap<&'static str, Vec<Option<f64>>>,
}

/// Counts of values by time and size.
#[derive(Debug, Clone, Serialize)]
pub struct Heat {
    /// The metric: a place in `metrics`.
    pub metric: usize,
    /// Edges of the sizes, ascending, in the metric's unit; a level lies between two of them.
    pub edges: Vec<f64>,
    /// Step, level, count; only those that are not zero.
    pub cells: Vec<(u64, u64, u64)>,
}

/// A check of the script.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// Where it stands: `::search::results`.
    pub group: String,
    /// What it checks.
    pub name: String,
    /// How often it held.
    pub passes: u64,
    /// How often it did not.
    pub fails: u64,
    /// The second in which it first did not.
    pub first_fail_s: Option<u64>,
}

/// Requests that failed alike.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Failure {
    /// What they have in common: `name`, `status`, `error`.
    pub tags: Vec<(String, String)>,
    /// How many there were.
    pub count: u64,
    /// The second of the first one.
    pub first_s: u64,
    /// The second of the last one.
    pub last_s: u64,
    /// The address of one of them, where it says more than its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub example: String,
}
