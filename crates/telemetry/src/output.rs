//! A run's output that sends it to a receiver.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use loadline_client::ConfigErrors;
use loadline_measure::{Run, Schema};
use loadline_report::{Event, Output, OutputError};
use loadline_verdict::Verdict;

use crate::form::Form;
use crate::influxdb::{InfluxdbSettings, Lines};
use crate::opentelemetry::{OpenTelemetrySettings, Otlp};
use crate::prometheus::{PrometheusSettings, RemoteWrite};
use crate::sending::{Pace, Sender, Sent, Way, now_ms};
use crate::settings::{Of, Settings};
use crate::statsd::{Datagrams, StatsdSettings};
use crate::tags::OfRun;

/// The longest that an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest that what is left at a run's end may take.
const AT_END: Duration = Duration::from_secs(15);

/// A receiver, fed with each second of a run.
pub struct Telemetry {
    place: String,
    sender: Sender,
}

impl Telemetry {
    /// Begins to send a run that has these tags as a whole. Nothing is asked of the receiver before there is something
    /// to say.
    ///
    /// # Errors
    /// When the machine's certificates cannot be used, or there can be no more threads.
    pub fn start(
        settings: Settings,
        schema: &Arc<Schema>,
        tags: Vec<(String, String)>,
    ) -> Result<Self, OutputError> {
        let run = OfRun(tags);
        let schema = Arc::clone(schema);
        let (form, interval, way): (Box<dyn Form>, Duration, Result<Way, ConfigErrors>) = match settings.0 {
            Of::Prometheus(PrometheusSettings { endpoint, interval, trends, stale_markers }) => {
                let form = RemoteWrite::new(schema, run, trends, stale_markers, now_ms());
                (Box::new(form), interval, Way::to(endpoint))
            }
            Of::OpenTelemetry(OpenTelemetrySettings { endpoint, interval, said }) => {
                (Box::new(Otlp::new(schema, run, said, now_ms())), interval, Way::to(endpoint))
            }
            Of::Influxdb(InfluxdbSettings { endpoint, interval, as_fields }) => {
                (Box::new(Lines::new(schema, run, as_fields)), interval, Way::to(endpoint))
            }
            Of::Statsd(StatsdSettings { address, interval, said }) => {
                (Box::new(Datagrams::new(schema, run, said)), interval, Ok(Way::Udp(address)))
            }
        };
        let way = way.map_err(|errors| OutputError::NotBegun {
            place: "the receiver".to_owned(),
            source: io::Error::other(errors),
        })?;
        let place = way.place();
        let pace = Pace { interval, patience: PATIENCE, at_end: AT_END };
        let sender = Sender::start(form, way, pace)
            .map_err(|source| OutputError::NotBegun { place: place.clone(), source })?;
        Ok(Self { place, sender })
    }
}

impl Output for Telemetry {
    fn name(&self) -> &str {
        &self.place
    }

    fn event(&mut self, event: &Event<'_>) -> Result<(), OutputError> {
        if let Event::Second { window, .. } = event {
            self.sender.put((*window).clone());
        }
        Ok(())
    }

    fn remarks(&mut self) -> Vec<String> {
        self.sender.remarks()
    }

    fn ending(&mut self) {
        self.sender.end();
    }

    fn finish(&mut self, _run: &Run, _verdicts: &[Verdict]) -> Result<(), OutputError> {
        let place = self.place.clone();
        let Some(Sent { points, lost, behind, trouble }) = self.sender.finish() else {
            return Err(OutputError::NotBegun {
                place,
                source: io::Error::other("what sends there broke down"),
            });
        };
        if lost == 0 {
            return Ok(());
        }
        let why = trouble.unwrap_or_else(|| "too much waited for it".to_owned());
        Err(OutputError::NotSent { place, lost, points, behind, why })
    }
}
