//! One type over the seven executors, and the questions that all of them answer.
//!
//! Each question is one exhaustive match, so an eighth executor does not compile until it has an answer to each.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::schedule::PlannedSchedule;
use super::{
    ConstantArrivalRate, ConstantVus, ExternallyControlled, PerVuIterations, RampingArrivalRate, RampingVus,
    SharedIterations,
};
use crate::pacer::Schedule;
use crate::plan::Problems;
use crate::table::VuTable;

/// How the iterations of a scenario are started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "executor", rename_all = "kebab-case")]
pub enum Executor {
    /// A number of iterations that several virtual users work off together.
    SharedIterations(SharedIterations),
    /// A number of iterations for each virtual user.
    PerVuIterations(PerVuIterations),
    /// A constant number of virtual users that iterate for a while.
    ConstantVus(ConstantVus),
    /// A changing number of virtual users.
    RampingVus(RampingVus),
    /// Iterations that start at a constant rate, whether the system keeps up or not.
    ConstantArrivalRate(ConstantArrivalRate),
    /// Iterations that start at a changing rate, whether the system keeps up or not.
    RampingArrivalRate(RampingArrivalRate),
    /// As many virtual users as somebody says while they iterate.
    ExternallyControlled(ExternallyControlled),
}

impl Executor {
    /// The name scripts use, for example `ramping-vus`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::SharedIterations(_) => "shared-iterations",
            Self::PerVuIterations(_) => "per-vu-iterations",
            Self::ConstantVus(_) => "constant-vus",
            Self::RampingVus(_) => "ramping-vus",
            Self::ConstantArrivalRate(_) => "constant-arrival-rate",
            Self::RampingArrivalRate(_) => "ramping-arrival-rate",
            Self::ExternallyControlled(_) => "externally-controlled",
        }
    }

    /// One phrase, for example `up to 500 VUs for 24m over 7 stages`.
    pub fn description(&self) -> String {
        match self {
            Self::SharedIterations(executor) => executor.description(),
            Self::PerVuIterations(executor) => executor.description(),
            Self::ConstantVus(executor) => executor.description(),
            Self::RampingVus(executor) => executor.description(),
            Self::ConstantArrivalRate(executor) => executor.description(),
            Self::RampingArrivalRate(executor) => executor.description(),
            Self::ExternallyControlled(executor) => executor.description(),
        }
    }

    /// How long iterations may start: the duration, the sum of the stages, or `maxDuration`. A hundred years of one
    /// that has no end.
    pub fn duration(&self) -> Duration {
        match self {
            Self::SharedIterations(executor) => executor.max_duration,
            Self::PerVuIterations(executor) => executor.max_duration,
            Self::ConstantVus(executor) => executor.duration,
            Self::RampingVus(executor) => executor.duration(),
            Self::ConstantArrivalRate(executor) => executor.duration,
            Self::RampingArrivalRate(executor) => executor.duration(),
            Self::ExternallyControlled(executor) => executor.duration(),
        }
    }

    /// Whether `duration` is only a limit, because the executor ends when its iterations are done.
    pub const fn ends_by_itself(&self) -> bool {
        matches!(self, Self::SharedIterations(_) | Self::PerVuIterations(_))
    }

    /// Whether only somebody who stops it ends it.
    pub const fn is_until_stopped(&self) -> bool {
        matches!(self, Self::ExternallyControlled(executor) if executor.is_until_stopped())
    }

    /// The instants of an open model's arrivals, as they are planned.
    pub fn schedule(&self) -> Option<PlannedSchedule> {
        match self {
            Self::ConstantArrivalRate(executor) => Some(PlannedSchedule::Constant(executor.schedule())),
            Self::RampingArrivalRate(executor) => Some(PlannedSchedule::Ramping(executor.schedule())),
            _ => None,
        }
    }

    /// Whether it can owe iterations: open models for want of a virtual user, those with a number of iterations for
    /// want of time.
    pub const fn may_drop(&self) -> bool {
        match self {
            Self::SharedIterations(_)
            | Self::PerVuIterations(_)
            | Self::ConstantArrivalRate(_)
            | Self::RampingArrivalRate(_) => true,
            Self::ConstantVus(_) | Self::RampingVus(_) | Self::ExternallyControlled(_) => false,
        }
    }

    /// The number of iterations that will be started or dropped, where the plan says so.
    pub fn iterations(&self) -> Option<u64> {
        match self {
            Self::SharedIterations(executor) => Some(executor.iterations),
            Self::PerVuIterations(executor) => Some(executor.iterations.saturating_mul(executor.vus)),
            Self::ConstantVus(_) | Self::RampingVus(_) | Self::ExternallyControlled(_) => None,
            Self::ConstantArrivalRate(executor) => Some(executor.schedule().arrivals()),
            Self::RampingArrivalRate(executor) => Some(executor.schedule().arrivals()),
        }
    }

    /// The virtual users to prepare ahead, as a table that ends when the last of them has stopped for certain:
    /// after the duration and `graceful_stop`.
    pub fn reserved(&self, graceful_stop: Duration) -> VuTable {
        let end = self.duration() + graceful_stop;
        match self {
            Self::SharedIterations(executor) => VuTable::block(executor.vus, end),
            Self::PerVuIterations(executor) => VuTable::block(executor.vus, end),
            Self::ConstantVus(executor) => VuTable::block(executor.vus, end),
            Self::RampingVus(executor) => executor.reserved(graceful_stop),
            Self::ConstantArrivalRate(executor) => VuTable::block(executor.pre_allocated_vus, end),
            Self::RampingArrivalRate(executor) => VuTable::block(executor.pre_allocated_vus, end),
            Self::ExternallyControlled(executor) => VuTable::block(executor.max_vus, end),
        }
    }

    /// The most virtual users that the scenario may ever have at once.
    pub fn max_vus(&self) -> u64 {
        match self {
            Self::SharedIterations(executor) => executor.vus,
            Self::PerVuIterations(executor) => executor.vus,
            Self::ConstantVus(executor) => executor.vus,
            Self::RampingVus(executor) => executor.reserved(Duration::ZERO).peak(),
            Self::ConstantArrivalRate(executor) => executor.max_vus,
            Self::RampingArrivalRate(executor) => executor.max_vus,
            Self::ExternallyControlled(executor) => executor.max_vus,
        }
    }

    /// Notes everything that is wrong with this executor's options.
    pub(crate) fn check(&self, problems: &mut Problems<'_>) {
        match self {
            Self::SharedIterations(executor) => executor.check(problems),
            Self::PerVuIterations(executor) => executor.check(problems),
            Self::ConstantVus(executor) => executor.check(problems),
            Self::RampingVus(executor) => executor.check(problems),
            Self::ConstantArrivalRate(executor) => executor.check(problems),
            Self::RampingArrivalRate(executor) => executor.check(problems),
            Self::ExternallyControlled(executor) => executor.check(problems),
        }
    }
}
