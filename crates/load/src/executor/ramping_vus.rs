//! `ramping-vus`: a number of virtual users that moves in straight lines from one target to the next.
//!
//! Users are numbered slots. When the wanted number falls, the highest slots are told to leave; each finishes its
//! iteration and has `graceful_ramp_down` for it, after which the iteration is interrupted. So there are two tables:
//! how many users are *wanted*, and how many may still *hold* their place (the maximum of the last
//! `graceful_ramp_down`, cut off when the executor's `gracefulStop` is over). A slot that is wanted again while it
//! finishes simply goes on.

use std::time::Duration;

use loadline_units::duration_text;
use serde::{Deserialize, Serialize};

use crate::plan::{Problems, Stage};
use crate::segment::Share;
use crate::table::{Step, VuTable};

/// The options of `ramping-vus`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RampingVus {
    /// The number of virtual users at the start.
    pub start_vus: u64,
    /// The targets; a stage of no duration is a jump.
    pub stages: Vec<Stage>,
    /// How long the iteration of a user who is told to leave may go on.
    pub graceful_ramp_down: Duration,
}

/// What happens to a slot. The order of the variants is the order of several changes at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SlotAction {
    /// Start no further iteration.
    Release,
    /// Interrupt the iteration that is still running.
    Interrupt,
    /// Iterate.
    Start,
}

/// A change of one slot of a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SlotChange {
    /// Since the start of the scenario.
    pub(crate) at: Duration,
    /// The slot's number within the share, from 0.
    pub(crate) slot: usize,
    pub(crate) action: SlotAction,
}

impl RampingVus {
    /// How long iterations start: the sum of the stages.
    pub fn duration(&self) -> Duration {
        self.stages.iter().map(|stage| stage.duration).fold(Duration::ZERO, Duration::saturating_add)
    }

    /// How many users are wanted when. The `n`-th user of a ramp from `a` to `b` comes (or goes) where the straight
    /// line between them reaches `n`, rounded up to the nanosecond.
    pub fn wanted(&self) -> VuTable {
        let mut steps = vec![Step { at: Duration::ZERO, vus: self.start_vus }];
        let (mut from, mut start) = (self.start_vus, Duration::ZERO);
        for &Stage { duration, target } in &self.stages {
            let distance = u128::from(from.abs_diff(target));
            for passed in 1..=from.abs_diff(target) {
                let at = (duration.as_nanos() * u128::from(passed)).div_ceil(distance);
                let vus = if target > from { from + passed } else { from - passed };
                steps.push(Step { at: start + Duration::from_nanos(at as u64), vus });
            }
            from = target;
            start += duration;
        }
        VuTable::new(steps)
    }

    /// How many users may hold a place when: those who are wanted, and those who may still be finishing.
    pub fn reserved(&self, graceful_stop: Duration) -> VuTable {
        self.wanted().held(self.graceful_ramp_down, self.duration() + graceful_stop)
    }

    /// Everything that happens to the slots of `share` before the end of the executor, in order.
    pub(crate) fn slot_changes(&self, graceful_stop: Duration, share: &Share) -> Vec<SlotChange> {
        let mut changes = Vec::new();
        let end = self.duration();
        let wanted = self.wanted().striped(share);
        let mut before = 0;
        for step in wanted.steps().iter().take_while(|step| step.at < end) {
            let action = if step.vus > before { SlotAction::Start } else { SlotAction::Release };
            changes.extend(slots(before, step.vus).map(|slot| SlotChange { at: step.at, slot, action }));
            before = step.vus;
        }
        let reserved = self.reserved(graceful_stop).striped(share);
        let mut before = 0;
        for step in reserved.steps().iter().take_while(|step| step.at < end + graceful_stop) {
            if step.vus < before {
                let interrupted = slots(before, step.vus);
                changes.extend(interrupted.map(|slot| SlotChange {
                    at: step.at,
                    slot,
                    action: SlotAction::Interrupt,
                }));
            }
            before = step.vus;
        }
        changes.sort_by_key(|change| (change.at, change.action));
        changes
    }

    pub(super) fn description(&self) -> String {
        format!(
            "up to {} VUs for {} over {} stages",
            self.wanted().peak(),
            duration_text(self.duration()),
            self.stages.len()
        )
    }

    pub(super) fn check(&self, problems: &mut Problems<'_>) {
        problems.vus_limit("startVUs", self.start_vus);
        problems.stages(&self.stages, Problems::vus_limit);
        if !self.stages.is_empty() && self.start_vus == 0 && self.stages.iter().all(|stage| stage.target == 0)
        {
            problems.note("stages", "no VU would ever run: `startVUs` and every target are `0`");
        }
        problems.duration_limit("gracefulRampDown", self.graceful_ramp_down);
    }
}

/// The slots between two numbers of users, the ones that change first first.
fn slots(before: u64, after: u64) -> Box<dyn Iterator<Item = usize>> {
    if after > before {
        Box::new(before as usize..after as usize)
    } else {
        Box::new((after as usize..before as usize).rev())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stripe::Stripe;
    use proptest::prelude::*;

    fn ramp(start_vus: u64, stages: &[(u64, u64)], graceful_ramp_down: u64) -> RampingVus {
        let stages = stages
            .iter()
            .map(|&(duration, target)| Stage { duration: Duration::from_secs(duration), target })
            .collect();
        RampingVus { start_vus, stages, graceful_ramp_down: Duration::from_secs(graceful_ramp_down) }
    }

    fn rows(table: &VuTable) -> Vec<(u64, u64)> {
        table.steps().iter().map(|step| (step.at.as_secs(), step.vus)).collect()
    }

    /// The reference's own worked example: up, down, up, a jump down, up again, a last jump.
    const EXAMPLE: &[(u64, u64)] =
        &[(2, 6), (5, 1), (4, 5), (1, 4), (3, 4), (0, 1), (3, 4), (2, 4), (0, 1), (3, 1)];

    #[test]
    fn wanted_users_follow_the_lines_between_the_targets() {
        let expected = [
            (0, 4),
            (1, 5),
            (2, 6),
            (3, 5),
            (4, 4),
            (5, 3),
            (6, 2),
            (7, 1),
            (8, 2),
            (9, 3),
            (10, 4),
            (11, 5),
            (12, 4),
            (15, 1),
            (16, 2),
            (17, 3),
            (18, 4),
            (20, 1),
        ];
        assert_eq!(rows(&ramp(4, EXAMPLE, 30).wanted()), expected);
    }

    #[test]
    fn places_are_held_for_the_graceful_ramp_down() {
        let check = |graceful_ramp_down, graceful_stop, expected: &[(u64, u64)]| {
            let executor = ramp(4, EXAMPLE, graceful_ramp_down);
            assert_eq!(rows(&executor.reserved(Duration::from_secs(graceful_stop))), expected);
        };
        check(30, 30, &[(0, 4), (1, 5), (2, 6), (33, 5), (42, 4), (50, 1), (53, 0)]);
        check(30, 80, &[(0, 4), (1, 5), (2, 6), (33, 5), (42, 4), (50, 1), (103, 0)]);
        check(30, 0, &[(0, 4), (1, 5), (2, 6), (23, 0)]);
        let shorter_than_the_valley =
            [(0, 4), (1, 5), (2, 6), (6, 5), (7, 4), (8, 3), (10, 4), (11, 5), (15, 4), (23, 1), (25, 0)];
        check(3, 2, &shorter_than_the_valley);
    }

    #[test]
    fn a_ramp_shorter_than_its_number_of_users_keeps_every_step() {
        let table = ramp(0, &[(1, 500)], 0).wanted();
        assert_eq!(table.steps().len(), 500);
        assert_eq!(table.steps()[0], Step { at: Duration::from_millis(2), vus: 1 });
        assert_eq!(table.steps()[499], Step { at: Duration::from_secs(1), vus: 500 });
    }

    #[test]
    fn the_last_to_come_is_the_first_to_leave_and_is_interrupted_after_its_grace() {
        let changes: Vec<_> = ramp(1, &[(2, 3), (2, 1), (10, 1)], 5)
            .slot_changes(Duration::from_secs(1), &Stripe::WHOLE.into())
            .into_iter()
            .map(|change| (change.at.as_secs(), change.slot, change.action))
            .collect();
        let expected = [
            (0, 0, SlotAction::Start),
            (1, 1, SlotAction::Start),
            (2, 2, SlotAction::Start),
            (3, 2, SlotAction::Release),
            (4, 1, SlotAction::Release),
            (8, 2, SlotAction::Interrupt),
            (9, 1, SlotAction::Interrupt),
        ];
        assert_eq!(changes, expected);
    }

    proptest! {
        #[test]
        fn changes_of_all_stripes_are_the_changes_of_the_whole(
            start in 0u64..20, stages in prop::collection::vec((0u64..10, 0u64..20), 1..6),
            ramp_down in 0u64..10, graceful_stop in 0u64..10, count in 1u64..5,
        ) {
            let executor = ramp(start, &stages, ramp_down);
            let graceful_stop = Duration::from_secs(graceful_stop);
            let order = |change: &(Duration, SlotAction, u64)| (change.0, change.1, change.2);
            let of = |stripe: Stripe| -> Vec<_> {
                executor.slot_changes(graceful_stop, &stripe.into()).iter()
                    .map(|change| (change.at, change.action, stripe.nth(change.slot as u64))).collect()
            };
            let mut whole = of(Stripe::WHOLE);
            let mut parts: Vec<_> = (0..count).flat_map(|index| of(Stripe::new(index, count).unwrap())).collect();
            whole.sort_by_key(order);
            parts.sort_by_key(order);
            prop_assert_eq!(whole, parts);
        }
    }
}
