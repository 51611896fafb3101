//! One step of a search: a load, for a while, and what came of it.

use serde::{Deserialize, Serialize};

use super::requirement::Requirement;
use super::tally::Tally;

/// Beyond by so many standard deviations is clear …
pub(super) const CLEARLY_BROKEN: f64 = 3.0;
/// … and within by so many: less, because few bad ones among few do not stand as far below what is permitted.
pub(super) const CLEARLY_KEPT: f64 = -2.3;
/// What a queue that grows is worth, as if so many had been bad of so many.
const QUEUE_WORTH: f64 = 8.0;
/// Of a queue half may be bad: it grows or it does not.
const OF_QUEUE: f64 = 0.5;
/// What holds for the last so many seconds of a step holds at its end.
const END_S: f64 = 1.0;
/// What is clearly broken is worth so many.
const BROKEN_WORTH: f64 = 20.0;

/// What a step is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Caches fill, connections open, code is compiled: nothing is judged.
    WarmUp,
    /// To find a load that is carried and one that is not.
    Bracket,
    /// Between the two.
    Narrow,
    /// Near the lines of two builds, which take turns: for its whole time, because one that ended when it was clear
    /// would have more that is bad than the load brings.
    Turn,
    /// At the answer.
    Confirm,
    /// A tenth beyond the answer, where something has to break.
    Above,
    /// Little load, until the system is calm again.
    Calm,
    /// Twice what it carries.
    Burst,
    /// Four fifths of what it carries, after the burst.
    Recover,
}

impl Purpose {
    /// Whether what came of it says where the line is.
    pub const fn tells(self) -> bool {
        matches!(self, Self::Bracket | Self::Narrow | Self::Turn | Self::Confirm | Self::Above)
    }
}

/// What a step says of its load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Clearly carried.
    Holds,
    /// Carried by what was counted; chance could have it otherwise.
    Leans,
    /// Too much by what was counted; chance could have it otherwise.
    Strains,
    /// Clearly too much.
    Breaks,
}

impl Call {
    /// Whether it is on the side of what is carried.
    pub const fn is_carried(self) -> bool {
        matches!(self, Self::Holds | Self::Leans)
    }
}

/// Why a step, and with it the search, could not go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// Nothing answered any more: why.
    TargetGone(String),
    /// Somebody interrupted it.
    Interrupted,
}

/// A load that was tried, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What it was for.
    pub purpose: Purpose,
    /// The load, in the search's own measure: requests or iterations per second, or users.
    pub load: f64,
    /// When it began, in seconds of the search.
    pub began_s: f64,
    /// How long it was measured, its warm-up left out, in seconds.
    pub measured_s: f64,
    /// A tally for each requirement, in their order; none where nothing was to be counted.
    pub tallies: Vec<Option<Tally>>,
    /// Whether the queue still grew.
    pub growing: bool,
    /// What got through, per second.
    pub through_per_s: f64,
    /// How long each took on average, in seconds; 0 where nothing ended.
    #[serde(default)]
    pub took_s: f64,
    /// The variance of what is under way, from second to second, by what was started: 2 of a busy service whose
    /// arrivals and service times are exponential, 0 where both are even.
    #[serde(default)]
    pub wander: f64,
    /// The second of the step from which on all requirements held to its end, where one is looked for.
    pub calm_from_s: Option<f64>,
    /// Why the load generator may be what broke, if it could not keep up.
    #[serde(default)]
    pub saturated: Option<String>,
    /// Whether another process served the target at its end than at its beginning.
    #[serde(default)]
    pub replaced: bool,
    /// Why it ended the search, if it did.
    pub stopped: Option<Stopped>,
}

impl Step {
    /// What it says of its load, judged by these requirements. A step without anything to count has broken.
    pub fn call(&self, requirements: &[Requirement]) -> Call {
        call(&self.tallies, self.growing, requirements)
    }

    /// Whether something was too much for a moment only: at its end everything held again.
    pub(super) fn held_at_its_end(&self) -> bool {
        // Its first second is not measured.
        self.calm_from_s.is_some_and(|from| from + END_S <= self.measured_s + 1.0)
    }

    /// The requirement that is farthest beyond what it permits, if one is: its place among them.
    pub fn worst(&self, requirements: &[Requirement]) -> Option<usize> {
        let beyond = |place: usize| {
            Some((place, self.tallies.get(place)?.as_ref()?.beyond(requirements[place].permitted)))
        };
        let worst = (0..requirements.len()).filter_map(beyond).max_by(|a, b| a.1.total_cmp(&b.1));
        worst.filter(|(_, beyond)| *beyond > 0.0).map(|(place, _)| place)
    }

    /// Its requirements as shares that may not be exceeded, the queue as the last of them.
    pub(super) fn strains(&self, requirements: &[Requirement]) -> Vec<Strain> {
        let broken = self.call(requirements) == Call::Breaks;
        let worst = self.worst(requirements).filter(|_| broken && !self.growing);
        let mut strains: Vec<Strain> = requirements
            .iter()
            .zip(&self.tallies)
            .enumerate()
            .filter_map(|(place, (requirement, tally))| {
                // It ended because that was clear; had it gone on, it would have been clearer still.
                let least = if worst == Some(place) { BROKEN_WORTH } else { 0.0 };
                Some(Strain { place, permitted: requirement.permitted, tally: (*tally)?, least })
            })
            .collect();
        // A step that broke before its queue could tell says nothing of it.
        if self.growing || !broken {
            let bad = if self.growing { QUEUE_WORTH } else { 0.0 };
            let tally = Tally::independent(bad, QUEUE_WORTH);
            strains.push(Strain {
                place: requirements.len(),
                permitted: OF_QUEUE,
                tally,
                least: QUEUE_WORTH,
            });
        }
        strains
    }
}

#[cfg(test)]
impl Step {
    /// One that narrows the bracket for five seconds, with this tally of a single requirement; for tests.
    pub(crate) fn narrowed(load: f64, tally: Tally) -> Self {
        Self {
            purpose: Purpose::Narrow,
            load,
            began_s: load,
            measured_s: 5.0,
            tallies: vec![Some(tally)],
            growing: false,
            through_per_s: load,
            took_s: 0.0,
            wander: 0.0,
            calm_from_s: None,
            saturated: None,
            replaced: false,
            stopped: None,
        }
    }
}

/// What a step says of one requirement.
pub(super) struct Strain {
    /// Its place among them, or their number for the queue.
    pub(super) place: usize,
    /// The share that may be bad.
    pub(super) permitted: f64,
    /// What was.
    pub(super) tally: Tally,
    /// It is worth so many at least.
    pub(super) least: f64,
}

/// What tallies say.
pub(super) fn call(tallies: &[Option<Tally>], growing: bool, requirements: &[Requirement]) -> Call {
    let beyond: Vec<f64> = requirements
        .iter()
        .zip(tallies)
        .filter_map(|(requirement, tally)| Some(tally.as_ref()?.beyond(requirement.permitted)))
        .collect();
    let worst = beyond.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if growing || worst >= CLEARLY_BROKEN || beyond.is_empty() {
        Call::Breaks
    } else if worst > 0.0 {
        Call::Strains
    } else if worst > CLEARLY_KEPT {
        Call::Leans
    } else {
        Call::Holds
    }
}
