//! Which of many verdicts a person is shown: all of a few; of thousands, those that did not pass, and how many did.

use loadline_units::count;
use loadline_verdict::Outcome;

/// So many rows a person looks at.
const MOST: usize = 100;
/// … of which passes get so many, when something did not pass.
const PASSES: usize = 10;

/// The positions that are shown, in order, and what is said of the others, if anything is.
pub(crate) struct Shown {
    /// Ascending.
    pub(crate) positions: Vec<usize>,
    /// `and 19,880 more passed`.
    pub(crate) rest: Option<String>,
}

/// Chooses among outcomes: up to a hundred are shown as they are; of more, failures first, then what has no data or is
/// open, then the first that passed.
pub(crate) fn shown(outcomes: &[Outcome]) -> Shown {
    if outcomes.len() <= MOST {
        return Shown { positions: (0..outcomes.len()).collect(), rest: None };
    }
    let order = [Outcome::Fail, Outcome::NoData, Outcome::Inconclusive, Outcome::Pass];
    let words = ["failed", "without data", "inconclusive", "passed"];
    let mut positions = Vec::new();
    let mut rest = Vec::new();
    for (outcome, words) in order.into_iter().zip(words) {
        let of_it = || outcomes.iter().enumerate().filter(|(_, other)| **other == outcome);
        let room = MOST - positions.len();
        let room = if outcome == Outcome::Pass && !positions.is_empty() { room.min(PASSES) } else { room };
        positions.extend(of_it().take(room).map(|(position, _)| position));
        let left = of_it().count().saturating_sub(room);
        if left > 0 {
            rest.push(format!("{} more {words}", count(left as u64)));
        }
    }
    positions.sort_unstable();
    let rest = (!rest.is_empty()).then(|| format!("and {}", rest.join(", ")));
    Shown { positions, rest }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(fails: usize, open: usize, passes: usize) -> Vec<Outcome> {
        let of = |number: usize, outcome| std::iter::repeat_n(outcome, number);
        of(passes, Outcome::Pass)
            .chain(of(fails, Outcome::Fail))
            .chain(of(open, Outcome::Inconclusive))
            .collect()
    }

    #[test]
    fn a_few_are_all_shown_and_of_many_those_that_matter() {
        let all = shown(&outcomes(2, 1, 97));
        assert_eq!((all.positions.len(), all.rest), (100, None));
        let many = shown(&outcomes(3, 1, 19_996));
        assert_eq!(many.positions, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 19_996, 19_997, 19_998, 19_999]);
        assert_eq!(many.rest.as_deref(), Some("and 19,986 more passed"));
        let fine = shown(&outcomes(0, 0, 20_000));
        assert_eq!((fine.positions.len(), fine.rest.as_deref()), (100, Some("and 19,900 more passed")));
        let bad = shown(&outcomes(500, 20, 30));
        assert_eq!(bad.positions.len(), 100);
        assert_eq!(bad.rest.as_deref(), Some("and 400 more failed, 20 more inconclusive, 30 more passed"));
    }
}
