//! One replica: a process of the reference system with a capacity that is stated, and where it stands in its life.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result};
use loadline_children::TemporaryFolder;
use loadline_scale::cluster::CONTAINER;
use loadline_scale::drive::Pace;
use loadline_scale::hpa::{ContainerKind, Phase, Pod, Readiness, Request, Status};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use super::health::Health;
use super::pool::Id;
use super::scrape::is_ready;
use crate::child::Child;

/// How every replica is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplicaSettings {
    /// Requests that it works on at a time.
    pub workers: u16,
    /// How long each of them takes.
    pub work: Duration,
}

/// Where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Its process starts.
    Starting,
    /// It runs and is not ready, yet or any more.
    Unready,
    /// It gets requests.
    Ready,
    /// It ends what it has; whether it ever got any.
    Leaving { was_ready: bool },
}

/// A replica.
pub(crate) struct Replica {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) stage: Stage,
    /// When it was asked for.
    pub(crate) asked: Instant,
    /// When its own word came that it is ready.
    pub(crate) said_ready: Option<Instant>,
    /// When it was ready.
    pub(crate) ready: Option<Instant>,
    /// When it was not ready any more, though it had been.
    pub(crate) hung: Option<Instant>,
    /// None before it runs, and once it was killed.
    pub(crate) child: Option<Child>,
    /// Where its metrics are: `127.0.0.1:PORT`.
    pub(crate) metrics: String,
    pub(crate) killed: bool,
    /// Tells whoever starts it that nobody waits any more.
    pub(crate) given_up: Arc<AtomicBool>,
}

/// What is heard of a replica while it starts.
pub(crate) enum Heard {
    /// Its process listens, and where its metrics are.
    Up(Id, Result<(Child, String)>),
    /// It says that it is ready; or it was, and does not say so any more.
    Ready(Id, bool),
}

impl Replica {
    pub(crate) fn new(id: Id) -> Self {
        Self {
            id,
            name: format!("replica-{id}"),
            stage: Stage::Starting,
            asked: Instant::now(),
            said_ready: None,
            ready: None,
            hung: None,
            child: None,
            metrics: String::new(),
            killed: false,
            given_up: Arc::default(),
        }
    }

    /// Whether it is one of those that are to be there.
    pub(crate) fn counts(&self) -> bool {
        !matches!(self.stage, Stage::Leaving { .. })
    }

    /// Where it listens: `127.0.0.1:PORT`.
    pub(crate) fn address(&self) -> Option<&str> {
        self.child.as_ref().map(|child| child.url().trim_start_matches("http://"))
    }

    /// As Kubernetes would describe it, `since` the load began.
    pub(crate) fn pod(&self, since: Instant, pace: Pace, request_milli: i64) -> Pod {
        let ms = |at: Instant| {
            let before = since.saturating_duration_since(at);
            pace.policy_ms(at.saturating_duration_since(since)) - pace.policy_ms(before)
        };
        let (status, at) = match self.ready {
            Some(ready) => (Status::True, ready),
            None => (Status::False, self.hung.unwrap_or(self.asked)),
        };
        Pod {
            name: self.name.clone(),
            phase: if self.stage == Stage::Starting { Phase::Pending } else { Phase::Running },
            deleted: !self.counts(),
            started_ms: Some(ms(self.asked)),
            ready: Some(Readiness { status, since_ms: ms(at) }),
            requests: vec![Request {
                container: CONTAINER.to_owned(),
                milli: Some(request_milli),
                kind: ContainerKind::Main,
            }],
        }
    }
}

/// Starts a replica's process on a thread of its own, and asks whether it is ready until it is given up.
pub(crate) fn start(
    replica: &Replica,
    settings: ReplicaSettings,
    never_ready: bool,
    folder: Arc<TemporaryFolder>,
    heard: UnboundedSender<Heard>,
) -> Result<JoinHandle<()>> {
    let (id, given_up) = (replica.id, Arc::clone(&replica.given_up));
    let thread = std::thread::Builder::new().name(format!("replica-{id}"));
    let started = thread.spawn(move || {
        let started = process(settings, never_ready, folder.path());
        let address =
            started.as_ref().ok().map(|(child, _)| child.url().trim_start_matches("http://").to_owned());
        // Where nobody listens any more the process ends here.
        if heard.send(Heard::Up(id, started)).is_err() {
            return;
        }
        let Some(address) = address else { return };
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            let mut health = Health::default();
            while !given_up.load(Ordering::Relaxed) && !heard.is_closed() {
                if let Some(ready) = health.note(is_ready(&address).await) {
                    let _ = heard.send(Heard::Ready(id, ready));
                }
                // Nobody waits for longer than it takes to see that it is given up.
                tokio::select! {
                    () = tokio::time::sleep(health.wait()) => {}
                    () = heard.closed() => {}
                }
            }
        });
    });
    started.context("there is no thread for a replica")
}

fn process(settings: ReplicaSettings, never_ready: bool, folder: &Path) -> Result<(Child, String)> {
    let mut words: Vec<String> =
        ["holiday", "serve", "--programs=50", "--listen=127.0.0.1:0", "--obey-parent"]
            .map(str::to_owned)
            .into();
    words.push(format!("--workers={}", settings.workers));
    words.push(format!("--work={}ms", settings.work.as_millis()));
    if never_ready {
        words.push("--never-ready".to_owned());
    }
    let child = Child::start("replica", &words, &[], folder)?;
    let metrics = child.metrics()?;
    Ok((child, metrics))
}
