//! What people do to a run: what can be asked, what was done, and how the run stands.

use std::fmt;
use std::time::Duration;

use loadline_measure::ScenarioProgress;
use loadline_units::{count, time_of};

use crate::executor::per;
use crate::steered_schedule::Rate;

/// What is to be changed of a scenario. All of it is changed at one instant, or nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Setting {
    /// So many virtual users from now on, in place of the plan's.
    pub vus: Option<u64>,
    /// So many virtual users at most; it can be raised.
    pub max_vus: Option<u64>,
    /// So many iterations start from now on, in place of the plan's.
    pub rate: Option<Rate>,
}

/// Something that a person did to a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steered {
    /// Which change of the run it is, from 1; what was done at once has one number.
    pub revision: u64,
    /// When, on the wall's clock, since the scenarios started.
    pub at: Duration,
    /// What.
    pub what: Deed,
}

/// What a person did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Nothing more is started.
    Paused,
    /// What was paused so long goes on.
    Resumed(Duration),
    /// A scenario was changed.
    Set(String, Change),
    /// It is to end.
    Stopped,
    /// Nothing was changed: something happened that the run should know.
    Marked(String),
}

/// What a scenario was changed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Its virtual users, and what they were; `None` as they were planned.
    Vus(u64, Option<u64>),
    /// The most that it may have, and how many that were.
    MaxVus(u64, u64),
    /// Its rate, and what that was; `None` as it was planned.
    Rate(Rate, Option<Rate>),
}

/// Such as `search: 20 VUs, before 10`.
impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Paused => f.write_str("paused by hand"),
            Self::Resumed(after) => write!(f, "resumed by hand, after {}", time_of(*after)),
            Self::Set(scenario, change) => write!(f, "{scenario}: {change}, by hand"),
            Self::Stopped => f.write_str("stopped by hand"),
            Self::Marked(words) => f.write_str(words),
        }
    }
}

/// Such as `20 VUs, before 10`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vus(vus, None) => write!(f, "{} VUs in place of its plan", count(*vus)),
            Self::Vus(vus, Some(before)) => write!(f, "{} VUs, before {}", count(*vus), count(*before)),
            Self::MaxVus(max, before) => write!(f, "at most {} VUs, before {}", count(*max), count(*before)),
            Self::Rate(rate, None) => write!(f, "{rate} in place of its plan"),
            Self::Rate(rate, Some(before)) => write!(f, "{rate}, before {before}"),
        }
    }
}

/// Such as `200/s`.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", count(self.count), per(self.per))
    }
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Standing {
    /// Its virtual users are being prepared, or it is not known yet.
    #[default]
    Preparing,
    /// Everybody is ready, and somebody has to say go.
    Held,
    /// Its scenarios have started.
    Running,
    /// Nothing more is started.
    Over,
}

/// How a run stands, and what it can be asked.
#[derive(Debug, Clone, PartialEq)]
pub struct RunStatus {
    /// The number of the last change.
    pub revision: u64,
    /// Where it stands.
    pub standing: Standing,
    /// Whether it is paused.
    pub paused: bool,
    /// Whether it was asked to stop.
    pub stopping: bool,
    /// The time since its scenarios started, on the wall's clock.
    pub elapsed: Duration,
    /// How much of that it was paused.
    pub paused_for: Duration,
    /// Virtual users that run.
    pub vus: u64,
    /// Virtual users that exist, or may be made at any time.
    pub vus_max: u64,
    /// Its scenarios, in the order of the plan.
    pub scenarios: Vec<ScenarioStatus>,
}

/// How a scenario stands, and what can be set of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ScenarioStatus {
    /// How far it is.
    pub progress: ScenarioProgress,
    /// What starts its iterations: `constant-vus`.
    pub executor: &'static str,
    /// How many virtual users it is to have, where that can be set and one number says it.
    pub vus: Option<u64>,
    /// How many it may have, where that can be set.
    pub max_vus: Option<u64>,
    /// Its rate, where that can be set and one number says it.
    pub rate: Option<Rate>,
    /// Whether `vus` can be set.
    pub has_vus: bool,
    /// Whether `rate` can be set.
    pub has_rate: bool,
    /// Whether somebody has set something.
    pub is_steered: bool,
}
