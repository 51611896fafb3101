//! What can be read of a workload, simulated or real: what autoscalers go by.

use crate::hpa::Measured;

/// Over how long a time signals are averaged that are not processor time, in seconds: Prometheus' `rate(…[1m])`, as
/// most people write it.
pub const RATE_WINDOW_S: u64 = 60;

/// What can be measured of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signal {
    /// Processor time, in processors.
    Cpu,
    /// Requests that come, per second.
    Requests,
    /// Requests that are worked on or wait.
    InFlight,
    /// Requests that wait.
    Waiting,
}

/// Readings of a workload at a moment.
pub trait Sight {
    /// Of each pod, in thousandths.
    fn per_pod(&self, signal: Signal) -> Measured;

    /// Of the whole service, in thousandths; none where nothing is known.
    fn total_milli(&self, signal: Signal) -> Option<i64>;
}
