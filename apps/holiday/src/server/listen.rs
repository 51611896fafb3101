//! From settings to a socket that listens.

use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use tokio::net::TcpListener;

use super::{
    Settings, StartError,
    leak::leak,
    routes,
    serve::{Drained, serve},
    start,
    telemetry::Reporting,
};
use crate::{
    operator::Operator,
    payments::stripe_simulator::{self, StripeSimulatorSettings},
    web::Limits,
};

/// A service that listens but does not answer yet.
pub struct Server {
    bound: Bound,
    router: Router,
    operator: Operator,
    head: Duration,
    drain: Duration,
    leak_bytes_per_second: u64,
    reporting: Reporting,
}

/// An address that is taken, before it is decided what answers there: two servers that must know each other's address begin so.
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Binds the address and makes the service ready.
    ///
    /// # Errors
    /// The address is taken or not this machine's; the database can't be opened or filled; the payment gateway is set up wrongly.
    pub async fn start(settings: &Settings) -> Result<Server, StartError> {
        let bound = Bound::new(settings.listen).await?;
        let reporting = Reporting::start(&settings.telemetry).await?;
        let app = Arc::new(start::assemble(settings, reporting.monitor()).await?);
        let operator = Operator::Service(Arc::clone(&app));
        let router = routes::routes(app, reporting.monitor());
        Ok(Server {
            bound,
            router,
            operator,
            head: settings.limits.head,
            drain: settings.drain,
            leak_bytes_per_second: settings.leak_bytes_per_second,
            reporting,
        })
    }

    /// Where it listens; with port 0 asked for, this has the real one.
    pub fn address(&self) -> SocketAddr {
        self.bound.address
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
    ///
    /// # Errors
    /// The listening socket breaks.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> io::Result<Drained> {
        let serving = serve(self.bound.listener, self.router, self.head, self.drain, stop);
        let leaking = async {
            tokio::select! {
                drained = serving => drained,
                never = leak(self.leak_bytes_per_second) => match never {},
            }
        };
        Ok(self.reporting.during(leaking).await)
    }
}

impl Bound {
    /// Binds an address; port 0 picks a free one.
    ///
    /// # Errors
    /// The address is taken or not this machine's.
    pub async fn new(address: SocketAddr) -> Result<Bound, StartError> {
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => StartError::InUse(address),
            _ => StartError::Listen { address, source },
        };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Bound { listener, address })
    }

    /// What accepts connections there.
    pub(super) fn into_listener(self) -> TcpListener {
        self.listener
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A simulated Stripe there.
    pub fn stripe_simulator(self, settings: StripeSimulatorSettings) -> Server {
        let drain = Duration::from_secs(5);
        let (router, control) = stripe_simulator::simulator(settings);
        Server {
            bound: self,
            router,
            operator: Operator::StripeSimulator(control),
            head: Limits::default().head,
            drain,
            leak_bytes_per_second: 0,
            reporting: Reporting::default(),
        }
    }
}
