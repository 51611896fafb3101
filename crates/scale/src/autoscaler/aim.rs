//! How many requests per second a policy lets one replica have when it is content.

use super::hpa::Hpa;
use crate::cluster::Signal;
use crate::hpa::Target;
use crate::simulation::Scenario;

impl Hpa {
    /// Requests per second of a replica at the policy's target; of several metrics, by the one that asks for the most
    /// replicas. None where that does not follow from a metric, such as one of how many wait.
    pub fn aims_at_per_s(&self, scenario: &Scenario) -> Option<f64> {
        let service = &scenario.service;
        let busy_milli = 1000.0 * service.time.mean_s() * service.processor_share;
        let metrics = self.policy().metrics.iter().zip(self.signals());
        let aims = metrics.map(|(metric, signal)| match (signal, metric.target) {
            (Signal::Cpu, Some(Target::Utilization(percent))) => {
                Some(f64::from(percent) / 100.0 * scenario.request_milli as f64 / busy_milli)
            }
            (Signal::Cpu, Some(Target::AverageValue(milli))) => Some(milli as f64 / busy_milli),
            (Signal::Requests, Some(Target::AverageValue(milli))) => Some(milli as f64 / 1000.0),
            _ => None,
        });
        let least = aims.collect::<Option<Vec<_>>>()?.into_iter().fold(f64::INFINITY, f64::min);
        (least.is_finite() && least > 0.0).then_some(least)
    }
}
