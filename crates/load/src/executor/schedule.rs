//! The arrivals of either open model, as they are planned.

use std::time::Duration;

use super::constant_arrival_rate::ConstantSchedule;
use super::ramping_arrival_rate::RampingSchedule;
use crate::pacer::Schedule;

/// The arrivals of an open model, as they are planned.
#[derive(Debug, Clone)]
pub enum PlannedSchedule {
    /// At a constant rate.
    Constant(ConstantSchedule),
    /// At a rate that moves.
    Ramping(RampingSchedule),
}

impl Schedule for PlannedSchedule {
    fn instant(&self, number: u64) -> Option<Duration> {
        match self {
            Self::Constant(schedule) => schedule.instant(number),
            Self::Ramping(schedule) => schedule.instant(number),
        }
    }

    fn arrivals(&self) -> u64 {
        match self {
            Self::Constant(schedule) => schedule.arrivals(),
            Self::Ramping(schedule) => schedule.arrivals(),
        }
    }
}
