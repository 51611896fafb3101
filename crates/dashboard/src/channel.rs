//! What the viewers of a run are told: each second once, and all of it to whoever comes late.
//!
//! Nothing is queued for a viewer. Events of late are kept, and a viewer asks for the one after the last it had; where
//! that is no longer kept, it is given the whole document.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use loadline_measure::Run;
use loadline_page::{Document, Judgement, Live, News};
use loadline_secrets::masked;
use loadline_verdict::Verdict;
use tokio::sync::watch;

use crate::inbox::{Inbox, Told};

/// Events that are kept, in number and in bytes.
const MOST_EVENTS: usize = 120;
const MOST_BYTES: usize = 8 << 20;

/// A run that is told to viewers.
pub struct Channel {
    /// Tells this telling from another one of the same address.
    id: String,
    pub(crate) inbox: Inbox,
    state: Mutex<State>,
    /// The number of the last event.
    newest: watch::Sender<u64>,
    viewers: AtomicU64,
    behind: AtomicU64,
}

#[derive(Default)]
struct State {
    live: Option<Live>,
    title: String,
    recent: VecDeque<(u64, Bytes)>,
    /// The whole document after this event.
    whole: Option<(u64, Bytes)>,
    /// What is told last, and to whoever comes after it.
    last: Option<(u64, Bytes)>,
}

/// What a viewer gets next.
pub(crate) struct Next {
    pub(crate) number: u64,
    pub(crate) event: Bytes,
    /// Nothing comes after it.
    pub(crate) is_last: bool,
}

impl Channel {
    /// One on which nothing was told yet.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            id: format!("{:08x}", rand::random::<u32>()),
            inbox: Inbox::default(),
            state: Mutex::default(),
            newest: watch::Sender::new(0),
            viewers: AtomicU64::new(0),
            behind: AtomicU64::new(0),
        })
    }

    /// Says how a run ended that was told as if another followed.
    pub fn end(&self, run: &Run, verdicts: &[Verdict]) {
        let looks = self.viewers() > 0;
        let document = looks.then(|| json(&Document::of(run, verdicts)));
        self.inbox.put(Told::Ended(Judgement::at_last(run, verdicts), document));
    }

    /// Nothing more comes; a run that did not say how it ended is gone.
    pub(crate) fn close(&self) {
        self.inbox.put(Told::Gone);
    }

    /// What the run is called, as far as it is known.
    pub fn title(&self) -> String {
        self.state().title.clone()
    }

    /// How many look at it now.
    pub fn viewers(&self) -> u64 {
        self.viewers.load(Ordering::Relaxed)
    }

    /// How often a viewer did not follow, and began anew with the whole document.
    pub fn behind(&self) -> u64 {
        self.behind.load(Ordering::Relaxed)
    }

    pub(crate) fn enter(&self) {
        self.viewers.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn leave(&self) {
        self.viewers.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// Tells what runs hand over.
    pub(crate) async fn tell(&self) {
        loop {
            for told in self.inbox.take().await {
                self.tell_one(told);
            }
        }
    }

    fn tell_one(&self, told: Told) {
        let mut state = self.state();
        match told {
            Told::Begun(meta, schema) => {
                state.title.clone_from(&meta.name);
                state.live = Some(Live::new(*meta, schema));
                state.recent.clear();
                state.last = None;
                // Whoever waits gets the whole of it.
                self.newest.send_modify(|number| *number += 1);
            }
            Told::Second(second, window) => {
                let Some(news) = state.live.as_mut().map(|live| live.take(second, &window)) else {
                    return;
                };
                match news {
                    News::Added(addition) => {
                        let data = serde_json::to_string(&addition);
                        self.keep(&mut state, "second", &data.unwrap_or_default());
                    }
                    News::Anew => {
                        // Whoever has the steps of before can add nothing to them.
                        state.recent.clear();
                        self.newest.send_modify(|number| *number += 1);
                    }
                }
            }
            Told::Happened(events) => {
                if let Some(live) = &mut state.live {
                    live.happened(events);
                }
            }
            Told::Judged(judgement) => {
                if let Some(live) = &mut state.live {
                    live.judge(judgement);
                }
            }
            Told::Ended(judgement, document) => {
                if let Some(live) = &mut state.live {
                    live.judge(judgement);
                }
                let document = document.or_else(|| state.live.as_ref().map(|live| json(&live.document())));
                self.last(&mut state, "ended", &document.unwrap_or_else(|| "null".to_owned()));
            }
            Told::Gone if state.last.is_some() => {}
            Told::Gone => self.last(&mut state, "gone", "null"),
        }
    }

    fn keep(&self, state: &mut State, name: &str, data: &str) {
        self.newest.send_modify(|number| {
            *number += 1;
            state.recent.push_back((*number, self.event(*number, name, data)));
        });
        let mut bytes: usize = state.recent.iter().map(|(_, event)| event.len()).sum();
        while state.recent.len() > MOST_EVENTS || (bytes > MOST_BYTES && state.recent.len() > 1) {
            bytes -= state.recent.pop_front().map_or(0, |(_, event)| event.len());
        }
    }

    fn last(&self, state: &mut State, name: &str, data: &str) {
        self.newest.send_modify(|number| {
            *number += 1;
            state.last = Some((*number, self.event(*number, name, data)));
        });
        state.live = None;
        state.recent.clear();
    }

    fn event(&self, number: u64, name: &str, data: &str) -> Bytes {
        let data = masked(data);
        Bytes::from(format!("id: {}-{number}\nevent: {name}\ndata: {data}\n\n", self.id))
    }

    /// The number of an event that a viewer had of this telling.
    pub(crate) fn known(&self, id: &str) -> Option<u64> {
        let (telling, number) = id.rsplit_once('-')?;
        if telling == self.id { number.parse().ok() } else { None }
    }

    /// What comes after an event; nothing when that was the newest.
    pub(crate) fn after(&self, had: Option<u64>) -> Option<Next> {
        let mut state = self.state();
        let newest = *self.newest.borrow();
        if let Some((number, event)) = &state.last {
            let is_news = had.is_none_or(|had| had < *number);
            return is_news.then(|| Next { number: *number, event: event.clone(), is_last: true });
        }
        if had.is_some_and(|had| had >= newest) {
            return None;
        }
        let next = had.and_then(|had| state.recent.iter().find(|(number, _)| *number == had + 1));
        if let Some((number, event)) = next {
            return Some(Next { number: *number, event: event.clone(), is_last: false });
        }
        let live = state.live.as_ref()?;
        if had.is_some() && !state.recent.is_empty() {
            self.behind.fetch_add(1, Ordering::Relaxed);
        }
        let event = match &state.whole {
            Some((number, event)) if *number == newest => event.clone(),
            _ => {
                let event = self.event(newest, "document", &json(&live.document()));
                state.whole = Some((newest, event.clone()));
                event
            }
        };
        Some(Next { number: newest, event, is_last: false })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn json(document: &Document) -> String {
    serde_json::to_string(document).unwrap_or_else(|_| "null".to_owned())
}

#[cfg(test)]
mod tests {
    use loadline_measure::{MetricKind, Recorder, Schema, TagSetId, Unit};

    use super::*;

    #[test]
    fn who_is_too_far_behind_is_given_the_whole_and_counted() {
        let schema = Schema::new();
        let metric = schema.define("visits", MetricKind::Counter, Unit::Plain).unwrap();
        let mut recorder = Recorder::new(Arc::clone(&schema));
        let channel = Channel::new();
        channel.tell_one(Told::Begun(Box::default(), schema));
        let first = channel.after(None).unwrap();
        for second in 0..200 {
            recorder.record(metric, 1.0, TagSetId::EMPTY);
            channel.tell_one(Told::Second(second, recorder.take_window()));
        }
        let newest = first.number + 200;
        let late = channel.after(Some(first.number)).unwrap();
        assert_eq!((late.number, channel.behind()), (newest, 1));
        assert!(late.event.starts_with(format!("id: {}-{newest}\nevent: document\n", channel.id).as_bytes()));
        let in_time = channel.after(Some(newest - 100)).unwrap();
        assert_eq!((in_time.number, channel.behind()), (newest - 99, 1));
        assert!(channel.after(Some(newest)).is_none());
        // One who says to have had what is still to come has misunderstood, and is told when it comes.
        assert!(channel.after(Some(newest + 5)).is_none());
    }
}
