//! Where the lines of two builds are, by the turns that both had near them.
//!
//! In each turn both were under the same load, or each under one near its own line. What was bad of it follows a
//! logistic curve in the logarithm of the load, as in the search, of the same steepness for both: they are builds of
//! one system. What a line stands on is shown by what it would be without each of the turns (Quenouille and Tukey's
//! jackknife; Efron, The Jackknife, the Bootstrap and Other Resampling Plans, 1982): its pseudo-values are compared as
//! the rounds of any comparison are. Steepness is that of all turns: one turn less says little of it, and little
//! depends on it near the lines. Requests in a queue fare alike, so that a turn is one observation, however many
//! requests it had; weights are their numbers.

use super::known::Known;
use super::step::Step;

/// How steep a curve may be: from a gentle one to a cliff.
const GENTLEST: f64 = 2.0;
const STEEPEST: f64 = 300.0;
/// How near to its line a turn is to count: a standard deviation, in the logarithm of the load. Farther from it the
/// curve is no logistic one: what is bad of an idle system is bad under any load.
const NEAR: f64 = 0.06;
/// So often it is looked at again where that is.
const LOOKS: usize = 3;
/// How far from what was tried a line may be, in the logarithm of the load.
const BEYOND: f64 = 0.3;
/// So often an interval is made smaller: to a millionth of it.
const HALVINGS: usize = 24;
const CUTS: usize = 30;

/// One build in one turn.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Turn {
    /// The logarithm of the load.
    at: f64,
    share: f64,
    total: f64,
}

/// A build over its turns, by one requirement.
#[derive(Clone, Debug, PartialEq)]
struct Side {
    turns: Vec<Turn>,
    /// The logit of what is permitted.
    permitted: f64,
}

/// Both lines as rounds: for each turn that both had, what it says of them. `turns` are the places of its steps.
/// Nothing before both lines are known, and with fewer than three turns.
pub fn lines_by_turn(
    (base, head): (&Known, &Known),
    turns: &[(usize, usize)],
) -> Option<(Vec<f64>, Vec<f64>)> {
    if turns.len() < 3 {
        return None;
    }
    let places = |of: &dyn Fn(&(usize, usize)) -> usize| -> Vec<usize> { turns.iter().map(of).collect() };
    let of_base = Side::of(base, &places(&|turn| turn.0))?;
    let of_head = Side::of(head, &places(&|turn| turn.1))?;
    let (of_base, of_head) = near_their_lines(&of_base, &of_head);
    let (steep, many) = (steepness(&of_base, &of_head), turns.len() as f64);
    let rounds = |side: &Side| -> Vec<f64> {
        let whole = side.line(steep).0;
        let rest = (0..turns.len()).map(|left_out| side.without(left_out).line(steep).0);
        rest.map(|rest| (many * whole - (many - 1.0) * rest).exp()).collect()
    };
    Some((rounds(&of_base), rounds(&of_head)))
}

impl Side {
    /// A build's turns, by the requirement that breaks first.
    fn of(known: &Known, places: &[usize]) -> Option<Self> {
        let first = known.line()?.first;
        let turn = |place: &usize| {
            let step = known.steps.get(*place)?;
            let (share, total) = counted(step, first)?;
            Some(Turn { at: step.load.ln(), share, total })
        };
        let turns: Option<Vec<Turn>> = places.iter().map(turn).collect();
        let permitted = known.requirements.get(first).map_or(0.5, |one| one.permitted);
        Some(Self { turns: turns?, permitted: (permitted / (1.0 - permitted)).ln() })
    }

    /// The same, with turns that count less the farther they are from a line.
    fn near(&self, line: f64) -> Self {
        let nearer = |turn: &Turn| {
            let nearness = (-((turn.at - line) / NEAR).powi(2) / 2.0).exp();
            Turn { total: turn.total * nearness.max(1e-9), ..*turn }
        };
        Self { turns: self.turns.iter().map(nearer).collect(), ..*self }
    }

    fn without(&self, left_out: usize) -> Self {
        let mut turns = self.turns.clone();
        turns.remove(left_out);
        Self { turns, ..*self }
    }

    /// Where the line is if the curve is so steep, and how likely that is.
    fn line(&self, steep: f64) -> (f64, f64) {
        let (low, high) = (self.turns.iter())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), turn| {
                (turn.at.min(low), turn.at.max(high))
            });
        let (mut low, mut high) = (low - BEYOND, high + BEYOND);
        for _ in 0..HALVINGS {
            let line = f64::midpoint(low, high);
            let apart: f64 = self
                .turns
                .iter()
                .map(|turn| turn.total * (turn.share - self.expected(turn, line, steep)))
                .sum();
            // More was bad than the curve has: the line is lower.
            if apart > 0.0 { high = line } else { low = line }
        }
        let line = f64::midpoint(low, high);
        let likely = |turn: &Turn| {
            let bad = self.expected(turn, line, steep);
            turn.total * (turn.share * bad.ln() + (1.0 - turn.share) * (1.0 - bad).ln())
        };
        (line, self.turns.iter().map(likely).sum())
    }

    fn expected(&self, turn: &Turn, line: f64, steep: f64) -> f64 {
        let logit = self.permitted + steep * (turn.at - line);
        (1.0 / (1.0 + (-logit).exp())).clamp(1e-6, 1.0 - 1e-6)
    }
}

/// What was bad of a step, and of how many; of a queue that grows, all of it.
fn counted(step: &Step, place: usize) -> Option<(f64, f64)> {
    if place >= step.tallies.len() {
        return Some((f64::from(u8::from(step.growing)), 1.0));
    }
    step.tallies[place].map(|tally| (tally.share(), tally.total))
}

/// Both builds, each with turns that count less the farther they are from its line.
fn near_their_lines(base: &Side, head: &Side) -> (Side, Side) {
    let (mut of_base, mut of_head) = (base.clone(), head.clone());
    for _ in 0..LOOKS {
        let steep = steepness(&of_base, &of_head);
        (of_base, of_head) = (base.near(of_base.line(steep).0), head.near(of_head.line(steep).0));
    }
    (of_base, of_head)
}

/// How steep the curves most likely are, both together: by golden sections.
fn steepness(base: &Side, head: &Side) -> f64 {
    let likely = |steep: f64| base.line(steep.exp()).1 + head.line(steep.exp()).1;
    let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (GENTLEST.ln(), STEEPEST.ln());
    let (mut left, mut right) = (high - golden * (high - low), low + golden * (high - low));
    let (mut of_left, mut of_right) = (likely(left), likely(right));
    for _ in 0..CUTS {
        if of_left > of_right {
            (high, right, of_right) = (right, left, of_left);
            left = high - golden * (high - low);
            of_left = likely(left);
        } else {
            (low, left, of_left) = (left, right, of_right);
            right = low + golden * (high - low);
            of_right = likely(right);
        }
    }
    f64::midpoint(low, high).exp()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::search::{Requirement, Tally, Terms};

    fn step(load: f64, share: f64) -> Step {
        Step::narrowed(load, Tally::independent(share * 4000.0, 4000.0))
    }

    /// A build whose shares lie on a curve through its line, under these loads.
    fn build(line: f64, steep: f64, loads: &[f64]) -> Known {
        let terms = Terms { start: 10.0, max: 1e9, at_most_s: 150.0, whole: false, burst: false };
        let requirement = Requirement { name: "p95".to_owned(), limit: "50ms".to_owned(), permitted: 0.05 };
        let share = |load: f64| 1.0 / (1.0 + 19.0 * (-steep * (load / line).ln()).exp());
        let steps = loads.iter().map(|load| step(*load, share(*load))).collect();
        Known { steps, ..Known::new(terms, vec![requirement]) }
    }

    fn mean(rounds: &[f64]) -> f64 {
        (rounds.iter().map(|line| line.ln()).sum::<f64>() / rounds.len() as f64).exp()
    }

    const AROUND: [f64; 6] = [0.88, 0.94, 0.98, 1.02, 1.06, 1.12];

    proptest! {
        #[test]
        fn lines_on_curves_of_one_steepness_are_given_back(
            base in 5.0..50_000.0_f64,
            part in 0.9..1.1_f64,
            steep in 4.0..60.0_f64,
        ) {
            let loads = AROUND.map(|around| around * base * part.sqrt());
            let turns: Vec<(usize, usize)> = (0..loads.len()).map(|place| (place, place)).collect();
            let (of_base, of_head) =
                (build(base, steep, &loads), build(base * part, steep, &loads));
            let (rounds_of_base, rounds_of_head) = lines_by_turn((&of_base, &of_head), &turns).unwrap();
            prop_assert_eq!(rounds_of_base.len(), loads.len());
            prop_assert!((mean(&rounds_of_base) / base - 1.0).abs() < 2e-3, "{rounds_of_base:?}");
            prop_assert!((mean(&rounds_of_head) / (base * part) - 1.0).abs() < 2e-3, "{rounds_of_head:?}");
        }

        #[test]
        fn whatever_was_bad_rounds_are_numbers(
            shares in prop::collection::vec((0.0..=1.0_f64, 0.0..=1.0_f64), 3..20),
        ) {
            // Ends that both lines are seen from, and then anything at all.
            let known = |of: &dyn Fn(&(f64, f64)) -> f64| {
                let mut known = build(100.0, 20.0, &[60.0, 150.0]);
                known.steps.extend(shares.iter().enumerate().map(|(place, one)| {
                    Step { began_s: 1e3 + place as f64, ..step(95.0 + place as f64, of(one)) }
                }));
                known
            };
            let (base, head) = (known(&|one| one.0), known(&|one| one.1));
            let turns: Vec<(usize, usize)> = (2..shares.len() + 2).map(|place| (place, place)).collect();
            if let Some((of_base, of_head)) = lines_by_turn((&base, &head), &turns) {
                prop_assert!(of_base.iter().chain(&of_head).all(|line| line.is_finite() && *line > 0.0));
            }
        }
    }

    #[test]
    fn builds_that_are_the_same_have_the_same_rounds() {
        let loads = AROUND.map(|around| around * 200.0);
        let turns: Vec<(usize, usize)> = (0..loads.len()).map(|place| (place, place)).collect();
        let build = build(200.0, 12.0, &loads);
        let (base, head) = lines_by_turn((&build, &build), &turns).unwrap();
        assert_eq!(base, head);
    }

    #[test]
    fn without_both_lines_there_is_nothing_to_compare() {
        let (base, head) = (build(1000.0, 12.0, &[10.0, 100.0]), build(1000.0, 12.0, &[10.0, 100.0]));
        assert_eq!(lines_by_turn((&base, &head), &[(1, 1); 3]), None);
        let seen = build(100.0, 12.0, &[50.0, 150.0, 100.0]);
        assert_eq!(lines_by_turn((&seen, &seen), &[(2, 2); 2]), None);
    }
}
