//! A server's statistics, looked at again and again: what was counted since the first look, in a few parts.

use std::collections::BTreeSet;

use super::listing::{Listing, Others};
use super::statistics::{StatementNames, of_window, own_of_window};
use crate::cost::{Difference, Snapshot, Spent, StatementKey, Void};

/// Parts that are kept; beyond them two and two become one.
const PARTS: usize = 24;

/// What was counted since the first look.
#[derive(Clone, Debug)]
pub struct Looks {
    last: Snapshot,
    /// How long a part is at the least, in seconds.
    part_seconds: f64,
    parts: Vec<Difference>,
    lost: BTreeSet<StatementKey>,
    evictions: u64,
    /// Why what was counted before is not in it, if the server forgot.
    void: Option<Void>,
    /// Executions and time since the look before, per second.
    now: Option<(f64, f64)>,
}

impl Looks {
    /// The first look.
    pub fn new(first: Snapshot) -> Self {
        Self {
            last: first,
            part_seconds: 1.0,
            parts: Vec::new(),
            lost: BTreeSet::new(),
            evictions: 0,
            void: None,
            now: None,
        }
    }

    /// Another look. When the server forgot in between what it had counted, all begins anew.
    ///
    /// ```
    /// use loadline_pg::cost::{Counters, Snapshot, StatementKey, Void};
    /// use loadline_pg::slow::{Looks, StatementNames};
    ///
    /// let key = StatementKey { user: 10, database: 5, query: 1, top_level: true };
    /// let at = |second: i64, calls| Snapshot {
    ///     at_us: second * 1_000_000,
    ///     statements: [(key, Counters { calls, ..Counters::default() })].into(),
    ///     ..Snapshot::default()
    /// };
    /// let mut looks = Looks::new(at(0, 100));
    /// looks.look(at(1, 110));
    /// looks.look(at(2, 130));
    /// let calls = |looks: &Looks| looks.listing(&StatementNames::default()).calls();
    /// assert_eq!((calls(&looks), looks.void()), (30, None));
    /// looks.look(Snapshot { reset_us: Some(1), ..at(3, 7) });
    /// assert_eq!((calls(&looks), looks.void()), (0, Some(Void::Reset)));
    /// ```
    pub fn look(&mut self, snapshot: Snapshot) {
        let part = Difference::between(&self.last, &snapshot);
        self.last = snapshot;
        if let Some(void) = part.void {
            *self = Self { void: Some(void), ..Self::new(std::mem::take(&mut self.last)) };
            return;
        }
        if part.seconds > 0.0 {
            let sum = |of: fn(&Spent) -> f64| part.statements.values().map(of).sum::<f64>() / part.seconds;
            self.now = Some((sum(|spent| spent.calls as f64), sum(|spent| spent.time_ms / 1e3)));
        }
        self.evictions += part.evictions;
        self.lost.extend(part.lost.iter().copied());
        match self.parts.last_mut() {
            Some(last) if last.seconds < self.part_seconds => absorb(last, part),
            _ => self.parts.push(part),
        }
        if self.parts.len() > PARTS {
            self.part_seconds *= 2.0;
            let mut parts = std::mem::take(&mut self.parts).into_iter();
            while let Some(mut part) = parts.next() {
                if let Some(next) = parts.next() {
                    absorb(&mut part, next);
                }
                self.parts.push(part);
            }
        }
    }

    /// Which statements were executed.
    pub fn keys(&self) -> impl Iterator<Item = StatementKey> {
        let keys: BTreeSet<StatementKey> =
            self.parts.iter().flat_map(|part| part.statements.keys().copied()).collect();
        keys.into_iter()
    }

    /// What was counted.
    pub fn listing(&self, names: &StatementNames) -> Listing {
        of_window(&self.parts, names)
    }

    /// What was counted of our own statements.
    pub fn own(&self, names: &StatementNames) -> Others {
        own_of_window(&self.parts, names)
    }

    /// Executions per second, and seconds of the server's time per second, since the look before.
    pub fn now(&self) -> Option<(f64, f64)> {
        self.now
    }

    /// Why nothing is known of the time before, if the server forgot it.
    pub fn void(&self) -> Option<Void> {
        self.void
    }

    /// How often entries were evicted: unless never, all figures are lower bounds.
    pub fn evictions(&self) -> u64 {
        self.evictions
    }

    /// Statements of which something is not known, because their entry went back or away.
    pub fn lost(&self) -> usize {
        self.lost.len()
    }

    /// Statements of other users that the role may not tell apart.
    pub fn hidden(&self) -> u64 {
        self.last.hidden
    }
}

/// Makes two parts that follow each other one.
fn absorb(part: &mut Difference, next: Difference) {
    part.seconds += next.seconds;
    for (key, spent) in next.statements {
        part.statements.entry(key).or_default().add(&spent);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cost::Counters;

    const KEY: StatementKey = StatementKey { user: 10, database: 5, query: 1, top_level: true };

    proptest! {
        /// However often it is looked, what was counted is the difference between the last and the first.
        #[test]
        fn looks_add_up(steps in prop::collection::vec((0_u64..50, 1_u64..5_000), 1..200)) {
            let mut at = Counters::default();
            let mut second = 0;
            let snapshot = |counters, second: u64| Snapshot {
                at_us: (second * 1_000) as i64,
                statements: [(KEY, counters)].into(),
                ..Snapshot::default()
            };
            let mut looks = Looks::new(snapshot(at, 0));
            for (calls, milliseconds) in &steps {
                second += milliseconds;
                at.calls += calls;
                at.time_ms += *calls as f64 * 2.0;
                at.mean_ms = if at.calls > 0 { at.time_ms / at.calls as f64 } else { 0.0 };
                looks.look(snapshot(at, second));
            }
            let listing = looks.listing(&StatementNames::default());
            prop_assert_eq!(listing.calls(), at.calls);
            prop_assert!((listing.time_ms() - at.time_ms).abs() < 1e-6 * at.time_ms.max(1.0));
            prop_assert!((listing.seconds.unwrap() - second as f64 / 1e3).abs() < 1e-6);
            prop_assert!(looks.parts.len() <= PARTS);
        }
    }
}
