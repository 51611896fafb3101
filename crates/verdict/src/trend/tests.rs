//! Made-up histories whose truth is known: few of each, with bounds that chance alone reaches once in a million times;
//! `bench/trend` has many.

use proptest::prelude::*;

use super::*;
use crate::simulate::MadeUp;

/// How many of so many histories it holds for.
fn share(history: MadeUp, count: u64, holds: impl Fn(&Course) -> bool) -> u64 {
    let drawn = (0..count).map(|seed| history.draw(seed + 40_000));
    drawn.filter(|runs| holds(&course(runs, &FigureScale::LATENCY))).count() as u64
}

fn certain_at(course: &Course, at: usize) -> bool {
    course.changes.iter().any(|change| change.certain && change.at.abs_diff(at) <= 3)
}

#[test]
fn what_does_not_change_has_no_change() {
    for (resemblance, runs) in [(0.0, 100), (0.5, 100), (0.5, 200)] {
        let flat = MadeUp { runs, resemblance, ..MadeUp::default() };
        // Of 60 with a chance of .04 each, 13 or more come once in a million times.
        let alarms = share(flat, 60, |course| !course.changes.is_empty());
        assert!(alarms <= 12, "{alarms} of 60 at {resemblance}, {runs} runs");
    }
    let runs: Vec<(i64, f64)> = (0..80).map(|run| (run, 5.0)).collect();
    assert!(course(&runs, &FigureScale::LATENCY).changes.is_empty());
    for few in [0, 1, 8] {
        assert!(course(&runs[..few], &FigureScale::LATENCY).changes.is_empty());
    }
}

#[test]
fn steps_are_suspected_after_three_runs_and_certain_after_eight() {
    let stepped = |runs| MadeUp { runs, step: Some((60, 1.1)), ..MadeUp::default() };
    // Of 40 with a chance of .9 each, fewer than 25 come once in a million times; of .95, fewer than 29.
    assert!(share(stepped(63), 40, |course| !course.changes.is_empty()) >= 25);
    assert!(share(stepped(68), 40, |course| certain_at(course, 60)) >= 29);
}

#[test]
fn drifts_are_drifts() {
    for factor in [1.3, 2.0] {
        let drifting =
            MadeUp { runs: 80, deviation: 0.03, drift: Some((0, 79, factor)), ..MadeUp::default() };
        let found =
            share(drifting, 40, |course| course.changes.iter().any(|change| change.way == Way::Drift));
        assert!(found >= 29, "{found} of 40 to {factor}");
    }
    let slow = MadeUp { drift: Some((60, 100, 1.4)), ..MadeUp::default() };
    let course = course(&slow.draw(1), &FigureScale::LATENCY);
    let [drift] = course.changes[..] else { panic!("{:?}", course.changes) };
    assert!(drift.at.abs_diff(60) <= 8 && drift.until >= 92, "{drift:?}");
    assert!((drift.before - 100.0).abs() < 3.0 && (drift.after - 140.0).abs() < 5.0, "{drift:?}");
}

#[test]
fn an_outlier_hides_nothing_and_is_nothing() {
    for factor in [1.5, 2.0, 0.1] {
        let beside =
            MadeUp { runs: 70, step: Some((60, 1.1)), outlier: Some((64, factor)), ..MadeUp::default() };
        assert!(share(beside, 40, |course| certain_at(course, 60) && course.outliers.contains(&64)) >= 25);
        for at in [50, 99] {
            let alone = MadeUp { outlier: Some((at, factor)), ..MadeUp::default() };
            let alarms = share(alone, 40, |course| !course.changes.is_empty());
            assert!(alarms <= 10, "{alarms} of 40 for x{factor} at {at}");
        }
    }
}

#[test]
fn weeks_that_repeat_are_no_change_and_hide_none() {
    for wave in [false, true] {
        let weeks = MadeUp { runs: 70, weekdays: 0.15, wave, ..MadeUp::default() };
        let alarms = share(weeks, 40, |course| !course.changes.is_empty() || course.weekdays.is_none());
        assert!(alarms <= 10, "{alarms} of 40");
        let stepped = MadeUp { step: Some((60, 1.1)), ..weeks };
        assert!(share(stepped, 40, |course| certain_at(course, 60)) >= 25);
    }
}

#[test]
fn a_change_says_whether_it_is_worse_and_in_its_own_unit() {
    let stepped = MadeUp { step: Some((60, 0.8)), ..MadeUp::default() }.draw(3);
    for (scale, worse) in [(FigureScale::LATENCY, false), (FigureScale::THROUGHPUT, true)] {
        let course = course(&stepped, &scale);
        let [change] = course.changes[..] else { panic!("{:?}", course.changes) };
        assert_eq!((change.at, change.worse), (60, worse));
        assert!((change.before - 100.0).abs() < 1.0 && (change.after - 80.0).abs() < 1.0, "{change:?}");
        assert!(course.levels[10].low < 98.0 && course.levels[10].high > 102.0);
    }
    // Shares are mostly 0, and a run without a figure stands for nothing.
    let errors: Vec<(i64, f64)> =
        (0..40).map(|run| (run, if run < 30 { 0.0 } else { 0.02 })).chain([(40, f64::NAN)]).collect();
    let course = course(&errors, &FigureScale::ERRORS);
    assert!(matches!(course.changes[..], [Change { at: 30, worse: true, certain: true, .. }]), "{course:?}");
    assert!(course.levels[40].level.is_nan());
    assert!(course.levels[..40].iter().all(|level| level.low >= 0.0), "no share is below nothing");
}

#[test]
fn what_nobody_would_notice_is_no_change() {
    let runs: Vec<(i64, f64)> =
        (0..60).map(|run| (run, if run < 30 { 100.0 } else { 99.9 } + 0.001 * (run % 3) as f64)).collect();
    assert!(course(&runs, &FigureScale::THROUGHPUT).changes.is_empty());
}

proptest! {
    #[test]
    fn the_unit_does_not_matter(seed in 0_u64..1000, factor in 0.001..1000.0_f64) {
        let runs = MadeUp { step: Some((70, 1.07)), ..MadeUp::default() }.draw(seed);
        let scaled: Vec<(i64, f64)> = runs.iter().map(|(time, value)| (*time, value * factor)).collect();
        let places = |runs: &[(i64, f64)]| {
            course(runs, &FigureScale::LATENCY).changes.iter().map(|change| (change.at, change.until)).collect::<Vec<_>>()
        };
        prop_assert_eq!(places(&runs), places(&scaled));
    }

    #[test]
    fn anything_is_answered(values in proptest::collection::vec(prop_oneof![-1e300..1e300_f64, Just(0.0), Just(f64::NAN), Just(f64::INFINITY), 1.0..1.1_f64], 0..80), step in -10_i64..1_000_000_000) {
        let runs: Vec<(i64, f64)> = values.iter().enumerate().map(|(at, value)| (at as i64 * step, *value)).collect();
        for scale in [FigureScale::LATENCY, FigureScale::THROUGHPUT, FigureScale::ERRORS] {
            let course = course(&runs, &scale);
            prop_assert_eq!(course.levels.len(), runs.len());
            prop_assert!(course.changes.iter().all(|change| change.at < runs.len() && change.until < runs.len()));
        }
    }
}
