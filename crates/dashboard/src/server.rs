//! A dashboard: its address, its thread, and its end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use loadline_serve::{BindError, Bound, Patience, serve};
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::channel::Channel;
use crate::door::Door;
use crate::service::{Pages, Shows};
use crate::steered::Steered;

/// For requests in flight, and for viewers that are still to hear how it ended.
const DRAIN: Duration = Duration::from_secs(1);

/// Why there is no dashboard.
#[derive(Debug, thiserror::Error)]
pub enum DashboardError {
    /// Another process listens there.
    #[error(
        "the address `{0}` is in use: end what listens there, or choose another (port 0 picks a free one)"
    )]
    InUse(SocketAddr),
    /// The address is not to be had.
    #[error(transparent)]
    Bind(BindError),
    /// The system has no thread or no event loop for it.
    #[error("cannot serve pages")]
    Start(#[source] io::Error),
}

/// Pages that are served until it is closed or dropped.
pub struct Dashboard {
    address: SocketAddr,
    door: Arc<Door>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    /// The run that it tells.
    tells: Option<Arc<Channel>>,
}

impl Dashboard {
    /// Serves what is shown at this address, on a thread of its own.
    ///
    /// # Errors
    /// The address is taken or not this machine's.
    pub fn open(address: SocketAddr, shows: impl Shows) -> Result<Self, DashboardError> {
        Self::start(address, Arc::new(shows), None, None)
    }

    /// Serves the page of a run that is told on this channel, and that its viewers may steer where something answers.
    ///
    /// # Errors
    /// As [`Dashboard::open`].
    pub fn of_run(
        address: SocketAddr,
        channel: &Arc<Channel>,
        steered: Option<Arc<dyn Steered>>,
    ) -> Result<Self, DashboardError> {
        Self::start(address, Arc::new(Arc::clone(channel)), Some(Arc::clone(channel)), steered)
    }

    fn start(
        address: SocketAddr,
        shows: Arc<dyn Shows>,
        tells: Option<Arc<Channel>>,
        steered: Option<Arc<dyn Steered>>,
    ) -> Result<Self, DashboardError> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(DashboardError::Start)?;
        let bound = runtime.block_on(Bound::new(address)).map_err(|error| match error {
            BindError::InUse(address) => DashboardError::InUse(address),
            other @ BindError::Listen { .. } => DashboardError::Bind(other),
        })?;
        let address = bound.address();
        let door = Arc::new(Door::new(address));
        let pages = Pages { door: Arc::clone(&door), shows, steered };
        let (stop, stopped) = oneshot::channel::<()>();
        let told = tells.clone();
        let thread = std::thread::Builder::new().name("dashboard".to_owned()).spawn(move || {
            runtime.block_on(async {
                if let Some(channel) = told {
                    tokio::spawn(async move { channel.tell().await });
                }
                let patience = Patience { drain: DRAIN, ..Patience::default() };
                let stop = async {
                    let _ = stopped.await;
                };
                serve(bound, pages, patience, stop).await;
            });
            // What a viewer or a database holds up is not worth waiting for.
            runtime.shutdown_background();
        });
        let thread = thread.map_err(DashboardError::Start)?;
        Ok(Self { address, door, stop: Some(stop), thread: Some(thread), tells })
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address to open, under this name of the machine, with the token where one is asked for.
    pub fn url(&self, host: &str) -> String {
        let host = match self.address {
            address if address.ip().is_unspecified() => format!("{host}:{}", address.port()),
            address => address.to_string(),
        };
        match self.door.token() {
            Some(token) => format!("http://{host}/?token={}", token.secret()),
            None => format!("http://{host}/"),
        }
    }

    /// Ends it: viewers still hear what was told last, as long as that takes them no longer than a second.
    pub fn close(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some(channel) = self.tells.take() {
            channel.close();
        }
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // It ends in a second; one that broke down has said so.
            let _ = thread.join();
        }
    }
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        self.end();
    }
}
