//! Looking more than once: how much of the chance of a false answer each look may spend.

/// A plan of looks at growing numbers of rounds, fixed before the first.
///
/// Each look spends what the plan's function has grown since the last one; the sum is the whole level, so that the
/// chance of a false answer at any look is at most that (Bonferroni over the looks: a little strict, and free of
/// assumptions about how looks depend on each other). The function is Pocock's type, α · ln(1 + (e − 1) t): early looks
/// may decide, because waiting costs minutes here, not lives.
///
/// Source: Lan and `DeMets`, Discrete sequential boundaries for clinical trials, Biometrika 1983.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spending {
    looks: Vec<usize>,
}

impl Spending {
    /// Looks after `first` rounds and after as many again, until `most`.
    pub fn new(first: usize, most: usize) -> Self {
        let first = first.max(2);
        let most = most.max(first);
        let mut looks: Vec<usize> = (1..=(most - 1) / first).map(|look| look * first).collect();
        looks.push(most);
        Self { looks }
    }

    /// The numbers of rounds at which to look, ascending.
    pub fn looks(&self) -> &[usize] {
        &self.looks
    }

    /// What the look number `look`, from 0, may spend of `level`.
    pub fn share(&self, look: usize, level: f64) -> f64 {
        let most = *self.looks.last().unwrap_or(&1) as f64;
        let spent = |rounds: usize| (1.0 + (std::f64::consts::E - 1.0) * rounds as f64 / most).ln();
        let before = look
            .checked_sub(1)
            .and_then(|before| self.looks.get(before))
            .map_or(0.0, |rounds| spent(*rounds));
        self.looks.get(look).map_or(0.0, |rounds| level * (spent(*rounds) - before))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn looks_are_as_far_apart_as_the_first() {
        assert_eq!(Spending::new(12, 48).looks(), [12, 24, 36, 48]);
        assert_eq!(Spending::new(12, 12).looks(), [12]);
        assert_eq!(Spending::new(5, 12).looks(), [5, 10, 12]);
        let first = Spending::new(12, 48).share(0, 0.01);
        assert!((first - 0.01 * (1.0 + (std::f64::consts::E - 1.0) / 4.0).ln()).abs() < 1e-15);
    }

    proptest! {
        #[test]
        fn the_whole_level_is_spent_and_no_more(first in 2_usize..40, most in 2_usize..200) {
            let spending = Spending::new(first, most);
            let shares: Vec<f64> = (0..spending.looks().len()).map(|look| spending.share(look, 0.01)).collect();
            prop_assert!(shares.iter().all(|share| *share > 0.0));
            prop_assert!((shares.iter().sum::<f64>() - 0.01).abs() < 1e-12);
        }
    }
}
