//! What is wrong with a plan: every problem is collected before anything stops, so that one look mends all.
//!
//! Options are called by the names that scripts use. The limits are far beyond any machine; they exist so that a
//! slip of the keyboard is an error and not an allocation of terabytes.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use loadline_units::duration_text;

use super::{Plan, Stage};

pub(crate) const MAX_VUS: u64 = 1_000_000;
pub(crate) const MAX_RATE: u64 = 1_000_000_000;
const MAX_DURATION: Duration = Duration::from_hours(365 * 24);

/// A plan that cannot run: everything that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct PlanError {
    /// The problems, scenario by scenario.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The scenario's name; empty when the plan as a whole is wrong.
    pub scenario: String,
    /// The option, as scripts call it.
    pub option: String,
    /// What is wrong and how to mend it.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.scenario.as_str(), self.option.as_str()) {
            ("", option) => write!(f, "`{option}`: {}", self.message),
            (scenario, option) => write!(f, "scenario `{scenario}`, `{option}`: {}", self.message),
        }
    }
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, problem) in self.problems.iter().enumerate() {
            let separator = if position == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl Plan {
    /// Checks that the plan can run.
    ///
    /// # Errors
    /// All problems of all scenarios, when there is one.
    pub fn check(&self) -> Result<(), PlanError> {
        let mut all = Vec::new();
        if self.scenarios.is_empty() {
            Problems { scenario: "", all: &mut all }
                .note("scenarios", "there is none; a run needs at least one");
        }
        let mut names = BTreeSet::new();
        for scenario in &self.scenarios {
            let mut problems = Problems { scenario: &scenario.name, all: &mut all };
            if !names.insert(&scenario.name) {
                problems.note("name", "another scenario has the same name; give each its own");
            }
            let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            if scenario.name.is_empty() || !scenario.name.chars().all(allowed) {
                problems.note("name", "a name consists of letters, digits, `_` and `-`");
            }
            if scenario.exec.is_empty() {
                problems.note("exec", "it is empty; name the function to execute, or leave `exec` out");
            }
            if scenario.env.keys().any(String::is_empty) {
                problems.note("env", "a variable has an empty name");
            }
            if scenario.tags.iter().any(|(key, _)| key.is_empty()) {
                problems.note("tags", "a tag has an empty name");
            }
            problems.duration_limit("startTime", scenario.start_time);
            problems.duration_limit("gracefulStop", scenario.graceful_stop);
            scenario.executor.check(&mut problems);
        }
        if all.is_empty() { Ok(()) } else { Err(PlanError { problems: all }) }
    }
}

/// Collects the problems of one scenario; the checks that several executors share.
pub(crate) struct Problems<'a> {
    scenario: &'a str,
    all: &'a mut Vec<Problem>,
}

impl Problems<'_> {
    pub(crate) fn note(&mut self, option: &str, message: impl Into<String>) {
        self.all.push(Problem {
            scenario: self.scenario.to_owned(),
            option: option.to_owned(),
            message: message.into(),
        });
    }

    pub(crate) fn at_least_one(&mut self, option: &str, value: u64) {
        if value == 0 {
            self.note(option, "`0` is too few; use at least `1`");
        }
    }

    pub(crate) fn vus(&mut self, option: &str, vus: u64) {
        self.at_least_one(option, vus);
        self.vus_limit(option, vus);
    }

    pub(crate) fn vus_limit(&mut self, option: &str, vus: u64) {
        self.limit(option, vus, MAX_VUS, "VUs");
    }

    pub(crate) fn rate(&mut self, option: &str, rate: u64) {
        self.limit(option, rate, MAX_RATE, "iterations per `timeUnit`");
    }

    pub(crate) fn duration(&mut self, option: &str, duration: Duration) {
        if duration.is_zero() {
            self.note(option, "`0s` is too short; give a duration such as `30s`");
        }
        self.duration_limit(option, duration);
    }

    pub(crate) fn duration_limit(&mut self, option: &str, duration: Duration) {
        if duration > MAX_DURATION {
            self.note(option, format!("`{}` is longer than a year", duration_text(duration)));
        }
    }

    pub(crate) fn stages(&mut self, stages: &[Stage], target: fn(&mut Self, &str, u64)) {
        if stages.is_empty() {
            self.note("stages", "there is none; give at least one `{ duration, target }`");
            return;
        }
        for (position, stage) in stages.iter().enumerate() {
            target(self, &format!("stages[{position}].target"), stage.target);
            self.duration_limit(&format!("stages[{position}].duration"), stage.duration);
        }
        if stages.iter().all(|stage| stage.duration.is_zero()) {
            self.note("stages", "all durations are `0s`, so nothing would run; give one stage a duration");
        }
    }

    pub(crate) fn open_model_vus(&mut self, pre_allocated: u64, max: u64) {
        self.vus_limit("preAllocatedVUs", pre_allocated);
        self.vus_limit("maxVUs", max);
        if max == 0 {
            self.note("preAllocatedVUs", "there is no VU to run an iteration; allow at least `1`");
        } else if max < pre_allocated {
            self.note(
                "maxVUs",
                format!(
                    "`{max}` is less than `preAllocatedVUs` (`{pre_allocated}`); raise one or lower the other"
                ),
            );
        }
    }

    fn limit(&mut self, option: &str, value: u64, max: u64, what: &str) {
        if value > max {
            self.note(option, format!("`{value}` is more than {max} {what}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::{
        ConstantArrivalRate, ConstantVus, Executor, RampingArrivalRate, RampingVus, SharedIterations,
    };
    use crate::plan::Scenario;

    const SECOND: Duration = Duration::from_secs(1);

    fn check(scenarios: Vec<Scenario>, expected: &[&str]) {
        let found = Plan { scenarios }.check().map_or_else(|error| error.to_string(), |()| String::new());
        assert_eq!(found.lines().collect::<Vec<_>>(), expected);
    }

    fn constant(name: &str) -> Scenario {
        Scenario::new(name, Executor::ConstantVus(ConstantVus { vus: 1, duration: SECOND }))
    }

    #[test]
    fn a_sound_plan_has_no_problem() {
        check(vec![constant("a"), constant("b-2_X")], &[]);
    }

    #[test]
    fn a_plan_of_nothing() {
        check(vec![], &["`scenarios`: there is none; a run needs at least one"]);
    }

    #[test]
    fn all_problems_of_all_scenarios_are_told_at_once() {
        let shared = SharedIterations { vus: 10, iterations: 5, max_duration: Duration::ZERO };
        let open = ConstantArrivalRate {
            rate: 0,
            time_unit: Duration::ZERO,
            duration: SECOND,
            pre_allocated_vus: 10,
            max_vus: 5,
        };
        check(
            vec![
                Scenario::new("shared", Executor::SharedIterations(shared)),
                Scenario::new("open model", Executor::ConstantArrivalRate(open)),
            ],
            &[
                "scenario `shared`, `iterations`: `5` iterations are fewer than `10` VUs, so some VUs would have nothing to do; lower `vus` or raise `iterations`",
                "scenario `shared`, `maxDuration`: `0s` is too short; give a duration such as `30s`",
                "scenario `open model`, `name`: a name consists of letters, digits, `_` and `-`",
                "scenario `open model`, `rate`: nothing would start at a rate of `0`; use at least `1` (per `timeUnit`)",
                "scenario `open model`, `timeUnit`: `0s` is too short; give a duration such as `30s`",
                "scenario `open model`, `maxVUs`: `5` is less than `preAllocatedVUs` (`10`); raise one or lower the other",
            ],
        );
    }

    #[test]
    fn stages_that_do_nothing() {
        let ramp = |stages| RampingVus { start_vus: 0, stages, graceful_ramp_down: SECOND };
        let arrivals = RampingArrivalRate {
            start_rate: 0,
            time_unit: SECOND,
            stages: vec![Stage { duration: SECOND, target: 0 }],
            pre_allocated_vus: 1,
            max_vus: 1,
        };
        check(
            vec![
                Scenario::new("empty", Executor::RampingVus(ramp(vec![]))),
                Scenario::new(
                    "zero",
                    Executor::RampingVus(ramp(vec![Stage { duration: SECOND, target: 0 }])),
                ),
                Scenario::new(
                    "short",
                    Executor::RampingVus(ramp(vec![Stage { duration: Duration::ZERO, target: 2_000_000 }])),
                ),
                Scenario::new("none", Executor::RampingArrivalRate(arrivals)),
            ],
            &[
                "scenario `empty`, `stages`: there is none; give at least one `{ duration, target }`",
                "scenario `zero`, `stages`: no VU would ever run: `startVUs` and every target are `0`",
                "scenario `short`, `stages[0].target`: `2000000` is more than 1000000 VUs",
                "scenario `short`, `stages`: all durations are `0s`, so nothing would run; give one stage a duration",
                "scenario `none`, `stages`: nothing would start: `startRate` and every target are `0`",
            ],
        );
    }

    #[test]
    fn names_exec_and_tags() {
        let mut scenario = constant("");
        scenario.exec = String::new();
        scenario.tags = vec![(String::new(), "x".to_owned())];
        check(
            vec![constant("a"), constant("a"), scenario],
            &[
                "scenario `a`, `name`: another scenario has the same name; give each its own",
                "`name`: a name consists of letters, digits, `_` and `-`",
                "`exec`: it is empty; name the function to execute, or leave `exec` out",
                "`tags`: a tag has an empty name",
            ],
        );
    }
}
