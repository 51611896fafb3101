//! One run against one run.
//!
//! A run cannot tell how far another of the same build would have been. Its past can, when there are ten runs of the
//! same kind, or the noise floor of its machine; without them a large difference between runs is assumed, and only what
//! is gross is called worse. What the head has nothing of any more is compared as nothing, and is not left out.

use std::collections::HashMap;
use std::rc::Rc;

use loadline_measure::{Figure, Producer, Run, RunMeta, Series};

use super::baseline::FEWEST_RUNS;
use super::blocks::{Spread, blocks, spread};
use super::drops::dropped;
use super::rounds::{Comparison, Gate};
use super::scaled::Scaled as _;
use super::shift::deciles;
use super::silence::silent;
use super::spreads::{Between, Pairing, compare_pairings};
use crate::endpoint::Endpoints;
use crate::figures::{Measured, Values, by_name, measured, would_know};
use crate::gathered::Gathered;

/// Draws of the bootstrap are the same every time.
const SEED: u64 = 1;
/// So many figures are made of one pass over a run's seconds: more would take too much memory at a time.
const AT_ONCE: usize = 320;

/// What is known of how runs of one build differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StandsOn {
    /// Nothing: it is assumed.
    Assumption,
    /// Rounds of a build against itself on this machine.
    Floor,
    /// Ten earlier runs of the same kind, or more.
    Past,
}

/// Two runs, compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// Figure by figure.
    pub comparisons: Vec<Comparison>,
    /// Deciles of everything together: how the distribution has shifted. None of summaries.
    pub deciles: Vec<Comparison>,
    /// What the least known of them stands on.
    pub stands_on: StandsOn,
}

/// What is known of how runs of one build differ, of all figures.
struct Known<'a> {
    past: &'a [Vec<Figure>],
    floors: &'a [Figure],
}

/// Compares two runs, figure by figure of those that either says are worth comparing. `past` has the figures of earlier
/// runs of the same kind, a list for each run, of which fewer than [`FEWEST_RUNS`] tell nothing; `floors` the deviation
/// of each figure's difference while nothing changed, on as many rounds as it has values. Nothing is compared when the
/// runs have no figure in common.
pub fn compare_runs(
    base: &Run,
    head: &Run,
    endpoints: &Endpoints,
    past: &[Vec<Figure>],
    floors: &[Figure],
    gate: &Gate,
) -> Pair {
    let (of_base, of_head) = (measured(base, endpoints), measured(head, endpoints));
    let (in_base, in_head) = (by_name(&of_base), by_name(&of_head));
    let pairs: Vec<(&Measured<'_>, &Measured<'_>)> =
        of_head.iter().filter_map(|head| Some((*in_base.get(&head.name())?, head))).collect();
    let known = Known { past, floors };
    let mut pairings = Vec::new();
    for pairs in pairs.chunks(AT_ONCE) {
        let blocks_of_base = Blocks::of(base, pairs.iter().map(|(base, _)| &base.values));
        let blocks_of_head = Blocks::of(head, pairs.iter().map(|(_, head)| &head.values));
        pairings.extend(pairs.iter().filter_map(|(base, head)| {
            let (figure, quantity, scale) = (&head.figure, head.spec.quantity, &head.figure.scale);
            let fewest = base.figure.values.min(figure.values);
            if let Some((base, head)) = silent(&base.figure, &head.figure) {
                return Some((figure, fewest, base, head));
            }
            let base = spread(blocks_of_base.get(&base.values), quantity, scale, SEED)?;
            let head = spread(blocks_of_head.get(&head.values), quantity, scale, SEED + 1)?;
            Some((figure, fewest, base, head))
        }));
    }
    if pairings.is_empty() {
        return Pair { comparisons: Vec::new(), deciles: Vec::new(), stands_on: StandsOn::Assumption };
    }
    // What only one of the two has, where the other would know of it.
    let none = |figure: &Figure| Figure { value: 0.0, values: 0, ..figure.clone() };
    pairings.extend(of_base.iter().filter_map(|one| {
        let gone = !in_head.contains_key(&one.name()) && would_know(head, endpoints, one);
        let (base, head) = silent(&one.figure, &none(&one.figure)).filter(|_| gone)?;
        Some((&one.figure, one.figure.values, base, head))
    }));
    pairings.extend(of_head.iter().filter_map(|one| {
        let new = !in_base.contains_key(&one.name()) && would_know(base, endpoints, one);
        let (base, head) = silent(&none(&one.figure), &one.figure).filter(|_| new)?;
        Some((&one.figure, one.figure.values, base, head))
    }));
    let drops = dropped(base).zip(dropped(head)).filter(|(base, head)| base.value + head.value > 0.0);
    if let Some((base, head)) = &drops {
        pairings.push((head, head.values, Spread::of_count(base), Spread::of_count(head)));
    }
    let deciles = deciles((base, &of_base), (head, &of_head), &|figure| known.between(figure).0, gate);
    Pair { deciles, ..conclude(pairings, &known, gate) }
}

/// As [`compare_runs`], of runs of which there are only figures, as there are of other tools' summaries.
pub fn compare_figures(
    base: &[Figure],
    head: &[Figure],
    past: &[Vec<Figure>],
    floors: &[Figure],
    gate: &Gate,
) -> Pair {
    let same = |figure: &&Figure, other: &Figure| {
        (&figure.subject, &figure.quantity) == (&other.subject, &other.quantity)
    };
    let pairings = head.iter().filter_map(|head| {
        let base = base.iter().find(|base| same(base, head))?;
        let fewest = base.values.min(head.values);
        if let Some((of_base, of_head)) = silent(base, head) {
            return Some((head, fewest, of_base, of_head));
        }
        let finite = |figure: &Figure| head.scale.badness(figure.value).is_finite();
        (finite(base) && finite(head)).then(|| (head, fewest, Spread::of_count(base), Spread::of_count(head)))
    });
    conclude(pairings.collect(), &Known { past, floors }, gate)
}

fn conclude(pairings: Vec<(&Figure, u64, Spread, Spread)>, known: &Known<'_>, gate: &Gate) -> Pair {
    let mut stands_on = StandsOn::Past;
    let pairings: Vec<Pairing<'_>> = pairings
        .into_iter()
        .map(|(figure, fewest, base, head)| {
            let (between, on) = known.between(figure);
            stands_on = stands_on.min(on);
            Pairing { figure, fewest, base, head, between }
        })
        .collect();
    Pair { comparisons: compare_pairings(&pairings, gate), deciles: Vec::new(), stands_on }
}

impl Known<'_> {
    fn between(&self, figure: &Figure) -> (Between, StandsOn) {
        if let Some((deviation, runs)) = deviation(self.past, figure) {
            return (Between::runs(deviation, runs), StandsOn::Past);
        }
        let same = |floor: &&Figure| {
            (&floor.subject, &floor.quantity) == (&figure.subject, &figure.quantity) && floor.values > 2
        };
        match self.floors.iter().find(same) {
            Some(floor) => (Between::rounds(floor, figure), StandsOn::Floor),
            None => (Between::assumed(figure), StandsOn::Assumption),
        }
    }
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
    let imported = |meta: &RunMeta| meta.origin.workload.producer == Producer::Import;
    if imported(base) && imported(head) {
        // Their names are those of files.
        if base.origin.workload.word().is_empty() || head.origin.workload.word().is_empty() {
            return Some("what was measured is not known of results of another tool".to_owned());
        }
    } else if base.name != head.name {
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

/// The standard deviation of a figure between runs, on its scale of badness, and of how many.
fn deviation(past: &[Vec<Figure>], wanted: &Figure) -> Option<(f64, usize)> {
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
    let variance = all.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / (count - 1.0);
    Some((variance.sqrt(), all.len()))
}
