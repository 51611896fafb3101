//! Two builds searched in turns: what a comparison says of builds that are the same, and of one that carries less.

use loadline_capacity::search::{Terms, lines_by_turn};
use loadline_capacity::simulate::{Kind, Law, Trial, search_in_turns, truth};
use loadline_measure::{Better, FigureScale, FigureUnit};
use loadline_verdict::{Gate, Outcome, Rounds, compare_rounds};

/// Four workers; the time that each takes is longer for a build that carries less.
fn build(part: f64) -> Trial {
    Trial {
        kind: Kind::Workers { workers: 4, service: Law::Exponential(0.02 / part) },
        p95_s: 0.15,
        errors: 0.01,
        terms: Terms { start: 20.0, max: 2000.0, at_most_s: 150.0, whole: false, burst: false },
        evenly: false,
    }
}

/// What is said of a head that carries this part of what the base carries, for each of some seeds, with the change.
fn compared(part: f64, seeds: u64) -> Vec<(Outcome, f64)> {
    let (base, head) = (build(1.0), build(part));
    let scale = FigureScale { unit: FigureUnit::Plain, better: Better::Higher };
    (0..seeds)
        .map(|seed| {
            let found = search_in_turns(&base, &head, seed);
            let (of_base, of_head) =
                lines_by_turn((&found.base, &found.head), &found.turns).expect("both lines are seen");
            let rounds = Rounds { base: of_base, head: of_head, ..Rounds::new("all", "capacity", &scale) };
            let said = compare_rounds(&[rounds], &Gate::default());
            (said[0].outcome, said[0].change)
        })
        .collect()
}

#[test]
fn builds_that_are_the_same_are_not_told_apart_and_one_that_carries_a_fifth_less_is() {
    let same = compared(1.0, 3);
    assert!(same.iter().all(|(outcome, _)| *outcome != Outcome::Fail), "{same:?}");
    let less = compared(0.8, 3);
    let found = less.iter().filter(|(outcome, _)| *outcome == Outcome::Fail).count();
    assert!(found >= 2, "{less:?}");
    // Within a limit that stays, slower workers carry less than a fifth less of the load.
    let carried = |part| truth(&build(part), (50.0, 400.0), 40_000);
    let change = carried(0.8) / carried(1.0);
    assert!(less.iter().all(|(_, found)| (found / change - 1.0).abs() < 0.08), "{change}: {less:?}");
}
