//! What a run hands over to the dashboard's thread.

use std::sync::{Arc, Mutex, PoisonError};

use loadline_measure::{RunEvents, RunMeta, Schema, Window};
use loadline_page::Judgement;
use tokio::sync::Notify;

/// So many seconds may wait for a thread that has no time; beyond that, what comes is added to the last of them.
const MOST_WAITING: usize = 120;

/// Something of a run.
pub(crate) enum Told {
    /// It begins; its windows are of this schema.
    Begun(Box<RunMeta>, Arc<Schema>),
    /// What was measured in a second.
    Second(u64, Window),
    /// What happened to it so far, its plan included.
    Happened(RunEvents),
    /// How it is judged so far.
    Judged(Judgement),
    /// It is over; the document that says all of it, as JSON, where somebody looks.
    Ended(Judgement, Option<String>),
    /// It came to no end that anybody could judge.
    Gone,
}

/// What waits for the dashboard's thread. Whoever puts something in waits for nobody.
#[derive(Default)]
pub(crate) struct Inbox {
    waiting: Mutex<Vec<Told>>,
    comes: Notify,
}

impl Inbox {
    pub(crate) fn put(&self, told: Told) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        match told {
            Told::Second(second, window) if waiting.len() >= MOST_WAITING => {
                let last = waiting.iter_mut().rev().find_map(|told| match told {
                    Told::Second(last, known) => Some((last, known)),
                    _ => None,
                });
                match last {
                    Some((last, known)) => {
                        *last = second;
                        known.merge(window);
                    }
                    None => waiting.push(Told::Second(second, window)),
                }
            }
            Told::Judged(judgement) => {
                // Only the last word counts.
                waiting.retain(|told| !matches!(told, Told::Judged(_)));
                waiting.push(Told::Judged(judgement));
            }
            other => waiting.push(other),
        }
        drop(waiting);
        self.comes.notify_one();
    }

    /// All that waits, once there is something.
    pub(crate) async fn take(&self) -> Vec<Told> {
        loop {
            let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
            if !waiting.is_empty() {
                return waiting;
            }
            self.comes.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use loadline_measure::{MetricKind, Recorder, TagSetId, Unit};

    use super::*;

    #[tokio::test]
    async fn a_thread_without_time_loses_no_value() {
        let schema = Schema::new();
        let metric = schema.define("visits", MetricKind::Counter, Unit::Plain).unwrap();
        let inbox = Inbox::default();
        let mut recorder = Recorder::new(Arc::clone(&schema));
        for second in 0..1_000 {
            recorder.record(metric, 1.0, TagSetId::EMPTY);
            inbox.put(Told::Second(second, recorder.take_window()));
        }
        let waiting = inbox.take().await;
        assert_eq!(waiting.len(), MOST_WAITING);
        let mut sum = 0.0;
        for told in &waiting {
            let Told::Second(_, window) = told else { panic!("only seconds were put in") };
            sum += window
                .iter()
                .filter_map(|(_, sink)| sink.as_counter())
                .map(|counter| counter.sum)
                .sum::<f64>();
        }
        assert!((sum - 1_000.0).abs() < f64::EPSILON);
        assert!(matches!(waiting.last(), Some(Told::Second(999, _))));
    }
}
