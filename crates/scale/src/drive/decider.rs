//! Who decides in a drive: an autoscaler that is told what real replicas say.

use std::time::Duration;

use super::pace::Pace;
use super::readings::Readings;
use crate::autoscaler::{Autoscaler, Decision, Hpa, Keda};
use crate::hpa::{Flags, Workload};

/// An autoscaler that can be driven.
#[derive(Debug, Clone)]
pub enum Decider {
    /// Kubernetes' own.
    Hpa(Box<Hpa>),
    /// KEDA.
    Keda(Box<Keda>),
}

impl Decider {
    /// How often it looks, in seconds of its time.
    pub fn period_s(&self) -> u64 {
        match self {
            Self::Hpa(hpa) => hpa.period_s(),
            Self::Keda(keda) => keda.period_s(),
        }
    }

    /// Replicas at the least and at the most.
    pub fn range(&self) -> (i32, i32) {
        match self {
            Self::Hpa(hpa) => (hpa.policy().min, hpa.policy().max),
            Self::Keda(keda) => {
                let scaled = keda.scaled();
                (scaled.min.min(scaled.idle.unwrap_or(scaled.min)), scaled.max)
            }
        }
    }

    /// How long it holds on to what was asked for before it scales down.
    pub fn holds_on(&self) -> Duration {
        let behavior = match self {
            Self::Hpa(hpa) => &hpa.policy().behavior,
            Self::Keda(keda) => &keda.scaled().behavior,
        };
        let window_ms = behavior.as_ref().and_then(|behavior| behavior.down.window_ms);
        let window_ms = window_ms.unwrap_or(Flags::default().down_window_ms);
        Duration::from_millis(u64::try_from(window_ms).unwrap_or_default())
    }

    /// The same where so many times fewer requests come in a second, for the simulator.
    pub fn slowed(&self, factor: f64) -> Box<dyn Autoscaler> {
        match self {
            Self::Hpa(hpa) => Box::new(hpa.slowed(factor)),
            Self::Keda(keda) => Box::new(keda.slowed(factor)),
        }
    }

    /// Looks at replicas so long after the load began, by the clock, which it was to do at a second of its own time.
    /// What was measured is in the readings, not in the workload.
    pub fn decide(
        &mut self,
        workload: &Workload<'_>,
        readings: &Readings,
        pace: Pace,
        at: Duration,
        due_s: u64,
    ) -> Decision {
        let now_ms = pace.policy_ms(at);
        match self {
            Self::Hpa(hpa) => {
                let measured = readings.measured(&hpa.policy().metrics, hpa.signals(), at);
                hpa.decide(&Workload { measured: &measured, ..*workload }, now_ms)
            }
            Self::Keda(keda) => keda.decide(workload, &readings.at(at), due_s, now_ms),
        }
    }
}
