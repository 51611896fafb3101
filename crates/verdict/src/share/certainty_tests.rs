//! What runs of known truth are said to be, a small part of `bench/calibration`.

use proptest::prelude::*;

use super::*;
use crate::simulate::{Judged, Limits, OnTrial, Simulated};

const RUNS: u64 = 100;

/// How many of the runs pass and how many fail, for each share on trial: those that are at least likely, and those that
/// are certain.
fn sure(system: Simulated, limits: Limits, runs: u64) -> [[[u64; 2]; 5]; 2] {
    let mut counts = [[[0; 2]; 5]; 2];
    for seed in 0..runs {
        let inferred = Judged::new(system, limits, seed).infer().unwrap();
        for (at, (share, inference)) in OnTrial::ALL.iter().zip(inferred).enumerate() {
            let side = usize::from(inference.share > share.permitted());
            counts[0][at][side] += u64::from(inference.certainty >= Certainty::Likely);
            counts[1][at][side] += u64::from(inference.certainty == Certainty::Certain);
        }
    }
    counts
}

// Of 100 runs with a truth exactly on the limit one may be certain of each side on average, and hardly ever five are;
// ten may be likely, and hardly ever twenty are.
#[test]
fn a_truth_on_the_limit_is_hardly_ever_certain() {
    for (wander, resemblance, seconds, per_second) in
        [(0.25, 0.95, 20, 50), (0.25, 0.7, 20, 200), (0.1, 0.95, 60, 10), (0.0, 0.0, 60, 10)]
    {
        let system = Simulated { wander, resemblance, seconds, per_second, ..Simulated::default() };
        let [likely, certain] = sure(system, Limits::EXACT, RUNS);
        assert!(certain.iter().flatten().all(|count| *count <= 4), "{system:?} {certain:?}");
        assert!(likely.iter().flatten().all(|count| *count < 20), "{system:?} {likely:?}");
    }
}

// Latencies a fifth off the limit, half of the errors allowed and twice as many: of the runs that say how much longer
// it takes, four of five are right.
#[test]
fn as_many_seconds_more_as_are_said_do_settle_it() {
    let system = Simulated { seconds: 60, per_second: 20, ..Simulated::default() };
    let (mut told, mut settled) = (0, 0);
    for (times, errors) in [(0.8, 2.575_829_303_548_900_4), (1.2, 2.053_748_910_631_823)] {
        let limits = Limits { errors, ..Limits::latencies(&system, times) };
        for seed in 0..12 {
            let mut run = Judged::new(system, limits, seed);
            for (at, inference) in run.infer().unwrap().into_iter().enumerate() {
                if let Some(more) = inference.more.filter(|more| *more < 1500.0) {
                    run = Judged::new(system, limits, seed);
                    run.go_on(more as u64);
                    told += 1;
                    settled += u64::from(run.infer().unwrap()[at].certainty == Certainty::Certain);
                }
            }
        }
    }
    assert!(told >= 5 && settled * 5 >= told * 4, "{settled} of {told}");
}

#[test]
fn a_truth_off_the_limit_is_found() {
    let system = Simulated { seconds: 300, per_second: 50, ..Simulated::default() };
    let [_, within] = sure(system, Limits::latencies(&system, 0.8), 10);
    assert!(within[0][0] >= 8 && within[1][0] >= 8, "{within:?}");
    let [_, beyond] = sure(system, Limits::latencies(&system, 1.2), 10);
    assert!(beyond[0][1] >= 8 && beyond[1][1] >= 8, "{beyond:?}");
}

fn events(seconds: &[(u64, u64)], permitted: f64) -> Inference {
    certainty(seconds, Counted::Events(None), permitted, 1.0).unwrap()
}

#[test]
fn no_errors_are_certain_after_enough_of_them() {
    assert_eq!(events(&[(0, 50); 300], 0.01).certainty, Certainty::Certain);
    assert_eq!(events(&[(0, 200); 60], 0.01).certainty, Certainty::Certain);
    // As few as these say nothing: two of a hundred values bad would often look like it.
    let few = events(&[(0, 2); 60], 0.01);
    assert_eq!((few.certainty, few.share), (Certainty::Open, 0.0));
    assert!(certainty(&[], Counted::Events(None), 0.01, 1.0).is_none());
    assert!(certainty(&[(0, 0)], Counted::Events(None), 0.01, 1.0).is_none());
}

#[test]
fn a_run_of_a_few_seconds_is_never_certain() {
    let short = events(&[(0, 10_000); 19], 0.2);
    assert_eq!((short.certainty, short.more), (Certainty::Likely, Some(1.0)));
    assert_eq!(events(&[(0, 10_000); 20], 0.2).certainty, Certainty::Certain);
    let broken = events(&[(10, 10); 30], 0.01);
    assert_eq!((broken.certainty, broken.low > 0.01, broken.more), (Certainty::Certain, true, None));
}

#[test]
fn one_bad_moment_is_less_than_the_same_values_spread_out() {
    let spread: Vec<(u64, u64)> = (0..600).map(|second| (second % 2, 10)).collect();
    let burst: Vec<(u64, u64)> = (0..600).map(|second| (if second / 60 == 4 { 5 } else { 0 }, 10)).collect();
    let (spread, burst) = (events(&spread, 0.01), events(&burst, 0.01));
    assert_eq!((spread.share, burst.share), (0.05, 0.05));
    assert!(spread.certainty == Certainty::Certain && burst.certainty < Certainty::Certain, "{burst:?}");
    assert!(spread.design_effect < 5.0 && burst.design_effect > 20.0, "{spread:?} {burst:?}");
    assert!(burst.high > 2.0 * spread.high && burst.low < spread.low, "{burst:?} {spread:?}");
}

#[test]
fn more_seconds_are_advised_where_they_help() {
    // One in 240 is near to one in 100, and right on the limit no time helps.
    let near: Vec<(u64, u64)> = (0..60).map(|second| (u64::from(second % 12 == 0), 20)).collect();
    let on: Vec<(u64, u64)> = (0..60).map(|second| (u64::from(second % 5 == 0), 20)).collect();
    for seconds in [near, on] {
        let inference = events(&seconds, 0.01);
        assert_eq!((inference.certainty, inference.more), (Certainty::Open, None), "{inference:?}");
    }
    // None of so many: beyond the limit some would have been seen soon.
    let far = events(&[(0, 50); 60], 0.01);
    assert!(far.certainty < Certainty::Certain && far.more.is_some_and(|more| more < 1000.0), "{far:?}");
}

proptest! {
    #[test]
    fn says_no_more_of_the_worst_of_many(
        seconds in prop::collection::vec((0_u64..20, 0_u64..200), 1..100),
        permitted in 0.001..0.999_f64,
        windows in 1.0..100.0_f64,
    ) {
        let seconds: Vec<(u64, u64)> = seconds.into_iter().map(|(bad, more)| (bad, bad + more)).collect();
        let of = |windows| certainty(&seconds, Counted::Events(None), permitted, windows);
        prop_assume!(of(1.0).is_some());
        let (one, worst) = (of(1.0).unwrap(), of(windows).unwrap());
        prop_assert!(worst.certainty <= one.certainty);
        prop_assert!(worst.low <= one.low + 1e-9 && worst.high >= one.high - 1e-9);
        prop_assert!(0.0 <= one.low && one.low <= one.share && one.share <= one.high && one.high <= 1.0);
        prop_assert!(one.design_effect >= 1.0 && one.effective <= seconds.iter().map(|s| s.1).sum::<u64>() as f64);
        prop_assert!(one.more.is_none_or(|more| more > 0.0 && more.is_finite()));
    }
}
