//! What a receiver means together with the environment's variables.

use crate::influxdb::InfluxdbSettings;
use crate::opentelemetry::OpenTelemetrySettings;
use crate::prometheus::PrometheusSettings;
use crate::receiver::{Kind, Receiver};
use crate::statsd::StatsdSettings;
use crate::variables::{SettingsError, Variables};

/// Everything that is known of a receiver before a run begins.
#[derive(Clone, Debug)]
pub struct Settings(pub(crate) Of);

/// … by its kind.
#[derive(Clone, Debug)]
pub(crate) enum Of {
    Prometheus(PrometheusSettings),
    OpenTelemetry(OpenTelemetrySettings),
    Influxdb(InfluxdbSettings),
    Statsd(StatsdSettings),
}

impl Settings {
    /// What a receiver means. `read` reads a file that a variable names.
    ///
    /// # Errors
    /// An address or a variable that is none.
    pub fn new(
        receiver: &Receiver,
        variables: &Variables,
        read: impl Fn(&str) -> Result<String, String>,
    ) -> Result<Self, SettingsError> {
        let address = receiver.address.as_deref();
        let prefix = match receiver.kind {
            Kind::Prometheus => PrometheusSettings::PREFIX,
            Kind::OpenTelemetry => OpenTelemetrySettings::PREFIX,
            Kind::Influxdb => InfluxdbSettings::PREFIX,
            Kind::Statsd => StatsdSettings::PREFIX,
        };
        let variables = variables.clone().with_files(prefix, read)?;
        Ok(Self(match receiver.kind {
            Kind::Prometheus => Of::Prometheus(PrometheusSettings::new(address, &variables)?),
            Kind::OpenTelemetry => Of::OpenTelemetry(OpenTelemetrySettings::new(address, &variables)?),
            Kind::Influxdb => Of::Influxdb(InfluxdbSettings::new(address, &variables)?),
            Kind::Statsd => Of::Statsd(StatsdSettings::new(address, &variables)?),
        }))
    }

    /// What must not be shown of them.
    pub fn secrets(&self) -> Vec<String> {
        match &self.0 {
            Of::Prometheus(settings) => settings.endpoint.secrets(),
            Of::OpenTelemetry(settings) => settings.endpoint.secrets(),
            Of::Influxdb(settings) => settings.endpoint.secrets(),
            Of::Statsd(_) => Vec::new(),
        }
    }
}
