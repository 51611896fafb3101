//! In which order the two builds of each round run.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// For each round, whether the base goes first. Half of the rounds have it first, in random order: what only drifts, or
/// favours whoever runs second, is on nobody's side.
pub fn round_order(rounds: usize, seed: u64) -> Vec<bool> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut order: Vec<bool> = (0..rounds).map(|round| round % 2 == 0).collect();
    // Fisher and Yates.
    for position in (1..order.len()).rev() {
        order.swap(position, random.random_range(0..=position));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_go_first_as_often() {
        for rounds in [1, 2, 12, 13] {
            let order = round_order(rounds, 7);
            assert_eq!(order.iter().filter(|base_first| **base_first).count(), rounds.div_ceil(2));
            assert_eq!(order, round_order(rounds, 7));
        }
        assert_ne!(round_order(24, 1), round_order(24, 2));
    }
}
