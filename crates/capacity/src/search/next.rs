//! What to try next.
//!
//! Warm up; double until something breaks, or halve until something holds; go to where the line is by all that is
//! known, a little to either side in turn, until it is known well enough or time is up; confirm it at the answer, and a
//! tenth beyond it, where something has to break; and try how the system recovers from twice as much. After a load that
//! broke there is little load until the system is calm, so that no step pays for the one before it. Before a search
//! goes down from its first load, or from one that was too much for a moment only, it asks a second time.

use super::answer::answer;
use super::carried::{carried_by, clearly_held, rounded};
use super::change::Change;
use super::known::Known;
use super::line::REACH;
use super::step::{Call, Purpose};
use super::watch::SHORT_S;

/// How a bracket widens.
const WIDEN: f64 = 2.0;
/// It widens by so much at most where a system that does one thing at a time would be busy for this part of its time.
const MOST_WIDEN: f64 = 4.0;
const BUSY: f64 = 0.5;
/// A load that is halved so often is none any more.
const MOST_HALVINGS: i32 = 8;
/// The interval of the line is narrow enough: so far to each side, as a part of it.
const PRECISE: f64 = 0.015;
/// Fewer steps between the ends of the bracket are no line.
const FEWEST_NARROW: usize = 3;
/// Of what gets through under too much load, so much may be carried.
const THROUGH: f64 = 0.96;
/// It is looked at where it is inside of the bracket by so much.
const INSIDE: f64 = 0.06;
/// What got through may be what is carried, if it is more by this.
const BARELY: f64 = 1.01;
/// What is served at the most and this much more is clearly too much.
const ABOVE_SERVED: f64 = 1.06;
/// What is tried next to what was carried is more by so much at least.
const BESIDE: f64 = 1.04;
/// Ends of the bracket that are farther apart than this are halved: what the line is between is hardly known.
const WIDE: f64 = 1.08;
/// So often an answer is confirmed that does not hold.
const MOST_CONFIRMED: usize = 3;
/// So often calm is waited for.
const MOST_CALM: usize = 3;
/// How far beyond the answer something has to break.
const ABOVE: f64 = 1.1;
/// A step that is begun lasts for so many seconds at least.
const LEAST_STEP_S: f64 = 3.0;
/// The burst, and how long it lasts, in seconds; what is left of a system's load behind it.
const BURST: f64 = 2.0;
const BURST_S: f64 = 10.0;
const AFTER_BURST: f64 = 0.8;
/// This part of the search's time is there for it; a search shorter than this, in seconds, leaves the burst out.
const AFTER_BURST_TIME: f64 = 0.12;
const LEAST_FOR_BURST_S: f64 = 120.0;

/// What a search does next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Next {
    /// A step.
    Try {
        /// What it is for.
        purpose: Purpose,
        /// The load.
        load: f64,
        /// How long it may go on, in seconds.
        most_s: f64,
    },
    /// Nothing: the answer is as good as it gets.
    Done,
}

/// What to try next, by all that is known.
pub fn next(known: &Known) -> Next {
    let Some(last) = known.steps.last() else {
        return attempt(
            known,
            Purpose::WarmUp,
            known.terms.start,
            (known.terms.at_most_s * 0.04).clamp(2.0, 5.0),
        );
    };
    if last.stopped.is_some() || left(known) <= 0.0 {
        return Next::Done;
    }
    match last.purpose {
        Purpose::Recover => return Next::Done,
        Purpose::Burst => return recover(known),
        Purpose::Calm if last.calm_from_s.is_none() => {
            let tries = known.steps.iter().rev().take_while(|step| step.purpose == Purpose::Calm).count();
            return if tries < MOST_CALM { calm(known) } else { Next::Done };
        }
        _ => {}
    }
    // Before anything was carried, the next load is half of what broke, and so as calm.
    if last.purpose.tells() && known.call(last) == Call::Breaks && known.bracket().0.is_some() {
        return calm(known);
    }
    if let Some(load) = known.doubtful().filter(|_| time_to_narrow(known) > 0.0) {
        return attempt(known, Purpose::Narrow, load, narrow_s(known));
    }
    if let Some(load) = known.late().filter(|_| time_to_narrow(known) > 0.0) {
        let (purpose, most_s) = match known.bracket() {
            (Some(_), Some(_)) => (Purpose::Narrow, narrow_s(known)),
            _ => (Purpose::Bracket, bracket_s(known)),
        };
        return attempt(known, purpose, load, most_s);
    }
    if let Some((purpose, load)) = known.hasty().filter(|_| time_to_narrow(known) > 0.0) {
        return attempt(known, purpose, load, bracket_s(known));
    }
    let telling = known.steps.iter().rev().find(|step| step.purpose.tells());
    let confirmed = known.steps.iter().filter(|step| step.purpose == Purpose::Confirm).count();
    match telling.map(|step| (step.purpose, known.call(step))) {
        None if is_in_haste(known) && known.terms.start * WIDEN < known.terms.max => {
            attempt(known, Purpose::Bracket, known.terms.start * WIDEN, bracket_s(known))
        }
        None => attempt(known, Purpose::Bracket, known.terms.start, bracket_s(known)),
        Some((Purpose::Confirm, Call::Breaks)) if confirmed < MOST_CONFIRMED => search(known),
        Some((Purpose::Confirm, call)) => above(known, call),
        // More than was thought: the line is looked for again.
        Some((Purpose::Above, call)) if call.is_carried() && time_to_narrow(known) > 0.0 => search(known),
        Some((Purpose::Above, _)) => burst(known),
        Some(_) => search(known),
    }
}

fn search(known: &Known) -> Next {
    let (carried, broken) = known.bracket();
    let time = time_to_narrow(known);
    match (carried, broken) {
        (Some(carried), None) if carried >= known.terms.max * (1.0 - 1e-9) => Next::Done,
        (Some(carried), None) if time > 0.0 => {
            attempt(known, Purpose::Bracket, widened(known, carried), bracket_s(known))
        }
        // It is late, and still nothing breaks.
        (Some(carried), None) if left(known) > tail_s(known) + LEAST_STEP_S => {
            attempt(known, Purpose::Above, carried * ABOVE, confirm_s(known))
        }
        (None, Some(broken)) if time > 0.0 => {
            let lower = broken / WIDEN;
            let least = known.terms.start / WIDEN.powi(MOST_HALVINGS);
            if lower < least || (known.terms.whole && broken <= 1.0) {
                return Next::Done;
            }
            attempt(known, Purpose::Bracket, lower, bracket_s(known))
        }
        (Some(carried), Some(broken)) => between(known, carried, broken, time),
        _ => Next::Done,
    }
}

/// More than was carried: twice as much, or, where time is short, what even a system that does one thing at a time has
/// time for. What takes 5 ms is done a hundred times a second without hurry.
fn widened(known: &Known, carried: f64) -> f64 {
    let took_s = known.steps.last().map_or(0.0, |step| step.took_s);
    let without_hurry = if took_s > 0.0 && is_in_haste(known) { BUSY / took_s } else { 0.0 };
    (carried * WIDEN).max(without_hurry.min(carried * MOST_WIDEN)).min(known.terms.max)
}

/// Whether there is no time for a search that takes its steps one by one.
fn is_in_haste(known: &Known) -> bool {
    bracket_s(known) < SHORT_S && !known.terms.whole
}

fn between(known: &Known, carried: f64, broken: f64, time: f64) -> Next {
    let telling = known.telling();
    let Some(line) = known.line() else { return Next::Done };
    let narrowed = telling.iter().filter(|step| step.purpose != Purpose::Bracket).count();
    let precise = (REACH * line.spread).exp() - 1.0 <= PRECISE && narrowed >= FEWEST_NARROW;
    let neighbours = known.terms.whole && carried < broken && broken - carried <= 1.0;
    if precise || neighbours || time <= 0.0 {
        let load = if neighbours { carried } else { carried_by(known, &line) };
        return attempt(known, Purpose::Confirm, load, confirm_s(known));
    }
    if let Some(load) = known.outdated() {
        return attempt(known, Purpose::Narrow, load, narrow_s(known));
    }
    if let Some(load) = got_through(known, carried, broken) {
        return attempt(known, Purpose::Narrow, load, first_s(known));
    }
    if broken / carried > WIDE && narrowed > 0 {
        // What has become slower is looked for anew, in what time is left.
        let most_s = if known.changed() == Some(Change::Worse) { first_s(known) } else { narrow_s(known) };
        let half = (carried * broken).sqrt();
        // Some get less through under too much load than they carry: that says nothing.
        let through = through_at_most(known).filter(|through| *through >= carried * BARELY);
        let served = known.served_at_most().map(|served| served * ABOVE_SERVED);
        let load = through.or(served).map_or(half, |load| load.max(carried * BESIDE).min(half));
        return attempt(known, Purpose::Narrow, load, most_s);
    }
    // A little to either side in turn: a line is seen best from both.
    let side = if narrowed % 2 == 0 { -1.0 } else { 1.0 };
    let load = line.load * (side * line.spread.clamp(0.01, 0.08)).exp();
    // What is less than clearly held says little.
    let held = clearly_held(known).filter(|held| load < *held && *held < line.load);
    let load = held.map_or(load, |held| (held * line.load).sqrt());
    attempt(known, Purpose::Narrow, load, narrow_s(known))
}

/// What got through where it was too much: near what is served at the most. Only where to look next, because systems
/// may serve less under too much load than under a little less.
fn got_through(known: &Known, carried: f64, broken: f64) -> Option<f64> {
    let through = through_at_most(known)? * THROUGH;
    (through > carried * (1.0 + INSIDE) && through < broken * (1.0 - INSIDE)).then_some(through)
}

/// What the least load that broke got through, where that was less than came.
fn through_at_most(known: &Known) -> Option<f64> {
    let telling = known.telling();
    let least = telling.iter().filter(|step| known.call(step) == Call::Breaks && step.measured_s >= 2.0);
    known.got_through(least.min_by(|a, b| a.load.total_cmp(&b.load))?)
}

fn above(known: &Known, confirmed: Call) -> Next {
    let at = known.steps.iter().rev().find(|step| step.purpose == Purpose::Confirm).map(|step| step.load);
    match at {
        Some(load) if confirmed != Call::Breaks && left(known) > tail_s(known) => {
            let beyond = load * ABOVE;
            let beyond = if known.terms.whole { beyond.max(load + 1.0) } else { beyond };
            if beyond > known.terms.max {
                return burst(known);
            }
            attempt(known, Purpose::Above, beyond, confirm_s(known))
        }
        _ => burst(known),
    }
}

fn burst(known: &Known) -> Next {
    let at = answer(known).carries;
    if !has_burst(known) || at <= 0.0 || left(known) < BURST_S {
        return Next::Done;
    }
    attempt(known, Purpose::Burst, (at * BURST).min(known.terms.max), BURST_S)
}

fn recover(known: &Known) -> Next {
    let at = answer(known).carries;
    // However late it is: a burst without what comes after it was for nothing.
    attempt(known, Purpose::Recover, at * AFTER_BURST, left(known).clamp(5.0, 60.0))
}

fn calm(known: &Known) -> Next {
    let (carried, broken) = known.bracket();
    let load = carried.or(broken).unwrap_or(known.terms.start).min(known.terms.start) / 2.0;
    attempt(known, Purpose::Calm, load, 10.0)
}

fn attempt(known: &Known, purpose: Purpose, load: f64, most_s: f64) -> Next {
    // Whatever a step is for, it is over when the search has to be.
    let most_s = most_s.min(left(known).max(LEAST_STEP_S));
    Next::Try { purpose, load: rounded(known, load.min(known.terms.max)), most_s }
}

fn left(known: &Known) -> f64 {
    known.terms.at_most_s - known.elapsed_s
}

/// What the burst and what comes after it take.
fn tail_s(known: &Known) -> f64 {
    if has_burst(known) { BURST_S + known.terms.at_most_s * AFTER_BURST_TIME } else { 0.0 }
}

/// Whether there is time to try how it recovers.
fn has_burst(known: &Known) -> bool {
    known.terms.burst && known.terms.at_most_s >= LEAST_FOR_BURST_S
}

fn confirm_s(known: &Known) -> f64 {
    (known.terms.at_most_s * 0.08).clamp(4.0, 20.0)
}

/// What is left to look for the line, in seconds.
fn time_to_narrow(known: &Known) -> f64 {
    left(known) - tail_s(known) - 2.0 * confirm_s(known) - narrow_s(known) / 2.0
}

fn bracket_s(known: &Known) -> f64 {
    (known.terms.at_most_s * 0.1).clamp(4.0, 8.0)
}

fn narrow_s(known: &Known) -> f64 {
    (known.terms.at_most_s * 0.07).clamp(4.0, 25.0)
}

fn first_s(known: &Known) -> f64 {
    (known.terms.at_most_s * 0.04).clamp(4.0, 12.0)
}
