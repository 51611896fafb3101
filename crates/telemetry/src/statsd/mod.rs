//! `StatsD` over UDP, with Datadog's tags if they are wanted.
//!
//! Nothing answers: what arrives is only known to whoever listens. A second is told in few lines: counters by their
//! sum, values of trends by how often they were measured, as a sample rate.
//!
//! Sources: <https://github.com/statsd/statsd/blob/master/docs/metric_types.md>,
//! <https://docs.datadoghq.com/developers/dogstatsd/datagram_shell/>.

mod form;
mod settings;
#[cfg(test)]
mod tests;

pub(crate) use form::Datagrams;
pub(crate) use settings::StatsdSettings;
