//! What metrics asked for lately, so that one quiet moment does not take away what the next one needs.
//!
//! Old entries are written over instead of removed, one for each new one, and which of the old ones is chosen matters
//! to nobody: none of them is inside a window any more.

/// What was asked for, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Recommendation {
    replicas: i32,
    at_ms: i64,
}

/// What was asked for lately.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Recommendations(Vec<Recommendation>);

impl Recommendations {
    /// At its first look the controller takes what is there for what was asked for.
    pub(super) fn begin(&mut self, replicas: i32, now_ms: i64) {
        if self.0.is_empty() {
            self.0.push(Recommendation { replicas, at_ms: now_ms });
        }
    }

    /// Without a behavior: the most that was asked for within the window, its edge included.
    pub(super) fn highest(&mut self, desired: i32, window_ms: i64, now_ms: i64) -> i32 {
        let cutoff = now_ms.saturating_sub(window_ms);
        let within = self.0.iter().filter(|past| past.at_ms >= cutoff).map(|past| past.replicas);
        let highest = within.fold(desired, i32::max);
        self.record(desired, now_ms, |at_ms| at_ms < cutoff);
        highest
    }

    /// With a behavior: the current number, raised to the least that was asked for within the window of scaling up,
    /// lowered to the most within that of scaling down, their edges not included.
    pub(super) fn between(
        &mut self,
        current: i32,
        desired: i32,
        (up_ms, down_ms): (i64, i64),
        now_ms: i64,
    ) -> i32 {
        let (up, down) = (now_ms.saturating_sub(up_ms), now_ms.saturating_sub(down_ms));
        let since = |cutoff| self.0.iter().filter(move |past| past.at_ms > cutoff).map(|past| past.replicas);
        let least = since(up).fold(desired, i32::min);
        let most = since(down).fold(desired, i32::max);
        self.record(desired, now_ms, |at_ms| at_ms < up && at_ms < down);
        current.max(least).min(most)
    }

    fn record(&mut self, replicas: i32, at_ms: i64, old: impl Fn(i64) -> bool) {
        let new = Recommendation { replicas, at_ms };
        match self.0.iter_mut().rev().find(|past| old(past.at_ms)) {
            Some(past) => *past = new,
            None => self.0.push(new),
        }
    }
}
