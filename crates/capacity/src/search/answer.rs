//! What a search has found, whenever it is asked.

use super::carried::carried_by;
use super::change::Change;
use super::known::{Known, LONG_S, SAME};
use super::step::{Call, Purpose, Step, Stopped};

/// What a system carries.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The highest load that keeps every requirement; 0 where none was found.
    pub carries: f64,
    /// The interval of the line, where there is one.
    pub between: Option<(f64, f64)>,
    /// How far the search came.
    pub bound: Bound,
    /// What breaks first.
    pub breaks: Option<Breaking>,
    /// Whether it held when it was tried once more: of the last time.
    pub confirmed: Option<Call>,
    /// Whether something broke a tenth beyond it.
    pub above: Option<Call>,
    /// How it got over twice as much.
    pub recovery: Option<Recovery>,
    /// Whether the system changed meanwhile.
    pub changed: Option<Change>,
    /// The loads of the steps in which another process took the target's place: it was restarted, or deployed anew.
    pub replaced: Vec<f64>,
    /// In how many of the steps that broke the load generator could not keep up, and of how many.
    pub late: (usize, usize),
}

/// How far a search came.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    /// Both sides of the line were seen.
    Found,
    /// Nothing broke up to the load that it may not go beyond.
    AtLeastMax,
    /// It ended before anything broke: out of time, or as the stop says.
    AtLeast(Option<Stopped>),
    /// Nothing broke but the load generator, which could not make more: why.
    AtLeastGenerator(String),
    /// Not even the smallest load was carried.
    Nothing,
    /// The load generator could not keep up with any load that broke, and nothing was carried: why.
    Generator(String),
    /// It ended before anything was known.
    Unknown(Option<Stopped>),
    /// The system never became calm again after too much load.
    NeverCalm,
}

/// What breaks first.
#[derive(Clone, Debug, PartialEq)]
pub struct Breaking {
    /// The requirement's place; `None` where what is under way grows before any requirement breaks.
    pub place: Option<usize>,
    /// The load at which it does.
    pub at: f64,
}

/// How a system got over a burst.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recovery {
    /// The load of the burst.
    pub burst: f64,
    /// The load behind it.
    pub load: f64,
    /// After how long all requirements held to the end, in seconds; `None` for never.
    pub after_s: Option<f64>,
    /// How long it was waited for.
    pub waited_s: f64,
}

/// What is known by now.
pub fn answer(known: &Known) -> Answer {
    let telling = known.telling();
    let (carried, broken) = known.bracket();
    let stopped = known.steps.last().and_then(|step| step.stopped.clone());
    let line = known.line();
    let last_of = |purpose: Purpose| {
        known.steps.iter().rev().find(|step| step.purpose == purpose && step.stopped.is_none())
    };
    let confirm =
        last_of(Purpose::Confirm).filter(|step| telling.iter().any(|one| one.began_s == step.began_s));
    let confirmed = confirm.map(|step| known.call(step));
    let carries = match (&line, confirm) {
        // It was tried, or more than it was, and by all that is known now it may be less.
        (Some(line), Some(step)) if confirmed != Some(Call::Breaks) => {
            let tried =
                telling.iter().filter(|step| known.call(step).is_carried() && step.measured_s >= LONG_S);
            let most = tried.map(|step| step.load).fold(step.load, f64::max);
            carried_by(known, line).min(most)
        }
        (Some(line), _) => carried_by(known, line),
        (None, _) => carried.unwrap_or(0.0),
    };
    let beyond = last_of(Purpose::Above);
    let above = beyond.map(|step| known.call(step));
    // What is carried a tenth beyond the answer may still be below the line, as the answer is, and below what broke;
    // and more than is served at the most is carried only until its queue is long enough.
    let past = |step: &Step| {
        line.as_ref().is_none_or(|line| step.load > line.load)
            && broken.is_none_or(|broken| broken > step.load)
            && known.served_at_most().is_none_or(|served| served > step.load)
    };
    let never_calm = known.steps.last().is_some_and(|step| {
        step.purpose == Purpose::Calm && step.calm_from_s.is_none() && step.stopped.is_none()
    });
    let bound = match (carried, broken) {
        _ if never_calm => Bound::NeverCalm,
        (Some(_), Some(_)) if above == Some(Call::Holds) && beyond.is_some_and(past) => Bound::AtLeast(None),
        (Some(_), Some(_)) => generator(known, &telling).map_or(Bound::Found, Bound::AtLeastGenerator),
        (Some(carried), None) if carried >= known.terms.max * (1.0 - 1e-9) => Bound::AtLeastMax,
        (Some(_), None) => Bound::AtLeast(stopped),
        (None, Some(_)) if stopped.is_none() => {
            generator(known, &telling).map_or(Bound::Nothing, Bound::Generator)
        }
        (None, _) => Bound::Unknown(stopped),
    };
    let breaks = line.map(|line| Breaking {
        place: (line.first < known.requirements.len()).then_some(line.first),
        at: line.load.max(carries),
    });
    let breaks = breaks.or_else(|| {
        let lowest = telling.iter().filter(|step| !known.call(step).is_carried());
        let lowest = lowest.min_by(|a, b| a.load.total_cmp(&b.load))?;
        Some(Breaking { place: lowest.worst(&known.requirements), at: lowest.load })
    });
    Answer {
        carries,
        between: line.map(|line| (line.low.min(carries), line.high)),
        bound,
        breaks,
        confirmed,
        above,
        recovery: recovery(known),
        changed: known.changed(),
        replaced: known.steps.iter().filter(|step| step.replaced).map(|step| step.load).collect(),
        late: late(known, &telling),
    }
}

/// The steps that say that something is too much.
fn broken_steps<'s>(known: &'s Known, telling: &'s [&'s Step]) -> impl Iterator<Item = &'s Step> {
    telling.iter().copied().filter(|step| !known.call(step).is_carried())
}

/// In how many of the steps that broke the generator could not keep up, and of how many. What also broke at no more
/// with a generator that kept up has broken.
fn late(known: &Known, telling: &[&Step]) -> (usize, usize) {
    let kept_up = broken_steps(known, telling).filter(|step| step.saturated.is_none());
    let broke = kept_up.map(|step| step.load).fold(f64::INFINITY, f64::min);
    let late = broken_steps(known, telling)
        .filter(|step| step.saturated.is_some() && step.load < broke * (1.0 - SAME));
    (late.count(), broken_steps(known, telling).count())
}

/// Why the generator is what limits: it could not keep up in any of the steps that broke.
fn generator(known: &Known, telling: &[&Step]) -> Option<String> {
    let mut broken = broken_steps(known, telling);
    let first = broken.next()?.saturated.clone()?;
    broken.all(|step| step.saturated.is_some()).then_some(first)
}

fn recovery(known: &Known) -> Option<Recovery> {
    let of = |purpose: Purpose| known.steps.iter().rev().find(|step: &&Step| step.purpose == purpose);
    let (burst, after) = (of(Purpose::Burst)?, of(Purpose::Recover)?);
    if after.stopped.is_some() && after.calm_from_s.is_none() {
        return None;
    }
    Some(Recovery {
        burst: burst.load,
        load: after.load,
        after_s: after.calm_from_s,
        waited_s: after.measured_s,
    })
}
