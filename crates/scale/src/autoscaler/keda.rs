//! KEDA: a `HorizontalPodAutoscaler` of its own between one replica and the most, and beside it what wakes a workload
//! from zero and puts it back there.
//!
//! Every polling interval the triggers are looked at. One that is active wakes the workload; when none was for the
//! cooldown period, it goes to its minimum of zero, or to what is said for idle times. Between these, the autoscaler
//! decides. A trigger that fails often enough is taken for one that asks for the fallback's replicas; processor time
//! has no fallback (kedacore/keda#6659). KEDA sets these replicas itself, too, at each poll that has an error and no
//! active trigger, which may be against what its own autoscaler still holds on to; without a fallback an error is no
//! activity, and the workload goes to zero (`pkg/scaling/executor/scale_scaledobjects.go`).

use super::decision::{Autoscaler, Decision};
use super::hpa::{Hpa, PolicyError};
use crate::cluster::{Seen, Signal};
use crate::hpa::{Controller, Flags, Measured, Metric, Policy, Rules, Source, Target, Workload};
use crate::manifests::{Scaled, Trigger};

/// How often its autoscaler syncs, in seconds.
const SYNC_S: u64 = 15;
/// Over how long a time a query's rates are averaged, in seconds.
const RATE_WINDOW_S: u64 = 60;
const DAY_S: u64 = 86_400;

/// KEDA with one `ScaledObject`.
#[derive(Debug, Clone)]
pub struct Keda {
    scaled: Scaled,
    controller: Controller,
    signals: Vec<Option<Signal>>,
    /// What time of day it is at the start of the simulation, in seconds.
    starts_at_s: u64,
    active_s: Option<u64>,
    failures: Vec<u32>,
}

impl Keda {
    /// With what a `ScaledObject` says, and the signal that each of its queries is.
    ///
    /// # Errors
    /// Where it cannot work.
    pub fn new(
        scaled: Scaled,
        flags: Flags,
        rules: Rules,
        starts_at_s: u64,
        signal_of: impl Fn(&str) -> Option<Signal>,
    ) -> Result<Self, PolicyError> {
        let metrics: Vec<Metric> = scaled.triggers.iter().map(metric).collect();
        let policy =
            Policy { min: scaled.min.max(1), max: scaled.max, metrics, behavior: scaled.behavior.clone() };
        // KEDA's own autoscaler is one like any other, and is refused for the same reasons.
        let cron_too = |name: &str| if name == CRON { Some(Signal::Requests) } else { signal_of(name) };
        Hpa::new(policy.clone(), flags, rules, cron_too)?;
        let signals = scaled.triggers.iter().map(|trigger| match trigger {
            Trigger::Cpu(_) => Some(Signal::Cpu),
            Trigger::Query { name, .. } => signal_of(name),
            Trigger::Cron { .. } => None,
        });
        Ok(Self {
            signals: signals.collect(),
            failures: vec![0; scaled.triggers.len()],
            controller: Controller::new(policy, flags, rules),
            starts_at_s,
            active_s: None,
            scaled,
        })
    }

    /// What each trigger says; of those of the whole service.
    fn readings(&self, seen: &Seen<'_>, now_s: u64) -> Vec<Measured> {
        let of_day_s = (self.starts_at_s + now_s) % DAY_S;
        let triggers = self.scaled.triggers.iter().zip(&self.signals);
        triggers
            .map(|(trigger, signal)| match (trigger, signal) {
                (Trigger::Cpu(_), _) => seen.per_pod(Signal::Cpu, RATE_WINDOW_S),
                (Trigger::Cron { from_s, to_s, replicas }, _) => {
                    let asks = if during(*from_s, *to_s, of_day_s) { i64::from(*replicas) } else { 1 };
                    Measured::External(vec![asks * 1000])
                }
                (Trigger::Query { .. }, Some(signal)) => {
                    let total = seen.total_milli(*signal, RATE_WINDOW_S);
                    total.map_or(Measured::Gone, |total| Measured::External(vec![total]))
                }
                (Trigger::Query { .. }, None) => Measured::Gone,
            })
            .collect()
    }

    /// Looks at the triggers; whether any of them is active.
    fn poll(&mut self, readings: &[Measured], now_s: u64) -> bool {
        let of_day_s = (self.starts_at_s + now_s) % DAY_S;
        let mut active = false;
        for ((trigger, measured), failures) in
            self.scaled.triggers.iter().zip(readings).zip(&mut self.failures)
        {
            *failures = if *measured == Measured::Gone { *failures + 1 } else { 0 };
            active |= match (trigger, measured) {
                (Trigger::Cron { from_s, to_s, .. }, _) => during(*from_s, *to_s, of_day_s),
                (Trigger::Query { activation, .. }, Measured::External(values)) => {
                    values.iter().sum::<i64>() > *activation
                }
                // It cannot wake anything, and keeps nothing awake that others would let sleep.
                _ => false,
            };
        }
        let only_cpu = self.scaled.triggers.iter().all(|trigger| matches!(trigger, Trigger::Cpu(_)));
        if active || only_cpu {
            self.active_s = Some(now_s);
        }
        active || only_cpu
    }

    /// What is assumed of triggers that fail.
    fn assume(&self, readings: &mut [Measured]) {
        let Some(fallback) = self.scaled.fallback else { return };
        for ((trigger, measured), failures) in self.scaled.triggers.iter().zip(readings).zip(&self.failures) {
            if let Trigger::Query { target, .. } = trigger
                && *failures >= fallback.after.max(1)
            {
                *measured = Measured::External(vec![target.saturating_mul(i64::from(fallback.replicas))]);
            }
        }
    }
}

const CRON: &str = "cron";

fn metric(trigger: &Trigger) -> Metric {
    match trigger {
        Trigger::Cpu(percent) => Metric {
            name: "cpu".to_owned(),
            source: Source::Resource { name: "cpu".to_owned(), container: None },
            target: Some(Target::Utilization(*percent)),
        },
        Trigger::Query { name, target, .. } => Metric {
            name: name.clone(),
            source: Source::External,
            target: Some(Target::AverageValue(*target)),
        },
        Trigger::Cron { .. } => Metric {
            name: CRON.to_owned(),
            source: Source::External,
            target: Some(Target::AverageValue(1000)),
        },
    }
}

/// Whether a time of day is between two others, over midnight where the second is before the first.
fn during(from_s: u64, to_s: u64, at_s: u64) -> bool {
    if from_s <= to_s { (from_s..to_s).contains(&at_s) } else { at_s >= from_s || at_s < to_s }
}

impl Autoscaler for Keda {
    fn period_s(&self) -> u64 {
        gcd(SYNC_S, self.scaled.polling_s)
    }

    fn look(&mut self, seen: &Seen<'_>, now_s: u64) -> Decision {
        let mut readings = self.readings(seen, now_s);
        let current = seen.spec_replicas;
        let decision =
            |replicas, why: String| Decision { replicas, why, held_by: String::new(), blind: false };
        if now_s.is_multiple_of(self.scaled.polling_s) {
            let active = self.poll(&readings, now_s);
            let resting = self.scaled.idle.unwrap_or(0);
            let may_rest = self.scaled.min == 0 || self.scaled.idle.is_some();
            if active && may_rest && current <= resting {
                let awake = self.scaled.min.max(1);
                if awake > current {
                    return decision(awake, "a trigger is active".to_owned());
                }
            }
            let failing = self.failures.iter().any(|failures| *failures > 0);
            if let (false, true, Some(fallback)) = (active, failing, self.scaled.fallback)
                && fallback.replicas != 0
            {
                return decision(
                    fallback.replicas,
                    "the fallback: a trigger fails and none is active".to_owned(),
                );
            }
            // A workload that was never active is left for a cooldown, too.
            let quiet_s = now_s - self.active_s.unwrap_or(0);
            if !active && may_rest && current > resting && quiet_s >= self.scaled.cooldown_s {
                let why = format!("no trigger was active for {quiet_s} s");
                return decision(resting, why);
            }
        }
        if !now_s.is_multiple_of(SYNC_S) || current == 0 || Some(current) == self.scaled.idle {
            return decision(current, String::new());
        }
        self.assume(&mut readings);
        let workload = Workload {
            spec_replicas: current,
            status_replicas: seen.status_replicas,
            pods: seen.pods,
            measured: &readings,
        };
        super::words::decision(&self.controller.sync(&workload, now_s as i64 * 1000), &self.controller.policy)
    }
}

fn gcd(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { gcd(other, one % other) }
}
