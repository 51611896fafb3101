//! Kubernetes' autoscaler in a simulated cluster: which signal each of its metrics is, and its reasons in words.

use super::decision::{Autoscaler, Decision};
use super::words;
use crate::cluster::{Seen, Sight, Signal};
use crate::hpa::{Controller, Flags, Measured, Metric, Policy, Rules, Source, Target, Workload};

/// How often the controller syncs, in seconds (`--horizontal-pod-autoscaler-sync-period`).
const SYNC_S: u64 = 15;

/// A policy that cannot be simulated or cannot work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// More at least than at most.
    #[error("minReplicas {min} is above maxReplicas {max}")]
    MinAboveMax {
        /// The one.
        min: i32,
        /// The other.
        max: i32,
    },
    /// No replica may ever be there.
    #[error("maxReplicas {0} lets no replica be: use 1 or more")]
    NoneAllowed(i32),
    /// Nothing is measured.
    #[error("the policy has no metric to scale by")]
    NoMetric,
    /// A target that cannot be reached.
    #[error("metric `{metric}` has the target {target}: a target is above 0")]
    Target {
        /// Which metric.
        metric: String,
        /// Its target.
        target: i64,
    },
    /// A metric that is no signal here.
    #[error(
        "metric `{0}` is not simulated\nhint: say which signal it is, with `--metric {0}=requests`, `in-flight` or `waiting`"
    )]
    NoSignal(String),
    /// Memory does not follow from requests.
    #[error(
        "metric `{0}` is not simulated: only `cpu` follows from requests\nhint: leave it out to try the rest of the policy"
    )]
    NotCpu(String),
    /// To zero without a metric from outside.
    #[error("minReplicas 0 needs an object or external metric: pods that are not there measure nothing")]
    ZeroWithoutOutside,
    /// To zero in a release that does not.
    #[error("minReplicas 0 is refused by Kubernetes before 1.37, unless the gate HPAScaleToZero is opened")]
    ZeroTooEarly,
}

/// The autoscaler of Kubernetes.
#[derive(Debug, Clone)]
pub struct Hpa {
    controller: Controller,
    signals: Vec<Signal>,
}

impl Hpa {
    /// With a policy, and the signal that each of its metrics is.
    ///
    /// # Errors
    /// Where the policy cannot work.
    pub fn new(
        policy: Policy,
        flags: Flags,
        rules: Rules,
        signal_of: impl Fn(&str) -> Option<Signal>,
    ) -> Result<Self, PolicyError> {
        check(&policy, rules)?;
        let signals = policy.metrics.iter().map(|metric| signal(metric, &signal_of));
        let signals = signals.collect::<Result<_, _>>()?;
        Ok(Self { controller: Controller::new(policy, flags, rules), signals })
    }

    /// Its policy.
    pub fn policy(&self) -> &Policy {
        &self.controller.policy
    }

    /// The signal that each of its metrics is.
    pub fn signals(&self) -> &[Signal] {
        &self.signals
    }

    /// Looks at a workload that is not simulated, at a time in milliseconds, and says how many replicas there shall be.
    pub fn decide(&mut self, workload: &Workload<'_>, now_ms: i64) -> Decision {
        words::decision(&self.controller.sync(workload, now_ms), &self.controller.policy)
    }

    /// The same where so many times fewer requests come in a second: targets of rates are as many times lower.
    #[must_use]
    pub fn slowed(&self, factor: f64) -> Self {
        let mut slowed = self.clone();
        let metrics = slowed.controller.policy.metrics.iter_mut().zip(&self.signals);
        for (metric, _) in metrics.filter(|(_, signal)| **signal == Signal::Requests) {
            if let Some(Target::AverageValue(milli) | Target::Value(milli)) = &mut metric.target {
                *milli = ((*milli as f64 / factor).round() as i64).max(1);
            }
        }
        slowed
    }
}

impl Autoscaler for Hpa {
    fn period_s(&self) -> u64 {
        SYNC_S
    }

    fn look(&mut self, seen: &Seen<'_>, now_s: u64) -> Decision {
        let metrics = self.controller.policy.metrics.iter();
        let measured: Vec<Measured> =
            metrics.zip(&self.signals).map(|(metric, signal)| read(metric, *signal, seen)).collect();
        let workload = Workload {
            spec_replicas: seen.spec_replicas,
            status_replicas: seen.status_replicas,
            pods: seen.pods,
            measured: &measured,
        };
        self.decide(&workload, now_s as i64 * 1000)
    }
}

fn read(metric: &Metric, signal: Signal, seen: &Seen<'_>) -> Measured {
    match metric.source {
        Source::Object => seen.total_milli(signal).map_or(Measured::Gone, Measured::Object),
        Source::External => {
            let total = seen.total_milli(signal);
            total.map_or(Measured::Gone, |total| Measured::External(vec![total]))
        }
        _ => seen.per_pod(signal),
    }
}

fn signal(metric: &Metric, of: impl Fn(&str) -> Option<Signal>) -> Result<Signal, PolicyError> {
    match &metric.source {
        Source::Resource { name, .. } if name == "cpu" => Ok(Signal::Cpu),
        Source::Resource { name, .. } => Err(PolicyError::NotCpu(name.clone())),
        _ => of(&metric.name).ok_or_else(|| PolicyError::NoSignal(metric.name.clone())),
    }
}

fn check(policy: &Policy, rules: Rules) -> Result<(), PolicyError> {
    let (min, max) = (policy.min, policy.max);
    if max < 1 {
        return Err(PolicyError::NoneAllowed(max));
    }
    if min > max {
        return Err(PolicyError::MinAboveMax { min, max });
    }
    if policy.metrics.is_empty() {
        return Err(PolicyError::NoMetric);
    }
    if min <= 0 {
        if !rules.has(crate::hpa::Rule::ScaleToZero) {
            return Err(PolicyError::ZeroTooEarly);
        }
        if !policy.metrics.iter().any(|metric| matches!(metric.source, Source::Object | Source::External)) {
            return Err(PolicyError::ZeroWithoutOutside);
        }
    }
    for metric in &policy.metrics {
        let target = match metric.target {
            Some(Target::Utilization(percent)) => i64::from(percent),
            Some(Target::AverageValue(milli) | Target::Value(milli)) => milli,
            None => 1,
        };
        if target <= 0 {
            return Err(PolicyError::Target { metric: metric.name.clone(), target });
        }
    }
    Ok(())
}
