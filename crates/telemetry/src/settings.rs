//! What a receiver means together with the environment's variables.

use std::time::Duration;

use crate::prometheus::PrometheusSettings;
use crate::receiver::{Kind, Receiver};
use crate::variables::{SettingsError, Variables};

/// Everything that is known of a receiver before a run begins.
#[derive(Clone, Debug)]
pub struct Settings(pub(crate) Of);

/// … by its kind.
#[derive(Clone, Debug)]
pub(crate) enum Of {
    Prometheus(PrometheusSettings),
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
        Ok(Self(match receiver.kind {
            Kind::Prometheus => {
                let variables = variables.clone().with_files(PrometheusSettings::PREFIX, read)?;
                Of::Prometheus(PrometheusSettings::new(address, &variables)?)
            }
        }))
    }

    /// What must not be shown of them.
    pub fn secrets(&self) -> Vec<String> {
        match &self.0 {
            Of::Prometheus(settings) => settings.endpoint.secrets(),
        }
    }

    /// How often something is sent.
    pub(crate) fn interval(&self) -> Duration {
        match &self.0 {
            Of::Prometheus(settings) => settings.interval,
        }
    }
}
