//! What a run was: enough to judge and to show it again without its script.
//!
//! Every field has a default and unknown fields are ignored, so that a field can be added without a new version of
//! the file.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What a run was, beside its measurements.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunMeta {
    /// What was run: a script's path as the user wrote it, or a URL.
    pub name: String,
    /// When the run started, in milliseconds since 1970 UTC.
    pub started_unix_ms: i64,
    /// The effective options, as JSON text. Secrets are left out by whoever fills this in.
    pub options: String,
    /// The thresholds as they were written, for judging again.
    pub thresholds: Vec<ThresholdText>,
    /// Whether thresholds without data pass, for the whole run.
    pub allow_no_data: bool,
    /// The version of Loadline that recorded the run.
    pub version: String,
    /// The machine that made the load.
    pub host: Host,
    /// Anything else worth keeping: a commit, a branch, a note.
    pub annotations: BTreeMap<String, String>,
    /// Set when the generator could not keep up: no judgement of this run can be trusted then.
    pub saturation: Option<Saturation>,
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
}
