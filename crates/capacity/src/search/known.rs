//! What a search knows: its terms, and the steps so far.

use serde::{Deserialize, Serialize};

use super::change::{Change, change_of};
use super::line::{Line, line_of};
use super::requirement::Requirement;
use super::step::{Call, Purpose, Step};

/// How far a load may be from another to be the same.
pub(super) const SAME: f64 = 0.02;

/// What gets through is less than what comes, or than what is carried, if it is less by this.
const LESS_THROUGH: f64 = 0.05;
/// Fewer seconds say nothing of what gets through.
const LEAST_THROUGH_S: f64 = 2.0;
/// What got through under different loads is the same within this.
const AGREE: f64 = 0.06;
/// Too much load spares a service that gets this much less through than it seems to carry.
const SPARED_LITTLE: f64 = 0.07;

/// What is asked a second time is asked with the same load, as it can be made.
const REPEATED: f64 = 1e-4;

/// Services get through less under too much load than under a little less, but seldom by more than this.
const SPARED: f64 = 1.15;

/// A step that was measured for so long counts as one of two that refute an earlier one, in seconds.
pub(super) const LONG_S: f64 = 5.0;

/// On what terms a search goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// The load to begin with, above 0.
    pub start: f64,
    /// The load that is never gone beyond.
    pub max: f64,
    /// How long the search may take, in seconds.
    pub at_most_s: f64,
    /// Whether loads are whole numbers: users, not rates.
    pub whole: bool,
    /// Whether to try how it recovers from too much.
    pub burst: bool,
}

/// Everything that is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Known {
    /// The terms.
    pub terms: Terms,
    /// What must hold.
    pub requirements: Vec<Requirement>,
    /// What was tried, in its order.
    pub steps: Vec<Step>,
    /// How long the search has taken, in seconds.
    pub elapsed_s: f64,
    /// When it began, in milliseconds since 1970 UTC, where it is of a real system.
    #[serde(default)]
    pub began_unix_ms: Option<i64>,
}

impl Known {
    /// A search that begins.
    pub const fn new(terms: Terms, requirements: Vec<Requirement>) -> Self {
        Self { terms, requirements, steps: Vec::new(), elapsed_s: 0.0, began_unix_ms: None }
    }

    /// What a step says.
    pub fn call(&self, step: &Step) -> Call {
        step.call(&self.requirements)
    }

    /// The steps that say where the line is now, in their order.
    ///
    /// Systems change: a cache fills, memory leaks. What a step clearly carried is carried now, so that lesser loads
    /// that broke before say nothing any more. And what clearly broke twice, at less than was carried before or getting
    /// less through, says that it is not carried any more; once may be chance. What broke while the load generator
    /// could not keep up says nothing once the same load was carried.
    pub fn telling(&self) -> Vec<&Step> {
        let mut telling: Vec<&Step> = Vec::new();
        for step in self.steps.iter().filter(|step| step.purpose.tells() && step.stopped.is_none()) {
            if self.call(step).is_carried() {
                // It was asked a second time.
                telling.retain(|earlier| {
                    let same = (earlier.load / step.load - 1.0).abs() <= REPEATED;
                    !(same && earlier.purpose == Purpose::Bracket && !self.call(earlier).is_carried())
                });
            }
            match self.call(step) {
                Call::Holds => telling.retain(|earlier| {
                    let same = if earlier.saturated.is_some() { SAME } else { -SAME };
                    !(self.call(earlier) == Call::Breaks && earlier.load <= step.load * (1.0 + same))
                }),
                Call::Breaks => {
                    let repeated = |hold: &Step| {
                        let later = telling.iter().filter(|other| {
                            other.began_s > hold.began_s
                                && self.at_most(other, SPARED) <= hold.load * (1.0 - SAME)
                                && self.call(other) == Call::Breaks
                        });
                        later.count() > 0
                    };
                    // An answer that breaks where it is confirmed was tried for long enough to count twice.
                    let long = step.purpose == Purpose::Confirm;
                    // And what a moment said of the same load is better known now.
                    let better_known = |hold: &Step| {
                        (hold.load / step.load - 1.0).abs() <= REPEATED && hold.measured_s <= step.measured_s
                    };
                    let refuted: Vec<f64> = telling
                        .iter()
                        .filter(|hold| {
                            self.call(hold).is_carried()
                                && (better_known(hold)
                                    || hold.load >= step.load * (1.0 + SAME) && (long || repeated(hold)))
                        })
                        .map(|hold| hold.began_s)
                        .collect();
                    // It carries less than it did. So what it seemed to carry before, at more than gets through now,
                    // says nothing any more either.
                    if !refuted.is_empty() {
                        // A service that gives way under too much load may get nearly nothing through.
                        let now = self.at_most(step, 1.0).max(step.load / 2.0);
                        let outdated = |earlier: &Step| {
                            self.call(earlier).is_carried() && earlier.load >= now * (1.0 + SAME)
                        };
                        telling.retain(|earlier| !refuted.contains(&earlier.began_s) && !outdated(earlier));
                    }
                }
                // One that holds by what was counted may do so by chance; two may not.
                Call::Leans if step.measured_s >= LONG_S => {
                    let also: Vec<f64> = telling
                        .iter()
                        .filter(|other| self.call(other).is_carried() && other.measured_s >= LONG_S)
                        .map(|other| other.load.min(step.load))
                        .collect();
                    let both = also.into_iter().fold(0.0, f64::max);
                    telling.retain(|earlier| {
                        !(self.call(earlier) == Call::Breaks && earlier.load <= both * (1.0 - SAME))
                    });
                }
                Call::Leans | Call::Strains => {}
            }
            telling.push(step);
        }
        telling
    }

    /// What is carried at the most by a step that broke: its load, or what it got through, times what may be lost of it
    /// under too much load. Of users only their number is known: what gets through is no number of users.
    fn at_most(&self, broke: &Step, spared: f64) -> f64 {
        if self.terms.whole { broke.load } else { broke.load.min(broke.through_per_s * spared) }
    }

    /// Whether the system changed under the search: it carries less than it did before, or more. What broke while the
    /// load generator could not keep up says nothing of it.
    pub fn changed(&self) -> Option<Change> {
        let steps: Vec<&Step> = self
            .steps
            .iter()
            .filter(|step| step.purpose.tells() && step.stopped.is_none() && step.saturated.is_none())
            .collect();
        change_of(&steps, &self.requirements)
    }

    /// What is served at the most, where too much load got the same through at least twice, and not clearly less than
    /// is carried: a queue that such a load fills is seen only after a while.
    pub(super) fn served_at_most(&self) -> Option<f64> {
        let carried = self.bracket().0?;
        let telling = self.telling();
        let through = telling.iter().filter(|step| self.call(step) == Call::Breaks);
        let mut through: Vec<f64> = through.filter_map(|step| self.got_through(step)).collect();
        through.sort_by(f64::total_cmp);
        let (least, most) = (*through.first()?, *through.last()?);
        let middle = through[through.len() / 2];
        let agree = through.len() >= 2 && most <= least * (1.0 + AGREE);
        (agree && middle >= carried * (1.0 - SPARED_LITTLE)).then_some(middle)
    }

    /// What a step got through, where that was less than came.
    pub(super) fn got_through(&self, step: &Step) -> Option<f64> {
        let less =
            step.measured_s >= LEAST_THROUGH_S && step.through_per_s < step.load * (1.0 - LESS_THROUGH);
        (!self.terms.whole && less).then_some(step.through_per_s)
    }

    /// The load of the last step, if it clearly broke at less than is known to be carried: once may be chance.
    pub(super) fn doubtful(&self) -> Option<f64> {
        let telling = self.telling();
        let last = telling.last().filter(|last| self.call(last) == Call::Breaks)?;
        let refuted = telling
            .iter()
            .any(|hold| self.call(hold) == Call::Holds && hold.load >= last.load * (1.0 + SAME));
        refuted.then_some(last.load)
    }

    /// The load that is taken to be carried, if the last two steps broke with less getting through than that, and it
    /// was tried before them and not for long: the system may have changed, or may get less through under too much
    /// load.
    pub(super) fn outdated(&self) -> Option<f64> {
        let (Some(carried), Some(_)) = self.bracket() else { return None };
        let telling = self.telling();
        let held = telling.iter().rposition(|step| step.load == carried && self.call(step).is_carried())?;
        let since = &telling[held + 1..];
        let less = |step: &&&Step| {
            self.call(step) == Call::Breaks && step.through_per_s < carried * (1.0 - LESS_THROUGH)
        };
        let twice = since.len() >= 2 && since.iter().rev().take(2).all(|step| less(&step));
        (twice && !self.terms.whole && telling[held].measured_s < LONG_S).then_some(carried)
    }

    /// The load of the last step, if it broke while the load generator could not keep up and was not tried a second
    /// time: for a moment somebody else may have needed the machine.
    pub(super) fn late(&self) -> Option<f64> {
        let last = self.telling().into_iter().last()?;
        let same = |step: &&Step| step.purpose.tells() && (step.load / last.load - 1.0).abs() <= SAME;
        let once = self.steps.iter().filter(same).count() == 1;
        (last.saturated.is_some() && self.call(last) == Call::Breaks && once).then_some(last.load)
    }

    /// The load of the last step, if the search would go down from there by mistake, and it was not tried a second
    /// time: the first load that counts, or a greater one that was too much for a moment only.
    pub(super) fn hasty(&self) -> Option<(Purpose, f64)> {
        let told = |step: &&Step| step.purpose.tells() && step.stopped.is_none();
        let last = self.steps.iter().rev().find(told)?;
        let same = |step: &&Step| (step.load / last.load - 1.0).abs() <= SAME;
        let once = self.steps.iter().filter(told).filter(same).count() == 1;
        let first = self.steps.iter().filter(told).count() == 1;
        let bracket = last.purpose == Purpose::Bracket && !self.call(last).is_carried();
        // A second look at a greater load takes its time: more load would follow.
        let purpose = if first { Purpose::Bracket } else { Purpose::Narrow };
        (bracket && once && (first || last.held_at_its_end())).then_some((purpose, last.load))
    }

    /// Where the line is, once something was carried and something was not.
    pub fn line(&self) -> Option<Line> {
        let (carried, broken) = self.bracket();
        carried.and(broken)?;
        line_of(&self.telling(), &self.requirements)
    }

    /// The highest load that was carried, and the lowest that was not. What was a little beyond its limit at less than
    /// is carried was so by chance.
    pub(super) fn bracket(&self) -> (Option<f64>, Option<f64>) {
        let telling = self.telling();
        let loads = |wanted: &dyn Fn(&Call) -> bool| {
            let wanted: Vec<f64> =
                telling.iter().filter(|step| wanted(&self.call(step))).map(|step| step.load).collect();
            wanted
        };
        let carried = loads(&|call| call.is_carried()).into_iter().max_by(f64::total_cmp);
        let strained = loads(&|call| *call == Call::Strains).into_iter();
        let strained = strained.filter(|load| carried.is_none_or(|carried| *load > carried));
        let broken = loads(&|call| *call == Call::Breaks);
        let lowest = broken.into_iter().chain(strained).min_by(f64::total_cmp);
        (carried, lowest)
    }
}
