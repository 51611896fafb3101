//! Whether a system changed while it was searched: it carries less than it did, or more.
//!
//! A search looks at the same loads again and again, and more load is never better than less. So a load that was kept
//! at first, and lesser ones that were not kept later, say that the system carries less now; and the other
//! way round that it carries more. By chance that happens near the line, too, where a queue has long bad times. But
//! then the next looks are better again, and of a system that has changed they never are. So what was bad counts only
//! if nothing as great was kept behind it, and one look alone is not enough: each counts by the difference of the two
//! shares in standard deviations (Wald's, with half a bad one and half a good one more: Agresti and Caffo, 2000), of as
//! many requests as they are worth independent ones, and up to a limit.

use serde::{Deserialize, Serialize};

use super::line::MOST_WORTH;
use super::requirement::Requirement;
use super::step::Step;

/// All looks together are so many standard deviations apart where it carries less, …
const APART: f64 = 4.0;
/// … and where it carries more: what is bad for a moment is better later without any change.
const APART_BETTER: f64 = 6.0;
/// One look counts so many at the most, because a queue may have a bad time for as long as a step …
const MOST_OF_ONE: f64 = 3.0;
/// … if the load that was kept is greater by this part; one that is greater by more is enough alone.
const MORE: f64 = 0.08;
const FAR_MORE: f64 = 0.15;
/// Loads that are less than this part apart are the same.
const SAME: f64 = 0.02;

/// How a system changed while it was searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It carries more than it did: a cache has filled, code was compiled.
    Better,
    /// It carries less: it leaks, or somebody else uses the machine.
    Worse,
}

/// How it changed over these steps, which are in their order, if it did.
pub(super) fn change_of(steps: &[&Step], requirements: &[Requirement]) -> Option<Change> {
    let changes = requirements.iter().enumerate().flat_map(|(place, requirement)| {
        let looks: Vec<Look> = steps.iter().filter_map(|step| Look::of(step, place)).collect();
        let (mut worse, mut better) = (0.0, 0.0);
        for (at, look) in looks.iter().enumerate().filter(|(_, look)| look.share() > requirement.permitted) {
            let (before, after) = (&looks[..at], &looks[at + 1..]);
            let refuted = |by: &[Look]| look.kept_by(by, requirement.permitted, -SAME).is_some();
            if !refuted(after) {
                worse += look.apart_from(before, requirement.permitted);
            }
            if !refuted(before) {
                better += look.apart_from(after, requirement.permitted);
            }
        }
        [(Change::Worse, worse / APART), (Change::Better, better / APART_BETTER)]
    });
    changes.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, apart)| *apart >= 1.0).map(|(change, _)| change)
}

/// What a step showed of one requirement.
#[derive(Clone, Copy)]
struct Look {
    load: f64,
    /// How many independent requests were bad, and of how many.
    bad: f64,
    of: f64,
}

impl Look {
    fn of(step: &Step, place: usize) -> Option<Self> {
        let tally = step.tallies.get(place).copied().flatten()?;
        let of = tally.worth().min(MOST_WORTH);
        Some(Self { load: step.load, bad: tally.share() * of, of })
    }

    fn share(&self) -> f64 {
        self.bad / self.of
    }

    /// Those that kept what is permitted under a load that is greater by a part, as one look.
    fn kept_by(&self, others: &[Self], permitted: f64, more: f64) -> Option<Self> {
        let least = self.load * (1.0 + more);
        let kept = others.iter().filter(|one| one.load >= least && one.share() <= permitted);
        kept.copied().reduce(|all, one| Self { load: least, bad: all.bad + one.bad, of: all.of + one.of })
    }

    /// By how many standard deviations more of it was bad than of what was kept under more load.
    fn apart_from(&self, others: &[Self], permitted: f64) -> f64 {
        let apart = |more: f64| {
            let kept = self.kept_by(others, permitted, more)?;
            let (own, own_variance) = smoothed(self.bad, self.of);
            let (others, others_variance) = smoothed(kept.bad, kept.of);
            Some((own - others) / (own_variance + others_variance).sqrt())
        };
        let near = apart(MORE).map_or(0.0, |near| near.min(MOST_OF_ONE));
        near.max(apart(FAR_MORE).map_or(0.0, |far| far.min(1.5 * MOST_OF_ONE)))
    }
}

/// A share and its variance.
fn smoothed(bad: f64, of: f64) -> (f64, f64) {
    let share = (bad + 0.5) / (of + 1.0);
    (share, share * (1.0 - share) / (of + 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::{Count, Tally};

    fn requirements() -> Vec<Requirement> {
        vec![Requirement { name: "p95".to_owned(), limit: "50ms".to_owned(), permitted: 0.05 }]
    }

    fn step(load: f64, share: f64) -> Step {
        Step::narrowed(load, Tally::independent(share * 400.0, 400.0))
    }

    fn change(tried: &[(f64, f64)]) -> Option<Change> {
        let steps: Vec<Step> = tried.iter().map(|(load, share)| step(*load, *share)).collect();
        change_of(&steps.iter().collect::<Vec<_>>(), &requirements())
    }

    #[test]
    fn what_is_no_longer_carried_is_worse_and_what_is_at_last_is_better() {
        let worse = [(100.0, 0.0), (200.0, 0.02), (210.0, 0.3), (150.0, 0.2), (140.0, 0.15), (100.0, 0.02)];
        assert_eq!(change(&worse), Some(Change::Worse));
        let mut better = worse;
        better.reverse();
        assert_eq!(change(&better), Some(Change::Better));
    }

    #[test]
    fn one_bad_moment_is_no_change_and_neither_is_chance_near_the_line() {
        // A second of which a fifth was bad, in a step of ten.
        let moment: Vec<Count> =
            (0..10).map(|second| Count { bad: if second == 4 { 200 } else { 2 }, total: 200 }).collect();
        let tried = [(100.0, 0.0), (200.0, 0.01), (150.0, 0.02)];
        let mut steps: Vec<Step> = tried.iter().map(|(load, share)| step(*load, *share)).collect();
        steps.insert(2, Step::narrowed(160.0, Tally::of(&moment).unwrap()));
        assert_eq!(change_of(&steps.iter().collect::<Vec<_>>(), &requirements()), None);
        assert_eq!(change(&[(200.0, 0.04), (195.0, 0.08), (193.0, 0.07), (202.0, 0.03)]), None);
        assert_eq!(change(&[(100.0, 0.0), (200.0, 0.04), (300.0, 0.5), (210.0, 0.06)]), None);
    }
}
