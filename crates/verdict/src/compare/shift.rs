//! The shift function of two runs: how far each decile of everything together has moved, and how sure that is.
//!
//! Two percentiles say that something moved; nine deciles say what: all requests alike, or only the slow ones. How much
//! a decile of two runs of one build differs is kept nowhere, so it is taken from the nearest percentile that is.
//!
//! Source: Wilcox, Comparing two independent groups via multiple quantiles, 1995.

use loadline_measure::{Figure, Quantity, Run};

use super::blocks::{blocks, spread};
use super::rounds::{Comparison, Gate};
use super::spreads::{Between, Pairing, compare_pairings};
use crate::figures::{Measured, by_name};

/// The deciles of the shift function.
pub(super) const DECILES: [f64; 9] = [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0];
/// Draws of the bootstrap are the same every time.
const SEED: u64 = 3;

/// The deciles of everything together, in the runs that these figures are of; none where a run has no percentile of
/// it.
pub(super) fn deciles(
    (base, of_base): (&Run, &[Measured<'_>]),
    (head, of_head): (&Run, &[Measured<'_>]),
    between: &dyn Fn(&Figure) -> Between,
    gate: &Gate,
) -> Vec<Comparison> {
    let percentile = |one: &Measured<'_>| match one.spec.quantity {
        Quantity::Percentile(percent) if one.is_whole() => Some(percent),
        _ => None,
    };
    let in_head = by_name(of_head);
    let known: Vec<(f64, &Measured<'_>, &Measured<'_>)> =
        of_base.iter().filter_map(|one| Some((percentile(one)?, one, *in_head.get(&one.name())?))).collect();
    let Some((_, of_base, of_head)) = known.first() else { return Vec::new() };
    // Of one subject and one metric: what else a run has percentiles of has another shape.
    let alike = |one: &Measured<'_>| {
        (&one.figure.subject, &one.spec.metric) == (&of_base.figure.subject, &of_base.spec.metric)
    };
    let blocks_of_base = blocks(base, &[&of_base.values.series]);
    let blocks_of_head = blocks(head, &[&of_head.values.series]);
    let scale = &of_base.figure.scale;
    let rows: Vec<_> = DECILES
        .into_iter()
        .filter_map(|decile| {
            let quantity = Quantity::Percentile(decile);
            let distance = |percent: &f64| (percent - decile).abs();
            let nearest = known
                .iter()
                .filter(|(_, one, _)| alike(one))
                .min_by(|left, right| distance(&left.0).total_cmp(&distance(&right.0)))?;
            let base = spread(blocks_of_base.first()?, quantity, scale, SEED)?;
            let head = spread(blocks_of_head.first()?, quantity, scale, SEED + 1)?;
            let fewest = of_base.figure.values.min(of_head.figure.values);
            let figure = Figure { quantity: quantity.to_string(), ..of_head.figure.clone() };
            Some((figure, fewest, base, head, between(&nearest.2.figure)))
        })
        .collect();
    let pairings: Vec<Pairing<'_>> = rows
        .iter()
        .map(|(figure, fewest, base, head, between)| Pairing {
            figure,
            fewest: *fewest,
            base: *base,
            head: *head,
            between: *between,
        })
        .collect();
    compare_pairings(&pairings, gate)
}
