//! How sure a figure of a single run is, as far as the run itself can tell.
//!
//! Seconds resemble each other, so blocks of ten of them are drawn anew, with replacement, and the figure of what was
//! drawn is looked at: its spread over many draws is the error. What differs between runs no run can see. Of a run
//! under a minute the blocks are shorter, and the error is at least that of as many values of which four tell as much
//! as one.
//!
//! Source: Künsch, The jackknife and the bootstrap for general stationary observations, 1989.

use std::collections::HashMap;
use std::time::Duration;

use loadline_measure::{FigureScale, Quantity, Run, Series};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::scaled::Scaled as _;
use crate::gathered::Gathered;

/// Seconds in a block, at the most.
const BLOCK_SECONDS: u64 = 10;
/// With fewer blocks than these their spread alone is not believed.
const FEW_BLOCKS: usize = 6;
/// Of values whose resemblance nobody knows, so many tell as much as one.
pub(super) const ALIKE: f64 = 4.0;
/// Draws: enough for a standard error of a few percent of itself.
const DRAWS: usize = 200;

/// How bad a figure is and the standard error of that within the run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    /// The figure on its [`Scaled`](super::scaled::Scaled) scale.
    pub(super) badness: f64,
    /// The standard error of that.
    pub(super) error: f64,
    /// What failed and how many there were, where the figure is a share.
    pub(super) share: Option<(f64, f64)>,
}

/// So many seconds are a block of a run.
fn block_seconds(run: &Run) -> u64 {
    (run.duration.as_secs() / FEW_BLOCKS as u64).clamp(1, BLOCK_SECONDS)
}

/// The figure of all blocks together, and how it spreads. `None` without values, or when the scale has no place for
/// the figure.
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
        all
    };
    let badness = |gathered: &Gathered| {
        let (figure, _) = gathered.figure(quantity)?;
        Some(scale.badness(figure)).filter(|badness| badness.is_finite())
    };
    let whole = together(&mut blocks.iter().copied());
    let (figure, values) = whole.figure(quantity)?;
    let typical = badness(&whole)?;
    let share = scale.by_difference().then_some((figure * values as f64, values as f64));
    let by_count = if blocks.len() < FEW_BLOCKS { by_count(&whole, quantity, scale)? } else { 0.0 };
    if blocks.len() < 2 {
        return Some(Spread { badness: typical, error: by_count, share });
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let draws: Vec<f64> = (0..DRAWS)
        .filter_map(|_| {
            badness(&together(&mut (0..blocks.len()).map(|_| blocks[random.random_range(0..blocks.len())])))
        })
        .collect();
    if draws.len() < 2 {
        return Some(Spread { badness: typical, error: f64::INFINITY, share });
    }
    let mean = draws.iter().sum::<f64>() / draws.len() as f64;
    let squares: f64 = draws.iter().map(|draw| (draw - mean).powi(2)).sum();
    // Draws with replacement spread less than what they are drawn from.
    let blocks = blocks.len() as f64;
    let error = (squares / (draws.len() - 1) as f64 * blocks / (blocks - 1.0)).sqrt();
    Some(Spread { badness: typical, error: error.max(by_count), share })
}

/// The standard error of a figure of so many values, [`ALIKE`] of which tell as much as one.
fn by_count(all: &Gathered, quantity: Quantity, scale: &FigureScale) -> Option<f64> {
    let (_, values) = all.figure(quantity)?;
    let values = (values as f64 / ALIKE).max(1.0);
    Some(match quantity {
        Quantity::Percentile(percent) => {
            let share = percent / 100.0;
            let reach = (share * (1.0 - share) / values).sqrt();
            let at = |share: f64| {
                let percent = share.clamp(0.0, 1.0) * 100.0;
                let (figure, _) = all.figure(Quantity::Percentile(percent))?;
                Some(scale.badness(figure))
            };
            (at(share + reach)? - at(share - reach)?).abs() / 2.0
        }
        // Of shares it depends on both sides.
        Quantity::Share => 0.0,
        _ => values.sqrt().recip(),
    })
}

/// What each of some sets of series comes to in every block of a run: one list of blocks for each set.
pub(super) fn blocks(run: &Run, sets: &[&[Series]]) -> Vec<Vec<Gathered>> {
    let number = run.duration.as_secs_f64().ceil() as u64;
    let block_seconds = block_seconds(run);
    let length = |block: u64| {
        let rest = run.duration.saturating_sub(Duration::from_secs(block * block_seconds));
        rest.min(Duration::from_secs(block_seconds))
    };
    let empty: Vec<Gathered> =
        (0..number.div_ceil(block_seconds)).map(|block| Gathered::over(length(block))).collect();
    let mut blocks = vec![empty; sets.len()];
    let mut wanted: HashMap<Series, Vec<usize>> = HashMap::new();
    for (set, series) in sets.iter().enumerate() {
        for series in *series {
            wanted.entry(*series).or_default().push(set);
        }
    }
    for (second, window) in run.seconds() {
        let at = (second / block_seconds) as usize;
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
        // Of one block it is that of its values, of which four tell as much as one.
        let short = spread(&[block(10.0)]).unwrap().error;
        assert!(short > calm.error && short < 0.05, "{short}");
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
