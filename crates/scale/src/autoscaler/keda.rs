//! KEDA: a `HorizontalPodAutoscaler` of its own between one replica and the most, and beside it what wakes a workload
//! from zero and puts it back there.
//!
//! Every polling interval the triggers are looked at. One that is active wakes the workload; when none was for the
//! cooldown period, it goes to its minimum of zero, or to what is said for idle times. Between these, the autoscaler
//! decides. As KEDA 2.20 does it (`pkg/scaling/scale_handler.go`, `pkg/scaling/executor/scale_scaledobjects.go`,
//! `pkg/fallback/fallback.go`): a trigger that fails more often in a row than the fallback's threshold is taken for one
//! that is active and asks for the fallback's replicas; both polls and the looks of the autoscaler count. Before that,
//! or without a fallback, an error is no activity, keeps a workload where it is, and its autoscaler from taking
//! replicas away. Processor time has no fallback (kedacore/keda#6659). Before 2.17 a poll with an error set the
//! fallback's replicas itself, against its own autoscaler; that is not simulated.

use std::collections::BTreeMap;

use super::decision::{Autoscaler, Decision};
use super::hours::Hours;
use super::hpa::{Hpa, PolicyError};
use crate::cluster::{Seen, Sight, Signal};
use crate::hpa::{Controller, Flags, Measured, Metric, Pod, Policy, Rules, Source, Status, Target, Workload};
use crate::manifests::{FallbackBehavior, Scaled, Trigger};

/// How often its autoscaler syncs, in seconds.
const SYNC_S: u64 = 15;
/// What KEDA calls the metric that a formula makes.
const COMPOSITE: &str = "composite-metric";
const CRON: &str = "cron";

/// KEDA with one `ScaledObject`.
#[derive(Debug, Clone)]
pub struct Keda {
    scaled: Scaled,
    controller: Controller,
    signals: Vec<Option<Signal>>,
    /// When each cron trigger is active.
    hours: Vec<Option<Hours>>,
    active_s: Option<u64>,
    failures: Vec<u32>,
    /// So many times fewer requests come in a second than the triggers are about.
    slower: f64,
}

/// What a trigger says.
#[derive(Debug, Clone, PartialEq)]
enum Said {
    /// Readings of pods, which are its autoscaler's alone.
    Pods(Measured),
    /// A value, in thousandths.
    Value(i64),
    /// It fails.
    Fails,
    /// It fails, and what is assumed in its place, in thousandths.
    Assumed(i64),
    /// It fails, and the formula shall know.
    Nil,
}

impl Keda {
    /// With what a `ScaledObject` says, when the simulation begins, in milliseconds since 1970 UTC, and the signal that
    /// each of its queries is.
    ///
    /// # Errors
    /// Where it cannot work.
    pub fn new(
        scaled: Scaled,
        flags: Flags,
        rules: Rules,
        started_unix_ms: i64,
        signal_of: impl Fn(&str) -> Option<Signal>,
    ) -> Result<Self, PolicyError> {
        let policy = Policy {
            min: scaled.min.max(1),
            max: scaled.max,
            metrics: metrics(&scaled),
            behavior: scaled.behavior.clone(),
        };
        // KEDA's own autoscaler is one like any other, and is refused for the same reasons.
        let of_keda = |name: &str| match name {
            CRON | COMPOSITE => Some(Signal::Requests),
            name => signal_of(name),
        };
        Hpa::new(policy.clone(), flags, rules, of_keda)?;
        let signals = scaled.triggers.iter().map(|trigger| match trigger {
            Trigger::Cpu(_) => Ok(Some(Signal::Cpu)),
            Trigger::Query { name, .. } => {
                signal_of(name).map(Some).ok_or_else(|| PolicyError::NoSignal(name.clone()))
            }
            Trigger::Cron(_) => Ok(None),
        });
        let hours = scaled.triggers.iter().map(|trigger| match trigger {
            Trigger::Cron(times) => Some(Hours::new(times, started_unix_ms)),
            _ => None,
        });
        Ok(Self {
            signals: signals.collect::<Result<_, _>>()?,
            hours: hours.collect(),
            failures: vec![0; scaled.triggers.len()],
            controller: Controller::new(policy, flags, rules),
            active_s: None,
            slower: 1.0,
            scaled,
        })
    }

    /// What it goes by.
    pub fn scaled(&self) -> &Scaled {
        &self.scaled
    }

    /// The same where so many times fewer requests come in a second: as if that many more did.
    #[must_use]
    pub fn slowed(&self, factor: f64) -> Self {
        Self { slower: self.slower * factor, ..self.clone() }
    }

    /// Looks at a workload at a second of its own and at a time in milliseconds, by what can be read of it, and says
    /// how many replicas there shall be. What was measured is not asked of the workload.
    pub fn decide(
        &mut self,
        workload: &Workload<'_>,
        sight: &dyn Sight,
        now_s: u64,
        now_ms: i64,
    ) -> Decision {
        let current = workload.spec_replicas;
        if now_s.is_multiple_of(self.scaled.polling_s) {
            let said = self.ask(workload, sight, now_s);
            if let Some((replicas, why)) = self.poll(&said, current, now_s) {
                return Decision { replicas, why, held_by: String::new(), blind: false };
            }
        }
        if !now_s.is_multiple_of(SYNC_S) || current == 0 || Some(current) == self.scaled.idle {
            return Decision { replicas: current, why: String::new(), held_by: String::new(), blind: false };
        }
        let said = self.ask(workload, sight, now_s);
        let measured = self.measured(&said);
        let workload = Workload { measured: &measured, ..*workload };
        super::words::decision(&self.controller.sync(&workload, now_ms), &self.controller.policy)
    }

    /// Asks every trigger, and counts how often in a row it failed.
    fn ask(&mut self, workload: &Workload<'_>, sight: &dyn Sight, now_s: u64) -> Vec<Said> {
        let mut all = Vec::with_capacity(self.scaled.triggers.len());
        for (index, trigger) in self.scaled.triggers.iter().enumerate() {
            let said = match (trigger, &mut self.hours[index], self.signals[index]) {
                (Trigger::Cpu(_), ..) => Said::Pods(sight.per_pod(Signal::Cpu)),
                (Trigger::Cron(times), Some(hours), _) => {
                    Said::Value(if hours.has(now_s) { i64::from(times.replicas) * 1000 } else { 0 })
                }
                (_, _, Some(signal)) => {
                    let times = if signal == Signal::Requests { self.slower } else { 1.0 };
                    let total = sight.total_milli(signal);
                    total.map_or(Said::Fails, |milli| Said::Value((milli as f64 * times).round() as i64))
                }
                _ => Said::Fails,
            };
            let failures = if said == Said::Fails { self.failures[index] + 1 } else { 0 };
            self.failures[index] = failures;
            all.push(if failures > 0 { self.assumed(trigger, failures, workload) } else { said });
        }
        all
    }

    /// What is assumed of a trigger that failed so often.
    fn assumed(&self, trigger: &Trigger, failures: u32, workload: &Workload<'_>) -> Said {
        let Some(fallback) = self.scaled.fallback.filter(|fallback| failures > fallback.after) else {
            return Said::Fails;
        };
        let current = workload.spec_replicas;
        let replicas = match fallback.behavior {
            FallbackBehavior::Static => fallback.replicas,
            FallbackBehavior::CurrentReplicas => current,
            FallbackBehavior::CurrentReplicasIfHigher => current.max(fallback.replicas),
            FallbackBehavior::CurrentReplicasIfLower => current.min(fallback.replicas),
            FallbackBehavior::ScalingModifiers => return Said::Nil,
        };
        let (target, in_all) = match (&self.scaled.modifiers, trigger) {
            (Some(modifiers), _) => (modifiers.target * 1000.0, modifiers.in_all),
            (None, Trigger::Query { target, in_all, .. }) => (*target as f64, *in_all),
            (None, _) => return Said::Fails,
        };
        // A target of all replicas together is a share of it for each that is ready.
        let ready = ready(workload.pods);
        match (in_all, ready) {
            (false, _) => Said::Assumed((target * f64::from(replicas)) as i64),
            (true, 0) => Said::Fails,
            (true, ready) => Said::Assumed((target * f64::from(replicas) / f64::from(ready)) as i64),
        }
    }

    /// The one value that a formula makes of all, in thousandths; none where it is not known.
    fn composite(&self, said: &[Said]) -> Option<i64> {
        let modifiers = self.scaled.modifiers.as_ref()?;
        let assumed = said.iter().find_map(|said| match said {
            Said::Assumed(milli) => Some(*milli),
            _ => None,
        });
        if assumed.is_some() || said.contains(&Said::Fails) {
            return assumed;
        }
        let values: BTreeMap<String, Option<f64>> = self
            .scaled
            .triggers
            .iter()
            .zip(said)
            .filter_map(|(trigger, said)| {
                let value = match said {
                    Said::Value(milli) => Some(*milli as f64 / 1000.0),
                    _ => None,
                };
                Some((trigger.name()?.to_owned(), value))
            })
            .collect();
        let nothing = || self.scaled.fallback.map(|fallback| f64::from(fallback.replicas) * modifiers.target);
        let value = match modifiers.formula.value(&values) {
            Ok(Some(value)) => value,
            Ok(None) => nothing()?,
            Err(_) => return None,
        };
        // As Go makes a whole number of one that is none, or too large, on the processors that most clusters have.
        let milli = value * 1000.0;
        let fits = milli.is_finite() && milli.abs() < i64::MAX as f64;
        Some(if fits { milli as i64 } else { i64::MIN })
    }

    /// Whether any trigger is active, and whether any fails.
    fn activity(&self, said: &[Said]) -> (bool, bool) {
        let fails = said.contains(&Said::Fails);
        let only_cpu = self.scaled.triggers.iter().all(|trigger| matches!(trigger, Trigger::Cpu(_)));
        if let Some(modifiers) = &self.scaled.modifiers {
            let value = self.composite(said).filter(|_| !fails);
            let active = value.is_some_and(|milli| milli as f64 / 1000.0 > modifiers.activation);
            return (active || (only_cpu && !fails), fails);
        }
        let mut triggers = self.scaled.triggers.iter().zip(said);
        let active = triggers.any(|(trigger, said)| match (trigger, said) {
            (Trigger::Query { activation, .. }, Said::Value(milli)) => milli > activation,
            (Trigger::Cron(_), Said::Value(milli)) => *milli > 0,
            (_, Said::Assumed(_)) => true,
            _ => false,
        });
        (active || (only_cpu && !fails), fails)
    }

    /// What its own autoscaler is told.
    fn measured(&self, said: &[Said]) -> Vec<Measured> {
        let told = |said: &Said| match said {
            Said::Pods(measured) => measured.clone(),
            Said::Value(milli) | Said::Assumed(milli) => Measured::External(vec![*milli]),
            Said::Fails | Said::Nil => Measured::Gone,
        };
        if self.scaled.modifiers.is_none() {
            return said.iter().map(told).collect();
        }
        let pods = said.iter().filter(|said| matches!(said, Said::Pods(_))).map(told);
        let composite = self.composite(said).map_or(Measured::Gone, |milli| Measured::External(vec![milli]));
        pods.chain([composite]).collect()
    }

    /// What a poll does by itself; none where that is nothing.
    fn poll(&mut self, said: &[Said], current: i32, now_s: u64) -> Option<(i32, String)> {
        let (active, fails) = self.activity(said);
        let Scaled { min, idle, fallback, .. } = self.scaled;
        if active {
            let is_resting = current == 0 || (idle.is_some() && current < min);
            if is_resting || !fails {
                self.active_s = Some(now_s);
            }
            return is_resting.then(|| (min.max(1), "a trigger is active".to_owned()));
        }
        if fails && fallback.is_none_or(|fallback| fallback.replicas != 0) {
            return None;
        }
        let resting = idle.unwrap_or(0);
        if idle.is_some_and(|idle| current > idle) || (current > 0 && min == 0) {
            // What was never active is left for a cooldown, too: a simulation does not begin with the workload.
            let (since_s, cooldown_s) = match self.active_s {
                Some(active_s) => (active_s, self.scaled.cooldown_s),
                None => (0, self.scaled.initial_cooldown_s.unwrap_or(self.scaled.cooldown_s)),
            };
            let quiet_s = now_s - since_s;
            return (quiet_s >= cooldown_s)
                .then(|| (resting, format!("no trigger was active for {quiet_s} s")));
        }
        (idle.is_none() && current < min).then(|| (min, format!("there were fewer than {min}")))
    }
}

/// The metrics of its own autoscaler.
fn metrics(scaled: &Scaled) -> Vec<Metric> {
    let external = |name: &str, target: i64, in_all: bool| Metric {
        name: name.to_owned(),
        source: Source::External,
        target: Some(if in_all { Target::Value(target) } else { Target::AverageValue(target) }),
    };
    let of_trigger = |trigger: &Trigger| match trigger {
        Trigger::Cpu(percent) => Metric {
            name: "cpu".to_owned(),
            source: Source::Resource { name: "cpu".to_owned(), container: None },
            target: Some(Target::Utilization(*percent)),
        },
        Trigger::Query { name, target, in_all, .. } => external(name, *target, *in_all),
        Trigger::Cron(_) => external(CRON, 1000, false),
    };
    let Some(modifiers) = &scaled.modifiers else { return scaled.triggers.iter().map(of_trigger).collect() };
    let pods = scaled.triggers.iter().filter(|trigger| matches!(trigger, Trigger::Cpu(_))).map(of_trigger);
    let target = ((modifiers.target * 1000.0) as i64).max(1);
    pods.chain([external(COMPOSITE, target, modifiers.in_all)]).collect()
}

impl Autoscaler for Keda {
    fn period_s(&self) -> u64 {
        gcd(SYNC_S, self.scaled.polling_s)
    }

    fn look(&mut self, seen: &Seen<'_>, now_s: u64) -> Decision {
        let workload = Workload {
            spec_replicas: seen.spec_replicas,
            status_replicas: seen.status_replicas,
            pods: seen.pods,
            measured: &[],
        };
        self.decide(&workload, seen, now_s, now_s as i64 * 1000)
    }
}

/// How many pods are ready and stay.
fn ready(pods: &[Pod]) -> i32 {
    let is_ready =
        |pod: &&Pod| !pod.deleted && pod.ready.as_ref().is_some_and(|ready| ready.status == Status::True);
    pods.iter().filter(is_ready).count() as i32
}

fn gcd(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { gcd(other, one % other) }
}
