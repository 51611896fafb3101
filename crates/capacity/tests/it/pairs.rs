//! Two builds searched in turns: what a comparison says of builds that are the same, and of one that carries less.
//! `bench/capacity-pairs` compares more, on more services.

use loadline_capacity::search::{Terms, lines_by_turn};
use loadline_capacity::simulate::{CASES, Case, Trial, search_in_turns};
use loadline_measure::{Better, FigureScale, FigureUnit};
use loadline_verdict::{Comparison, Gate, Outcome, Rounds, compare_rounds};

/// What is said of two builds with ten minutes for both, for each of some seeds.
fn compared(base: &Trial, head: &Trial, seeds: u64) -> Vec<Comparison> {
    let scale = FigureScale { unit: FigureUnit::Plain, better: Better::Higher };
    (0..seeds)
        .map(|seed| {
            let found = search_in_turns(base, head, seed);
            let (of_base, of_head) =
                lines_by_turn((&found.base, &found.head), &found.turns).expect("both lines are seen");
            let rounds = Rounds { base: of_base, head: of_head, ..Rounds::new("all", "capacity", &scale) };
            compare_rounds(&[rounds], &Gate::default()).remove(0)
        })
        .collect()
}

/// Four workers that take 5 ms for each request: 639 a second.
fn base() -> (Case, Trial) {
    let case = *CASES.iter().find(|case| case.name == "fixed").expect("it is one of them");
    let case = case.faster(4.0);
    let mut trial = case.trial();
    trial.terms = Terms { at_most_s: 300.0, burst: false, ..trial.terms };
    (case, trial)
}

fn of(outcome: Outcome, compared: &[Comparison]) -> usize {
    compared.iter().filter(|one| one.outcome == outcome).count()
}

#[test]
fn a_build_that_carries_eight_per_cent_less_is_red() {
    let (case, base) = base();
    let less = compared(&base, &base.carrying(0.92, case.truth, 200_000), 8);
    assert!(of(Outcome::Fail, &less) >= 5 && of(Outcome::Pass, &less) == 0, "{less:#?}");
    // What is said of the change is true: its 99 % intervals hold it.
    let held = less.iter().filter(|one| (one.low..=one.high).contains(&0.92)).count();
    assert!(held >= 7, "{less:#?}");
}

#[test]
fn builds_that_are_the_same_are_not_told_apart() {
    let (_, base) = base();
    let same = compared(&base, &base, 5);
    assert!(of(Outcome::Fail, &same) == 0 && of(Outcome::Pass, &same) >= 4, "{same:#?}");
}
