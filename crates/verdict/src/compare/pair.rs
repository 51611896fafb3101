//! One run against one run.
//!
//! A run cannot tell how far another of the same build would have been. Its past can, when there are ten runs of the
//! same kind; without them this is advice: the interval then holds what differs within the runs only.

use std::collections::HashMap;
use std::rc::Rc;

use loadline_measure::{Figure, Run, RunMeta, Series};

use super::baseline::FEWEST_RUNS;
use super::blocks::{blocks, spread};
use super::rounds::{Comparison, Gate, compare_spreads};
use super::scaled::Scaled as _;
use crate::endpoint::Endpoints;
use crate::figures::{Measured, Values, by_name, measured};
use crate::gathered::Gathered;

/// Draws of the bootstrap are the same every time.
const SEED: u64 = 1;
/// So many figures are made of one pass over a run's seconds: more would take too much memory at a time.
const AT_ONCE: usize = 320;

/// Compares two runs, figure by figure of those that the head says are worth comparing. `past` has the figures of
/// earlier runs of the same kind, a list for each run; with fewer than [`FEWEST_RUNS`] of them nothing fails.
pub fn compare_runs(
    base: &Run,
    head: &Run,
    endpoints: &Endpoints,
    past: &[Vec<Figure>],
    gate: &Gate,
) -> Vec<Comparison> {
    let (of_base, of_head) = (measured(base, endpoints), measured(head, endpoints));
    let known = by_name(&of_base);
    let pairs: Vec<(&Measured<'_>, &Measured<'_>)> =
        of_head.iter().filter_map(|head| Some((*known.get(&head.name())?, head))).collect();
    let mut comparisons = Vec::new();
    for pairs in pairs.chunks(AT_ONCE) {
        let of_base = Blocks::of(base, pairs.iter().map(|(base, _)| &base.values));
        let of_head = Blocks::of(head, pairs.iter().map(|(_, head)| &head.values));
        comparisons.extend(pairs.iter().filter_map(|(base, head)| {
            let (figure, quantity) = (&head.figure, head.spec.quantity);
            let base = spread(of_base.get(&base.values), quantity, &figure.scale, SEED)?;
            let head = spread(of_head.get(&head.values), quantity, &figure.scale, SEED + 1)?;
            Some(compare_spreads(figure, (&base, &head), deviation(past, figure), gate))
        }));
    }
    comparisons
}

/// The blocks of values that several figures may be made of.
struct Blocks {
    places: HashMap<*const Values, usize>,
    blocks: Vec<Vec<Gathered>>,
}

impl Blocks {
    fn of<'v>(run: &Run, values: impl Iterator<Item = &'v Rc<Values>>) -> Self {
        let mut places = HashMap::new();
        let mut sets: Vec<&[Series]> = Vec::new();
        for values in values {
            places.entry(Rc::as_ptr(values)).or_insert_with(|| {
                sets.push(&values.series);
                sets.len() - 1
            });
        }
        Self { places, blocks: blocks(run, &sets) }
    }

    fn get(&self, values: &Rc<Values>) -> &[Gathered] {
        self.places.get(&Rc::as_ptr(values)).map_or(&[], |place| &self.blocks[*place])
    }
}

/// Why two runs are not of the same thing, if so.
pub fn incomparable(base: &RunMeta, head: &RunMeta) -> Option<String> {
    if base.name != head.name {
        return Some(format!("one is of `{}`, the other of `{}`", base.name, head.name));
    }
    let (left, right) = (&base.origin, &head.origin);
    if left.plan != right.plan {
        return Some(format!("their plans differ: {} against {}", left.plan, right.plan));
    }
    if left.workload.word() != right.workload.word() {
        return Some("what was run, or its options, have changed between them".to_owned());
    }
    let (left, right) = (base.machines(), head.machines());
    (left != right).then(|| format!("they are of different machines: {left} and {right}"))
}

/// The standard deviation of a figure between runs, on its scale of badness.
fn deviation(past: &[Vec<Figure>], wanted: &Figure) -> Option<f64> {
    let of = |figures: &Vec<Figure>| {
        let same =
            |figure: &&Figure| (&figure.subject, &figure.quantity) == (&wanted.subject, &wanted.quantity);
        let badness = wanted.scale.badness(figures.iter().find(same)?.value);
        badness.is_finite().then_some(badness)
    };
    let all: Vec<f64> = past.iter().filter_map(of).collect();
    if all.len() < FEWEST_RUNS {
        return None;
    }
    let count = all.len() as f64;
    let mean = all.iter().sum::<f64>() / count;
    Some((all.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt())
}
