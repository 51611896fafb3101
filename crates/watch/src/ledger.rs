//! What counters said of one objective, stretch by stretch, for as long as the longest window is.
//!
//! Stretches follow each other; those of which nothing is known (nobody asked, a scrape failed, the service was away)
//! stay open and count in no window, which says how much of it is known. Old ones are put together, so that three days
//! of a thousand objectives are some megabytes. What is kept of each is what came until its end, so that a window
//! takes no longer than finding its two ends: a replay of a month asks for millions.

use std::collections::VecDeque;

/// Stretches that there is room for until old ones are put together again.
const ROOM: usize = 8;

/// Requests of a stretch.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cell {
    /// Those that were bad, by the best estimate.
    pub bad: f64,
    /// How many of all may be bad or not: they lie in the bucket that has the limit in it.
    pub doubt: f64,
    /// All of them.
    pub total: f64,
}

impl Cell {
    /// Both of them.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { bad: self.bad + other.bad, doubt: self.doubt + other.doubt, total: self.total + other.total }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Entry {
    end_s: i64,
    length_s: u32,
    until: Until,
}

/// What came until a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Until {
    known_s: u32,
    bad: f64,
    doubt: f64,
    total: f64,
}

impl Until {
    fn since(self, earlier: Self) -> Self {
        Self {
            known_s: self.known_s - earlier.known_s,
            bad: self.bad - earlier.bad,
            doubt: self.doubt - earlier.doubt,
            total: self.total - earlier.total,
        }
    }

    /// A part of it, from 0 to 1.
    fn times(self, part: f64) -> (Cell, f64) {
        // What fractions leave behind is nothing.
        let [bad, doubt, total] = [self.bad, self.doubt, self.total].map(|count| (count * part).max(0.0));
        (Cell { bad, doubt, total }, f64::from(self.known_s) * part)
    }
}

/// Cells of one objective, by time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ledger {
    entries: VecDeque<Entry>,
    /// What came before them, of what is counted.
    before: Until,
}

/// What a window has.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counted {
    /// All requests of it.
    pub cell: Cell,
    /// Of how many of its seconds something is known.
    pub known_s: u64,
    /// Bad and all requests of its stretches, as whole numbers.
    pub stretches: Vec<(u64, u64)>,
    /// How long a stretch is, in seconds.
    pub stretch_s: u64,
}

impl Ledger {
    /// Adds the requests of the stretch of so many seconds that ended at this time, in seconds since 1970 UTC. One that
    /// is not later than all others was known before, and is left out.
    pub fn add(&mut self, end_s: i64, length_s: u64, cell: Option<Cell>) {
        if self.entries.back().is_some_and(|last| last.end_s >= end_s) {
            return;
        }
        let length_s = u32::try_from(length_s).unwrap_or(u32::MAX);
        let mut until = self.entries.back().map_or(self.before, |last| last.until);
        if let Some(cell) = cell {
            until.known_s = until.known_s.saturating_add(length_s);
            until.bad += cell.bad;
            until.doubt += cell.doubt;
            until.total += cell.total;
        }
        self.entries.push_back(Entry { end_s, length_s, until });
    }

    /// When the last stretch ended.
    pub fn end_s(&self) -> Option<i64> {
        self.entries.back().map(|entry| entry.end_s)
    }

    /// Whether anything is known.
    pub fn knows_anything(&self) -> bool {
        self.entries.back().is_some_and(|last| last.until.known_s > self.before.known_s)
    }

    /// Forgets what ended by this time.
    pub fn forget(&mut self, until_s: i64) {
        while let Some(first) = self.entries.front().filter(|entry| entry.end_s <= until_s) {
            self.before = first.until;
            self.entries.pop_front();
        }
    }

    /// Puts stretches together that ended by this time, into ones that end at multiples of so many seconds.
    pub fn coarsen(&mut self, until_s: i64, length_s: u64) {
        let length_s = length_s.max(1) as i64;
        let slot = |end_s: i64| (end_s - 1).div_euclid(length_s);
        let old = self.entries.partition_point(|entry| slot(entry.end_s) < slot(until_s + 1));
        let before = std::mem::take(&mut self.before);
        let mut together: VecDeque<Entry> = VecDeque::with_capacity(self.entries.len() + ROOM);
        for (position, mut entry) in self.entries.drain(..).enumerate() {
            // Numbers stay small enough to be exact, however long it goes on.
            entry.until = entry.until.since(before);
            match together.back_mut() {
                Some(last) if position < old && slot(last.end_s) == slot(entry.end_s) => {
                    entry.length_s = entry.length_s.saturating_add(last.length_s);
                    *last = entry;
                }
                _ => together.push_back(entry),
            }
        }
        self.entries = together;
    }

    /// How many stretches are kept.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What lies in the window of so many seconds that ends at this time. Of a stretch that begins before it, that part
    /// counts which lies in it.
    pub fn window(&self, now_s: i64, length_s: u64) -> Counted {
        let (first, end) = self.ends(now_s, length_s);
        let (cell, known_s) = self.sum(now_s, length_s);
        let mut stretches = Vec::with_capacity(end.saturating_sub(first));
        for position in first..end {
            let of = self.at(position);
            if of.known_s > 0 {
                let (cell, _) = of.times(self.part(position, now_s, length_s));
                let total = cell.total.round() as u64;
                stretches.push(((cell.bad.round() as u64).min(total), total));
            }
        }
        let stretch_s = known_s.checked_div(stretches.len() as u64).unwrap_or_default();
        Counted { cell, known_s, stretches, stretch_s }
    }

    /// The requests of that window, and of how many of its seconds something is known.
    pub fn sum(&self, now_s: i64, length_s: u64) -> (Cell, u64) {
        let (first, end) = self.ends(now_s, length_s);
        if first >= end {
            return (Cell::default(), 0);
        }
        let (first_cell, first_known_s) = self.at(first).times(self.part(first, now_s, length_s));
        let (cell, known_s) = self.entries[end - 1].until.since(self.entries[first].until).times(1.0);
        (first_cell.and(cell), (first_known_s.round() + known_s) as u64)
    }

    /// Which stretches a window has: from one to before another.
    fn ends(&self, now_s: i64, length_s: u64) -> (usize, usize) {
        let from_s = now_s - length_s as i64;
        let until = |at_s: i64| self.entries.partition_point(|entry| entry.end_s <= at_s);
        (until(from_s), until(now_s))
    }

    /// What a stretch has.
    fn at(&self, position: usize) -> Until {
        let before = position.checked_sub(1).map_or(self.before, |before| self.entries[before].until);
        self.entries[position].until.since(before)
    }

    /// Which part of a stretch lies in a window that it ends in.
    fn part(&self, position: usize, now_s: i64, length_s: u64) -> f64 {
        let entry = self.entries[position];
        let (from_s, begin_s) = (now_s - length_s as i64, entry.end_s - i64::from(entry.length_s));
        if begin_s >= from_s || entry.length_s == 0 {
            return 1.0;
        }
        (entry.end_s - from_s) as f64 / f64::from(entry.length_s)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cell(bad: f64, total: f64) -> Cell {
        Cell { bad, doubt: 0.0, total }
    }

    #[test]
    fn a_window_has_what_ended_in_it() {
        let mut ledger = Ledger::default();
        for minute in 1..=10 {
            ledger.add(minute * 60, 60, (minute != 9).then(|| cell(1.0, 10.0)));
        }
        ledger.add(600, 60, Some(cell(99.0, 99.0)));
        let counted = ledger.window(600, 300);
        assert_eq!((counted.cell.bad, counted.cell.total, counted.known_s), (4.0, 40.0, 240));
        assert_eq!((counted.stretches.len(), counted.stretch_s), (4, 60));
        assert_eq!(ledger.window(600, 90).cell.total, 10.0, "half of the ninth minute, which is not known");
        assert_eq!(ledger.window(480, 90).cell.total, 15.0);
        assert_eq!(ledger.window(5, 3600).known_s, 0);
        ledger.forget(300);
        assert_eq!(ledger.window(600, 3600).cell.total, 40.0);
    }

    proptest! {
        #[test]
        fn putting_together_loses_nothing(
            cells in prop::collection::vec(prop::option::of((0u32..50, 50u32..99)), 1..200),
            until in 0i64..12_000,
            start in 0i64..100,
        ) {
            let mut fine = Ledger::default();
            for (position, counts) in cells.iter().enumerate() {
                let counts = counts.map(|(bad, total)| cell(f64::from(bad), f64::from(total)));
                fine.add((start + position as i64 + 1) * 60, 60, counts);
            }
            let mut coarse = fine.clone();
            coarse.coarsen(until, 900);
            prop_assert!(coarse.len() <= fine.len());
            let end = fine.end_s().unwrap();
            prop_assert_eq!(coarse.end_s(), Some(end));
            let (whole, again) = (fine.window(end, 1 << 30), coarse.window(end, 1 << 30));
            prop_assert_eq!(whole.cell, again.cell);
            prop_assert_eq!(whole.known_s, again.known_s);
            prop_assert_eq!(fine.sum(end, 3600), (fine.window(end, 3600).cell, fine.window(end, 3600).known_s));
            // What is not old is as it was.
            let recent = (end - until).max(0) as u64;
            prop_assert_eq!(fine.window(end, recent), coarse.window(end, recent));
            let all: Vec<_> = coarse.entries.iter().map(|entry| entry.end_s).collect();
            prop_assert!(all.is_sorted());
        }
    }
}
