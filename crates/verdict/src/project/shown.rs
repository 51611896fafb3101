//! Which stretch of a sliding window a percentile is shown of.
//!
//! Where too many values lie above the limit, it is the stretch that fails by most of them. Where none fails, counting
//! no longer says which one came nearest: a stretch without a single value above 500 ms may have a p95 of 490 ms, and
//! one with a few of them a p95 of 80 ms. Then it is the stretch in which the percentile is highest.
//!
//! A window that slides over an hour holds each second in many stretches. Buckets of values enter at its end and leave
//! at its beginning, and a percentile is found from the top, past the few that lie above it. Budgets on windows of one
//! length share one pass over the run at each end.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Range;

use loadline_measure::{Run, Series, Sink, Trend, Window};

use super::budget::ProjectBudget;
use super::judge_share::{is_beyond, permitted};
use super::part::Part;
use super::stretch::{Stretches, Sums};
use super::tally::{Tallies, Tally};

/// What is shown of a percentile in a sliding window.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// All values of the stretch.
    pub(super) values: Trend,
    /// The stretch, where it is shown because the percentile is highest in it.
    pub(super) highest: Option<Range<u64>>,
}

/// The stretch that is shown of each percentile in a sliding window, with its values. A second that is in several of
/// them is opened once.
pub(super) fn shown_stretches(run: &Run, budgets: &[ProjectBudget], tallies: &Tallies) -> Vec<Option<Shown>> {
    let mut shown: Vec<Option<Shown>> = budgets.iter().map(|_| None).collect();
    let mut wanted: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    let mut held: BTreeMap<u64, Vec<(usize, Tally<'_>)>> = BTreeMap::new();
    for (position, budget) in budgets.iter().enumerate() {
        let (Part::Sliding(length), Some(_)) = (budget.part, budget.counted_limit()) else { continue };
        let tally = tallies.of(position, run, budget);
        let permitted = permitted(&budget.allowed);
        let Some(worst) = Stretches::of(run, budget, &tally.seconds).worst_share(permitted) else { continue };
        let (bad, total) = worst.iter().fold((0, 0), |(bad, total), s| (bad + s.bad, total + s.total));
        if is_beyond(bad, total, permitted) {
            for second in worst {
                wanted.entry(second.number).or_default().push(position);
            }
            shown[position] = Some(Shown::default());
        } else {
            held.entry(length.as_secs()).or_default().push((position, tally));
        }
    }
    for (length, held) in held {
        let sliding: Vec<Stretches<'_>> =
            held.iter().map(|(at, tally)| Stretches::of(run, &budgets[*at], &tally.seconds)).collect();
        let windows = held.iter().zip(&sliding).map(|((position, tally), stretches)| {
            let permitted = permitted(&budgets[*position].allowed);
            Sliding::new(stretches, tally.series, permitted)
        });
        let found = highest(run, length, windows.collect());
        for ((position, tally), highest) in held.iter().zip(found) {
            let Some(highest) = highest else { continue };
            for second in tally.seconds.iter().filter(|second| highest.contains(&second.number)) {
                wanted.entry(second.number).or_default().push(*position);
            }
            shown[*position] = Some(Shown { highest: Some(highest), ..Shown::default() });
        }
    }
    for (number, positions) in wanted {
        let Some(window) = run.second(number) else { continue };
        for position in positions {
            let trends = tallies.series(position).iter().filter_map(|series| window.get(*series)?.as_trend());
            for trend in trends {
                if let Some(shown) = &mut shown[position] {
                    shown.values.merge(trend);
                }
            }
        }
    }
    shown
}

/// A window that slides over the stretches of a budget.
struct Sliding<'s> {
    /// What is not over yet.
    ahead: std::iter::Peekable<Box<dyn Iterator<Item = (u64, Sums)> + 's>>,
    series: &'s [Series],
    /// The share of values that may lie above the percentile.
    above: f64,
    /// How many values lie in each bucket, by the order of their values.
    counts: BTreeMap<i64, u64>,
    best: Option<(Place, u64)>,
}

/// How high a percentile lies: its bucket, and of equals the share of values that lie in it or above.
type Place = (i64, f64);

impl<'s> Sliding<'s> {
    fn new(stretches: &'s Stretches<'s>, series: &'s [Series], above: f64) -> Self {
        let sums = stretches.iter().map(|(_, sums)| sums);
        let ahead: Box<dyn Iterator<Item = (u64, Sums)> + 's> =
            Box::new(stretches.begins().iter().copied().zip(sums));
        Self { ahead: ahead.peekable(), series, above, counts: BTreeMap::new(), best: None }
    }

    /// The window stands at the stretch that begins so, if that is one of its own.
    fn look(&mut self, begin: u64) {
        let Some((_, sums)) = self.ahead.next_if(|(next, _)| *next == begin) else { return };
        let Some(place) = self.percentile(&sums) else { return };
        let is_higher = |(bucket, share): &Place| place.0.cmp(bucket).then(place.1.total_cmp(share)).is_ge();
        if self.best.as_ref().is_none_or(|(best, _)| is_higher(best)) {
            self.best = Some((place, begin));
        }
    }

    /// The bucket of the smallest value that no more than the permitted share lies above; what was never answered lies
    /// above all.
    fn percentile(&self, sums: &Sums) -> Option<Place> {
        let mut passed = sums.unanswered as f64;
        let may_lie_above = self.above * sums.total as f64 * (1.0 + 1e-9);
        if sums.total == 0 || passed > may_lie_above {
            return (sums.total > 0).then_some((i64::MAX, 1.0));
        }
        for (bucket, count) in self.counts.iter().rev() {
            passed += *count as f64;
            if passed > may_lie_above {
                return Some((*bucket, passed / sums.total as f64));
            }
        }
        None
    }

    fn enter(&mut self, trend: &Trend) {
        for (value, count) in trend.histogram().values() {
            *self.counts.entry(ordered(value)).or_default() += count;
        }
    }

    fn leave(&mut self, trend: &Trend) {
        for (value, count) in trend.histogram().values() {
            if let Entry::Occupied(mut counted) = self.counts.entry(ordered(value)) {
                *counted.get_mut() -= count;
                if *counted.get() == 0 {
                    counted.remove();
                }
            }
        }
    }
}

/// The stretch of a length in which the percentile of each is highest.
fn highest(run: &Run, length: u64, mut windows: Vec<Sliding<'_>>) -> Vec<Option<Range<u64>>> {
    let mut of_series: BTreeMap<Series, Vec<usize>> = BTreeMap::new();
    for (at, window) in windows.iter().enumerate() {
        for series in window.series {
            of_series.entry(*series).or_default().push(at);
        }
    }
    let series: Vec<Series> = of_series.keys().copied().collect();
    let (mut front, mut back) = (run.seconds_of(&series).peekable(), run.seconds_of(&series).peekable());
    while let Some(begin) = windows.iter_mut().filter_map(|window| Some(window.ahead.peek()?.0)).min() {
        while let Some((_, seconds)) = front.next_if(|(number, _)| *number < begin.saturating_add(length)) {
            for (window, trend) in trends(&of_series, &seconds) {
                windows[window].enter(trend);
            }
        }
        while let Some((_, seconds)) = back.next_if(|(number, _)| *number < begin) {
            for (window, trend) in trends(&of_series, &seconds) {
                windows[window].leave(trend);
            }
        }
        for window in &mut windows {
            window.look(begin);
        }
    }
    let stretch = |window: Sliding<'_>| window.best.map(|(_, begin)| begin..begin.saturating_add(length));
    windows.into_iter().map(stretch).collect()
}

/// The distributions of a second, each for the windows that it lies in.
fn trends<'w>(
    of_series: &'w BTreeMap<Series, Vec<usize>>,
    second: &'w Window,
) -> impl Iterator<Item = (usize, &'w Trend)> {
    second.iter().flat_map(|(series, sink)| {
        let windows = of_series.get(&series).map_or(&[][..], Vec::as_slice);
        windows.iter().filter_map(move |window| Some((*window, Sink::as_trend(sink)?)))
    })
}

/// A number that is ordered as values are.
fn ordered(value: f64) -> i64 {
    let bits = value.to_bits().cast_signed();
    bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use loadline_measure::{BudgetText, Builtin, Recorder, RunMeta, Schema, TagSetId};
    use proptest::prelude::*;

    use super::*;
    use crate::budgets::Budgets;
    use crate::endpoint::Endpoints;
    use crate::judge::judge;
    use crate::verdict::{Outcome, Verdict};

    /// Judges what took so long in each second, in milliseconds, by a limit of 500 ms on a window.
    fn judged(seconds: &[Vec<f64>], quantity: &str, over: &str) -> Verdict {
        let text = BudgetText {
            metric: "response_time".to_owned(),
            quantity: quantity.to_owned(),
            limit: "500ms".to_owned(),
            over: over.to_owned(),
            ..BudgetText::default()
        };
        let schema = Schema::new();
        let builtin = Builtin::define(&schema).unwrap();
        let project = vec![ProjectBudget::parse(&text, &Endpoints::default()).unwrap()];
        let budgets = Budgets { project, ..Budgets::default() };
        budgets.register(&schema);
        let mut recorder = Recorder::new(Arc::clone(&schema));
        let mut run = Run::new(RunMeta::default(), schema);
        for (number, values) in seconds.iter().enumerate() {
            for value in values {
                recorder.record(builtin.response_time, *value, TagSetId::EMPTY);
            }
            run.push(number as u64, recorder.take_window());
        }
        run.duration = std::time::Duration::from_secs(seconds.len() as u64);
        judge(&run, &budgets).remove(0)
    }

    /// Twenty values in a second, one of them so long and the others so.
    fn second(one: f64, others: f64) -> Vec<f64> {
        let mut values = vec![others; 19];
        values.push(one);
        values
    }

    #[test]
    fn of_stretches_that_hold_the_highest_is_shown_and_where_it_is() {
        let mut seconds = vec![second(80.0, 80.0); 60];
        seconds[12..17].fill(second(480.0, 480.0));
        seconds[40] = second(600.0, 90.0);
        let verdict = judged(&seconds, "p95", "5s");
        assert_eq!((verdict.outcome, verdict.values), (Outcome::Pass, 100));
        assert!((verdict.observed.unwrap() - 480.0).abs() < 1e-9, "{}", verdict.evidence);
        let said = "p95 = 480ms where it is highest, in the 5s from second 12; 1 of 100 (1.00%) are above 500ms in the 5s that has most of them, from second 40; allowed is at most 5%";
        assert!(verdict.evidence.starts_with(said), "{}", verdict.evidence);

        seconds[40] = second(80.0, 80.0);
        let verdict = judged(&seconds, "p95", "5s");
        let said = "0 of 100 (0.00%) are above 500ms in the 5s from second 55, and none in any other";
        assert!(verdict.evidence.contains(said), "{}", verdict.evidence);
    }

    #[test]
    fn one_that_fails_is_shown_as_it_was_counted() {
        let mut seconds = vec![second(80.0, 80.0); 60];
        seconds[12..17].fill(second(480.0, 480.0));
        seconds[30..35].fill(second(510.0, 510.0));
        let verdict = judged(&seconds, "p95", "5s");
        assert_eq!(verdict.outcome, Outcome::Fail);
        let said = "p95 = 510ms; 100 of 100 (100.00%) are above 500ms in the worst 5s, from second 30;";
        assert!(verdict.evidence.starts_with(said), "{}", verdict.evidence);
    }

    proptest! {
        #[test]
        fn no_stretch_has_a_higher_one(
            seconds in prop::collection::vec(prop::collection::vec(1.0_f64..560.0, 0..12), 1..40),
            length in 5_usize..20,
            percent in 1_u32..100,
        ) {
            let verdict = judged(&seconds, &format!("p{percent}"), &format!("{length}s"));
            prop_assume!(verdict.outcome == Outcome::Pass);
            // By the definition that counting judges by: no more than the permitted share lies above it.
            let percentile = |values: &[f64]| {
                let mut values = values.to_vec();
                values.sort_by(f64::total_cmp);
                let may = (1.0 - f64::from(percent) / 100.0) * values.len() as f64 * (1.0 + 1e-9);
                values.iter().rev().nth(may as usize).copied()
            };
            let windows: Vec<Vec<f64>> = if seconds.len() <= length {
                vec![seconds.concat()]
            } else {
                seconds.windows(length).map(<[Vec<f64>]>::concat).collect()
            };
            let highest = windows.iter().filter_map(|values| percentile(values)).fold(0.0, f64::max);
            let shown = windows.iter().filter(|values| values.len() as u64 == verdict.values);
            let is_one = shown.filter_map(|values| percentile(values)).any(|one| one >= highest * 0.997);
            prop_assert!(is_one, "{highest} {}", verdict.evidence);
        }
    }
}
