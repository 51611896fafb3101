//! The side of it that a run sees: start it, give it each second, take its windows, end it.

use std::io;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use loadline_measure::{Schema, SchemaError, Window};
use tokio::task::LocalSet;
use tokio::time::Instant;

use super::follow::follow;
use super::settings::DatabaseSettings;
use super::shared::{EndpointOf, Following, SecondOver, Shared, Voiced};
use crate::cost::{CostMetrics, DatabaseCost, Requests};

/// Seconds of a run that may wait for a server.
const MOST_SECONDS: usize = 10_000;
/// How long a server may take until its first snapshot.
const FIRST: Duration = Duration::from_secs(20);
/// How long a load waits for the snapshot that it is counted from.
const ANEW: Duration = Duration::from_secs(5);

/// Follows a database until it is finished.
pub struct DatabaseSampler {
    shared: Arc<Shared>,
    thread: JoinHandle<(Window, DatabaseCost)>,
}

/// Why a database is not followed.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A metric of the script has the name of one of ours.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// There can be no thread.
    #[error("cannot start the thread that follows the database: {0}")]
    Thread(io::Error),
    /// The server can't be asked.
    #[error("{0}")]
    Server(String),
}

impl DatabaseSampler {
    /// Starts to follow a database. Blocks until its first snapshot is there, so that all of the load is in.
    ///
    /// # Errors
    /// See [`StartError`]: nothing is followed then, and no load should be made.
    pub fn start(
        settings: &DatabaseSettings,
        schema: &Arc<Schema>,
        endpoint: EndpointOf,
        voice: Voiced,
    ) -> Result<Self, StartError> {
        let metrics = CostMetrics::define(schema)?;
        let shared = Arc::new(Shared::default());
        let following = Following {
            settings: settings.clone(),
            schema: Arc::clone(schema),
            metrics,
            shared: Arc::clone(&shared),
            endpoint,
            voice,
        };
        let (ready, begun) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("database".to_owned())
            .spawn(move || run(&following, &ready))
            .map_err(StartError::Thread)?;
        match begun.recv_timeout(FIRST) {
            Ok(Ok(())) => Ok(Self { shared, thread }),
            Ok(Err(why)) => Err(StartError::Server(why)),
            Err(RecvTimeoutError::Timeout) => {
                shared.lock().over = true;
                shared.news.notify_one();
                Err(StartError::Server(format!(
                    "`{}` has not told its statistics in {} s",
                    settings.address,
                    FIRST.as_secs()
                )))
            }
            Err(RecvTimeoutError::Disconnected) => {
                Err(StartError::Server("the thread that follows the database panicked".to_owned()))
            }
        }
    }

    /// Begins anew: what was counted until now is not of the load. Blocks until the snapshot is there that the load is
    /// counted from; where a server does not answer for long, what it executes until then is said to be missing.
    pub fn begin(&self) {
        let mut state = self.shared.lock();
        state.anew = true;
        state.seconds.clear();
        self.shared.news.notify_one();
        let waited = self.shared.counted.wait_timeout_while(state, ANEW, |state| state.anew);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.begun = state.anew.then(Instant::now);
    }

    /// A second of the run is over, with these requests of each endpoint.
    pub fn second(&self, second: u64, requests: Vec<(String, Requests)>) {
        let mut state = self.shared.lock();
        // Until they are taken; a server that does not answer is no reason to grow.
        if state.seconds.len() < MOST_SECONDS {
            state.seconds.push(SecondOver { second, heard: Instant::now(), requests });
        }
        drop(state);
        self.shared.news.notify_one();
    }

    /// What was recorded since the last time.
    pub fn take_window(&self) -> Window {
        std::mem::take(&mut self.shared.lock().window)
    }

    /// Takes a last snapshot and ends. What was recorded last, and what it all came to; nothing when the thread
    /// panicked.
    pub fn finish(self) -> Option<(Window, DatabaseCost)> {
        self.shared.lock().over = true;
        self.shared.news.notify_one();
        let (last, cost) = self.thread.join().ok()?;
        let mut window = std::mem::take(&mut self.shared.lock().window);
        window.merge(last);
        Some((window, cost))
    }
}

fn run(following: &Following, ready: &SyncSender<Result<(), String>>) -> (Window, DatabaseCost) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            // Whoever waits for it may be gone.
            let _ = ready.send(Err(format!("cannot make an event loop: {error}")));
            return Default::default();
        }
    };
    let ended = LocalSet::new().block_on(&runtime, follow(following, ready));
    // Name look-ups that hang are left behind.
    runtime.shutdown_background();
    ended
}
