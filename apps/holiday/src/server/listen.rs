//! Listening, serving, and draining.

use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, serve::ListenerExt};
use tokio::{net::TcpListener, sync::oneshot};

use super::{Settings, StartError, routes, start};

/// A service that listens but does not answer yet.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
    drain: Duration,
}

/// How the service ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Every request in flight was answered.
    Completely,
    /// Some took too long and were cut off.
    CutOff,
}

impl Server {
    /// Binds the address and makes the service ready.
    ///
    /// # Errors
    /// The address is taken or not this machine's; the database can't be opened or filled.
    pub async fn start(settings: &Settings) -> Result<Server, StartError> {
        let listener = TcpListener::bind(settings.listen).await.map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => StartError::InUse(settings.listen),
            _ => StartError::Listen { address: settings.listen, source },
        })?;
        let address = listener
            .local_addr()
            .map_err(|source| StartError::Listen { address: settings.listen, source })?;
        let app = Arc::new(start::assemble(settings).await?);
        Ok(Server { listener, address, router: routes::routes(app), drain: settings.drain })
    }

    /// Where it listens; with port 0 asked for, this has the real one.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers requests until `stop`, then lets those in flight finish, for as long as the settings say.
    ///
    /// # Errors
    /// The listening socket breaks.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> io::Result<Drained> {
        let (stopping, stopped) = oneshot::channel();
        let listener = self.listener.tap_io(|socket| {
            if let Err(error) = socket.set_nodelay(true) {
                tracing::debug!(%error, "cannot set TCP_NODELAY");
            }
        });
        let serving = axum::serve(listener, self.router).with_graceful_shutdown(async move {
            stop.await;
            let _ = stopping.send(());
        });
        let too_long = async {
            // An error means that serving ended by itself, which the other branch reports.
            if stopped.await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(self.drain).await;
        };
        tokio::select! {
            served = async { serving.await } => served.map(|()| Drained::Completely),
            () = too_long => Ok(Drained::CutOff),
        }
    }
}
