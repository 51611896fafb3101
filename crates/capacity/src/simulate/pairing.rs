//! Two searches in turns on simulated services: what a comparison of builds is tried on.

use super::chance::Chance;
use super::service::Service;
use super::stall::Moments;
use super::trial::{BETWEEN_S, Trial};
use crate::search::{CALM_S, Known, PairNext, Purpose, Side, Watch, calm_after, next_of_pair};

/// What came of two searches.
#[derive(Clone, Debug)]
pub struct Pairing {
    /// Of the base.
    pub base: Known,
    /// Of the head.
    pub head: Known,
    /// The places of the steps of each turn near both lines.
    pub turns: Vec<(usize, usize)>,
}

/// One of two, in its simulated time.
struct Going<'t> {
    trial: &'t Trial,
    service: Service,
    chance: Chance,
    moments: Moments,
    known: Known,
}

impl<'t> Going<'t> {
    fn new(trial: &'t Trial, seed: u64) -> Self {
        Self {
            trial,
            service: Service::new(trial.kind, seed),
            chance: Chance::new(seed ^ 0x5eed),
            moments: trial.moments(seed),
            known: Known::new(trial.terms.clone(), trial.requirements()),
        }
    }

    fn attempt(&mut self, purpose: Purpose, load: f64, most_s: f64) {
        let now = self.known.elapsed_s;
        let mut watch = Watch::new(&self.known.requirements, purpose, load, now, most_s);
        let at = (&mut self.service, &mut self.chance, &self.moments);
        let ended = self.trial.step(at, now, load, &mut watch);
        self.known.steps.push(watch.step());
        self.known.elapsed_s = ended + BETWEEN_S;
    }

    /// A step, and calm after one that was too much.
    fn calmly(&mut self, purpose: Purpose, load: f64, most_s: f64) {
        self.attempt(purpose, load, most_s);
        if let Some(load) = calm_after(&self.known).filter(|_| purpose != Purpose::Calm) {
            self.attempt(Purpose::Calm, load, CALM_S);
        }
    }
}

/// Searches both; each has half of the time, as its terms say. The base goes first in every second turn.
pub fn search_in_turns(base: &Trial, head: &Trial, seed: u64) -> Pairing {
    let (mut base, mut head) = (Going::new(base, seed), Going::new(head, seed ^ 0xb0b));
    let mut turns = Vec::new();
    while let PairNext::Try { purpose, base: of_base, head: of_head, most_s } =
        next_of_pair(&base.known, &head.known, turns.len())
    {
        let places = (base.known.steps.len(), head.known.steps.len());
        for side in [Side::Base, Side::Head] {
            match (side, of_base, of_head) {
                (Side::Base, Some(load), _) => base.calmly(purpose, load, most_s),
                (Side::Head, _, Some(load)) => head.calmly(purpose, load, most_s),
                _ => {}
            }
        }
        if purpose == Purpose::Turn {
            turns.push(places);
        }
    }
    Pairing { base: base.known, head: head.known, turns }
}
