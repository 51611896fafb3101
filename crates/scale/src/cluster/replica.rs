//! One replica: where it stands in its life, and whether it is followed itself or another one stands for it.

use std::collections::VecDeque;

use super::readings::Scraped;
use super::times::PodTimes;
use super::work::Work;
use crate::service::Service;

/// How many readings are kept of a replica.
const READINGS: usize = 64;

/// Where a replica stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// There is no node for it yet.
    Waiting,
    /// Its image is pulled and its process starts.
    Starting,
    /// It runs and is not ready yet.
    Unready,
    /// It takes requests.
    Ready,
    /// It is being deleted; whether it ever took any.
    Leaving { was_ready: bool },
    /// There is nothing left of it.
    Gone,
}

/// A replica.
#[derive(Debug, Clone)]
pub(crate) struct Replica {
    /// Which one it is, from 1 in the order of creation.
    pub(crate) number: u64,
    pub(crate) name: String,
    pub(crate) stage: Stage,
    pub(crate) node: Option<usize>,
    /// When it was created, given a node, ready, and deleted.
    pub(crate) created_s: u64,
    pub(crate) placed_s: u64,
    pub(crate) ready_s: u64,
    pub(crate) deleted_s: u64,
    /// Whether it was there, ready and warm, long before the beginning.
    pub(crate) from_before: bool,
    /// Until when it is slow.
    pub(crate) cold_until_s: u64,
    pub(crate) readings: VecDeque<Scraped>,
    pub(crate) work: Work,
    /// For how many replicas that are alike its work stands, itself among them; 0 where another one's stands for it.
    pub(crate) stands_for: u32,
    /// The number of the one that stands for it.
    pub(crate) led_by: Option<u64>,
}

impl Replica {
    pub(crate) fn new(number: u64, service: &Service, now_s: u64) -> Self {
        Self {
            number,
            name: format!("pod-{number}"),
            stage: Stage::Waiting,
            node: None,
            created_s: now_s,
            placed_s: 0,
            ready_s: 0,
            deleted_s: 0,
            from_before: false,
            cold_until_s: 0,
            readings: VecDeque::new(),
            work: Work::new(service, now_s),
            stands_for: 1,
            led_by: None,
        }
    }

    /// Whether its process is there.
    pub(crate) fn runs(&self) -> bool {
        matches!(self.stage, Stage::Unready | Stage::Ready | Stage::Leaving { .. })
    }

    /// Whether it is one of those that the deployment counts.
    pub(crate) fn counts(&self) -> bool {
        !matches!(self.stage, Stage::Leaving { .. } | Stage::Gone)
    }

    /// Whether requests are sent to it.
    pub(crate) fn is_sent_to(&self, times: &PodTimes, now_s: u64) -> bool {
        match self.stage {
            Stage::Ready => true,
            Stage::Leaving { was_ready } => was_ready && now_s < self.deleted_s + times.deregister_s,
            _ => false,
        }
    }

    /// Whether it refuses what is sent to it.
    pub(crate) fn refuses(&self, times: &PodTimes, now_s: u64) -> bool {
        self.stage != Stage::Ready && now_s >= self.deleted_s + times.accepts_s
    }

    /// Whether it is slow as yet.
    #[inline]
    pub(crate) fn is_cold(&self, now_s: u64) -> bool {
        now_s < self.cold_until_s
    }

    /// Keeps a reading.
    pub(crate) fn keep(&mut self, reading: Scraped) {
        if self.readings.len() == READINGS {
            self.readings.pop_front();
        }
        self.readings.push_back(reading);
    }
}
