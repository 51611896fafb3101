//! All replicas: asked for, ready, gone. What a deployment does for its pods.
//!
//! A replica is ready no sooner than it is stated to be, so that its start is as long as the one that is simulated. One
//! that dies has another in its place; one that does not answer gets nothing until it does; one that is taken away gets
//! nothing new, ends what it has, and goes then.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result};
use loadline_children::TemporaryFolder;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use super::balancer::Balancer;
use super::pool::Id;
use super::replica::{Heard, Replica, ReplicaSettings, Stage, start};
use crate::child::Child;

/// How long a replica may take to end what it has.
const GRACE: Duration = Duration::from_secs(10);
/// How long the threads of replicas that still start may take at the end; their guards end the processes anyway.
const LAST: Duration = Duration::from_secs(15);

/// So much later than it should be, a replica that is not ready is one that never gets ready.
const LATE: Duration = Duration::from_secs(5);

/// What became of replicas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fates {
    /// Replicas that were asked for.
    pub asked: u64,
    /// Those that died, or never started, each in words.
    pub died: Vec<String>,
    /// Those that ran and were not ready when they should have been, each in words.
    pub never_ready: Vec<String>,
    /// Those that were ready and did not answer any more, each in words.
    pub hung: Vec<String>,
    /// The longest time from being asked for to being ready.
    pub slowest: Duration,
}

/// The replicas.
pub(crate) struct Fleet {
    pub(crate) balancer: Balancer,
    pub(crate) replicas: Vec<Replica>,
    pub(crate) wanted: i32,
    pub(crate) fates: Fates,
    /// From being asked for to being ready, at the least.
    pub(crate) start: Duration,
    /// The replica that never gets ready, on purpose.
    pub(crate) never_ready: Option<Id>,
    settings: ReplicaSettings,
    folder: Arc<TemporaryFolder>,
    heard: UnboundedSender<Heard>,
    threads: Vec<JoinHandle<()>>,
}

impl Fleet {
    pub(crate) fn new(
        settings: ReplicaSettings,
        balancer: Balancer,
        heard: UnboundedSender<Heard>,
    ) -> Result<Self> {
        let folder = TemporaryFolder::new().context("cannot make a folder for the replicas")?;
        Ok(Self {
            balancer,
            replicas: Vec::new(),
            wanted: 0,
            fates: Fates::default(),
            start: Duration::ZERO,
            never_ready: None,
            settings,
            folder: Arc::new(folder),
            heard,
            threads: Vec::new(),
        })
    }

    /// How many there are that are not going.
    pub(crate) fn existing(&self) -> i32 {
        self.replicas.iter().filter(|replica| replica.counts()).count() as i32
    }

    /// How many are ready.
    pub(crate) fn ready(&self) -> i32 {
        self.replicas.iter().filter(|replica| replica.stage == Stage::Ready).count() as i32
    }

    /// There shall be so many.
    pub(crate) fn scale(&mut self, wanted: i32) -> Result<()> {
        self.wanted = wanted.max(0);
        for _ in self.existing()..self.wanted {
            self.fates.asked += 1;
            let replica = Replica::new(self.fates.asked);
            let (folder, heard) = (Arc::clone(&self.folder), self.heard.clone());
            let never = self.never_ready == Some(replica.id);
            self.threads.push(start(&replica, self.settings, never, folder, heard)?);
            self.replicas.push(replica);
        }
        for _ in self.wanted..self.existing() {
            self.take_one_away();
        }
        Ok(())
    }

    /// As a replica set chooses: those that are not there yet first, then the youngest.
    fn take_one_away(&mut self) {
        let counted = self.replicas.iter_mut().filter(|replica| replica.counts());
        let chosen = counted.max_by_key(|replica| {
            let rank = match replica.stage {
                Stage::Starting => 2,
                Stage::Unready => 1,
                Stage::Ready | Stage::Leaving { .. } => 0,
            };
            (rank, replica.ready, replica.asked)
        });
        let Some(replica) = chosen else { return };
        replica.given_up.store(true, Ordering::Relaxed);
        replica.stage = Stage::Leaving { was_ready: replica.stage == Stage::Ready };
        replica.said_ready = Some(Instant::now());
        self.balancer.drain(replica.id);
    }

    /// Takes note of what a starting replica says.
    pub(crate) fn hear(&mut self, heard: Heard) {
        match heard {
            Heard::Up(id, Ok((child, metrics))) => {
                match self.replicas.iter_mut().find(|replica| replica.id == id) {
                    Some(replica) => (replica.child, replica.metrics) = (Some(child), metrics),
                    None => self.end_aside(child),
                }
            }
            Heard::Up(id, Err(error)) => {
                if self.replicas.iter().any(|replica| replica.id == id && replica.counts()) {
                    self.fates.died.push(format!("replica {id} did not start: {error:#}"));
                }
                self.replicas.retain(|replica| replica.id != id);
            }
            Heard::Ready(id, ready) => {
                let replica = self.replicas.iter_mut().find(|replica| replica.id == id && replica.counts());
                if let Some(replica) = replica {
                    replica.said_ready = ready.then(Instant::now);
                }
            }
        }
    }

    /// Everything that happens by itself. Those that became ready, by name, and what else happened, in words.
    pub(crate) fn step(&mut self, now: Instant) -> Result<(Vec<String>, Vec<String>)> {
        let (mut ready, mut happened) = (Vec::new(), self.suspend(now));
        for replica in &mut self.replicas {
            if replica.stage == Stage::Starting
                && replica.child.is_some()
                && now >= replica.asked + self.start
            {
                replica.stage = Stage::Unready;
            }
            if replica.stage == Stage::Unready && replica.said_ready.is_some() {
                let Some(address) = replica.address().and_then(|address| address.parse().ok()) else {
                    continue;
                };
                (replica.stage, replica.ready) = (Stage::Ready, Some(now));
                if replica.hung.take().is_some() {
                    happened.push(format!("replica {} answers again", replica.id));
                } else {
                    self.fates.slowest = self.fates.slowest.max(now - replica.asked);
                    ready.push(replica.name.clone());
                }
                self.balancer.add(replica.id, address);
            }
        }
        let (mut gone, mut died) = (Vec::new(), Vec::new());
        for (index, replica) in self.replicas.iter_mut().enumerate() {
            let runs = matches!(replica.stage, Stage::Unready | Stage::Ready);
            if runs && replica.child.as_mut().is_none_or(Child::has_ended) {
                let why = if replica.killed { "was killed, as asked for" } else { "ended by itself" };
                died.push(format!("replica {} {why}", replica.id));
                gone.push(index);
            } else if let Stage::Leaving { was_ready } = replica.stage {
                let over = replica.said_ready.is_some_and(|since| now >= since + GRACE);
                if !was_ready || over || self.balancer.in_flight(replica.id) == 0 {
                    gone.push(index);
                }
            }
        }
        for index in gone.into_iter().rev() {
            let mut replica = self.replicas.remove(index);
            replica.given_up.store(true, Ordering::Relaxed);
            self.balancer.remove(replica.id);
            if let Some(child) = replica.child.take() {
                self.end_aside(child);
            }
        }
        if !died.is_empty() {
            self.scale(self.wanted)?;
        }
        self.fates.died.extend(died.iter().cloned());
        happened.extend(died);
        Ok((ready, happened))
    }

    /// Sends nothing more to those that were ready and do not answer. Who that is, in words.
    fn suspend(&mut self, now: Instant) -> Vec<String> {
        let silent = |replica: &&mut Replica| {
            replica.stage == Stage::Ready && replica.said_ready.is_none() && replica.child.is_some()
        };
        let mut words = Vec::new();
        for replica in self.replicas.iter_mut().filter(silent) {
            (replica.stage, replica.ready, replica.hung) = (Stage::Unready, None, Some(now));
            self.balancer.suspend(replica.id);
            words.push(format!("replica {} does not answer any more", replica.id));
        }
        self.fates.hung.extend(words.iter().cloned());
        words
    }

    /// Kills the oldest that is ready, as a machine that dies would. That it is gone is found out as of any other.
    pub(crate) fn kill_one(&mut self) {
        let ready = self.replicas.iter_mut().filter(|replica| replica.stage == Stage::Ready);
        let Some(replica) = ready.min_by_key(|replica| replica.ready) else { return };
        replica.killed = true;
        let Some(child) = replica.child.take() else { return };
        self.aside(move || {
            // Where it cannot be killed it is asked to end.
            let _ = child.kill();
        });
    }

    /// Lets a process end without holding anybody up.
    fn end_aside(&mut self, child: Child) {
        self.aside(move || drop(child));
    }

    fn aside(&mut self, work: impl FnOnce() + Send + 'static) {
        // Without a thread the work is not done, and its child dropped here, which ends it as well.
        let thread = std::thread::Builder::new().name("replica-ends".to_owned());
        self.threads.extend(thread.spawn(work));
        self.threads.retain(|thread| !thread.is_finished());
    }

    /// Ends all of them, side by side, and stays until nothing is left.
    pub(crate) fn end(mut self) -> Fates {
        for replica in &self.replicas {
            replica.given_up.store(true, Ordering::Relaxed);
            let waits = matches!(replica.stage, Stage::Unready | Stage::Starting);
            let late = Instant::now().saturating_duration_since(replica.asked + self.start);
            if waits && replica.hung.is_none() && late > LATE {
                let words = format!(
                    "replica {} was not ready {} s after it was asked for",
                    replica.id,
                    (late + self.start).as_secs()
                );
                self.fates.never_ready.push(words);
            }
        }
        for replica in std::mem::take(&mut self.replicas) {
            if let Some(child) = replica.child {
                self.end_aside(child);
            }
        }
        let until = Instant::now() + LAST;
        while self.threads.iter().any(|thread| !thread.is_finished()) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
        self.fates
    }
}
