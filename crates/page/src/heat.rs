//! How values were spread, over time: counts by step and size, the sizes in equal ratios.

use loadline_measure::{Sink, Trend};

use crate::document::Heat;

/// Sizes between the smallest and the largest value.
const LEVELS: usize = 40;
/// The largest ratio between two sizes: what spreads further has its smallest values together.
const WIDEST: f64 = 1.45;
/// The smallest ratio, so that a service that always takes the same is not blown up.
const NARROWEST: f64 = 1.05;

/// The heat map of a metric, from its values in each step.
pub(crate) fn heat(metric: usize, total: &Trend, steps: &[(u64, Sink)]) -> Option<Heat> {
    let high = total.max().filter(|max| max.is_finite() && *max > 0.0)?;
    let low = total.quantile(0.001).unwrap_or(high).max(high / WIDEST.powi(LEVELS as i32));
    let ratio = (high / low).powf(1.0 / LEVELS as f64).max(NARROWEST);
    let edges: Vec<f64> = (0..=LEVELS).map(|level| high * ratio.powi(level as i32 - LEVELS as i32)).collect();
    let mut cells = Vec::new();
    for (step, sink) in steps {
        let Sink::Trend(trend) = sink else { continue };
        let mut counts = [0_u64; LEVELS];
        for (value, count) in trend.histogram().values() {
            let level = edges[1..].iter().position(|edge| value <= *edge).unwrap_or(LEVELS - 1);
            counts[level] += count;
        }
        let filled = counts.iter().enumerate().filter(|(_, count)| **count > 0);
        cells.extend(filled.map(|(level, count)| (*step, level as u64, *count)));
    }
    Some(Heat { metric, edges, cells })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_in_a_cell() {
        let values: Vec<f64> = (1..=1_000).map(f64::from).collect();
        let trend = Trend::of(&values, &[]);
        let heat = heat(0, &trend, &[(3, Sink::Trend(trend.clone()))]).unwrap();
        assert_eq!(heat.cells.iter().map(|(_, _, count)| count).sum::<u64>(), 1_000);
        assert!(heat.cells.iter().all(|(step, level, _)| *step == 3 && *level < LEVELS as u64));
        assert!(heat.edges.windows(2).all(|pair| pair[0] < pair[1]));
        assert!((heat.edges[LEVELS] - 1_000.0).abs() < 1e-6);
    }

    #[test]
    fn nothing_and_zeros_have_none() {
        assert!(heat(0, &Trend::of(&[], &[]), &[]).is_none());
        assert!(heat(0, &Trend::of(&[0.0, 0.0], &[]), &[]).is_none());
    }
}
