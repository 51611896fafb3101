//! What is sure before anything is simulated: whether the load rises faster than replicas can come.
//!
//! The policy's own rules decide as if every replica were as busy as its share of the load makes it, at each look, by
//! what came a scrape ago; what is asked for is there once a pod has started and is ready. Where more comes than the
//! replicas that are there can answer when they never rest, requests have to wait, whatever happens in detail.

use super::scenario::Scenario;
use crate::hpa::{Controller, Flags, Measured, Metric, Policy, Rules, Source, Target, Workload};

/// How often an autoscaler looks, in seconds.
const SYNC_S: u64 = 15;

/// A stretch in which more comes than replicas can answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shortage {
    /// Its first second.
    pub from_s: u64,
    /// The second in which nobody has to wait for that reason any more.
    pub to_s: u64,
    /// What comes when most are waiting, requests per second.
    pub comes_per_s: f64,
    /// What the replicas that are there then can answer, requests per second.
    pub answers_per_s: f64,
    /// How many those are.
    pub replicas: i32,
    /// How many requests wait then.
    pub waiting: f64,
    /// For how long the last of them does, in seconds.
    pub wait_s: f64,
    /// Whether it is `maxReplicas` that keeps more from coming.
    pub at_most: bool,
}

/// The worst stretch in which a policy that aims at so many requests per second for each replica cannot keep up; none
/// where it always can. Nodes that have to be provisioned first make it worse, and are not looked at.
pub fn shortage(
    scenario: &Scenario,
    policy: &Policy,
    aims_at_per_s: f64,
    flags: Flags,
    rules: Rules,
) -> Option<Shortage> {
    let metric = Metric {
        name: "requests".to_owned(),
        source: Source::External,
        target: Some(Target::AverageValue(((aims_at_per_s * 1000.0) as i64).max(1))),
    };
    let mut controller = Controller::new(Policy { metrics: vec![metric], ..policy.clone() }, flags, rules);
    let each = scenario.service.capacity_per_s();
    let (traffic, pods) = (&scenario.traffic, scenario.pods);
    let takes_s = pods.start_s + pods.ready_s;
    let late_s = scenario.scrapes.every_s + scenario.scrapes.delay_s;
    let mut wanted = scenario.initial;
    // What was asked for and when it is there.
    let mut coming: Vec<(u64, i32)> = Vec::new();
    let (mut ready, mut waiting) = (wanted, 0.0_f64);
    let mut open: Option<Shortage> = None;
    let mut worst: Option<Shortage> = None;
    for second in 0..traffic.seconds() as u64 {
        if second.is_multiple_of(SYNC_S) && second >= late_s {
            let seen = traffic.at((second - late_s) as usize);
            let measured = [Measured::External(vec![(seen * 1000.0) as i64])];
            let workload =
                Workload { spec_replicas: wanted, status_replicas: wanted, pods: &[], measured: &measured };
            let now = controller.sync(&workload, second as i64 * 1000).replicas;
            if now != wanted {
                coming.retain(|(_, number)| *number < now);
                if now > wanted {
                    coming.push((second + takes_s, now));
                }
                ready = ready.min(now);
                wanted = now;
            }
        }
        if let Some((_, number)) = coming.iter().rev().find(|(at, _)| *at <= second) {
            ready = ready.max(*number);
        }
        let (comes, answers) = (traffic.at(second as usize), each * f64::from(ready));
        waiting = (waiting + comes - answers).max(0.0);
        if waiting <= 0.0 {
            let over = open.take().map(|shortage| Shortage { to_s: second, ..shortage });
            worst = over.into_iter().chain(worst).max_by(|one, other| one.waiting.total_cmp(&other.waiting));
            continue;
        }
        let shortage = open.get_or_insert(Shortage {
            from_s: second,
            to_s: second,
            comes_per_s: comes,
            answers_per_s: answers,
            replicas: ready,
            waiting: 0.0,
            wait_s: 0.0,
            at_most: false,
        });
        if waiting > shortage.waiting {
            *shortage = Shortage {
                comes_per_s: comes.max(shortage.comes_per_s),
                answers_per_s: answers,
                replicas: ready,
                waiting,
                wait_s: if answers > 0.0 { waiting / answers } else { f64::INFINITY },
                at_most: ready == policy.max,
                ..*shortage
            };
        }
    }
    let over = open.map(|shortage| Shortage { to_s: traffic.seconds() as u64, ..shortage });
    over.into_iter().chain(worst).max_by(|one, other| one.waiting.total_cmp(&other.waiting))
}
