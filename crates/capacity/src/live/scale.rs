//! A plan at more or less load: as a whole, with its mix kept.
//!
//! Where iterations arrive on a schedule, the load is how many arrive per second, in all scenarios together; where only
//! users come and go, it is how many of them there are, each with the think time that its script has. A mix of both is
//! scaled by one factor. A scenario's load is its highest, for as long as the step lasts: how it would ramp is left
//! out.

use std::time::Duration;

use loadline_load::{ConstantArrivalRate, ConstantVus, Executor, Plan, RampingVus, Scenario, Stage};
use serde::{Deserialize, Serialize};

/// Rates are whole numbers in so much time.
const RATES_PER: Duration = Duration::from_secs(1000);
/// Answers are waited for at most so long at the end of a step.
const GRACE: Duration = Duration::from_secs(2);
/// Users of an open model: so many times as many as are busy on average are there from the start, …
const SPARE: f64 = 2.0;
/// … and as many as are busy when everything takes this much longer, in seconds, may be made; more than that many
/// under way would be beyond any budget.
const SLOWER_S: f64 = 5.0;
/// Users of a closed model are all there after this part of a step: what is counted of it begins later.
const COME_WITHIN: f64 = 0.25;
/// More are never needed.
const MOST_USERS: f64 = 20_000.0;

/// What a load is a number of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Load {
    /// Requests that are started per second.
    Requests,
    /// Iterations that are started per second.
    Iterations,
    /// Users at a time.
    Users,
}

impl Load {
    /// The word for so many of it, as it follows the number.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Requests => "requests/s",
            Self::Iterations => "iterations/s",
            Self::Users => "users",
        }
    }
}

/// A plan that can be scaled.
#[derive(Clone, Debug)]
pub struct Scale {
    plan: Plan,
    /// What its load is a number of.
    pub load: Load,
    /// The load that the plan asks for.
    pub asked: f64,
}

impl Scale {
    /// Of a plan; `None` where it has no load at all.
    pub fn of(plan: &Plan) -> Option<Self> {
        let arrivals: f64 = plan.scenarios.iter().filter_map(|one| arrivals_per_s(&one.executor)).sum();
        let users: u64 = plan.scenarios.iter().map(|one| one.executor.max_vus()).sum();
        let (load, asked) =
            if arrivals > 0.0 { (Load::Iterations, arrivals) } else { (Load::Users, users as f64) };
        (asked > 0.0).then(|| Self { plan: plan.clone(), load, asked })
    }

    /// The same, counted in something else: each iteration of a single request is one.
    #[must_use]
    pub fn counted_in(self, load: Load) -> Self {
        Self { load, ..self }
    }

    /// Whether the plan mixes arrivals and users, which are scaled by one factor.
    pub fn is_mixed(&self) -> bool {
        let open = self.plan.scenarios.iter().filter(|one| arrivals_per_s(&one.executor).is_some()).count();
        open > 0 && open < self.plan.scenarios.len()
    }

    /// The plan at a load, for so long. `busy_s` is how long an iteration takes, in seconds: as many users are there as
    /// that takes.
    pub fn at(&self, load: f64, lasts: Duration, busy_s: f64) -> Plan {
        let factor = load / self.asked;
        let scenario = |one: &Scenario| {
            let executor = match arrivals_per_s(&one.executor) {
                Some(per_s) => {
                    let rate = per_s * factor;
                    let users = |seconds: f64| (rate * seconds).ceil().clamp(1.0, MOST_USERS) as u64;
                    let ahead = users(busy_s * SPARE) + 2;
                    Executor::ConstantArrivalRate(ConstantArrivalRate {
                        rate: ((rate * RATES_PER.as_secs_f64()).round() as u64).max(1),
                        time_unit: RATES_PER,
                        duration: lasts,
                        pre_allocated_vus: ahead,
                        max_vus: ahead.max(users(busy_s * SPARE + SLOWER_S)),
                    })
                }
                None => {
                    together(((one.executor.max_vus() as f64 * factor).round() as u64).max(1), lasts, busy_s)
                }
            };
            let graceful_stop = one.graceful_stop.min(GRACE);
            Scenario { executor, start_time: Duration::ZERO, graceful_stop, ..one.clone() }
        };
        Plan { scenarios: self.plan.scenarios.iter().map(scenario).collect() }
    }

    /// How long an iteration takes by the plan's own users, in seconds: what it says before anything was measured.
    pub fn busy_s(&self) -> f64 {
        let users: u64 = self
            .plan
            .scenarios
            .iter()
            .filter(|one| arrivals_per_s(&one.executor).is_some())
            .map(|one| match &one.executor {
                Executor::ConstantArrivalRate(open) => open.pre_allocated_vus,
                Executor::RampingArrivalRate(open) => open.pre_allocated_vus,
                _ => 0,
            })
            .sum();
        users as f64 / self.asked
    }
}

/// So many users at a time. They come one after the other, over as long as an iteration takes: users who all begin at
/// once log in at once, which no system sees from people who come and go.
fn together(users: u64, lasts: Duration, busy_s: f64) -> Executor {
    let over = Duration::from_secs_f64(busy_s.clamp(0.0, lasts.as_secs_f64() * COME_WITHIN));
    if over < Duration::from_millis(100) || users < 2 {
        return Executor::ConstantVus(ConstantVus { vus: users, duration: lasts });
    }
    let stages = vec![
        Stage { duration: over, target: users },
        Stage { duration: lasts.saturating_sub(over), target: users },
    ];
    Executor::RampingVus(RampingVus { start_vus: 0, stages, graceful_ramp_down: GRACE })
}

/// The highest rate of a scenario whose iterations arrive.
fn arrivals_per_s(executor: &Executor) -> Option<f64> {
    match executor {
        Executor::ConstantArrivalRate(open) => Some(open.rate as f64 / open.time_unit.as_secs_f64()),
        Executor::RampingArrivalRate(open) => {
            let targets = open.stages.iter().map(|stage| stage.target);
            let highest = targets.chain([open.start_rate]).max().unwrap_or(0);
            Some(highest as f64 / open.time_unit.as_secs_f64())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn open(name: &str, rate: u64) -> Scenario {
        Scenario::new(
            name,
            Executor::ConstantArrivalRate(ConstantArrivalRate {
                rate,
                time_unit: SECOND,
                duration: 60 * SECOND,
                pre_allocated_vus: rate,
                max_vus: 2 * rate,
            }),
        )
    }

    fn closed(name: &str, users: u64) -> Scenario {
        let stages = vec![Stage { duration: SECOND, target: users }, Stage { duration: SECOND, target: 0 }];
        Scenario::new(
            name,
            Executor::RampingVus(RampingVus { start_vus: 0, stages, graceful_ramp_down: SECOND }),
        )
    }

    #[test]
    fn arrivals_keep_their_mix() {
        let scale = Scale::of(&Plan { scenarios: vec![open("search", 30), open("buy", 10)] }).unwrap();
        assert_eq!(
            (scale.load, scale.asked, scale.busy_s(), scale.is_mixed()),
            (Load::Iterations, 40.0, 1.0, false)
        );
        let plan = scale.at(100.0, 5 * SECOND, 0.1);
        plan.check().unwrap();
        let rates: Vec<f64> = plan.scenarios.iter().filter_map(|one| arrivals_per_s(&one.executor)).collect();
        assert_eq!(rates, [75.0, 25.0]);
        assert!(plan.max_vus() > 500, "{}", plan.max_vus());
    }

    #[test]
    fn users_are_whole_and_at_their_highest() {
        let scale = Scale::of(&Plan { scenarios: vec![closed("browse", 20), closed("admin", 1)] }).unwrap();
        assert_eq!((scale.load, scale.asked), (Load::Users, 21.0));
        let plan = scale.at(42.0, 5 * SECOND, 0.0);
        plan.check().unwrap();
        assert_eq!(plan.max_vus(), 42);
        // They are there within a quarter of the step, however long they think.
        let plan = scale.at(42.0, 8 * SECOND, 60.0);
        plan.check().unwrap();
        assert_eq!(plan.max_vus(), 42);
        let Executor::RampingVus(first) = &plan.scenarios[0].executor else { panic!("{plan:?}") };
        assert_eq!((first.stages[0].duration, first.stages[0].target), (2 * SECOND, 40));
    }

    #[test]
    fn a_mix_of_both_is_scaled_by_one_factor() {
        let scale = Scale::of(&Plan { scenarios: vec![open("search", 10), closed("admin", 4)] }).unwrap();
        assert!(scale.is_mixed());
        let plan = scale.at(20.0, SECOND, 0.1);
        assert_eq!(plan.scenarios[1].executor.max_vus(), 8);
        assert_eq!(Scale::of(&Plan::default()).map(|scale| scale.asked), None);
    }
}
