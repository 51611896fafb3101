//! Which of the earlier runs tell what a figure should be.
//!
//! Not simply the last ones: a build that got slower would be what is normal after a few runs. The level that a figure
//! has reached is its reference until it gets better, which is taken over once it is certain, or until somebody accepts
//! that it got worse. Runs on a worse level stay out for as long as that takes, and so does each run that was beyond
//! what the runs before it allowed.

use loadline_measure::FigureScale;

use super::baseline::FEWEST_RUNS;
use super::expected::{Expected, Seen};
use super::rounds::Gate;
use super::scaled::Scaled as _;
use crate::trend::{Change, course};

/// So many runs are looked at one by one for those beyond what was allowed.
const ONE_BY_ONE: usize = 200;

/// The runs that a figure is held against.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Reference {
    /// Their places in the past, ascending.
    pub(super) runs: Vec<usize>,
    /// Since when the figure is worse, and nobody accepted it.
    pub(super) left: Option<Change>,
}

/// Of a past, when each run was and its figure, in the order of time; `accepted` is the first run of what was accepted
/// last. Runs are held against as many as `most` before them.
pub(super) fn reference(
    past: &[(i64, Seen)],
    accepted: usize,
    scale: &FigureScale,
    gate: &Gate,
    (level, most): (f64, usize),
) -> Reference {
    let accepted = accepted.min(past.len());
    let values: Vec<(i64, f64)> = past[accepted..].iter().map(|(time, seen)| (*time, seen.value)).collect();
    let course = course(&values, scale);
    let margin = gate.margin(scale);
    let mut left: Option<Change> = None;
    let mut known = 0..values.len();
    if let Some(first) = course.changes.first() {
        known = 0..first.at;
    }
    let mut stretches = vec![known];
    let mut best = course.changes.first().map_or(f64::NAN, |first| scale.badness(first.before));
    for (number, change) in course.changes.iter().enumerate() {
        let end = course.changes.get(number + 1).map_or(values.len(), |next| next.at);
        let stretch = change.until.min(end)..end;
        let now = scale.badness(change.after);
        if now > best + margin {
            left = left.or(Some(*change));
        } else if now < best - margin && change.certain {
            (stretches, best, left) = (vec![stretch], now, None);
        } else {
            stretches.push(stretch);
            left = None;
        }
    }
    let candidates: Vec<usize> = stretches.into_iter().flatten().map(|at| at + accepted).collect();
    let looked_at = candidates.len().saturating_sub(ONE_BY_ONE);
    let mut runs: Vec<usize> = Vec::with_capacity(candidates.len() - looked_at);
    for at in &candidates[looked_at..] {
        let seen = past[*at].1;
        let before: Vec<Seen> =
            runs[runs.len().saturating_sub(most)..].iter().map(|run| past[*run].1).collect();
        let beyond = before.len() >= FEWEST_RUNS
            && Expected::of(&before, scale).is_some_and(|expected| {
                scale.badness(seen.value) > scale.badness(expected.bound(level, seen.values, scale, gate))
            });
        if !beyond {
            runs.push(*at);
        }
    }
    runs.drain(..runs.len().saturating_sub(most));
    // Places are told of all of the past.
    let left =
        left.map(|change| Change { at: change.at + accepted, until: change.until + accepted, ..change });
    Reference { runs, left }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::MadeUp;

    fn of(history: MadeUp, accepted: usize) -> Reference {
        let past: Vec<(i64, Seen)> =
            history.draw(5).into_iter().map(|(time, value)| (time, Seen { value, values: 500 })).collect();
        reference(&past, accepted, &FigureScale::LATENCY, &Gate::default(), (0.01, 20))
    }

    #[test]
    fn what_got_worse_stays_out_until_it_is_accepted() {
        for runs in [61, 62, 63, 65, 80, 200] {
            let worse = MadeUp { runs, step: Some((60, 1.15)), ..MadeUp::default() };
            let found = of(worse, 0);
            assert!(found.runs.iter().all(|run| *run < 60), "{runs}: {found:?}");
            assert!(found.runs.len() >= 18, "{runs}: {found:?}");
            assert!(found.left.is_some() || runs < 63, "{runs}: {found:?}");
        }
        let accepted = of(MadeUp { runs: 90, step: Some((60, 1.15)), ..MadeUp::default() }, 60);
        assert!(accepted.runs.iter().all(|run| *run >= 60) && accepted.left.is_none(), "{accepted:?}");
    }

    #[test]
    fn a_slow_drift_does_not_take_its_reference_along() {
        let drifting = of(MadeUp { runs: 100, drift: Some((50, 100, 1.5)), ..MadeUp::default() }, 0);
        assert!(drifting.runs.iter().all(|run| *run < 60) && drifting.left.is_some(), "{drifting:?}");
    }

    #[test]
    fn what_got_better_is_the_reference_from_then_on() {
        let better = of(MadeUp { runs: 90, step: Some((60, 0.8)), ..MadeUp::default() }, 0);
        assert!(better.runs.iter().all(|run| *run >= 60) && better.left.is_none(), "{better:?}");
    }

    #[test]
    fn what_was_repaired_counts_again() {
        let history = MadeUp { runs: 120, ..MadeUp::default() }.draw(9);
        let past: Vec<(i64, Seen)> = history
            .into_iter()
            .enumerate()
            .map(|(run, (time, value))| {
                let value = if (50..70).contains(&run) { value * 1.3 } else { value };
                (time, Seen { value, values: 500 })
            })
            .collect();
        let found = reference(&past, 0, &FigureScale::LATENCY, &Gate::default(), (0.01, 60));
        assert!(found.left.is_none() && found.runs.iter().all(|run| !(50..70).contains(run)), "{found:?}");
        assert!(found.runs.contains(&40) && found.runs.contains(&110), "{found:?}");
    }

    #[test]
    fn a_past_of_nothing_is_none() {
        assert_eq!(
            reference(&[], 0, &FigureScale::LATENCY, &Gate::default(), (0.01, 20)),
            Reference::default()
        );
    }
}
