//! Two builds, searched in turns with the same loads, and how their lines compare.
//!
//! Until both lines are known roughly, each build is searched as it would be alone, and a load is tried on the other
//! one as well where that says something new. Then both take turns near their lines, one right after the other, at the
//! same loads where those lie close to each other, a little to either side in turn, for as long as there is time. What
//! the turns say of both lines is in `turns.rs`.

use super::carried::rounded;
use super::known::Known;
use super::line::Line;
use super::next::{Next, next};
use super::step::{Call, Purpose};

/// How long a turn of one build is, as a share of the time there is, and in seconds.
const TURN: f64 = 0.02;
const LEAST_TURN_S: f64 = 3.0;
const MOST_TURN_S: f64 = 15.0;
/// Steps to either side of the lines, in the logarithm of the load.
const BESIDE: [f64; 6] = [-0.02, 0.03, -0.05, 0.01, -0.01, 0.05];
/// Lines farther apart than this, in the logarithm of the load, are looked at from loads of their own: what is known
/// best of a line is known close to it.
const APART: f64 = 0.03;
/// How far a load may be from what is known for the answer to be known as well.
const IMPLIED: f64 = 0.02;
/// A line is known well enough for turns near it by this standard deviation of its logarithm, …
const ROUGHLY: f64 = 0.3;
/// … or once so many loads were tried for it alone.
const MOST_ALONE: usize = 1;
/// Calm is waited for so often.
const MOST_CALM: usize = 3;

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What is compared with.
    Base,
    /// What is compared.
    Head,
}

/// A step of one or of both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PairNext {
    /// Each build that has a load is loaded, one after the other.
    Try {
        /// What it is for.
        purpose: Purpose,
        /// The base's load, if it is its turn.
        base: Option<f64>,
        /// The head's.
        head: Option<f64>,
        /// How long each lasts at most, in seconds.
        most_s: f64,
    },
    /// Nothing: time is up, or one of them came to an end.
    Done,
}

/// What to try next. Each search has half of the time.
pub fn next_of_pair(base: &Known, head: &Known, turns: usize) -> PairNext {
    let alone = |side: Side, purpose, load, most_s| match side {
        Side::Base => PairNext::Try { purpose, base: Some(load), head: None, most_s },
        Side::Head => PairNext::Try { purpose, base: None, head: Some(load), most_s },
    };
    if [base, head].iter().any(|known| known.steps.last().is_some_and(|step| step.stopped.is_some())) {
        return PairNext::Done;
    }
    let left = (base.terms.at_most_s - base.elapsed_s) + (head.terms.at_most_s - head.elapsed_s);
    for (side, known) in [(Side::Base, base), (Side::Head, head)] {
        if known.steps.is_empty() {
            let Next::Try { purpose, load, most_s } = next(known) else { return PairNext::Done };
            return alone(side, purpose, load, most_s);
        }
        if let Some(load) = calm_after(known) {
            let tries = known.steps.iter().rev().take_while(|step| step.purpose == Purpose::Calm).count();
            if tries >= MOST_CALM || left <= 0.0 {
                return PairNext::Done;
            }
            return alone(side, Purpose::Calm, load, CALM_S);
        }
    }
    match (near_enough(base), near_enough(head)) {
        (Some(of_base), Some(of_head)) => {
            let most_s =
                ((base.terms.at_most_s + head.terms.at_most_s) * TURN).clamp(LEAST_TURN_S, MOST_TURN_S);
            if left < 2.0 * most_s {
                return PairNext::Done;
            }
            // Loads that followed each turn would be lower after a bad one: what is chance would look like steepness.
            let at_first = |known: &Known, line: Line| before(known, turns % BESIDE.len()).unwrap_or(line);
            let (of_base, of_head) = (at_first(base, of_base), at_first(head, of_head));
            let apart = (of_head.load / of_base.load).ln();
            let between = (of_base.load * of_head.load).sqrt();
            let beside = BESIDE[turns % BESIDE.len()].exp();
            let at = |known: &Known, own: f64| {
                let load = if apart.abs() < APART { between } else { own } * beside;
                Some(rounded(known, load.min(known.terms.max)))
            };
            PairNext::Try {
                purpose: Purpose::Turn,
                base: at(base, of_base.load),
                head: at(head, of_head.load),
                most_s,
            }
        }
        (of_base, _) => {
            let (side, known, other) =
                if of_base.is_none() { (Side::Base, base, head) } else { (Side::Head, head, base) };
            let Next::Try { purpose, load, most_s } = next(known) else { return PairNext::Done };
            if purpose.tells() && other.line().is_none() && !is_implied(other, load) {
                return PairNext::Try { purpose, base: Some(load), head: Some(load), most_s };
            }
            alone(side, purpose, load, most_s)
        }
    }
}

/// The line, once turns near it are not wasted: it is known roughly, or was looked for alone for a while.
fn near_enough(known: &Known) -> Option<Line> {
    let alone = known.steps.iter().filter(|step| step.purpose == Purpose::Narrow).count();
    let looks = matches!(next(known), Next::Try { purpose: Purpose::Narrow | Purpose::Bracket, .. });
    known.line().filter(|line| line.spread <= ROUGHLY || alone >= MOST_ALONE || !looks)
}

/// The line as it was known before so many turns.
fn before(known: &Known, turns: usize) -> Option<Line> {
    let mut places = known.steps.iter().enumerate().rev().filter(|(_, step)| step.purpose == Purpose::Turn);
    let (first, _) = places.nth(turns.checked_sub(1)?)?;
    Known { steps: known.steps[..first].to_vec(), ..known.clone() }.line()
}

/// How long calm is waited for at a time, in seconds.
pub const CALM_S: f64 = 10.0;

/// The little load until a system is calm, if something is left of a load that was too much.
pub fn calm_after(known: &Known) -> Option<f64> {
    let last = known.steps.last()?;
    let is_calm = match last.purpose {
        Purpose::Calm => last.calm_from_s.is_some(),
        _ => !(last.purpose.tells() && known.call(last) == Call::Breaks),
    };
    (!is_calm).then(|| rounded(known, known.terms.start / 2.0))
}

/// Whether what was tried says already what would become of a load.
fn is_implied(known: &Known, load: f64) -> bool {
    known.telling().iter().any(|step| match known.call(step) {
        Call::Breaks => step.load <= load * (1.0 + IMPLIED),
        Call::Holds => step.load >= load * (1.0 - IMPLIED),
        Call::Leans | Call::Strains => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::{Requirement, Step, Tally, Terms};

    fn known(tried: &[(f64, f64)]) -> Known {
        let terms = Terms { start: 10.0, max: 1000.0, at_most_s: 150.0, whole: false, burst: false };
        let requirement = Requirement { name: "p95".to_owned(), limit: "50ms".to_owned(), permitted: 0.05 };
        let mut known = Known::new(terms, vec![requirement]);
        known.steps = (0..)
            .zip(tried)
            .map(|(place, (load, bad))| Step {
                purpose: if place == 0 { Purpose::WarmUp } else { Purpose::Bracket },
                began_s: f64::from(place) * 10.0,
                ..Step::narrowed(*load, Tally::independent(*bad, 100.0))
            })
            .collect();
        known
    }

    #[test]
    fn a_load_is_shared_until_it_says_nothing_new() {
        let (base, head) = (known(&[(10.0, 0.0), (100.0, 0.0)]), known(&[(10.0, 0.0), (100.0, 0.0)]));
        let both = next_of_pair(&base, &head, 0);
        assert!(
            matches!(both, PairNext::Try { base: Some(one), head: Some(other), .. } if one == other && one > 150.0)
        );
        // The head broke where the base has not been: only the base goes on, when the head is calm.
        let broken = known(&[(10.0, 0.0), (100.0, 0.0), (200.0, 60.0)]);
        let calm = next_of_pair(&base, &broken, 0);
        assert!(matches!(calm, PairNext::Try { purpose: Purpose::Calm, base: None, head: Some(_), .. }));
    }

    #[test]
    fn near_both_lines_they_have_the_same_loads() {
        let seen = |line: f64| {
            let mut known = known(&[(10.0, 0.0), (line * 0.8, 1.0), (line * 1.1, 9.0), (line * 0.95, 4.0)]);
            known.elapsed_s = 40.0;
            known
        };
        let next = next_of_pair(&seen(200.0), &seen(196.0), 3);
        assert!(
            matches!(next, PairNext::Try { purpose: Purpose::Turn, base: Some(a), head: Some(b), .. } if a == b && (185.0..210.0).contains(&a)),
            "{next:?}"
        );
        let far = next_of_pair(&seen(200.0), &seen(100.0), 3);
        assert!(matches!(far, PairNext::Try { base: Some(a), head: Some(b), .. } if a > 1.5 * b), "{far:?}");
        let (base, head) =
            (Known { elapsed_s: 149.0, ..seen(200.0) }, Known { elapsed_s: 149.0, ..seen(196.0) });
        assert_eq!(next_of_pair(&base, &head, 3), PairNext::Done);
    }
}
