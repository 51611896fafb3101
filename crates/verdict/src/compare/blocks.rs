//! How sure a figure of a single run is, as far as the run itself can tell.
//!
//! Seconds resemble each other, so blocks of ten of them are drawn anew, with replacement, and the figure of what was
//! drawn is looked at: its spread over many draws is the error. What differs between runs no run can see.
//!
//! Source: Künsch, The jackknife and the bootstrap for general stationary observations, 1989.

use std::collections::HashMap;
use std::time::Duration;

use loadline_measure::{FigureScale, Quantity, Run, Series};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::scaled::Scaled as _;
use crate::gathered::Gathered;

/// Seconds in a block.
const BLOCK_SECONDS: u64 = 10;
/// Draws: enough for a standard error of a few percent of itself.
const DRAWS: usize = 200;

/// How bad a figure is and the standard error of that within the run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    /// The figure on its [`Scaled`](super::scaled::Scaled) scale.
    pub(super) badness: f64,
    /// The standard error of that.
    pub(super) error: f64,
}

/// The figure of all blocks together, and how it spreads. `None` without values, or when the scale has no place for
/// the figure. With fewer than two blocks the error is infinite: one block says nothing of others.
pub(super) fn spread(
    blocks: &[Gathered],
    quantity: Quantity,
    scale: &FigureScale,
    seed: u64,
) -> Option<Spread> {
    // In ten seconds without a request there is no latency; that there was none is a rate all the same.
    let counts = matches!(quantity, Quantity::Rate | Quantity::Count);
    let blocks: Vec<&Gathered> =
        blocks.iter().filter(|block| counts || block.figure(quantity).is_some()).collect();
    let together = |chosen: &mut dyn Iterator<Item = &Gathered>| {
        let mut all = Gathered::default();
        for block in chosen {
            all.merge(block);
        }
        let (figure, _) = all.figure(quantity)?;
        Some(scale.badness(figure)).filter(|badness| badness.is_finite())
    };
    let badness = together(&mut blocks.iter().copied())?;
    if blocks.len() < 2 {
        return Some(Spread { badness, error: f64::INFINITY });
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let draws: Vec<f64> = (0..DRAWS)
        .filter_map(|_| {
            together(&mut (0..blocks.len()).map(|_| blocks[random.random_range(0..blocks.len())]))
        })
        .collect();
    if draws.len() < 2 {
        return Some(Spread { badness, error: f64::INFINITY });
    }
    let mean = draws.iter().sum::<f64>() / draws.len() as f64;
    let squares: f64 = draws.iter().map(|draw| (draw - mean).powi(2)).sum();
    Some(Spread { badness, error: (squares / (draws.len() - 1) as f64).sqrt() })
}

/// What each of some sets of series comes to in every block of a run: one list of blocks for each set.
pub(super) fn blocks(run: &Run, sets: &[&[Series]]) -> Vec<Vec<Gathered>> {
    let number = run.duration.as_secs_f64().ceil() as u64;
    let length = |block: u64| {
        let rest = run.duration.saturating_sub(Duration::from_secs(block * BLOCK_SECONDS));
        rest.min(Duration::from_secs(BLOCK_SECONDS))
    };
    let empty: Vec<Gathered> =
        (0..number.div_ceil(BLOCK_SECONDS)).map(|block| Gathered::over(length(block))).collect();
    let mut blocks = vec![empty; sets.len()];
    let mut wanted: HashMap<Series, Vec<usize>> = HashMap::new();
    for (set, series) in sets.iter().enumerate() {
        for series in *series {
            wanted.entry(*series).or_default().push(set);
        }
    }
    for (second, window) in run.seconds() {
        let at = (second / BLOCK_SECONDS) as usize;
        for (series, sink) in window.iter() {
            for set in wanted.get(&series).into_iter().flatten() {
                // What was recorded after the run's end, by its cleaning up, is of its last block.
                let last = blocks[*set].len().saturating_sub(1);
                let Some(block) = blocks[*set].get_mut(at.min(last)) else { continue };
                block.add(sink);
                if let Some(gauge) = sink.as_gauge() {
                    block.add_level(gauge.last);
                }
            }
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use loadline_measure::{Rate, Sink, Trend};

    use super::*;

    const P95: Quantity = Quantity::Percentile(95.0);

    fn of(sink: &Sink) -> Gathered {
        let mut block = Gathered::over(Duration::from_secs(BLOCK_SECONDS));
        block.add(sink);
        block
    }

    #[test]
    fn blocks_that_differ_make_the_figure_less_sure() {
        let block = |level: f64| {
            let values: Vec<f64> = (0..300).map(|n| level * (1.0 + f64::from(n % 100) / 100.0)).collect();
            of(&Sink::Trend(Trend::of(&values, &[])))
        };
        let calm: Vec<Gathered> = (0..12).map(|_| block(10.0)).collect();
        let rough: Vec<Gathered> = (0..12).map(|n| block(8.0 + f64::from(n % 4))).collect();
        let spread = |blocks: &[Gathered]| spread(blocks, P95, &FigureScale::LATENCY, 1);
        let (calm, rough) = (spread(&calm).unwrap(), spread(&rough).unwrap());
        assert!(calm.error < 0.002 && rough.error > 5.0 * calm.error, "{calm:?} {rough:?}");
        assert!((calm.badness.exp() - 19.5).abs() < 0.1, "{calm:?}");
        assert_eq!(spread(&[block(1.0)]).unwrap().error, f64::INFINITY);
        assert!(spread(&[]).is_none());
    }

    #[test]
    fn shares_spread_too() {
        let block = |passes| of(&Sink::Rate(Rate { passes, total: 100 }));
        let errors: Vec<Gathered> = [0, 2, 4, 2].map(block).to_vec();
        let found = spread(&errors, Quantity::Share, &FigureScale::ERRORS, 1).unwrap();
        assert!((found.badness - 0.02).abs() < 1e-12 && found.error > 0.002, "{found:?}");
        let none: Vec<Gathered> = [0, 0, 0].map(block).to_vec();
        let found = spread(&none, Quantity::Share, &FigureScale::ERRORS, 1).unwrap();
        assert_eq!((found.badness, found.error), (0.0, 0.0));
    }
}
