//! The load that is given as the answer, from the line.
//!
//! At the line itself half of all tries break, so the answer is below it, by most of what is not known of it: by all of
//! it would be too little more often than by none it would be too much. And a load is given as it can be made and read.

use super::known::Known;
use super::line::Line;
use super::step::{Call, Purpose};

/// The answer is below the line by this part of its standard deviation, …
const DEVIATIONS: f64 = 0.4;
/// … by as much as makes an answer that is too much by this part nearly impossible (one in fifty), …
const TOO_MUCH: f64 = 0.05;
/// … and at least by this part of itself.
const LEAST_MARGIN: f64 = 0.01;
/// What clearly held is carried less this part, where a queue may take longer to build, …
const AFTER_HELD: f64 = 0.03;
/// … and what held for fewer seconds may have held by chance.
const LEAST_HELD_S: f64 = 3.0;
/// Of what comes this part may still be under way.
const LOST: f64 = 0.02;
/// An answer that broke when it was confirmed is followed by one that is less by this.
const AFTER_CONFIRMATION: f64 = 0.03;

/// What is confirmed as the answer: the line, less what is not known of it.
pub(super) fn carried_by(known: &Known, line: &Line) -> f64 {
    let load = line.load * (-margin(line)).exp();
    // What clearly broke is not carried, whatever the line says.
    let telling = known.telling();
    let broken = telling.iter().filter(|step| known.call(step) == Call::Breaks);
    let below = broken.map(|step| {
        step.load * (1.0 - if step.purpose == Purpose::Confirm { AFTER_CONFIRMATION } else { LEAST_MARGIN })
    });
    // And what clearly held for the whole time of a step is, if all of it got through.
    let held = clearly_held(known).map_or(0.0, |held| held * (1.0 - AFTER_HELD)).min(line.load);
    let below = below.chain(known.served_at_most().map(|served| served * (1.0 - LEAST_MARGIN)));
    rounded(known, load.max(held).min(below.fold(f64::INFINITY, f64::min)))
}

/// The highest load that clearly held for the whole time of a step, and of which all got through.
pub(super) fn clearly_held(known: &Known) -> Option<f64> {
    let telling = known.telling();
    let held = telling.iter().filter(|step| {
        step.purpose != Purpose::Bracket
            && step.measured_s >= LEAST_HELD_S
            && step.through_per_s >= step.load * (1.0 - LOST)
            && known.call(step) == Call::Holds
    });
    held.map(|step| step.load).max_by(f64::total_cmp)
}

/// How far the answer is below the line, in logarithms.
fn margin(line: &Line) -> f64 {
    (DEVIATIONS * line.spread).max(line.below - TOO_MUCH).max(LEAST_MARGIN)
}

/// A load as it can be made, and read: users are whole, and rates have four figures.
pub(super) fn rounded(known: &Known, load: f64) -> f64 {
    if known.terms.whole {
        return load.round().max(1.0);
    }
    let figure = 10_f64.powf(load.max(1e-9).log10().floor() - 3.0);
    (load / figure).round() * figure
}
