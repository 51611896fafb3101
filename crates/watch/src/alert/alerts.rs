//! The alerts of a project: a state machine that is told how objectives stand and says what is new.
//!
//! - An alert begins when its objective burns, and has one key for ever: whoever is told twice can tell.
//! - It is over when the objective has not burnt for a while. What cannot be told (no answer, no requests) ends nothing
//!   and begins nothing: silence is no evidence.
//! - One that comes again soon is held for longer each time, so that flapping is one alert.
//! - A silence keeps nobody from noticing later: what still burns when it ends is told then. What was told and is over
//!   is told in a silence too, so that nothing stays open elsewhere.
//!
//! Everything that decides is in [`Alert`]s and given times, so a watch that was killed and started again with what it
//! had written goes on as if nothing had been.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::rules::AlertRules;
use crate::burn::Severity;

/// How an objective stands, for one severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signal<'a> {
    /// The objective's key.
    pub objective: &'a str,
    /// Its endpoint.
    pub endpoint: &'a str,
    /// How urgent it would be.
    pub severity: Severity,
    /// Whether it burns; `None` where nobody can tell.
    pub burns: Option<bool>,
    /// Whether nobody is to be told now.
    pub silenced: bool,
}

/// Where an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It burns, but not for long enough.
    Pending,
    /// It is on.
    Firing,
    /// It is over, and remembered for a while.
    Over,
}

/// One alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// The same for ever: `search.findPrograms p95<=500ms page`.
    pub key: String,
    /// The objective's key.
    pub objective: String,
    /// Its endpoint.
    pub endpoint: String,
    /// How urgent it is.
    pub severity: Severity,
    /// Where it is.
    pub phase: Phase,
    /// Since when it burns, or burnt, in seconds since 1970 UTC.
    pub since_s: i64,
    /// Since when it does not any more.
    pub quiet_since_s: Option<i64>,
    /// When it was over.
    pub over_s: Option<i64>,
    /// How often it has come again.
    pub again: u32,
    /// When somebody was told last that it is on, and not yet that it is over.
    pub told_s: Option<i64>,
}

/// What is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is on.
    Firing,
    /// It is still on, after a long time.
    StillFiring,
    /// It is over.
    Resolved,
}

/// Something that somebody has to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What is new.
    pub change: Change,
    /// The alert as it is now.
    pub alert: Alert,
}

/// All alerts by key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Alerts {
    all: BTreeMap<String, Alert>,
}

impl Alerts {
    /// Those that were kept.
    pub fn of(kept: impl IntoIterator<Item = Alert>) -> Self {
        Self { all: kept.into_iter().map(|alert| (alert.key.clone(), alert)).collect() }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Alert> {
        self.all.values()
    }

    /// Those that are on.
    pub fn firing(&self) -> impl Iterator<Item = &Alert> {
        self.all.values().filter(|alert| alert.phase == Phase::Firing)
    }

    /// Takes in how objectives stand at a time, and says what is new. Objectives that are not watched any more end.
    pub fn step(&mut self, now_s: i64, signals: &[Signal<'_>], rules: &AlertRules) -> Vec<Event> {
        let mut events = Vec::new();
        let mut gone = std::mem::take(&mut self.all);
        for signal in signals {
            let key = format!("{} {}", signal.objective, signal.severity.name());
            let known = gone.remove(&key);
            let Some(mut alert) = moved(known, &key, signal, now_s, rules) else { continue };
            events.extend(
                told(&mut alert, signal.silenced, now_s, rules)
                    .map(|change| Event { change, alert: alert.clone() }),
            );
            self.all.insert(key, alert);
        }
        for mut alert in gone.into_values() {
            // Its budget is in the project no more: whoever was told is told that it is over.
            if alert.told_s.take().is_some() {
                alert.phase = Phase::Over;
                alert.over_s = Some(now_s);
                events.push(Event { change: Change::Resolved, alert });
            }
        }
        events
    }
}

/// An alert after a signal; `None` when there is nothing to remember.
fn moved(
    known: Option<Alert>,
    key: &str,
    signal: &Signal<'_>,
    now_s: i64,
    rules: &AlertRules,
) -> Option<Alert> {
    let Some(mut alert) = known else {
        return (signal.burns == Some(true)).then(|| begun(key, signal, now_s, rules, 0));
    };
    let since = |at_s: i64| now_s.saturating_sub(at_s).max(0) as u64;
    match (alert.phase, signal.burns) {
        (Phase::Pending, Some(true)) => {
            if since(alert.since_s) >= rules.pending_s {
                alert.phase = Phase::Firing;
            }
            Some(alert)
        }
        (Phase::Pending, Some(false)) => None,
        (Phase::Firing, Some(true) | None) => {
            alert.quiet_since_s = None;
            Some(alert)
        }
        (Phase::Firing, Some(false)) => {
            let quiet_s = *alert.quiet_since_s.get_or_insert(now_s);
            if since(quiet_s) >= rules.hold_s(alert.again) {
                alert.phase = Phase::Over;
                alert.over_s = Some(now_s);
            }
            Some(alert)
        }
        (Phase::Pending, None) => Some(alert),
        (Phase::Over, Some(true)) => {
            let soon = since(alert.over_s.unwrap_or(now_s)) < rules.flapping_within_s;
            let again = if soon { alert.again.saturating_add(1) } else { 0 };
            Some(begun(key, signal, now_s, rules, again))
        }
        (Phase::Over, _) => {
            let forgotten = since(alert.over_s.unwrap_or(now_s)) >= rules.flapping_within_s;
            (!forgotten || alert.told_s.is_some()).then_some(alert)
        }
    }
}

fn begun(key: &str, signal: &Signal<'_>, now_s: i64, rules: &AlertRules, again: u32) -> Alert {
    Alert {
        key: key.to_owned(),
        objective: signal.objective.to_owned(),
        endpoint: signal.endpoint.to_owned(),
        severity: signal.severity,
        phase: if rules.pending_s == 0 { Phase::Firing } else { Phase::Pending },
        since_s: now_s,
        quiet_since_s: None,
        over_s: None,
        again,
        told_s: None,
    }
}

/// Whether somebody has to be told, which is noted in the alert.
fn told(alert: &mut Alert, silenced: bool, now_s: i64, rules: &AlertRules) -> Option<Change> {
    match (alert.phase, alert.told_s) {
        // What is quiet already is not told first.
        (Phase::Firing, None) if !silenced && alert.quiet_since_s.is_none() => {
            alert.told_s = Some(now_s);
            Some(Change::Firing)
        }
        (Phase::Firing, Some(told_s))
            if !silenced && rules.repeat_s > 0 && now_s.saturating_sub(told_s) >= rules.repeat_s as i64 =>
        {
            alert.told_s = Some(now_s);
            Some(Change::StillFiring)
        }
        (Phase::Over, Some(_)) => {
            alert.told_s = None;
            Some(Change::Resolved)
        }
        _ => None,
    }
}

#[cfg(test)]
#[path = "alerts_tests.rs"]
mod tests;
