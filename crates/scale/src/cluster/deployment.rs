//! The replicas of a deployment: they come, become ready, and go.

use super::alike;
use super::nodes::{Nodes, Room};
use super::replica::{Replica, Stage};
use super::times::PodTimes;
use crate::service::Service;

/// All replicas, and the nodes they are on.
#[derive(Debug)]
pub(crate) struct Deployment {
    pub(crate) replicas: Vec<Replica>,
    pub(crate) nodes: Nodes,
    pub(crate) wanted: i32,
    pub(crate) times: PodTimes,
    named: u64,
}

impl Deployment {
    /// With replicas that are ready and warm.
    pub(crate) fn new(initial: i32, times: PodTimes, mut nodes: Nodes, service: &Service) -> Self {
        let mut named = 0;
        let replicas = (0..initial.max(0)).map(|_| {
            named += 1;
            let mut replica = Replica::new(named, service, 0);
            let room = nodes.place(0);
            replica.node = room.node();
            replica.from_before = room != Room::Nowhere;
            replica.stage = if room == Room::Nowhere { Stage::Waiting } else { Stage::Ready };
            replica
        });
        let replicas = replicas.collect();
        Self { replicas, nodes, wanted: initial.max(0), times, named }
    }

    /// How many there are that are not being deleted.
    pub(crate) fn existing(&self) -> i32 {
        self.replicas.iter().filter(|replica| replica.counts()).count() as i32
    }

    /// How many are ready.
    pub(crate) fn ready(&self) -> i32 {
        self.replicas.iter().filter(|replica| replica.stage == Stage::Ready).count() as i32
    }

    /// There shall be so many.
    pub(crate) fn scale(&mut self, wanted: i32, service: &Service, now_s: u64) {
        self.wanted = wanted.max(0);
        for _ in self.existing()..self.wanted {
            self.named += 1;
            self.replicas.push(Replica::new(self.named, service, now_s));
        }
        for _ in self.wanted..self.existing() {
            // As a replica set chooses: those that are not there yet first, then the youngest.
            let counted = self.replicas.iter().enumerate().filter(|(_, replica)| replica.counts());
            let chosen = counted.max_by_key(|(_, replica)| {
                let rank = match replica.stage {
                    Stage::Waiting => 3,
                    Stage::Starting => 2,
                    Stage::Unready => 1,
                    _ => 0,
                };
                (rank, replica.ready_s, replica.created_s)
            });
            let Some((index, _)) = chosen else { break };
            alike::separate(&mut self.replicas, index);
            let replica = &mut self.replicas[index];
            replica.deleted_s = now_s;
            if matches!(replica.stage, Stage::Waiting | Stage::Starting) {
                replica.stage = Stage::Gone;
                let node = replica.node.take();
                self.nodes.leave(node, now_s);
            } else {
                replica.stage = Stage::Leaving { was_ready: replica.stage == Stage::Ready };
            }
        }
    }

    /// Everything that happens by itself until this second.
    pub(crate) fn step(&mut self, now_s: u64) {
        for replica in &mut self.replicas {
            if replica.stage == Stage::Waiting {
                let room = self.nodes.place(now_s);
                if room != Room::Nowhere {
                    (replica.node, replica.placed_s, replica.stage) = (room.node(), now_s, Stage::Starting);
                }
            }
            if replica.stage == Stage::Starting && now_s >= replica.placed_s + self.times.start_s {
                replica.stage = Stage::Unready;
            }
            let ready_at_s = replica.placed_s + self.times.start_s + self.times.ready_s;
            if replica.stage == Stage::Unready && now_s >= ready_at_s {
                (replica.stage, replica.ready_s) = (Stage::Ready, now_s);
                replica.cold_until_s = now_s + self.times.warm_up_s;
            }
        }
        let waiting = self.replicas.iter().filter(|replica| replica.stage == Stage::Waiting).count();
        self.nodes.adjust(waiting, now_s);
    }

    /// Lets go of replicas that have nothing more to do, or no more time; how many requests those lose.
    pub(crate) fn bury(&mut self, now_s: u64) -> u64 {
        let mut lost = 0;
        let times = self.times;
        for replica in &mut self.replicas {
            let Stage::Leaving { was_ready } = replica.stage else { continue };
            let over = now_s >= replica.deleted_s + times.grace_s;
            let heard = !was_ready || now_s >= replica.deleted_s + times.deregister_s.max(times.accepts_s);
            let underway = &mut replica.work.underway;
            if over || (heard && underway.is_empty()) {
                lost += underway.drain(..).map(|one| u64::from(one.times)).sum::<u64>();
                replica.stage = Stage::Gone;
                let node = replica.node.take();
                self.nodes.leave(node, now_s);
            }
        }
        self.replicas.retain(|replica| replica.stage != Stage::Gone);
        lost
    }
}
