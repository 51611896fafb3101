//! How sure a percentile of a single run is, as far as the run itself can tell.
//!
//! Seconds resemble each other, so blocks of ten of them are drawn anew, with replacement, and the percentile of what was
//! drawn is looked at: its spread over many draws is the error. What differs between runs no run can see.
//!
//! Source: Künsch, The jackknife and the bootstrap for general stationary observations, 1989.

use loadline_measure::Trend;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Seconds in a block.
pub(super) const BLOCK_SECONDS: u64 = 10;
/// Draws: enough for a standard error of a few percent of itself.
const DRAWS: usize = 200;

/// A figure's logarithm and its standard error within the run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    /// The natural logarithm of the figure.
    pub(super) log: f64,
    /// The standard error of that.
    pub(super) error: f64,
}

/// The quantile `q`, from 0 to 1, of all blocks together, and how it spreads. `None` without values, or when the figure is not
/// above 0. With fewer than two blocks the error is infinite: one block says nothing of others.
pub(super) fn quantile_spread(blocks: &[Trend], q: f64, seed: u64) -> Option<Spread> {
    let together = |chosen: &mut dyn Iterator<Item = &Trend>| {
        let all = chosen.cloned().reduce(|mut all, block| {
            all.merge(&block);
            all
        });
        all.and_then(|all| all.quantile(q)).filter(|figure| *figure > 0.0)
    };
    let log = together(&mut blocks.iter())?.ln();
    if blocks.len() < 2 {
        return Some(Spread { log, error: f64::INFINITY });
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let draws: Vec<f64> = (0..DRAWS)
        .filter_map(|_| {
            let mut drawn = (0..blocks.len()).map(|_| &blocks[random.random_range(0..blocks.len())]);
            together(&mut drawn).map(f64::ln)
        })
        .collect();
    let mean = draws.iter().sum::<f64>() / draws.len() as f64;
    let squares: f64 = draws.iter().map(|draw| (draw - mean).powi(2)).sum();
    Some(Spread { log, error: (squares / (draws.len() - 1) as f64).sqrt() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_that_differ_make_the_figure_less_sure() {
        let block = |level: f64| {
            let values: Vec<f64> = (0..300).map(|n| level * (1.0 + f64::from(n % 100) / 100.0)).collect();
            Trend::of(&values, &[])
        };
        let calm: Vec<Trend> = (0..12).map(|_| block(10.0)).collect();
        let rough: Vec<Trend> = (0..12).map(|n| block(8.0 + f64::from(n % 4))).collect();
        let (calm, rough) =
            (quantile_spread(&calm, 0.95, 1).unwrap(), quantile_spread(&rough, 0.95, 1).unwrap());
        assert!(calm.error < 0.002 && rough.error > 5.0 * calm.error, "{calm:?} {rough:?}");
        assert!((calm.log.exp() - 19.5).abs() < 0.1, "{calm:?}");
        assert_eq!(quantile_spread(&[block(1.0)], 0.5, 1).unwrap().error, f64::INFINITY);
        assert!(quantile_spread(&[], 0.5, 1).is_none());
    }
}
