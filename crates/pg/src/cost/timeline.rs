//! When requests were made, as exactly as it is known.
//!
//! Requests are counted in seconds of the run, snapshots are taken a moment after each: a tenth of a second at a
//! thousand requests per second is a hundred requests in the wrong window, far more than chance makes. So the requests
//! of a window are those of the seconds that it overlaps, in proportion. When the run's seconds end is told by the
//! earliest that one was ever heard of; but the last one is heard of when the run ends, however short it was.

use std::collections::BTreeMap;

/// Requests by second of the run.
#[derive(Debug)]
pub(super) struct Timeline {
    /// When the run started, by the clock of whoever takes snapshots.
    start_s: f64,
    /// When each was heard of, and its requests.
    seconds: BTreeMap<u64, (f64, BTreeMap<String, f64>)>,
    /// When the run started as the newest second has it.
    newest_s: f64,
    /// The first second that is not known yet.
    known: u64,
}

impl Default for Timeline {
    fn default() -> Self {
        Self { start_s: f64::INFINITY, seconds: BTreeMap::new(), newest_s: f64::INFINITY, known: 0 }
    }
}

impl Timeline {
    /// A second of the run, heard of at this moment.
    pub(super) fn second(&mut self, second: u64, heard_s: f64, requests: BTreeMap<String, f64>) {
        if second >= self.known {
            // It was not the last one, so it was a whole one.
            self.start_s = self.start_s.min(self.newest_s);
            self.newest_s = heard_s - (second + 1) as f64;
            if self.start_s.is_infinite() {
                self.start_s = self.newest_s;
            }
            self.known = second + 1;
        }
        let (_, known) = self.seconds.entry(second).or_insert_with(|| (heard_s, BTreeMap::new()));
        for (name, number) in requests {
            *known.entry(name).or_default() += number;
        }
    }

    /// Whether all requests up to this moment are known.
    pub(super) fn covers(&self, to_s: f64) -> bool {
        to_s <= self.start_s + self.known as f64
    }

    /// The requests between two moments.
    pub(super) fn between(&self, from_s: f64, to_s: f64) -> BTreeMap<String, f64> {
        let mut all = BTreeMap::new();
        for (second, (heard_s, requests)) in &self.seconds {
            let begin = self.start_s + *second as f64;
            let length = (heard_s - begin).clamp(0.001, 1.0);
            let share = ((to_s.min(begin + length) - from_s.max(begin)) / length).clamp(0.0, 1.0);
            for (name, number) in requests.iter().filter(|_| share > 0.0) {
                *all.entry(name.clone()).or_default() += number * share;
            }
        }
        all
    }

    /// Forgets what was before this moment.
    pub(super) fn forget(&mut self, before_s: f64) {
        let start = self.start_s;
        self.seconds.retain(|second, _| start + (*second + 2) as f64 > before_s);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_share_the_seconds_they_overlap() {
        let mut timeline = Timeline::default();
        for second in 0..4 {
            // Heard of late, but once.
            let late = if second == 1 { 0.0 } else { 0.3 };
            timeline.second(
                second,
                101.0 + second as f64 + late,
                [("a".to_owned(), 10.0 * second as f64)].into(),
            );
        }
        assert!(timeline.covers(104.0) && !timeline.covers(104.1));
        assert_eq!(timeline.between(101.0, 102.0)["a"], 10.0);
        assert_eq!(timeline.between(101.5, 102.5)["a"], 15.0);
        assert_eq!(timeline.between(0.0, 200.0)["a"], 60.0);
        // The last one is short, and no reason to think that all began earlier.
        timeline.second(4, 104.1, [("a".to_owned(), 8.0)].into());
        let near = |found: f64, truth: f64| (found - truth).abs() < 1e-9;
        assert!(
            near(timeline.between(103.0, 104.05)["a"], 34.0)
                && near(timeline.between(103.0, 200.0)["a"], 38.0)
        );
        timeline.forget(103.0);
        assert_eq!(timeline.between(103.0, 104.0)["a"], 30.0);
    }
}
