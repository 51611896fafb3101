//! A search on a simulated service, from its first step to its answer; and the truth that it is held against.
//!
//! Arrivals come by chance (Poisson), each as a user of its own, or evenly, as a load generator's do. What a step
//! leaves behind stays: its queue is served while the next step is prepared, and is in the way of it where that takes
//! longer.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::chance::{Chance, Law};
use super::service::{Kind, Service, Time};
use super::stall::{Moments, Stalls};
use crate::search::{Answer, Count, Known, Next, Requirement, Second, Terms, Watch, answer, next};

/// From the end of a step to the beginning of the next, in seconds: users are prepared, connections opened.
pub(super) const BETWEEN_S: f64 = 0.5;

/// A search on trial.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The service.
    pub kind: Kind,
    /// The response time that 95 of 100 requests have to keep, in seconds.
    pub p95_s: f64,
    /// The share of errors that is permitted.
    pub errors: f64,
    /// The terms of the search.
    pub terms: Terms,
    /// Whether requests come evenly spaced, not by chance.
    pub evenly: bool,
    /// Whether the machine stands still now and then.
    pub stalls: Option<Stalls>,
}

impl Trial {
    /// The requirements as the search has them.
    pub fn requirements(&self) -> Vec<Requirement> {
        let requirement =
            |name: &str, limit: String, permitted| Requirement { name: name.to_owned(), limit, permitted };
        vec![
            requirement("p95", format!("{}s", self.p95_s), 0.05),
            requirement("errors", format!("{}", self.errors), self.errors),
        ]
    }

    /// How long after each other requests come at a rate.
    const fn apart(&self, rate: f64) -> Law {
        if self.evenly { Law::Fixed(1.0 / rate) } else { Law::Exponential(1.0 / rate) }
    }

    /// Searches the service of a seed.
    pub fn search(&self, seed: u64) -> (Answer, Known) {
        let mut service = Service::new(self.kind, seed);
        let mut chance = Chance::new(seed ^ 0x5eed);
        let moments = self.moments(seed);
        let mut known = Known::new(self.terms.clone(), self.requirements());
        let mut now = 0.0;
        while let Next::Try { purpose, load, most_s } = next(&known) {
            let mut watch = Watch::new(&known.requirements, purpose, load, now, most_s);
            now = self.step((&mut service, &mut chance, &moments), now, load, &mut watch) + BETWEEN_S;
            known.steps.push(watch.step());
            known.elapsed_s = now;
        }
        (answer(&known), known)
    }

    /// When the machine stands still in the search of a seed. A search may go on for a little longer than it should.
    pub(super) fn moments(&self, seed: u64) -> Moments {
        Moments::of(self.stalls, self.terms.at_most_s * 2.0, seed ^ 0x57a11)
    }

    /// One step; when it ended.
    pub(super) fn step(
        &self,
        (service, chance, moments): (&mut Service, &mut Chance, &Moments),
        from: f64,
        load: f64,
        watch: &mut Watch,
    ) -> f64 {
        let mut ends: BinaryHeap<Reverse<(Time, Time, bool)>> = BinaryHeap::new();
        let apart = self.apart(load);
        let mut due = from + chance.time(apart);
        for number in 1.. {
            let until = from + f64::from(number);
            let mut second = Second { counts: vec![Count::default(); 2], ..Second::default() };
            while due < until {
                let fate = service.request(moments.machine_s(due));
                ends.push(Reverse((Time(moments.wall_s(fate.at_s)), Time(due), fate.well)));
                second.started += 1;
                due += chance.time(apart);
            }
            while ends.peek().is_some_and(|Reverse((at, ..))| at.0 < until) {
                let Some(Reverse((at, begun, well))) = ends.pop() else { break };
                second.ended += 1;
                second.took_s += at.0 - begun.0;
                second.counts[1].total += 1;
                second.counts[1].bad += u64::from(!well);
                if well {
                    second.counts[0].total += 1;
                    second.counts[0].bad += u64::from(at.0 - begun.0 > self.p95_s);
                }
            }
            second.under_way = ends.len() as u64;
            if watch.take(second) {
                return until;
            }
        }
        from
    }
}

/// The shares of requests that are late and that fail, at a rate, over a long time.
pub fn share_beyond(trial: &Trial, rate: f64, requests: u64, seed: u64) -> (f64, f64) {
    let mut service = Service::new(trial.kind, seed);
    let mut chance = Chance::new(seed ^ 0x7ea1);
    let (mut now, mut late, mut failed, mut well) = (0.0, 0_u64, 0_u64, 0_u64);
    let (skipped, apart) = (requests / 10, trial.apart(rate));
    for number in 0..requests {
        now += chance.time(apart);
        let fate = service.request(now);
        if number < skipped {
            continue;
        }
        failed += u64::from(!fate.well);
        well += u64::from(fate.well);
        late += u64::from(fate.well && fate.at_s - now > trial.p95_s);
    }
    (late as f64 / (well as f64).max(1.0), failed as f64 / (failed + well).max(1) as f64)
}

/// The rate at which the requirements are just kept, between two rates: by bisection over long simulations.
pub fn truth(trial: &Trial, (mut low, mut high): (f64, f64), requests: u64) -> f64 {
    for round in 0..14 {
        let middle = f64::midpoint(low, high);
        let (late, failed) = share_beyond(trial, middle, requests, 1000 + round);
        if late <= 0.05 && failed <= trial.errors { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}
