//! What the service says of itself: metrics on a listener of their own, and to a collector.
//!
//! The listener is apart from the public one: nobody outside learns how busy the service is, and it answers also when the service
//! refuses. It ends after the service has, so that the drain can be watched.

use std::{convert::Infallible, future::pending, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    http::{HeaderMap, Uri},
    routing::get,
};
use loadline_monitor::{
    Monitor,
    otlp::{Exporter, OtlpSettings},
};

use loadline_serve::{Bound, Patience, serve};

use super::{Limits, StartError, edge::follow, workers::with_workers};
use crate::web::Workers;

/// To whom the service reports.
#[derive(Clone, Debug)]
pub struct Telemetry {
    /// Where `/metrics` is served, if at all; port 0 picks a free one.
    pub metrics: Option<SocketAddr>,
    /// The collector, if there is one.
    pub otlp: Option<OtlpSettings>,
    /// Where a cache in front says what it did: the metrics of `loadline edge serve`.
    pub edge: Option<Uri>,
}

impl Default for Telemetry {
    fn default() -> Telemetry {
        Telemetry { metrics: Some(SocketAddr::from(([127, 0, 0, 1], 0))), otlp: None, edge: None }
    }
}

/// The running parts. Without any, nothing is measured.
#[derive(Default)]
pub(super) struct Reporting {
    monitor: Option<Monitor>,
    listener: Option<Bound>,
    exporter: Option<Exporter>,
    edge: Option<Uri>,
    workers: Option<Arc<Workers>>,
}

impl Reporting {
    /// Binds the address and begins to export.
    pub(super) async fn start(telemetry: &Telemetry) -> Result<Reporting, StartError> {
        let listener = match telemetry.metrics {
            Some(address) => Some(Bound::new(address).await?),
            None => None,
        };
        let monitor = (listener.is_some() || telemetry.otlp.is_some()).then(Monitor::default);
        let exporter = match (&monitor, &telemetry.otlp) {
            (Some(monitor), Some(otlp)) => Some(monitor.export(otlp)?),
            _ => None,
        };
        Ok(Reporting { monitor, listener, exporter, edge: telemetry.edge.clone(), workers: None })
    }

    /// With what the workers do, where the service has any.
    pub(super) fn of(self, workers: Option<Arc<Workers>>) -> Reporting {
        Reporting { workers, ..self }
    }

    pub(super) fn monitor(&self) -> Option<&Monitor> {
        self.monitor.as_ref()
    }

    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.listener.as_ref().map(Bound::address)
    }

    /// Answers scrapes while the service runs; afterwards sends what is left to the collector.
    pub(super) async fn during<T>(self, service: impl Future<Output = T>) -> T {
        let Reporting { monitor, listener, exporter, edge, workers } = self;
        let following = async {
            if let (Some(edge), Some(monitor)) = (&edge, &monitor) {
                follow(edge, monitor).await;
            }
            pending::<Infallible>().await
        };
        let scrapes = async {
            if let (Some(bound), Some(monitor)) = (listener, &monitor) {
                let metrics = match workers {
                    None => Router::new().route_service("/metrics", monitor.metrics()),
                    Some(workers) => {
                        let monitor = monitor.clone();
                        let answer = move |headers: HeaderMap| async move {
                            monitor.scrape(&headers).map(|text| with_workers(text, &workers.seen()))
                        };
                        Router::new().route("/metrics", get(answer))
                    }
                };
                let patience =
                    Patience { head: Limits::default().head, drain: Duration::ZERO, ..Patience::default() };
                serve(bound, metrics, patience, pending()).await;
            }
            pending::<Infallible>().await
        };
        let ended = tokio::select! {
            ended = service => ended,
            never = scrapes => match never {},
            never = following => match never {},
        };
        if let Some(exporter) = exporter {
            exporter.shut_down().await;
        }
        ended
    }
}
