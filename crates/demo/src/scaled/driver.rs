//! The loop: every fifteen seconds of the policy replicas are asked for their metrics, and the policy is asked how many
//! there shall be. The same code as in a simulation decides; only what it is told is real.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;
use loadline_measure::{EventKind, RunEvent};
use loadline_scale::drive::{Counters, Course, Decider, Pace, Point, Readings};
use loadline_scale::hpa::{Pod, Workload};
use loadline_scale::simulation::Change;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::balancer::Requests;
use super::fleet::{Fates, Fleet};
use super::replica::{Heard, Replica, Stage};
use super::scrape::counters;

/// How often replicas are looked after.
const BEAT: Duration = Duration::from_millis(50);

/// By whom and how replicas are scaled.
#[derive(Debug, Clone)]
pub struct Going {
    /// Who decides.
    pub policy: Decider,
    /// How fast its time goes by.
    pub pace: Pace,
    /// What each replica requests of a processor, in thousandths; a busy worker takes a whole one.
    pub request_milli: i64,
    /// How many workers each replica has.
    pub workers: u32,
    /// From being asked for to being ready, at the least, by the clock.
    pub start: Duration,
    /// When one of them is killed, after the load began.
    pub kill_one_at: Option<Duration>,
    /// Whether the next one never gets ready.
    pub next_never_ready: bool,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Driven {
    /// The replicas over time.
    pub course: Course,
    /// What happened, for the charts of a run.
    pub events: Vec<RunEvent>,
    /// What became of the requests.
    pub requests: Requests,
    /// What became of the replicas.
    pub fates: Fates,
    /// How often the policy was asked.
    pub looks: u64,
    /// How often it could not tell for lack of metrics.
    pub blind_looks: u64,
}

/// Scales the fleet until it is told to stop, from the first request on.
pub(crate) async fn scale(
    fleet: &mut Fleet,
    heard: &mut UnboundedReceiver<Heard>,
    going: Going,
    stop: &mut oneshot::Receiver<()>,
) -> Result<Driven> {
    fleet.start = going.start;
    fleet.never_ready = going.next_never_ready.then_some(fleet.fates.asked + 1);
    let balancer = fleet.balancer.clone();
    let mut first = std::pin::pin!(balancer.first_request());
    let mut beat = interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut driver: Option<Driver> = None;
    loop {
        tokio::select! {
            biased;
            _ = &mut *stop => break,
            Some(heard) = heard.recv() => fleet.hear(heard),
            since = &mut first, if driver.is_none() => driver = Some(Driver::new(&going, since, fleet)),
            now = beat.tick() => {
                let (ready, happened) = fleet.step(now)?;
                let Some(driver) = &mut driver else { continue };
                driver.note(now, &ready, &happened);
                if driver.is_due(now) {
                    driver.look(fleet).await?;
                }
                driver.point(fleet);
            }
        }
    }
    Ok(driver.map(|driver| driver.driven).unwrap_or_default())
}

struct Driver {
    going: Going,
    since: Instant,
    readings: Readings,
    next: u32,
    busy_percent: Option<f64>,
    /// The change whose replicas are not all ready yet.
    unfinished: Option<usize>,
    killed: bool,
    driven: Driven,
}

impl Driver {
    fn new(going: &Going, since: Instant, fleet: &Fleet) -> Self {
        let mut readings = Readings::new(going.pace);
        // Nothing has come to any of them yet.
        for replica in &fleet.replicas {
            readings.read(&replica.name, Counters::default());
        }
        Self {
            going: going.clone(),
            since,
            readings,
            next: 1,
            busy_percent: None,
            unfinished: None,
            killed: false,
            driven: Driven::default(),
        }
    }

    fn at(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.since)
    }

    /// When the policy is asked for the `nth` time, after the load began.
    fn due(&self, nth: u32) -> Duration {
        self.going.pace.by_clock(self.going.policy.period_s() as f64 * f64::from(nth))
    }

    fn is_due(&self, now: Instant) -> bool {
        self.at(now) >= self.due(self.next)
    }

    fn note(&mut self, now: Instant, ready: &[String], happened: &[String]) {
        let at = self.at(now);
        for name in ready {
            self.readings.read(name, Counters { at, ..Counters::default() });
        }
        for words in happened {
            self.event(at, EventKind::Restart, words.clone());
        }
    }

    fn event(&mut self, at: Duration, kind: EventKind, words: String) {
        self.driven.events.push(RunEvent { at_ms: at.as_millis() as u64, kind, words });
    }

    /// Reads metrics, asks the policy, and does what it says.
    async fn look(&mut self, fleet: &mut Fleet) -> Result<()> {
        if let Some(kill) = self.going.kill_one_at
            && !self.killed
            && self.at(Instant::now()) >= kill
        {
            self.killed = true;
            fleet.kill_one();
        }
        self.read(fleet).await;
        let now = Instant::now();
        let at = self.at(now);
        while self.is_due(now) {
            self.next += 1;
        }
        let ready = fleet.replicas.iter().filter(|replica| replica.stage == Stage::Ready);
        let names: Vec<&str> = ready.map(|replica| replica.name.as_str()).collect();
        self.busy_percent = self.readings.busy_percent(names.into_iter(), self.going.workers);
        let (pace, since, request_milli) = (self.going.pace, self.since, self.going.request_milli);
        let pods: Vec<Pod> =
            fleet.replicas.iter().map(|replica| replica.pod(since, pace, request_milli)).collect();
        let due_s = self.going.policy.period_s() * u64::from(self.next - 1);
        let from = fleet.wanted;
        let workload =
            Workload { spec_replicas: from, status_replicas: fleet.existing(), pods: &pods, measured: &[] };
        let decision = self.going.policy.decide(&workload, &self.readings, pace, at, due_s);
        self.driven.looks += 1;
        self.driven.blind_looks += u64::from(decision.blind);
        // Also where nothing changes: a replica that did not start is asked for again.
        fleet.scale(decision.replicas)?;
        if decision.replicas != from {
            let words = format!("replicas {from} → {}: {}", decision.replicas, decision.why);
            self.event(at, EventKind::Other, words);
            self.unfinished = (decision.replicas > from).then_some(self.driven.course.changes.len());
            self.driven.course.changes.push(Change {
                at_s: pace.policy_s(at).round() as u64,
                from,
                to: decision.replicas,
                why: decision.why,
                held_by: decision.held_by,
                ready_after_s: None,
            });
        }
        Ok(())
    }

    /// Asks every replica that runs, side by side.
    async fn read(&mut self, fleet: &Fleet) {
        let mut asked = JoinSet::new();
        let mut running = BTreeSet::new();
        let served =
            |replica: &&Replica| replica.counts() && (replica.ready.is_some() || replica.hung.is_some());
        for replica in fleet.replicas.iter().filter(served) {
            let (name, address, since) = (replica.name.clone(), replica.metrics.clone(), self.since);
            running.insert(name.clone());
            asked.spawn(async move {
                let at = Instant::now().saturating_duration_since(since);
                (name, counters(&address, at).await)
            });
        }
        while let Some(answer) = asked.join_next().await {
            // A replica that does not answer has no reading, as with any other who asks.
            if let Ok((name, Ok(counters))) = answer {
                self.readings.read(&name, counters);
            }
        }
        self.readings.keep(|name| running.contains(name));
    }

    /// Notes where the replicas stand.
    fn point(&mut self, fleet: &Fleet) {
        let at = self.at(Instant::now());
        let (wanted, ready) = (fleet.wanted, fleet.ready());
        if let Some(change) = self.unfinished.and_then(|index| self.driven.course.changes.get_mut(index))
            && ready >= change.to
        {
            let now_s = self.going.pace.policy_s(at).round() as u64;
            change.ready_after_s = Some(now_s.saturating_sub(change.at_s));
            self.unfinished = None;
        }
        self.driven.course.points.push(Point { at, wanted, ready, busy_percent: self.busy_percent });
    }
}
