//! Who does what, decided before anything runs: which worker has which virtual users and which arrivals.
//!
//! Slots and arrivals are dealt out one by one. Each scenario begins dealing where the one before it ended, so that
//! ten scenarios of one user do not all sit on the first worker. An open model's arrivals are dealt only to as many
//! workers as can have a user: one user on two workers gets all arrivals, not half.

use crate::executor::Executor;
use crate::plan::Plan;
use crate::segment::{Segment, Share};
use crate::stripe::Stripe;
use crate::table::VuTable;

/// The work of all workers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Allotment {
    pub(super) workers: Vec<WorkerShare>,
}

/// The work of one worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WorkerShare {
    /// The virtual users it prepares, numbered from 1 on this machine.
    pub(super) ids: Vec<u64>,
    /// Its part of each scenario.
    pub(super) scenarios: Vec<ScenarioShare>,
}

/// One worker's part of one scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ScenarioShare {
    /// Its virtual users, by the numbers of their slots in the whole test.
    pub(super) slots: Share,
    /// Its arrivals, by their numbers in the whole test; `None` for a worker (or machine) that cannot have a user.
    pub(super) arrivals: Option<Share>,
}

impl Allotment {
    /// Deals out this machine's part of a plan to at most `workers` workers.
    pub(super) fn new(plan: &Plan, machine: &Segment, workers: usize) -> Self {
        let own_vus = |executor: &Executor| machine.count_below(executor.max_vus());
        let all_vus: u64 = plan.scenarios.iter().map(|scenario| own_vus(&scenario.executor)).sum();
        let count = (workers as u64).min(all_vus).max(1);
        let mut shares = Vec::new();
        let mut tables = Vec::new();
        for worker in 0..count {
            let mut scenarios = Vec::new();
            let mut needs = Vec::new();
            let mut dealt = 0;
            for scenario in &plan.scenarios {
                let vus = own_vus(&scenario.executor);
                let seat = (worker + count - dealt % count) % count;
                let slots = Share::new(machine.clone(), stripe(seat, count));
                let arrivals =
                    numbers(machine, &scenario.executor).zip(stripe(seat, count).limited(vus.max(1)));
                needs.push(scenario.reserved().striped(&slots));
                scenarios.push(ScenarioShare {
                    slots,
                    arrivals: arrivals.map(|(machine, worker)| Share::new(machine, worker)),
                });
                dealt += vus;
            }
            tables.push(VuTable::sum(&needs).peak());
            shares.push(WorkerShare { ids: Vec::new(), scenarios });
        }
        let mut allotment = Self { workers: shares };
        allotment.number(tables);
        allotment
    }

    /// How many virtual users are prepared in all.
    pub(super) fn prepared(&self) -> u64 {
        self.workers.iter().map(|share| share.ids.len() as u64).sum()
    }

    /// Gives every prepared user its number, worker by worker in turn, without gaps.
    fn number(&mut self, mut needs: Vec<u64>) {
        let mut next = 1;
        while needs.iter().any(|&need| need > 0) {
            for (share, need) in self.workers.iter_mut().zip(&mut needs).filter(|(_, need)| **need > 0) {
                share.ids.push(next);
                next += 1;
                *need -= 1;
            }
        }
    }
}

/// The numbers of a scenario's iterations that belong to this machine; `None` when it cannot have a user for them.
/// Where users share the work, machines have of it what they have of the users.
pub(super) fn numbers(machine: &Segment, executor: &Executor) -> Option<Segment> {
    match executor {
        Executor::SharedIterations(_)
        | Executor::ConstantArrivalRate(_)
        | Executor::RampingArrivalRate(_) => machine.dealt_by(executor.max_vus()),
        Executor::PerVuIterations(_)
        | Executor::ConstantVus(_)
        | Executor::RampingVus(_)
        | Executor::ExternallyControlled(_) => {
            (machine.count_below(executor.max_vus()) > 0).then(|| machine.clone())
        }
    }
}

fn stripe(index: u64, count: u64) -> Stripe {
    Stripe::new(index, count).expect("a seat is below the number of seats")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::{ConstantArrivalRate, ConstantVus};
    use crate::plan::Scenario;
    use std::time::Duration;

    const SECOND: Duration = Duration::from_secs(1);

    fn constant(name: &str, vus: u64) -> Scenario {
        Scenario::new(name, Executor::ConstantVus(ConstantVus { vus, duration: SECOND }))
    }

    fn open(vus: u64) -> Scenario {
        let executor = ConstantArrivalRate {
            rate: 1,
            time_unit: SECOND,
            duration: SECOND,
            pre_allocated_vus: vus,
            max_vus: vus,
        };
        Scenario::new("open", Executor::ConstantArrivalRate(executor))
    }

    fn ids(scenarios: Vec<Scenario>, workers: usize) -> Vec<Vec<u64>> {
        let allotment = Allotment::new(&Plan { scenarios }, &Segment::whole(), workers);
        allotment.workers.into_iter().map(|share| share.ids).collect()
    }

    #[test]
    fn users_are_dealt_out_evenly_and_numbered_without_gaps() {
        assert_eq!(ids(vec![constant("a", 5)], 2), [vec![1, 3, 5], vec![2, 4]]);
        assert_eq!(ids(vec![constant("a", 3), constant("b", 3)], 2), [vec![1, 3, 5], vec![2, 4, 6]]);
        assert_eq!(ids(vec![constant("a", 1), constant("b", 1)], 2), [vec![1], vec![2]]);
    }

    #[test]
    fn scenarios_that_follow_each_other_share_their_users() {
        let mut later = constant("b", 4);
        later.start_time = Duration::from_mins(1);
        assert_eq!(ids(vec![constant("a", 4), later], 2), [vec![1, 3], vec![2, 4]]);
    }

    #[test]
    fn there_are_no_more_workers_than_users() {
        assert_eq!(ids(vec![constant("a", 1)], 8), [vec![1]]);
    }

    #[test]
    fn arrivals_go_only_where_users_are() {
        let plan = Plan { scenarios: vec![constant("a", 4), open(1)] };
        let arrivals: Vec<_> = Allotment::new(&plan, &Segment::whole(), 2)
            .workers
            .iter()
            .map(|share| share.scenarios[1].arrivals.clone())
            .collect();
        assert_eq!(arrivals, [Some(Stripe::WHOLE.into()), None]);
    }

    #[test]
    fn machines_without_a_user_get_no_arrivals() {
        let plan = Plan::of(open(2));
        let arrivals: Vec<_> = (0..3)
            .map(|index| Segment::new(&[1, 1, 1], index..index + 1).unwrap())
            .map(|machine| Allotment::new(&plan, &machine, 1).workers[0].scenarios[0].arrivals.clone())
            .collect();
        let half = |index| Some(Segment::new(&[1, 1], index..index + 1).unwrap().into());
        assert_eq!(arrivals, [half(0), half(1), None]);
    }
}
