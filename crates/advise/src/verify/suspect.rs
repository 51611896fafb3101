//! Which index makes a statement slower: those that its plan took up, and those that it has to keep up.

use std::collections::BTreeSet;

/// What a statement has to do with the advised indexes, by their places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suspicion {
    /// Those that its plan uses, or that triggers of foreign keys look into.
    pub uses: BTreeSet<usize>,
    /// Those of the tables that it writes.
    pub keeps_up: BTreeSet<usize>,
}

impl Suspicion {
    /// Whether anything that is done to this index can be felt.
    pub fn touches(&self, index: usize) -> bool {
        self.uses.contains(&index) || self.keeps_up.contains(&index)
    }
}

/// The indexes that can have made a statement slower, of those that are still there; all of them where none is known
/// to, as when the mere choice costs time.
pub fn suspects(of: &Suspicion, there: &BTreeSet<usize>) -> Vec<usize> {
    let known: Vec<usize> = there.iter().copied().filter(|index| of.touches(*index)).collect();
    if known.is_empty() { there.iter().copied().collect() } else { known }
}

/// The one without which the statement is fastest: of each suspect the times in milliseconds while it alone was away.
/// Of two that are the same the later one, which was found worth less.
pub fn culprit(away: &[(usize, Vec<f64>)]) -> Option<usize> {
    let medians = away.iter().filter_map(|(index, times)| Some((*index, median(times)?)));
    medians.min_by(|(a, of_a), (b, of_b)| of_a.total_cmp(of_b).then(b.cmp(a))).map(|(index, _)| index)
}

fn median(times: &[f64]) -> Option<f64> {
    let mut sorted: Vec<f64> = times.iter().copied().filter(|time| time.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn who_is_touched_is_suspected_first() {
        let there = BTreeSet::from([0, 1, 2, 3]);
        let of = Suspicion { uses: [1].into(), keeps_up: [3, 7].into() };
        assert_eq!(suspects(&of, &there), [1, 3]);
        assert_eq!(suspects(&Suspicion::default(), &there), [0, 1, 2, 3]);
    }

    #[test]
    fn the_one_that_is_missed_least_goes() {
        let away = [(0, vec![9.0, 8.0, 30.0]), (4, vec![3.0, 2.0, f64::NAN]), (5, vec![8.0])];
        assert_eq!(culprit(&away), Some(4));
        assert_eq!(culprit(&[(0, vec![]), (1, vec![f64::NAN])]), None);
        assert_eq!(culprit(&[(0, vec![1.0]), (1, vec![1.0])]), Some(1));
    }

    proptest! {
        #[test]
        fn the_order_of_suspects_says_nothing(times in proptest::collection::vec(0.1f64..100.0, 1..8)) {
            let away: Vec<(usize, Vec<f64>)> = times.iter().enumerate().map(|(at, ms)| (at, vec![*ms])).collect();
            let turned: Vec<_> = away.iter().rev().cloned().collect();
            prop_assert_eq!(culprit(&away), culprit(&turned));
        }
    }
}
