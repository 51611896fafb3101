//! What one replica does with requests: so many at a time, each in its time, the others wait in the order they came.

use std::time::Duration;

use super::error::ServiceError;
use super::time::ServiceTime;

/// A service, as one replica of it behaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// How long a request keeps a worker busy.
    pub time: ServiceTime,
    /// How many requests are worked on at a time.
    pub concurrency: usize,
    /// How many may wait; whoever comes then is turned away at once. None: as many as come.
    pub queue: Option<usize>,
    /// After how long whoever waits gives up. The replica works on it all the same, as it does not know.
    pub patience: Option<Duration>,
    /// Which part of its time a worker keeps a processor busy, as a share; the rest it waits for others.
    pub processor_share: f64,
    /// Thousandths of a processor that a replica takes without any request.
    pub idle_milli: f64,
    /// Up to how many requests per second of one replica the model was measured; beyond, nobody knows.
    pub measured_up_to_per_s: Option<f64>,
}

impl Service {
    /// A service that waits for nobody else, with as many workers.
    ///
    /// # Errors
    /// Where there is no worker.
    pub fn new(time: ServiceTime, concurrency: usize) -> Result<Self, ServiceError> {
        if concurrency == 0 {
            return Err(ServiceError::NoWorkers);
        }
        Ok(Self {
            time,
            concurrency,
            queue: None,
            patience: None,
            processor_share: 1.0,
            idle_milli: 0.0,
            measured_up_to_per_s: None,
        })
    }

    /// Thousandths of a processor that a replica takes with so many workers busy.
    pub(crate) fn cpu_milli(&self, busy: f64) -> f64 {
        self.idle_milli + 1000.0 * self.processor_share * busy
    }

    /// The most that one replica answers, in requests per second, when it never rests.
    pub fn capacity_per_s(&self) -> f64 {
        self.concurrency as f64 / self.time.mean_s()
    }
}
