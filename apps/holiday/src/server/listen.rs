//! From settings to a socket that listens.

use std::{convert::Infallible, future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, response::Response};
use hyper::{Request, body::Incoming};
use loadline_serve::{Bound, Drained, Patience, serve};
use tower::ServiceExt;

use super::{Settings, StartError, leak::leak, routes, start, telemetry::Reporting, timing};
use crate::{
    operator::Operator,
    payments::stripe_simulator::{self, StripeSimulatorSettings},
    web::{HangUp, Limits},
};

/// A service that listens but does not answer yet.
pub struct Server {
    bound: Bound,
    router: Router,
    operator: Operator,
    patience: Patience,
    leak_bytes_per_second: u64,
    reporting: Reporting,
}

/// The connection is closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("hung up on purpose")]
struct HungUp;

/// A response with the mark becomes none.
fn hang_up_when_asked(answered: Result<Response, Infallible>) -> Result<Response, HungUp> {
    let response = answered.map_err(HungUp::from)?;
    if response.extensions().get::<HangUp>().is_some() { Err(HungUp) } else { Ok(response) }
}

impl From<Infallible> for HungUp {
    fn from(never: Infallible) -> HungUp {
        match never {}
    }
}

impl Server {
    /// Binds the address and makes the service ready.
    ///
    /// # Errors
    /// The address is taken or not this machine's; the database can't be opened or filled; the payment gateway is set up wrongly.
    pub async fn start(settings: &Settings) -> Result<Server, StartError> {
        let bound = Bound::new(settings.listen).await?;
        let reporting = Reporting::start(&settings.telemetry).await?;
        if let Some(monitor) = reporting.monitor() {
            timing::tell(monitor, settings);
        }
        let app = Arc::new(start::assemble(settings, reporting.monitor()).await?);
        let reporting = reporting.of(app.workers.clone());
        let operator = Operator::Service(Arc::clone(&app));
        let router = routes::routes(app, reporting.monitor());
        Ok(Server {
            bound,
            router,
            operator,
            patience: Patience { head: settings.limits.head, drain: settings.drain, ..Patience::default() },
            leak_bytes_per_second: settings.leak_bytes_per_second,
            reporting,
        })
    }

    /// Where it listens; with port 0 asked for, this has the real one.
    pub fn address(&self) -> SocketAddr {
        self.bound.address()
    }

    /// Who obeys its parent.
    pub(crate) fn operator(&self) -> Operator {
        self.operator.clone()
    }

    /// Where its metrics are, at `/metrics`; `None` when they are not served.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.reporting.address()
    }

    /// Answers requests until `stop`, then lets those in flight finish, for as long as the settings say.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> Drained {
        let service = ServiceExt::<Request<Incoming>>::map_result(self.router, hang_up_when_asked);
        let serving = serve(self.bound, service, self.patience, stop);
        let leaking = async {
            tokio::select! {
                drained = serving => drained,
                never = leak(self.leak_bytes_per_second) => match never {},
            }
        };
        self.reporting.during(leaking).await
    }
}

impl Server {
    /// A simulated Stripe at an address.
    ///
    /// # Errors
    /// The file it should keep can't be read.
    pub fn stripe_simulator(bound: Bound, settings: StripeSimulatorSettings) -> io::Result<Server> {
        let (router, control) = stripe_simulator::simulator(settings)?;
        Ok(Server {
            bound,
            router,
            operator: Operator::StripeSimulator(control),
            patience: Patience {
                head: Limits::default().head,
                drain: Duration::from_secs(5),
                ..Patience::default()
            },
            leak_bytes_per_second: 0,
            reporting: Reporting::default(),
        })
    }
}
