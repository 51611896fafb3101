//! A server for the API: its address, its thread, and its end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use loadline_serve::{BindError, Bound, Patience, Token, serve};
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::api::Api;
use crate::door::Door;
use crate::service::Answering;

/// For requests in flight when the run is over.
const DRAIN: Duration = Duration::from_secs(1);

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Another process listens there.
    #[error(
        "the address `{0}` of the control is in use: end what listens there, or choose another (port 0 picks a free one)"
    )]
    InUse(SocketAddr),
    /// Others could reach it, and nobody said a token.
    #[error(
        "the address `{0}` can be reached from other machines, so that the control needs a token: set LOADLINE_CONTROL_TOKEN, or listen on 127.0.0.1"
    )]
    NeedsToken(SocketAddr),
    /// The address is not to be had.
    #[error(transparent)]
    Bind(BindError),
    /// The system has no thread or no event loop for it.
    #[error("cannot serve the control")]
    Start(#[source] io::Error),
}

/// Serves the API until it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves an API at this address, on a thread of its own; with a token, to whoever shows it.
    ///
    /// # Errors
    /// The address is taken or not this machine's, or can be reached by others and there is no token.
    pub fn open(address: SocketAddr, token: Option<Token>, api: Arc<Api>) -> Result<Self, ServerError> {
        if token.is_none() && !address.ip().is_loopback() {
            return Err(ServerError::NeedsToken(address));
        }
        let runtime = Builder::new_current_thread().enable_all().build().map_err(ServerError::Start)?;
        let bound = runtime.block_on(Bound::new(address)).map_err(|error| match error {
            BindError::InUse(address) => ServerError::InUse(address),
            other @ BindError::Listen { .. } => ServerError::Bind(other),
        })?;
        let address = bound.address();
        let door = Arc::new(Door { token, is_loopback: bound.is_loopback() });
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new().name("control".to_owned()).spawn(move || {
            runtime.block_on(async {
                let patience = Patience { drain: DRAIN, ..Patience::default() };
                let stop = async {
                    let _ = stopped.await;
                };
                serve(bound, Answering { api, door }, patience, stop).await;
            });
            // What somebody holds up is not worth waiting for.
            runtime.shutdown_background();
        });
        Ok(Self { address, stop: Some(stop), thread: Some(thread.map_err(ServerError::Start)?) })
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // It ends in a second; one that broke down has said so.
            let _ = thread.join();
        }
    }
}
