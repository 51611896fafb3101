//! Two runs, and two builds that take turns: what a head does worse than its base must not be missed for being short,
//! for having no answers, or for never having been sent.

use std::sync::Arc;

use loadline_measure::{Builtin, Figure, FigureScale, Recorder, Run, RunMeta, Schema, TagSetId};
use loadline_verdict::{
    Comparison, Ended, Endpoints, Gate, Outcome, Spending, StandsOn, Turns, compare_figures, compare_runs,
    worst,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A build, as far as its requests tell.
#[derive(Clone, Copy)]
struct Build {
    median_ms: f64,
    /// Of every hundred requests, so many fail.
    failing: u64,
    /// Whether it knows `/pay`.
    pays: bool,
    /// Of every hundred iterations, so many find no free user.
    dropped: u64,
    per_second: u64,
}

const GOOD: Build = Build { median_ms: 20.0, failing: 0, pays: true, dropped: 0, per_second: 100 };

fn endpoints() -> Endpoints {
    Endpoints::of_texts(
        &[("search", "GET /search"), ("pay", "GET /pay")]
            .map(|(name, route)| (name.to_owned(), route.to_owned())),
    )
}

fn run(build: Build, seconds: u64, seed: u64) -> Run {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let schema = Schema::new();
    let builtin = Builtin::define(&schema).unwrap();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let mut run = Run::new(RunMeta::default(), schema);
    for second in 0..seconds {
        for request in 0..build.per_second {
            if request % 100 < build.dropped {
                recorder.record(builtin.dropped_iterations, 1.0, TagSetId::EMPTY);
                continue;
            }
            recorder.record(builtin.iterations, 1.0, TagSetId::EMPTY);
            let url = if request % 4 == 0 { "http://shop.test/pay" } else { "http://shop.test/search" };
            if request % 4 == 0 && !build.pays {
                continue;
            }
            let failed = request % 100 < build.failing;
            let wobble: f64 = (0..6).map(|_| random.random::<f64>() - 0.5).sum();
            let milliseconds = build.median_ms * (0.3 * wobble).exp();
            let tags = recorder.tags(TagSetId::EMPTY, &[("method", "GET"), ("url", url)]);
            recorder.record(builtin.response_time, milliseconds, tags);
            recorder.record(builtin.http_req_duration, milliseconds, tags);
            recorder.record(builtin.http_reqs, 1.0, tags);
            recorder.record(builtin.http_req_failed, f64::from(u8::from(failed)), tags);
        }
        run.push(second, recorder.take_window());
    }
    run
}

fn two(base: Build, head: Build, seconds: u64) -> Vec<Comparison> {
    let (base, head) = (run(base, seconds, 1), run(head, seconds, 2));
    compare_runs(&base, &head, &endpoints(), &[], &[], &Gate::default()).comparisons
}

fn failed(comparisons: &[Comparison]) -> Vec<String> {
    let failed = comparisons.iter().filter(|one| one.outcome == Outcome::Fail);
    failed.map(|one| format!("{} {}", one.subject, one.quantity)).collect()
}

#[test]
fn what_is_gross_is_found_in_two_runs_of_any_length() {
    for seconds in [1, 3, 15, 60] {
        let half = two(GOOD, Build { failing: 50, ..GOOD }, seconds);
        assert!(failed(&half).contains(&"all requests errors".to_owned()), "{seconds} s: {half:#?}");
        let slow = two(GOOD, Build { median_ms: 39.4, ..GOOD }, seconds);
        assert!(failed(&slow).contains(&"all requests p50".to_owned()), "{seconds} s: {slow:#?}");
        let fewer = two(GOOD, Build { per_second: 20, ..GOOD }, seconds.max(3));
        assert!(failed(&fewer).contains(&"all requests rate".to_owned()), "{seconds} s: {fewer:#?}");
        let gone = two(GOOD, Build { pays: false, ..GOOD }, seconds.max(3));
        assert!(failed(&gone).contains(&"pay rate".to_owned()), "{seconds} s: {gone:#?}");
        let dropping = two(GOOD, Build { dropped: 30, ..GOOD }, seconds.max(3));
        assert!(failed(&dropping).contains(&"iterations dropped".to_owned()), "{seconds} s: {dropping:#?}");
    }
}

#[test]
fn two_runs_of_one_build_do_not_fail() {
    for seconds in [1, 3, 15, 60] {
        assert_eq!(failed(&two(GOOD, GOOD, seconds)), [""; 0], "{seconds} s");
        let flaky = Build { failing: 2, dropped: 1, ..GOOD };
        assert_eq!(failed(&two(flaky, flaky, seconds)), [""; 0], "{seconds} s");
    }
    // A head that has more than its base is no worse for it.
    let new = two(Build { pays: false, ..GOOD }, GOOD, 15);
    assert_eq!(failed(&new), [""; 0], "{new:#?}");
}

#[test]
fn what_is_known_of_the_machine_is_used() {
    let (base, head) = (run(GOOD, 60, 1), run(Build { median_ms: 28.0, ..GOOD }, 60, 2));
    let without = compare_runs(&base, &head, &Endpoints::default(), &[], &[], &Gate::default());
    assert_eq!((without.stands_on, failed(&without.comparisons).len()), (StandsOn::Assumption, 0));
    let floors: Vec<Figure> = ["p50", "p95", "p99", "rate", "errors"]
        .map(|quantity| {
            let (subject, quantity) = ("all requests".to_owned(), quantity.to_owned());
            Figure { subject, quantity, value: 0.01, scale: FigureScale::LATENCY, values: 24 }
        })
        .to_vec();
    let with = compare_runs(&base, &head, &Endpoints::default(), &[], &floors, &Gate::default());
    assert_eq!(with.stands_on, StandsOn::Floor);
    assert!(failed(&with.comparisons).contains(&"all requests p50".to_owned()), "{with:#?}");
}

#[test]
fn deciles_tell_a_shift_of_all_from_one_of_the_slow() {
    let pair = |head: Build| {
        let (base, head) = (run(GOOD, 60, 1), run(head, 60, 2));
        compare_runs(&base, &head, &endpoints(), &[], &[], &Gate::default()).deciles
    };
    let slower = pair(Build { median_ms: GOOD.median_ms * 1.5, ..GOOD });
    let names: Vec<&str> = slower.iter().map(|one| one.quantity.as_str()).collect();
    assert_eq!(names, ["p10", "p20", "p30", "p40", "p50", "p60", "p70", "p80", "p90"]);
    for one in &slower {
        assert_eq!(one.subject, "all requests");
        assert!((one.change - 1.5).abs() < 0.15 && one.low < one.change && one.change < one.high, "{one:?}");
    }
    for one in pair(GOOD) {
        assert!((one.change - 1.0).abs() < 0.1 && one.outcome != Outcome::Fail, "{one:?}");
    }
}

#[test]
fn summaries_are_compared_by_their_figures() {
    let figures = |p95: f64, errors: f64| {
        let figure = |quantity: &str, value, scale| Figure {
            subject: "all requests".to_owned(),
            quantity: quantity.to_owned(),
            value,
            scale,
            values: 1_000,
        };
        vec![figure("p95", p95, FigureScale::LATENCY), figure("errors", errors, FigureScale::ERRORS)]
    };
    let compared = |p95, errors| {
        failed(
            &compare_figures(&figures(20.0, 0.0), &figures(p95, errors), &[], &[], &Gate::default())
                .comparisons,
        )
    };
    assert_eq!(compared(21.0, 0.001), [""; 0]);
    assert_eq!(compared(80.0, 0.5), ["all requests p95", "all requests errors"]);
}

/// Rounds of two builds until the verdict stands.
fn rounds(base: Build, head: Build) -> (Outcome, Ended, usize) {
    let (plan, gate) = (Spending::new(12, 24), Gate::default());
    let mut turns = Turns::default();
    for (look, rounds) in plan.looks().iter().enumerate() {
        while turns.rounds() < *rounds {
            let seed = 100 * turns.rounds() as u64;
            turns.add(&run(base, 2, seed + 3), &run(head, 2, seed + 4), &endpoints());
        }
        if let Some(decided) = turns.decide(look, &plan, &gate) {
            return (worst(&decided.comparisons), decided.ended, turns.rounds());
        }
    }
    panic!("the last look decides")
}

#[test]
fn rounds_miss_nothing_either() {
    for head in [
        Build { failing: 5, ..GOOD },
        Build { median_ms: 23.0, ..GOOD },
        Build { pays: false, ..GOOD },
        Build { dropped: 10, ..GOOD },
        Build { per_second: 50, ..GOOD },
    ] {
        assert_eq!(rounds(GOOD, head), (Outcome::Fail, Ended::Decided, 12));
    }
    assert_ne!(rounds(GOOD, GOOD).0, Outcome::Fail);
}

#[test]
fn a_comparison_that_something_stops_judges_nothing() {
    let mut turns = Turns::default();
    for seed in 0..6 {
        turns.add(&run(GOOD, 2, seed), &run(Build { failing: 50, ..GOOD }, 2, seed + 9), &endpoints());
    }
    let so_far = turns.so_far(&Gate::default());
    assert_eq!((worst(&so_far.comparisons), so_far.ended), (Outcome::Inconclusive, Ended::Stopped));
    let errors = so_far.comparisons.iter().find(|one| one.quantity == "errors").unwrap();
    assert!((errors.change - 0.5).abs() < 0.01 && errors.rounds == 6, "{errors:?}");
}
