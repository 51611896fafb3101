//! Requests for the same at once: one goes to the origin, the others wait for what it brings.
//!
//! The cache says who may lead and who may only follow, and gives questions a number. Who comes first leads; who comes
//! meanwhile follows, and is told as soon as the head of the leader's answer is there, to read along, or else when the
//! answer is in the cache, or will not be. Questions whose answers cannot be kept have no leaders: the cache remembers
//! them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use loadline_edge::Sharing;
use tokio::sync::watch;

use crate::coming::Coming;
use crate::origin::Failure;

/// Locks, so that questions have seldom the same.
const SHARDS: u64 = 64;

/// What is being asked of the origin for many.
#[derive(Debug)]
pub(crate) struct Flights(Vec<Mutex<Flying>>);

type Flying = HashMap<u64, watch::Receiver<Landing>>;

/// How far a question has come.
#[derive(Debug, Clone)]
pub(crate) enum Landing {
    /// Nothing has come yet.
    Flying,
    /// The head of an answer is there, and its body is coming.
    Coming(Arc<Coming>),
    /// What came is in the cache now, or will not be.
    Look,
    /// Nothing came.
    Failed(Failure),
}

/// What to do with a question.
#[derive(Debug)]
pub(crate) enum Boarding {
    /// Ask it, and say how it ended.
    Lead(Flight),
    /// Wait for another.
    Follow(watch::Receiver<Landing>),
    /// Ask it; nobody waits.
    Alone,
}

/// A question that others wait for. Dropped without a word it has ended: they look for themselves.
#[derive(Debug)]
pub(crate) struct Flight {
    flights: Arc<Flights>,
    question: u64,
    landing: watch::Sender<Landing>,
}

impl Flights {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self((0..SHARDS).map(|_| Mutex::default()).collect()))
    }

    /// Whether to ask, or to wait.
    pub(crate) fn board(self: &Arc<Self>, sharing: Sharing) -> Boarding {
        let (question, may_lead) = match sharing {
            Sharing::Alone => return Boarding::Alone,
            Sharing::Follow(question) => (question, false),
            Sharing::Lead(question) => (question, true),
        };
        let mut flying = self.shard(question);
        if let Some(landing) = flying.get(&question) {
            return Boarding::Follow(landing.clone());
        }
        if !may_lead {
            return Boarding::Alone;
        }
        let (sender, receiver) = watch::channel(Landing::Flying);
        flying.insert(question, receiver);
        Boarding::Lead(Flight { flights: Arc::clone(self), question, landing: sender })
    }

    fn shard(&self, question: u64) -> MutexGuard<'_, Flying> {
        let index = usize::try_from(question % SHARDS).unwrap_or_default();
        self.0[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until something has come of another's question, or will not.
pub(crate) async fn landed(mut landing: watch::Receiver<Landing>) -> Landing {
    match landing.wait_for(|landing| !matches!(landing, Landing::Flying)).await {
        Ok(landing) => landing.clone(),
        Err(_) => Landing::Look,
    }
}

impl Flight {
    /// Says that an answer is coming, which others may have as it comes.
    pub(crate) fn approach(&self, coming: Arc<Coming>) {
        self.landing.send_replace(Landing::Coming(coming));
    }

    /// Says how it ended.
    pub(crate) fn land(self, landing: Landing) {
        self.landing.send_replace(landing);
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.flights.shard(self.question).remove(&self.question);
        self.landing.send_if_modified(|landing| {
            let is_open = matches!(landing, Landing::Flying | Landing::Coming(_));
            if is_open {
                *landing = Landing::Look;
            }
            is_open
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leads(boarding: Boarding) -> Flight {
        match boarding {
            Boarding::Lead(flight) => flight,
            other => panic!("{other:?}"),
        }
    }

    fn follows(boarding: Boarding) -> watch::Receiver<Landing> {
        match boarding {
            Boarding::Follow(landing) => landing,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn who_comes_first_leads_and_the_others_hear_of_it() {
        let flights = Flights::new();
        for landing in [Landing::Look, Landing::Failed(Failure::Ended)] {
            let leader = leads(flights.board(Sharing::Lead(1)));
            let follower = follows(flights.board(Sharing::Lead(1)));
            let other = leads(flights.board(Sharing::Lead(2)));
            leader.land(landing.clone());
            assert_eq!(format!("{:?}", landed(follower).await), format!("{landing:?}"));
            drop(other);
        }
    }

    #[tokio::test]
    async fn a_leader_that_is_gone_leaves_nobody_waiting() {
        let flights = Flights::new();
        let leader = leads(flights.board(Sharing::Lead(1)));
        let follower = follows(flights.board(Sharing::Follow(1)));
        drop(leader);
        assert!(matches!(landed(follower).await, Landing::Look));
        leads(flights.board(Sharing::Lead(1)));
    }

    #[test]
    fn nobody_waits_for_who_asks_for_less() {
        let flights = Flights::new();
        for sharing in [Sharing::Follow(1), Sharing::Alone] {
            assert!(matches!(flights.board(sharing), Boarding::Alone));
        }
    }
}
