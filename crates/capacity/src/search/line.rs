//! Where the line is, estimated from all steps together.
//!
//! Near the line a step's verdict is chance: at the load that is exactly carried, half of all steps break. But how far
//! each is from its limit says where the line is, and many steps say it better than the last one. So the share that is
//! bad is taken to follow one of some curves (`curve.rs`) in the logarithm of the load, through what is permitted at
//! the line. They hold well only near the line, so steps count less the farther they are from it. The line is the mean
//! of what is left possible once every curve has been tried, with a flat prior over the curves and the logarithm of
//! the line (a bioassay by the book: Gelman et al., Bayesian Data Analysis, section 3.7). How many values a step is
//! worth is in its tallies.

use super::curve::Curve;
use super::requirement::Requirement;
use super::step::{Step, Strain};
use super::tally::Tally;

/// How many standard deviations an interval reaches to either side.
pub(super) const REACH: f64 = 2.576;
/// One in fifty is farther to one side than so many.
const SURELY: f64 = 2.1;
const SURELY_SHARE: f64 = 0.02;
/// What an interval holds at the least: a queue's steps resemble each other in ways that no single step shows, so the
/// spread alone holds the truth too seldom (`bench/capacity`). Nine of ten searches are within it.
const LEAST: f64 = 0.05;
/// How near a step is to count: a standard deviation, in the logarithm of the load.
const NEAR: f64 = 0.15;
/// No step is worth more independent values than this: systems have bad moments of which a step shows one.
pub(super) const MOST_WORTH: f64 = 600.0;
/// So many places of the line are tried at a time, and so often, nearer each time.
const PLACES: u32 = 160;
const ROUNDS: usize = 4;
/// Steps that differ by more than this are no curve, and no estimate of what they have in common either.
const MOST_DISPERSED: f64 = 6.0;

/// Of a queue's precision: see [`least_spread`].
const HEAVY_LOAD: f64 = 16.7;
/// How much what is under way wanders is first taken to be as in any queue, as if so many seconds had told it.
const USUAL_WANDER: f64 = 2.0;
const USUAL_S: f64 = 5.0;
/// From so much below the line on, in its logarithm, a service is busy nearly all the time.
const BUSY: f64 = 0.04;

/// Where the line is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// The load, most likely.
    pub load: f64,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// The standard deviation of its logarithm.
    pub spread: f64,
    /// How far it may be below the most likely one, in its logarithm: farther in one of fifty.
    pub below: f64,
    /// Which requirement breaks first: its place among them, or their number where it is the queue that grows.
    pub first: usize,
}

/// The line of these steps; `None` before something was carried and something was not.
pub fn line_of(steps: &[&Step], requirements: &[Requirement]) -> Option<Line> {
    let (carried, broken): (Vec<&Step>, Vec<&Step>) =
        steps.iter().partition(|step| step.call(requirements).is_carried());
    let highest = carried.iter().map(|step| step.load).fold(f64::NAN, f64::max);
    let lowest = broken.iter().map(|step| step.load).fold(f64::NAN, f64::min);
    if !(highest.is_finite() && lowest.is_finite()) {
        return None;
    }
    let around = (highest.min(lowest).ln(), highest.max(lowest).ln());
    let places = 0..=requirements.len();
    let lines = places.filter_map(|place| {
        let seen: Vec<Seen> = steps
            .iter()
            .filter_map(|step| {
                let Strain { permitted, tally, least, .. } =
                    step.strains(requirements).into_iter().find(|strain| strain.place == place)?;
                Some(Seen { at: step.load.ln(), share: tally.share(), tally, least, worth: 0.0, permitted })
            })
            .collect();
        // What never was beyond its limit says nothing of where it would be.
        let permitted = seen.iter().find(|one| one.share > one.permitted)?.permitted;
        Some((place, posterior(&seen, &Curve::all(permitted), around)))
    });
    let (first, (mean, spread, below)) = lines.min_by(|a, b| a.1.0.total_cmp(&b.1.0))?;
    // What no step was near to is between what was carried and what was not.
    let least = least_spread(steps, mean).min(around.1 - around.0 + NEAR);
    let (spread, below) = (spread.max(least), below.max(SURELY * least));
    let (load, reach) = (mean.exp(), REACH * spread);
    let low = (mean - reach).exp().min(load * (1.0 - LEAST));
    let high = (mean + reach).exp().max(load * (1.0 + LEAST));
    Some(Line { load, low, high, spread, below, first })
}

/// What so many requests can tell of a queue at the most, as a standard deviation of the line's logarithm.
///
/// In a queue under heavy load, waiting times fall off exponentially, by a rate that is what is served less what comes,
/// over half the variance of both (Kingman, 1962), and what one moment has in common with the next lasts as long as the
/// queue takes to forget (relaxation: 4 / (μ (1 - ρ)²)). Put together, the time limit falls out: however long it is,
/// the line is known to √(16.7 · variance / requests).
fn least_spread(steps: &[&Step], line: f64) -> f64 {
    let mut requests = 0.0;
    let (mut wander, mut seconds) = (0.0, 0.0);
    for step in steps {
        let nearness = (-((step.load.ln() - line) / NEAR).powi(2) / 2.0).exp();
        requests += nearness * step.load * step.measured_s;
        if step.load.ln() > line - BUSY {
            wander += nearness * step.measured_s * step.wander;
            seconds += nearness * step.measured_s;
        }
    }
    let variance = (wander + USUAL_WANDER * USUAL_S) / (seconds + USUAL_S) / 2.0;
    if requests > 0.0 { (HEAVY_LOAD * variance / requests).sqrt() } else { 0.0 }
}

/// One requirement in one step.
struct Seen {
    at: f64,
    share: f64,
    tally: Tally,
    /// It is worth so many at least.
    least: f64,
    worth: f64,
    permitted: f64,
}

/// Mean and standard deviation of the line's logarithm, and how far below the mean it is in one of fifty: what clearly
/// held is a wall to that side, of which a standard deviation knows nothing.
fn posterior(seen: &[Seen], curves: &[Curve], (low, high): (f64, f64)) -> (f64, f64, f64) {
    let mut centre = f64::midpoint(low, high);
    let (mut from, mut to) = (low - 0.3, high + 0.3);
    let (mut spread, mut below) = (to - from, to - from);
    for _ in 0..ROUNDS {
        let nearness = |one: &Seen| (-((one.at - centre) / NEAR).powi(2) / 2.0).exp();
        let common = common_effect(seen, &nearness);
        let near: Vec<Seen> = seen
            .iter()
            .map(|one| {
                let worth = one.tally.total / one.tally.effect.max(common);
                Seen { worth: worth.min(MOST_WORTH).max(one.least) * nearness(one), ..*one }
            })
            .filter(|one| one.worth > 0.05)
            .collect();
        let apart = dispersion(&near, curves, centre);
        let step = (to - from) / f64::from(PLACES);
        let tried: Vec<(f64, f64)> = (0..=PLACES)
            .flat_map(|place| curves.iter().map(move |curve| (from + f64::from(place) * step, *curve)))
            .map(|(line, curve)| (line, near.iter().map(|one| one.log_likelihood(line, curve) / apart).sum()))
            .collect();
        let best = tried.iter().map(|one| one.1).fold(f64::NEG_INFINITY, f64::max);
        let (mut weights, mut first, mut second) = (0.0, 0.0, 0.0);
        let tried: Vec<(f64, f64)> =
            tried.into_iter().map(|(line, log)| (line, (log - best).exp())).collect();
        for &(line, weight) in &tried {
            weights += weight;
            first += weight * line;
            second += weight * line * line;
        }
        let mean = first / weights;
        spread = (second / weights - mean * mean).max(0.0).sqrt().max(step / 4.0);
        centre = mean;
        below = mean - lowest(&tried, SURELY_SHARE * weights);
        // What cannot be is not looked at again; the line stays near what was tried.
        (from, to) = ((mean - 6.0 * spread).max(low - 0.3), (mean + 6.0 * spread).min(high + 0.3));
    }
    (centre, spread, below)
}

/// The place up to which so much weight lies, of places in their order.
fn lowest(tried: &[(f64, f64)], wanted: f64) -> f64 {
    let mut passed = 0.0;
    let reached = tried.iter().find(|(_, weight)| {
        passed += weight;
        passed >= wanted
    });
    reached.or(tried.first()).map_or(0.0, |(place, _)| *place)
}

/// What requests near the line have in common: the mean of what their steps tell. A step in which few were bad shows
/// little of how they come in heaps, so that it is not worth more than the others.
fn common_effect(seen: &[Seen], nearness: &dyn Fn(&Seen) -> f64) -> f64 {
    let telling = seen.iter().filter(|one| one.tally.bad > 0.0);
    let (effects, weights) = telling.fold((0.0, 0.0), |(effects, weights), one| {
        let weight = nearness(one) * one.tally.total;
        (effects + weight * one.tally.effect, weights + weight)
    });
    if weights > 0.0 { effects / weights } else { 1.0 }
}

/// How much more steps differ from the best curve than chance has them, at least 1 (Pearson's χ² by its degrees of
/// freedom): what a step's own seconds do not tell.
fn dispersion(near: &[Seen], curves: &[Curve], line: f64) -> f64 {
    let fit = |curve: Curve| -> f64 { near.iter().map(|one| one.log_likelihood(line, curve)).sum() };
    let Some(curve) = curves.iter().copied().max_by(|a, b| fit(*a).total_cmp(&fit(*b))) else { return 1.0 };
    let squares: f64 = near
        .iter()
        .map(|one| {
            let bad = curve.share(one.at - line);
            one.worth * (one.share - bad).powi(2) / (bad * (1.0 - bad))
        })
        .sum();
    (squares / (near.len() as f64 - 2.0).max(1.0)).clamp(1.0, MOST_DISPERSED)
}

impl Seen {
    fn log_likelihood(&self, line: f64, curve: Curve) -> f64 {
        let bad = curve.share(self.at - line);
        self.worth * (self.share * bad.ln() + (1.0 - self.share) * (1.0 - bad).ln())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Tally;

    fn requirements() -> Vec<Requirement> {
        vec![Requirement { name: "p95".to_owned(), limit: "50ms".to_owned(), permitted: 0.05 }]
    }

    fn step(load: f64, share: f64, growing: bool) -> Step {
        let tally = Tally::independent(share * 400.0, 400.0);
        Step { measured_s: 10.0, growing, ..Step::narrowed(load, tally) }
    }

    #[track_caller]
    fn line(steps: &[Step]) -> Line {
        line_of(&steps.iter().collect::<Vec<_>>(), &requirements()).unwrap()
    }

    #[test]
    fn shares_on_a_logistic_curve_give_its_line_back() {
        let share = |load: f64| 1.0 / (1.0 + 19.0 * (-12.0 * (load / 1000.0_f64).ln()).exp());
        let steps: Vec<Step> =
            [700.0, 900.0, 950.0, 1050.0, 1100.0, 1400.0].map(|load| step(load, share(load), false)).to_vec();
        let line = line(&steps);
        assert!((line.load / 1000.0 - 1.0).abs() < 0.01, "{line:?}");
        assert!(line.low < 1000.0 && line.high > 1000.0 && line.high / line.low < 1.12, "{line:?}");
        assert_eq!(line.first, 0);
    }

    #[test]
    fn a_queue_that_grows_is_a_requirement_like_the_others() {
        let steps = [
            step(900.0, 0.0, false),
            step(980.0, 0.0, false),
            step(1020.0, 0.01, true),
            step(1200.0, 0.02, true),
        ];
        let line = line(&steps);
        assert_eq!(line.first, 1);
        assert!(line.load > 975.0 && line.load < 1025.0, "{line:?}");
    }

    #[test]
    fn a_cliff_lies_between_what_was_carried_and_what_was_not() {
        let steps = [
            step(500.0, 0.0, false),
            step(990.0, 0.0, false),
            step(1010.0, 0.6, false),
            step(2000.0, 0.9, false),
        ];
        let line = line(&steps);
        assert!(line.load > 985.0 && line.load < 1012.0, "{line:?}");
    }

    #[test]
    fn without_both_sides_there_is_no_line() {
        let carried = [step(500.0, 0.0, false), step(1000.0, 0.01, false)];
        assert_eq!(line_of(&carried.iter().collect::<Vec<_>>(), &requirements()), None);
    }
}
