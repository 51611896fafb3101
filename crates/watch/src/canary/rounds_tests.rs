//! Rounds of two versions: made-up ones that differ by what is known, and any that chance makes.

use loadline_prometheus::{ResultType, Row};
use loadline_verdict::{Route, worst};
use proptest::prelude::*;

use super::*;
use crate::objective::Indicator;

/// Requests of a round by bucket, and how many of them failed.
type Round = ([f64; 4], f64);

const BOUNDS: [f64; 4] = [100.0, 250.0, 500.0, f64::INFINITY];
const PACE: Pace = Pace { from_s: 0, round_s: 60, rounds: 12 };

fn endpoints() -> Endpoints {
    let mut endpoints = Endpoints::default();
    endpoints.push("search", Route::parse("POST /search").unwrap());
    endpoints.push("login", Route::parse("POST /login").unwrap());
    endpoints
}

fn objective(limit_ms: f64) -> Objective {
    Objective {
        endpoint: "search".to_owned(),
        method: None,
        path: "/search".to_owned(),
        condition: String::new(),
        indicator: Indicator::Slow { limit_ms },
        permitted: 0.05,
        allow_no_data: false,
    }
}

/// In each round so many requests in each bucket, and failures.
fn answers(rounds: &[Round]) -> Vec<(CanaryReads, Answer)> {
    let row = |le: Option<f64>, number: &dyn Fn(&Round) -> f64| {
        let mut labels = vec![("endpoint".to_owned(), "search".to_owned())];
        labels.extend(
            le.map(|le| ("le".to_owned(), if le.is_finite() { le.to_string() } else { "+Inf".to_owned() })),
        );
        let points = rounds.iter().enumerate();
        let points = points.map(|(place, round)| ((place as i64 + 1) * 60_000, number(round))).collect();
        Row { labels, points }
    };
    let answer = |rows: Vec<Row>| Answer { result_type: ResultType::Matrix, rows, warnings: Vec::new() };
    let buckets = BOUNDS.iter().enumerate();
    let buckets = buckets.map(|(place, bound)| row(Some(*bound), &|round| round.0[..=place].iter().sum()));
    vec![
        (CanaryReads::Buckets, answer(buckets.collect())),
        (CanaryReads::Failed, answer(vec![row(None, &|round| round.1)])),
    ]
}

fn compared(base: &[Round], head: &[Round]) -> Canary {
    let (base, head) = (answers(base), answers(head));
    let objectives = [objective(500.0), objective(300.0)];
    canary(&Settings::default(), &endpoints(), &objectives, &PACE, (&base, &head), &Gate::default())
}

/// Twelve rounds of so many requests, that swing with the time of day; these shares are in each bucket, and fail.
fn rounds(number: f64, shares: [f64; 4], failed: f64) -> Vec<Round> {
    let round = |place: usize| {
        let number = number * (1.0 + 0.3 * (place as f64).sin());
        (shares.map(|share| (share * number).round()), (failed * number).round())
    };
    (0..12).map(round).collect()
}

const USUAL: [f64; 4] = [0.6, 0.3, 0.08, 0.02];

fn outcome_of(canary: &Canary, quantity: &str) -> Outcome {
    let found = canary.comparisons.iter().find(|one| one.quantity == quantity);
    found.unwrap_or_else(|| panic!("{quantity}: {canary:?}")).outcome
}

#[test]
fn a_canary_with_a_fifth_of_the_traffic_passes_and_a_slower_one_does_not() {
    let base = rounds(20_000.0, USUAL, 0.001);
    let same = compared(&base, &rounds(4_000.0, USUAL, 0.001));
    assert_eq!(worst(&same.comparisons), Outcome::Pass, "{same:?}");
    let names: Vec<&str> = same.comparisons.iter().map(|one| one.quantity.as_str()).collect();
    assert_eq!(names, ["errors", "over 300ms", "over 500ms", "p50", "p95"]);
    assert!(
        same.remarks.iter().any(|words| words.ends_with("in both, so not compared: search p99")),
        "{same:?}"
    );
    assert!(
        same.remarks.iter().any(|words| words.contains("none is at the limit: search 300ms")),
        "{same:?}"
    );
    assert!(same.remarks.iter().any(|words| words.contains("no requests in either, so not compared: login")));
    let slower = compared(&base, &rounds(4_000.0, [0.5, 0.3, 0.12, 0.08], 0.001));
    assert_eq!(
        (outcome_of(&slower, "over 500ms"), outcome_of(&slower, "p50")),
        (Outcome::Fail, Outcome::Fail)
    );
    assert_eq!(outcome_of(&slower, "errors"), Outcome::Pass);
    let failing = compared(&base, &rounds(4_000.0, USUAL, 0.05));
    assert_eq!(outcome_of(&failing, "errors"), Outcome::Fail);
    let faster = compared(&base, &rounds(4_000.0, [0.9, 0.08, 0.02, 0.0], 0.0));
    assert_eq!(worst(&faster.comparisons), Outcome::Pass, "{faster:?}");
}

#[test]
fn too_little_is_open_and_silence_too() {
    let base = rounds(1_000.0, USUAL, 0.0);
    let few = compared(&base, &rounds(8.0, USUAL, 0.0));
    assert_eq!(
        outcome_of(&few, "errors"),
        Outcome::Inconclusive,
        "of a hundred requests none failed: {few:?}"
    );
    assert_eq!(worst(&few.comparisons), Outcome::Inconclusive, "{few:?}");
    assert!(few.remarks.iter().any(|words| words.contains("too few requests for search p95")), "{few:?}");
    let silent = compared(&base, &[]);
    assert_eq!(worst(&silent.comparisons), Outcome::Inconclusive, "{silent:?}");
    assert!(silent.remarks.iter().any(|words| words.contains("no requests in the canary, so open: search")));
    let new = compared(&[], &base);
    assert!(new.comparisons.is_empty() && new.remarks[0].contains("only in the canary"), "{new:?}");
}

#[test]
fn above_all_bounds_nobody_knows_which_is_slower() {
    let slow = rounds(1_000.0, [0.2, 0.1, 0.1, 0.6], 0.0);
    let both = compared(&slow, &slow);
    assert!(both.comparisons.iter().all(|one| !one.quantity.starts_with('p')), "{both:?}");
    assert!(
        both.remarks.iter().any(|words| words.contains("search p50, search p95, search p99")),
        "{both:?}"
    );
    let head = compared(&rounds(1_000.0, USUAL, 0.0), &slow);
    assert_eq!(outcome_of(&head, "p95"), Outcome::Fail, "at least the highest bound");
}

proptest! {
    /// Two versions that did the same are never told apart, and one that fails more is never better for it.
    #[test]
    fn the_same_is_never_worse(
        rounds in prop::collection::vec((prop::array::uniform4(0u32..500), 0.0..1.0_f64), 12),
        more in 0.0..1.0_f64,
    ) {
        let of = |add: f64| -> Vec<Round> {
            let rounds = rounds.iter();
            rounds
                .map(|(buckets, share)| {
                    let total: u32 = buckets.iter().sum();
                    (buckets.map(f64::from), ((share + add).min(1.0) * f64::from(total)).round())
                })
                .collect()
        };
        let same = compared(&of(0.0), &of(0.0));
        prop_assert_ne!(worst(&same.comparisons), Outcome::Fail);
        let failing = compared(&of(0.0), &of(more));
        let errors = |canary: &Canary| canary.comparisons.iter().find(|one| one.quantity == "errors").map(|one| one.change);
        if let (Some(same), Some(failing)) = (errors(&same), errors(&failing)) {
            prop_assert!(failing >= same - 1e-12);
        }
    }
}
