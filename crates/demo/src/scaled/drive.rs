//! Replicas behind a balancer, from their start to the last of them, on a thread of their own.

use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use loadline_serve::{Bound, Patience, serve};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::{Instant, interval};

use super::balancer::Balancer;
use super::driver::{Driven, Going, scale};
use super::fleet::Fleet;
use super::pool::Spread;
use super::replica::{Heard, ReplicaSettings};

/// How long the first replicas may take to be ready.
const BEGINNING: Duration = Duration::from_mins(1);
/// How often it is looked whether somebody wants the end.
const LOOK: Duration = Duration::from_millis(20);

/// What is driven.
#[derive(Debug, Clone, Copy)]
pub struct DriveSettings {
    /// How every replica is.
    pub replica: ReplicaSettings,
    /// How many there are at the beginning.
    pub initial: i32,
    /// Where requests come in; port 0 picks a free one.
    pub listen: SocketAddr,
    /// How they are spread.
    pub spread: Spread,
}

/// Replicas that are there. When this is dropped nothing is left of them.
pub struct Drive {
    url: String,
    slowest_start: Duration,
    go: Option<oneshot::Sender<Going>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<Driven>>>,
}

/// Told once the first replicas are ready.
struct Begun {
    address: SocketAddr,
    slowest_start: Duration,
}

impl Drive {
    /// Takes the address, starts the first replicas, and waits until all of them are ready; none where `is_stopped`
    /// meanwhile.
    ///
    /// # Errors
    /// The address is taken, or a replica does not start.
    pub fn begin(settings: DriveSettings, is_stopped: impl Fn() -> bool) -> Result<Option<Self>> {
        let (begun, begins) = channel();
        let (go, goes) = oneshot::channel();
        let (stop, mut stops) = oneshot::channel();
        let thread = std::thread::Builder::new().name("replicas".to_owned()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .context("there is nothing to run replicas on")?;
            runtime.block_on(async {
                let (heard, mut hears) = unbounded_channel();
                let balancer = Balancer::new(settings.spread);
                let mut fleet = Fleet::new(settings.replica, balancer.clone(), heard)?;
                let driven = async {
                    let bound = Bound::new(settings.listen).await?;
                    let address = bound.address();
                    tokio::select! {
                        begun = first_ones(&mut fleet, &mut hears, settings.initial) => begun?,
                        _ = &mut stops => return Ok(Driven::default()),
                    }
                    let patience = Patience { drain: Duration::from_secs(1), ..Patience::default() };
                    let serving = tokio::spawn(serve(bound, balancer, patience, std::future::pending()));
                    let _ = begun.send(Begun { address, slowest_start: fleet.fates.slowest });
                    let going = tokio::select! {
                        going = goes => going,
                        _ = &mut stops => return Ok(Driven::default()),
                    };
                    // Nobody who lets it go: nobody who wants to know.
                    let Ok(going) = going else { return Ok(Driven::default()) };
                    let driven = scale(&mut fleet, &mut hears, going, &mut stops).await;
                    serving.abort();
                    driven
                };
                let driven = driven.await;
                drop(hears);
                let requests = fleet.balancer.requests();
                let fates = fleet.end();
                driven.map(|driven| Driven { requests, fates, ..driven })
            })
        });
        let thread = thread.context("there is no thread for the replicas")?;
        let mut drive = Self {
            url: String::new(),
            slowest_start: Duration::ZERO,
            go: Some(go),
            stop: Some(stop),
            thread: Some(thread),
        };
        match wait(&begins, is_stopped) {
            Waited::Begun(begun) => {
                drive.url = format!("http://{}", begun.address);
                drive.slowest_start = begun.slowest_start;
                Ok(Some(drive))
            }
            Waited::Stopped => Ok(None),
            Waited::Failed => {
                drive.ended()?;
                bail!("the replicas did not start")
            }
        }
    }

    /// Where requests come in: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The longest time that one of the first replicas took to be ready.
    pub fn slowest_start(&self) -> Duration {
        self.slowest_start
    }

    /// From the first request on replicas are scaled.
    pub fn go(&mut self, going: Going) {
        if let Some(go) = self.go.take() {
            let _ = go.send(going);
        }
    }

    /// Ends all of it. What came of it.
    ///
    /// # Errors
    /// When replicas could not be started any more.
    pub fn end(mut self) -> Result<Driven> {
        self.ended()
    }

    fn ended(&mut self) -> Result<Driven> {
        drop(self.go.take());
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        let Some(thread) = self.thread.take() else { return Ok(Driven::default()) };
        match thread.join() {
            Ok(driven) => driven,
            Err(_) => bail!("the thread of the replicas is gone"),
        }
    }
}

impl Drop for Drive {
    fn drop(&mut self) {
        let _ = self.ended();
    }
}

enum Waited {
    Begun(Begun),
    Stopped,
    Failed,
}

fn wait(begins: &Receiver<Begun>, is_stopped: impl Fn() -> bool) -> Waited {
    loop {
        match begins.recv_timeout(LOOK) {
            Ok(begun) => return Waited::Begun(begun),
            Err(RecvTimeoutError::Disconnected) => return Waited::Failed,
            Err(RecvTimeoutError::Timeout) if is_stopped() => return Waited::Stopped,
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// Starts the first replicas, and waits for all of them.
async fn first_ones(fleet: &mut Fleet, heard: &mut UnboundedReceiver<Heard>, number: i32) -> Result<()> {
    fleet.scale(number)?;
    let until = Instant::now() + BEGINNING;
    let mut beat = interval(LOOK);
    while fleet.ready() < number {
        tokio::select! {
            Some(heard) = heard.recv() => fleet.hear(heard),
            now = beat.tick() => {
                fleet.step(now)?;
                if now >= until {
                    bail!("of {number} replicas {} were ready within {} s", fleet.ready(), BEGINNING.as_secs());
                }
            }
        }
        if let Some(words) = fleet.fates.died.first() {
            bail!("{words}");
        }
    }
    Ok(())
}
