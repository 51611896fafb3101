//! Puts the workers' windows together, second by second and in order. Pure: the hub says when it will wait no more.
//!
//! A second is complete when everyone who still works has reported it. A busy worker may skip reports: one for second
//! 7 says that nothing more comes for the seconds before. What comes after its second was given away is counted in
//! the next one, so nothing is lost.

use std::collections::BTreeMap;

use loadline_measure::Window;

/// Windows on their way to the observer.
#[derive(Debug)]
pub(super) struct Seconds {
    /// For each participant the first second it has not reported; `u64::MAX` when it has left.
    reported: Vec<u64>,
    waiting: BTreeMap<u64, Window>,
    next: u64,
}

impl Seconds {
    /// Nothing yet, from so many participants.
    pub(super) fn new(participants: usize) -> Self {
        Self { reported: vec![0; participants], waiting: BTreeMap::new(), next: 0 }
    }

    /// A participant's window for a second, and its word that nothing more comes for that second.
    pub(super) fn add(&mut self, participant: usize, second: u64, window: Window) {
        self.waiting.entry(second.max(self.next)).or_default().merge(window);
        let reported = &mut self.reported[participant];
        *reported = (*reported).max(second + 1);
    }

    /// A participant reports nothing more.
    pub(super) fn leave(&mut self, participant: usize) {
        self.reported[participant] = u64::MAX;
    }

    /// The next second, if everyone has reported it.
    pub(super) fn next_complete(&mut self) -> Option<(u64, Window)> {
        let complete = self.reported.iter().copied().min().unwrap_or(u64::MAX);
        let exists =
            complete < u64::MAX || self.waiting.last_key_value().is_some_and(|(&last, _)| last >= self.next);
        (self.next < complete && exists).then(|| self.give())
    }

    /// The next second in its present state, unless it is after `second`.
    pub(super) fn next_until(&mut self, second: u64) -> Option<(u64, Window)> {
        (self.next <= second).then(|| self.give())
    }

    /// Whether a second before this one has not been given away.
    pub(super) fn is_waiting_for(&self, second: u64) -> bool {
        self.next < second
    }

    /// The last second for which there is anything.
    pub(super) fn last(&self) -> Option<u64> {
        self.waiting.last_key_value().map(|(&second, _)| second)
    }

    fn give(&mut self) -> (u64, Window) {
        let second = self.next;
        self.next += 1;
        (second, self.waiting.remove(&second).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use loadline_measure::{Builtin, Recorder, Schema, Series, TagSetId};

    /// A window that counted `n` iterations, and how to read one.
    fn windows() -> (impl Fn(u64) -> Window, impl Fn(&Window) -> u64) {
        let schema = Schema::new();
        let iterations = Builtin::define(&schema).unwrap().iterations;
        let of = move |n: u64| {
            let mut recorder = Recorder::new(schema.clone());
            recorder.record(iterations, n as f64, TagSetId::EMPTY);
            recorder.take_window()
        };
        let read = move |window: &Window| {
            let series = Series { metric: iterations, tags: TagSetId::EMPTY };
            window.get(series).and_then(|sink| sink.as_counter()).map_or(0, |counter| counter.sum as u64)
        };
        (of, read)
    }

    #[test]
    fn a_second_waits_for_everyone() {
        let (of, read) = windows();
        let mut seconds = Seconds::new(2);
        seconds.add(0, 0, of(1));
        assert!(seconds.next_complete().is_none());
        seconds.add(1, 0, of(2));
        let (second, window) = seconds.next_complete().unwrap();
        assert_eq!((second, read(&window)), (0, 3));
        assert!(seconds.next_complete().is_none());
    }

    #[test]
    fn a_late_window_counts_in_the_next_second() {
        let (of, read) = windows();
        let mut seconds = Seconds::new(2);
        seconds.add(0, 0, of(1));
        assert_eq!(seconds.next_until(0).map(|(second, window)| (second, read(&window))), Some((0, 1)));
        assert!(seconds.next_until(0).is_none());
        seconds.add(1, 0, of(2));
        seconds.add(0, 1, of(4));
        assert!(seconds.next_complete().is_none());
        seconds.add(1, 1, of(8));
        assert_eq!(seconds.next_complete().map(|(second, window)| (second, read(&window))), Some((1, 14)));
    }

    #[test]
    fn a_report_covers_the_seconds_before_it_and_leavers_are_not_waited_for() {
        let (of, read) = windows();
        let mut seconds = Seconds::new(2);
        seconds.add(0, 2, of(1));
        seconds.leave(1);
        let given: Vec<_> = std::iter::from_fn(|| seconds.next_complete())
            .map(|(second, window)| (second, read(&window)))
            .collect();
        assert_eq!(given, [(0, 0), (1, 0), (2, 1)]);
        seconds.leave(0);
        assert!(seconds.next_complete().is_none());
    }
}
