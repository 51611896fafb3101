//! One autoscaler over time: at each sync it sees the workload and its metrics, and says how many replicas there shall
//! be.
//!
//! What it remembers: recommendations, its own rescales, and whether it was itself that took the last replica away. A
//! number that somebody else sets is no rescale of its own and is in neither list.

use super::behavior::Behavior;
use super::calculator::{Setting, propose};
use super::conditions::{Condition, Conditions, Reason};
use super::limits::{Events, Past, limited_without_behavior};
use super::metrics::{Measured, Metric, MetricError, Proposal, Source, Tolerance};
use super::pods::{Patience, Pod};
use super::recommendations::Recommendations;
use super::version::{Rule, Rules};

/// What somebody wrote: the part of a `HorizontalPodAutoscaler` that decides.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// `minReplicas`
    pub min: i32,
    /// `maxReplicas`
    pub max: i32,
    /// What is measured.
    pub metrics: Vec<Metric>,
    /// How fast it may go; none where the policy has no behavior, which is not the same as one that says nothing.
    pub behavior: Option<Behavior>,
}

/// What a cluster's controller was started with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flags {
    /// `--horizontal-pod-autoscaler-tolerance`, as a share.
    pub tolerance: f64,
    /// `--horizontal-pod-autoscaler-downscale-stabilization`, in milliseconds.
    pub down_window_ms: i64,
    /// `--horizontal-pod-autoscaler-cpu-initialization-period` and `…-initial-readiness-delay`.
    pub patience: Patience,
}

impl Default for Flags {
    fn default() -> Self {
        Self { tolerance: 0.1, down_window_ms: 300_000, patience: Patience::default() }
    }
}

/// The workload at a sync.
#[derive(Debug, Clone, Copy)]
pub struct Workload<'a> {
    /// How many replicas it is to have.
    pub spec_replicas: i32,
    /// How many it has.
    pub status_replicas: i32,
    /// Its pods.
    pub pods: &'a [Pod],
    /// What was read of each metric of the policy, in its order.
    pub measured: &'a [Measured],
}

/// What a sync comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Sync {
    /// How many replicas there shall be.
    pub replicas: i32,
    /// What each metric asks for; empty where none was looked at.
    pub proposals: Vec<Result<Proposal, MetricError>>,
    /// What all of them ask for together; none where nothing can be said, or none was looked at.
    pub combined: Option<i32>,
    /// That number once recent recommendations were heeded; none where there is none.
    pub stabilized: Option<i32>,
    /// Why the number changed; none where it did not.
    pub rescale: Option<Rescale>,
    /// Whether something failed.
    pub failure: Failure,
    /// What the autoscaler says of itself afterwards.
    pub conditions: Conditions,
}

/// Why a number of replicas changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rescale {
    /// The metric of this index asks for more.
    AboveTarget(usize),
    /// Every metric asks for less.
    AllBelowTarget,
    /// There were more than the policy's maximum.
    AboveMax,
    /// There were fewer than its minimum.
    BelowMin,
    /// The metrics ask for what there is; recent recommendations asked for something else.
    Unsaid,
}

/// How much of a sync failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    /// Nothing.
    None,
    /// Some metric; the others decided.
    Partial,
    /// Too much to decide anything.
    Whole,
}

/// What the metrics ask for together, and the metric that asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Combined {
    /// How many replicas.
    pub replicas: i32,
    /// Which metric; none where the number is 0 and none does.
    pub by: Option<usize>,
}

/// An autoscaler.
#[derive(Debug, Clone)]
pub struct Controller {
    /// Its policy. It may be changed between syncs, as people do.
    pub policy: Policy,
    flags: Flags,
    rules: Rules,
    recommendations: Recommendations,
    ups: Events,
    downs: Events,
    conditions: Conditions,
}

impl Controller {
    /// A new one, which remembers nothing.
    pub fn new(policy: Policy, flags: Flags, rules: Rules) -> Self {
        Self {
            policy,
            flags,
            rules,
            recommendations: Recommendations::default(),
            ups: Events::default(),
            downs: Events::default(),
            conditions: Conditions::default(),
        }
    }

    /// What each metric of the policy asks for.
    pub fn proposals(&self, workload: &Workload<'_>, now_ms: i64) -> Vec<Result<Proposal, MetricError>> {
        let setting = Setting {
            pods: workload.pods,
            spec_replicas: workload.spec_replicas,
            status_replicas: workload.status_replicas,
            tolerance: self.tolerance(),
            patience: self.flags.patience,
            rules: self.rules,
            now_ms,
        };
        let read = |index| workload.measured.get(index).unwrap_or(&Measured::Gone);
        let metrics = self.policy.metrics.iter().enumerate();
        metrics.map(|(index, metric)| propose(metric, read(index), &setting)).collect()
    }

    /// What all metrics ask for together: the most. One that failed stands in the way of scaling down alone.
    pub fn combined(proposals: &[Result<Proposal, MetricError>], spec_replicas: i32) -> Option<Combined> {
        let mut combined = Combined { replicas: 0, by: None };
        for (index, proposal) in proposals.iter().enumerate() {
            if let Ok(proposal) = proposal
                && (combined.replicas == 0 || proposal.replicas > combined.replicas)
            {
                combined = Combined { replicas: proposal.replicas, by: Some(index) };
            }
        }
        let failed = proposals.iter().filter(|proposal| proposal.is_err()).count();
        let none_left = failed >= proposals.len();
        (!none_left && (failed == 0 || combined.replicas >= spec_replicas)).then_some(combined)
    }

    /// Looks at the workload and decides.
    pub fn sync(&mut self, workload: &Workload<'_>, now_ms: i64) -> Sync {
        let current = workload.spec_replicas;
        let (min, max) = (self.policy.min, self.policy.max);
        self.conditions.able = Some(Condition { holds: true, reason: Reason::SucceededGetScale });
        self.recommendations.begin(current, now_ms);

        let to_zero = self.rules.has(Rule::ScaleToZero);
        let own_zero = to_zero && self.conditions.scaled_to_zero.is_some_and(|condition| condition.holds);
        let by_others = self.has_metrics_of_others();
        if current == 0 && !(own_zero && (min != 0 || by_others)) {
            self.conditions.active = Some(Condition { holds: false, reason: Reason::ScalingDisabled });
            if !to_zero {
                self.conditions.scaled_to_zero = None;
            }
            return self.unmoved(current, Vec::new(), Failure::None);
        }
        if current > max {
            return self.rescaled(current, max, Rescale::AboveMax, now_ms, Vec::new());
        }
        if current != 0 && current < min {
            return self.rescaled(current, min, Rescale::BelowMin, now_ms, Vec::new());
        }

        let proposals = self.proposals(workload, now_ms);
        let failed = proposals.iter().position(Result::is_err);
        let Some(combined) = Self::combined(&proposals, current) else {
            let first = failed.and_then(|index| {
                let metric = self.policy.metrics.get(index)?;
                Some(Reason::of(metric, proposals.get(index)?.as_ref().err()?))
            });
            if let Some(reason) = first {
                self.conditions.active = Some(Condition { holds: false, reason });
            }
            return self.unmoved(current, proposals, Failure::Whole);
        };
        let failure = if failed.is_some() { Failure::Partial } else { Failure::None };
        self.conditions.active = Some(Condition { holds: true, reason: Reason::ValidMetricFound });

        let asked = combined.replicas.max(0);
        let mut why = match asked.cmp(&current) {
            std::cmp::Ordering::Greater => combined.by.map_or(Rescale::Unsaid, Rescale::AboveTarget),
            std::cmp::Ordering::Less => Rescale::AllBelowTarget,
            std::cmp::Ordering::Equal => Rescale::Unsaid,
        };
        let (stabilized, mut desired) = self.normalized(current, asked, now_ms);
        if current == 0 && own_zero && desired < min {
            desired = min;
            if why == Rescale::Unsaid {
                why = Rescale::BelowMin;
            }
        }
        let mut sync = if desired == current {
            self.unmoved(current, proposals, failure)
        } else {
            self.rescaled(current, desired, why, now_ms, proposals)
        };
        sync.combined = Some(combined.replicas);
        sync.stabilized = Some(stabilized);
        sync.failure = failure;
        sync
    }

    /// The number after recent recommendations, and that after the limits.
    fn normalized(&mut self, current: i32, asked: i32, now_ms: i64) -> (i32, i32) {
        let range = (self.policy.min, self.policy.max);
        let (stabilized, (desired, limited)) = if let Some(behavior) = &self.policy.behavior {
            let windows = (
                behavior.up.window_ms.unwrap_or(0),
                behavior.down.window_ms.unwrap_or(self.flags.down_window_ms),
            );
            let stabilized = self.recommendations.between(current, asked, windows, now_ms);
            let past = Past { current, ups: &self.ups, downs: &self.downs, rules: self.rules, now_ms };
            (stabilized, past.limited(stabilized, range, (&behavior.up, &behavior.down)))
        } else {
            let stabilized = self.recommendations.highest(asked, self.flags.down_window_ms, now_ms);
            (stabilized, limited_without_behavior(current, stabilized, range, self.rules))
        };
        let able = if stabilized == asked {
            Reason::ReadyForNewScale
        } else if self.policy.behavior.is_some() && asked >= current {
            Reason::ScaleUpStabilized
        } else {
            Reason::ScaleDownStabilized
        };
        self.conditions.able = Some(Condition { holds: true, reason: able });
        self.conditions.limited = Some(Condition { holds: desired != stabilized, reason: limited });
        (stabilized, desired)
    }

    fn rescaled(
        &mut self,
        from: i32,
        to: i32,
        why: Rescale,
        now_ms: i64,
        proposals: Vec<Result<Proposal, MetricError>>,
    ) -> Sync {
        self.conditions.able = Some(Condition { holds: true, reason: Reason::SucceededRescale });
        if let Some(behavior) = &self.policy.behavior {
            let (events, period_ms, change) = if to > from {
                (&mut self.ups, behavior.up.longest_period_ms(), to.wrapping_sub(from))
            } else {
                (&mut self.downs, behavior.down.longest_period_ms(), from.wrapping_sub(to))
            };
            events.record(change, period_ms, now_ms);
        }
        let own_zero = from > 0 && to == 0 && self.policy.min == 0 && self.has_metrics_of_others();
        let reason = if own_zero { Reason::ScaledToZero } else { Reason::NotScaledToZero };
        self.conditions.scaled_to_zero =
            self.rules.has(Rule::ScaleToZero).then_some(Condition { holds: own_zero, reason });
        Sync { rescale: Some(why), ..self.unmoved(to, proposals, Failure::None) }
    }

    fn unmoved(
        &self,
        replicas: i32,
        proposals: Vec<Result<Proposal, MetricError>>,
        failure: Failure,
    ) -> Sync {
        Sync {
            replicas,
            proposals,
            combined: None,
            stabilized: None,
            rescale: None,
            failure,
            conditions: self.conditions,
        }
    }

    /// Whether any metric tells something without a single pod.
    fn has_metrics_of_others(&self) -> bool {
        self.policy.metrics.iter().any(|metric| matches!(metric.source, Source::Object | Source::External))
    }

    /// What the policy tolerates, or the controller where it says nothing.
    fn tolerance(&self) -> Tolerance {
        let own = self.policy.behavior.as_ref().filter(|_| self.rules.has(Rule::OwnTolerance));
        let default = self.flags.tolerance;
        Tolerance {
            up: own.and_then(|behavior| behavior.up.tolerance).unwrap_or(default),
            down: own.and_then(|behavior| behavior.down.tolerance).unwrap_or(default),
        }
    }
}
