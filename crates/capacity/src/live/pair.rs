//! Two searches in turns, with the same loads: what comes next is said by [`next_of_pair`].

use loadline_runner::{Failure, Interrupts, Subject};

use super::evidence::Evidence;
use super::going::Going;
use super::searching::{Found, Searching, Told};
use crate::search::{CALM_S, Known, PairNext, Purpose, Side, calm_after, next_of_pair};

/// What was found of two.
pub struct FoundPair {
    /// Of the base.
    pub base: Found,
    /// Of the head.
    pub head: Found,
    /// The places of the steps of each turn near both lines.
    pub turns: Vec<(usize, usize)>,
}

/// Searches two subjects in turns. `base_first` says which of them goes first in a turn.
///
/// # Errors
/// When a step could not be made.
pub async fn search_pair<'s, S: Subject>(
    base: (&'s mut S, Searching<'s>, Known),
    head: (&'s mut S, Searching<'s>, Known),
    base_first: &mut dyn FnMut() -> bool,
    interrupts: &Interrupts,
    tell: &mut dyn FnMut(Side, Told<'_>),
) -> Result<FoundPair, Failure> {
    let going = |(subject, searching, known): (&'s mut S, Searching<'s>, Known)| {
        Going::new(subject, searching, (known, Vec::<Evidence>::new()))
    };
    let (mut base, mut head) = (going(base), going(head));
    let mut turns = Vec::new();
    'search: while let PairNext::Try { purpose, base: of_base, head: of_head, most_s } =
        next_of_pair(&base.known, &head.known, turns.len())
    {
        let places = (base.known.steps.len(), head.known.steps.len());
        let order = if base_first() { [Side::Base, Side::Head] } else { [Side::Head, Side::Base] };
        for side in order {
            let mut tell = |told: Told<'_>| tell(side, told);
            let going_on = match (side, of_base, of_head) {
                (Side::Base, Some(load), _) => {
                    calmly(&mut base, (purpose, load, most_s), interrupts, &mut tell).await?
                }
                (Side::Head, _, Some(load)) => {
                    calmly(&mut head, (purpose, load, most_s), interrupts, &mut tell).await?
                }
                _ => continue,
            };
            if !going_on || interrupts.any() {
                break 'search;
            }
        }
        if purpose == Purpose::Turn {
            turns.push(places);
        }
    }
    Ok(FoundPair { base: base.found(), head: head.found(), turns })
}

/// A step, and calm after one that was too much: what is left of it would be in the other's way.
async fn calmly<S: Subject>(
    going: &mut Going<'_, S>,
    step: (Purpose, f64, f64),
    interrupts: &Interrupts,
    tell: &mut dyn FnMut(Told<'_>),
) -> Result<bool, Failure> {
    if !going.attempt(step, interrupts, tell).await? {
        return Ok(false);
    }
    match calm_after(&going.known).filter(|_| !interrupts.any() && step.0 != Purpose::Calm) {
        Some(load) => going.attempt((Purpose::Calm, load, CALM_S), interrupts, tell).await,
        None => Ok(true),
    }
}
