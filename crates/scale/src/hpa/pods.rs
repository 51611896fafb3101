//! Pods as the autoscaler sees them, and which of them count.

use std::collections::HashMap;
use std::collections::HashSet;

use super::version::{Rule, Rules};

/// Where a pod stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "Kubernetes' own words")]
pub enum Phase {
    Pending,
    Running,
    Succeeded,
    Failed,
    Unknown,
}

/// What a condition says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "Kubernetes' own words")]
pub enum Status {
    True,
    False,
    Unknown,
}

/// A pod's condition `Ready`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readiness {
    /// What it says.
    pub status: Status,
    /// Since when, in milliseconds of the same clock as every other time here; `i64::MIN` where nobody knows.
    pub since_ms: i64,
}

/// What kind of container asks for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContainerKind {
    /// One of the pod's own.
    Main,
    /// An init container that goes on running beside them.
    Sidecar,
    /// An init container that ends before them; it counts nowhere.
    Init,
}

/// What one container asks for of the resource in question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The container's name.
    pub container: String,
    /// Thousandths of the resource's unit; none where it asks for nothing.
    pub milli: Option<i64>,
    /// Its kind.
    pub kind: ContainerKind,
}

/// One pod of the workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pod {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub phase: Phase,
    /// Whether it is being deleted, running or not.
    pub deleted: bool,
    /// When it was started, in milliseconds; none before.
    pub started_ms: Option<i64>,
    /// Its condition `Ready`; none before it has one.
    pub ready: Option<Readiness>,
    /// What its containers ask for, in their order.
    pub requests: Vec<Request>,
}

/// What was measured of one pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Thousandths of the metric's unit.
    pub value: i64,
    /// When, in milliseconds.
    pub at_ms: i64,
    /// Over how long a time before that, in milliseconds.
    pub window_ms: i64,
}

/// Times after which a pod is believed, by default 5 minutes and 30 seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How long after its start a pod's processor time may be that of starting, in milliseconds.
    pub cpu_initialization_ms: i64,
    /// Within how long after its start a pod that is not ready never was, in milliseconds.
    pub initial_readiness_ms: i64,
}

impl Default for Patience {
    fn default() -> Self {
        Self { cpu_initialization_ms: 300_000, initial_readiness_ms: 30_000 }
    }
}

/// Pods by what becomes of them in a calculation.
#[derive(Debug, Default)]
pub(super) struct Grouped<'a> {
    /// How many are measured and count.
    pub(super) ready: usize,
    /// Those that count as idle when there is need, and not at all otherwise.
    pub(super) unready: HashSet<&'a str>,
    /// Those that nothing is known of.
    pub(super) missing: HashSet<&'a str>,
    /// Those that are going or gone.
    pub(super) ignored: HashSet<&'a str>,
}

impl<'a> Grouped<'a> {
    /// Sorts pods: those that go first, then those that wait, then those without a reading, then, for processor time
    /// alone, those that are not believed yet.
    pub(super) fn new(
        pods: &'a [Pod],
        readings: &HashMap<&str, Reading>,
        cpu: bool,
        patience: Patience,
        rules: Rules,
        now_ms: i64,
    ) -> Self {
        let mut grouped = Self::default();
        for pod in pods {
            let name = pod.name.as_str();
            let ended = pod.phase == Phase::Failed
                || pod.phase == Phase::Succeeded && rules.has(Rule::SucceededIgnored);
            if pod.deleted || ended {
                grouped.ignored.insert(name);
            } else if pod.phase == Phase::Pending {
                grouped.unready.insert(name);
            } else if let Some(reading) = readings.get(name) {
                if cpu && !believed(pod, reading, patience, now_ms) {
                    grouped.unready.insert(name);
                } else {
                    grouped.ready += 1;
                }
            } else {
                grouped.missing.insert(name);
            }
        }
        grouped
    }
}

/// Whether a pod's processor time is that of its work, not that of its start.
fn believed(pod: &Pod, reading: &Reading, patience: Patience, now_ms: i64) -> bool {
    let (Some(ready), Some(started_ms)) = (pod.ready, pod.started_ms) else { return false };
    let not_ready = ready.status == Status::False;
    if started_ms + patience.cpu_initialization_ms > now_ms {
        !not_ready && reading.at_ms >= ready.since_ms.saturating_add(reading.window_ms)
    } else {
        !(not_ready && started_ms + patience.initial_readiness_ms > ready.since_ms)
    }
}

/// How many pods run and are ready, those being deleted among them.
pub(super) fn running_and_ready(pods: &[Pod]) -> usize {
    pods.iter()
        .filter(|pod| pod.phase == Phase::Running)
        .filter(|pod| pod.ready.is_some_and(|ready| ready.status == Status::True))
        .count()
}
