//! Rounds in, changes out: by the comparison that judges builds.
//!
//! Each round measures a statement with and without the indexes. It is slower if the ratio of the two is beyond the
//! limit for certain, as it is when builds take turns; what writes may have a limit of its own, because whoever wants
//! an index has to keep it up.

use loadline_measure::FigureScale;
use loadline_verdict::{Comparison, Gate, Outcome, Rounds, Spending, compare_rounds};

/// How sure one wants to be of each change, over all looks.
const LEVEL: f64 = 0.01;
/// What is called a statement's time in a comparison.
const QUANTITY: &str = "time";

/// By how much a statement may become slower.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// A statement that reads: 0.1 for a tenth.
    pub reads: f64,
    /// A statement that writes.
    pub writes: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { reads: 0.1, writes: 0.1 }
    }
}

/// A statement's times in milliseconds, round by round.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// Whether it writes.
    pub writes: bool,
    /// Without the indexes.
    pub without: Vec<f64>,
    /// With them, in the same rounds.
    pub with: Vec<f64>,
}

/// Which way a statement went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// Faster, for certain.
    Faster,
    /// Not slower by more than the limit, for certain.
    Same,
    /// Slower by more than the limit, for certain.
    Slower,
    /// Not certain after all rounds.
    Open,
    /// Not measured.
    Unknown,
}

/// What became of a statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Which way it went.
    pub course: Course,
    /// The figures.
    pub comparison: Comparison,
}

/// What has become of each statement at look number `look` of a plan, in their order.
pub fn changes(measured: &[Measured], limits: &Limits, plan: &Spending, look: usize) -> Vec<Change> {
    let rows: Vec<Rounds> = measured.iter().map(rounds).collect();
    let level = plan.share(look, LEVEL);
    let compared = |writes: bool| {
        let delta = if writes { limits.writes } else { limits.reads };
        let some: Vec<Rounds> = rows
            .iter()
            .zip(measured)
            .filter(|(_, one)| one.writes == writes)
            .map(|(row, _)| row.clone())
            .collect();
        compare_rounds(&some, &Gate { delta, level, ..Gate::default() }).into_iter()
    };
    let (mut reads, mut writes) = (compared(false), compared(true));
    let of = |one: &Measured| if one.writes { writes.next() } else { reads.next() };
    measured
        .iter()
        .filter_map(of)
        .map(|comparison| Change { course: course(&comparison), comparison })
        .collect()
}

/// Whether more rounds of it would tell nothing new.
pub fn is_settled(change: &Change) -> bool {
    // Whether what is certainly not slower is faster takes no more rounds than that took.
    change.course != Course::Open
}

/// Whether an index that a statement has to do with is to go for it: it is slower beyond its limit for certain, or that
/// is still open after all rounds and what was measured is nearer to the limit than to no change. Who wants an index
/// has to prove it.
pub fn is_to_go(change: &Change, writes: bool, limits: &Limits) -> bool {
    let limit = if writes { limits.writes } else { limits.reads };
    match change.course {
        Course::Slower => true,
        Course::Open => change.comparison.change > 1.0 + limit / 2.0,
        Course::Faster | Course::Same | Course::Unknown => false,
    }
}

fn course(comparison: &Comparison) -> Course {
    match comparison.outcome {
        Outcome::NoData => Course::Unknown,
        Outcome::Fail => Course::Slower,
        Outcome::Pass if comparison.high < 1.0 => Course::Faster,
        Outcome::Pass => Course::Same,
        Outcome::Inconclusive => Course::Open,
    }
}

fn rounds(measured: &Measured) -> Rounds {
    Rounds {
        base: measured.without.clone(),
        head: measured.with.clone(),
        ..Rounds::new("", QUANTITY, &FigureScale::LATENCY)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WOBBLE: [f64; 8] = [1.004, 0.997, 1.001, 0.996, 1.003, 0.999, 1.002, 0.998];

    fn measured(ms: f64, factor: f64, writes: bool) -> Measured {
        let without: Vec<f64> = WOBBLE.iter().map(|wobble| ms * wobble).collect();
        let with = without.iter().zip(WOBBLE.iter().rev()).map(|(ms, wobble)| ms * factor * wobble).collect();
        Measured { writes, without, with }
    }

    fn courses(measured: &[Measured], limits: Limits) -> Vec<Course> {
        changes(measured, &limits, &Spending::new(8, 8), 0).iter().map(|change| change.course).collect()
    }

    #[test]
    fn each_statement_goes_its_own_way() {
        let some = [0.01, 1.0, 1.2, 1.2, 0.5].map(|factor| measured(20.0, factor, false));
        let mut some = some.to_vec();
        some[3].writes = true;
        some.push(Measured::default());
        assert_eq!(
            courses(&some, Limits { writes: 0.5, ..Limits::default() }),
            [Course::Faster, Course::Same, Course::Slower, Course::Same, Course::Faster, Course::Unknown]
        );
        assert_eq!(courses(&some, Limits::default())[3], Course::Slower);
    }

    #[test]
    fn a_tenth_is_not_more_than_a_tenth() {
        assert_eq!(courses(&[measured(3.0, 1.1, false)], Limits::default()), [Course::Open]);
        assert_eq!(courses(&[measured(3.0, 1.08, false)], Limits::default()), [Course::Same]);
    }

    #[test]
    fn what_is_open_and_nearer_to_its_limit_than_to_no_change_is_to_go() {
        let wild = |factor: f64| {
            let without: Vec<f64> = [1.0, 1.3, 0.8, 1.1, 0.9, 1.25, 0.75, 1.0].to_vec();
            let with = without.iter().rev().map(|ms| ms * factor).collect();
            let all = [Measured { writes: false, without, with }];
            changes(&all, &Limits::default(), &Spending::new(8, 8), 0).remove(0)
        };
        for (factor, is) in [(1.3, true), (1.07, true), (1.03, false), (1.0, false)] {
            let change = wild(factor);
            assert_eq!(change.course, Course::Open, "{change:?}");
            assert_eq!(is_to_go(&change, false, &Limits::default()), is);
        }
        assert!(!is_to_go(&wild(1.3), true, &Limits { reads: 0.1, writes: 0.8 }));
    }

    proptest! {
        #[test]
        fn the_other_way_round_is_never_slower_too(ms in 0.01f64..1e4, factor in 1.2f64..50.0, writes: bool) {
            let slower = courses(&[measured(ms, factor, writes)], Limits::default());
            let faster = courses(&[measured(ms, 1.0 / factor, writes)], Limits::default());
            prop_assert_eq!((slower[0], faster[0]), (Course::Slower, Course::Faster));
        }
    }
}
