//! What an autoscaler sees of a cluster: pods as Kubernetes describes them, and readings that are as old as they are.

use std::collections::VecDeque;

use super::readings::Scraped;
use super::replica::{Replica, Stage};
use super::sight::{RATE_WINDOW_S, Sight, Signal};
use super::times::ScrapeTimes;
use crate::hpa::{ContainerKind, Measured, Phase, Pod, Readiness, Reading, Request, Status};

/// When pods were started that were there before: a day ago.
const LONG_AGO_MS: i64 = -86_400_000;

/// The container that simulated pods have.
pub const CONTAINER: &str = "service";

/// The cluster at a moment, as it can be seen.
#[derive(Debug)]
pub struct Seen<'a> {
    /// How many replicas there are to be.
    pub spec_replicas: i32,
    /// How many there are.
    pub status_replicas: i32,
    /// The pods.
    pub pods: &'a [Pod],
    pub(crate) replicas: &'a [Replica],
    pub(crate) totals: &'a VecDeque<Scraped>,
    pub(crate) times: ScrapeTimes,
    pub(crate) now_s: u64,
    pub(crate) outage: bool,
}

impl Sight for Seen<'_> {
    fn per_pod(&self, signal: Signal) -> Measured {
        if self.outage {
            return Measured::Gone;
        }
        let of = |replica: &Replica| {
            let (value, at_s) = self.value(&replica.readings, signal)?;
            let window_s = if signal == Signal::Cpu { self.times.every_s } else { RATE_WINDOW_S };
            Some((
                replica.name.clone(),
                Reading {
                    value: (value * 1000.0).round() as i64,
                    at_ms: at_s as i64 * 1000,
                    window_ms: window_s as i64 * 1000,
                },
            ))
        };
        let running = self.replicas.iter().filter(|replica| replica.runs());
        Measured::PerPod(running.filter_map(of).collect())
    }

    fn total_milli(&self, signal: Signal) -> Option<i64> {
        if self.outage {
            return None;
        }
        self.value(self.totals, signal).map(|(value, _)| (value * 1000.0).round() as i64)
    }
}

impl Seen<'_> {
    fn value(&self, readings: &VecDeque<Scraped>, signal: Signal) -> Option<(f64, u64)> {
        let visible = || readings.iter().rev().skip_while(|one| one.at_s + self.times.delay_s > self.now_s);
        let newest = visible().next()?;
        let of = |one: &Scraped| match signal {
            Signal::Cpu => one.cpu_milli / 1000.0,
            Signal::Requests => one.per_s,
            Signal::InFlight => one.in_flight,
            Signal::Waiting => one.waiting,
        };
        if signal == Signal::Cpu {
            return Some((of(newest), newest.at_s));
        }
        let (sum, number) = visible()
            .take_while(|one| one.at_s + RATE_WINDOW_S > newest.at_s)
            .fold((0.0, 0.0), |(sum, number), one| (sum + of(one), number + 1.0));
        (number > 0.0).then(|| (sum / number, newest.at_s))
    }
}

/// Pods as Kubernetes describes them.
pub(crate) fn pods(replicas: &[Replica], request_milli: i64) -> Vec<Pod> {
    let live = replicas.iter().filter(|replica| replica.stage != Stage::Gone);
    live.map(|replica| {
        let placed = replica.stage != Stage::Waiting;
        let ms = |seconds: u64| if replica.from_before { LONG_AGO_MS } else { seconds as i64 * 1000 };
        let since = |seconds: u64, status| Readiness { status, since_ms: ms(seconds) };
        let ready = match replica.stage {
            Stage::Ready | Stage::Leaving { was_ready: true } => Some(since(replica.ready_s, Status::True)),
            Stage::Waiting => None,
            _ => Some(since(replica.placed_s, Status::False)),
        };
        Pod {
            name: replica.name.clone(),
            phase: if replica.runs() { Phase::Running } else { Phase::Pending },
            deleted: matches!(replica.stage, Stage::Leaving { .. }),
            started_ms: placed.then(|| ms(replica.placed_s)),
            ready,
            requests: vec![Request {
                container: CONTAINER.to_owned(),
                milli: Some(request_milli),
                kind: ContainerKind::Main,
            }],
        }
    })
    .collect()
}
