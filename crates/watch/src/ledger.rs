//! What counters said of one objective, stretch by stretch, for as long as the longest window is.
//!
//! Stretches follow each other; those of which nothing is known (nobody asked, a scrape failed, the service was away)
//! stay open and count in no window, which says how much of it is known. Old ones are put together, so that three days
//! of a thousand objectives are some megabytes.

use std::collections::VecDeque;

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
    known_s: u32,
    bad: f32,
    doubt: f32,
    total: f32,
}

/// Cells of one objective, by time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ledger {
    entries: VecDeque<Entry>,
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
        let (known_s, cell) = cell.map_or((0, Cell::default()), |cell| (length_s, cell));
        let (bad, doubt, total) = (cell.bad as f32, cell.doubt as f32, cell.total as f32);
        self.entries.push_back(Entry { end_s, length_s, known_s, bad, doubt, total });
    }

    /// When the last stretch ended.
    pub fn end_s(&self) -> Option<i64> {
        self.entries.back().map(|entry| entry.end_s)
    }

    /// Whether anything is known.
    pub fn knows_anything(&self) -> bool {
        self.entries.iter().any(|entry| entry.known_s > 0)
    }

    /// Forgets what ended by this time.
    pub fn forget(&mut self, until_s: i64) {
        while self.entries.front().is_some_and(|entry| entry.end_s <= until_s) {
            self.entries.pop_front();
        }
    }

    /// Puts stretches together that ended by this time, into ones that end at multiples of so many seconds.
    pub fn coarsen(&mut self, until_s: i64, length_s: u64) {
        let length_s = length_s.max(1) as i64;
        let slot = |end_s: i64| (end_s - 1).div_euclid(length_s);
        let old = self.entries.partition_point(|entry| slot(entry.end_s) < slot(until_s + 1));
        let mut together: VecDeque<Entry> = VecDeque::with_capacity(self.entries.len());
        for (position, entry) in self.entries.drain(..).enumerate() {
            match together.back_mut() {
                Some(last) if position < old && slot(last.end_s) == slot(entry.end_s) => {
                    last.end_s = entry.end_s;
                    last.length_s = last.length_s.saturating_add(entry.length_s);
                    last.known_s = last.known_s.saturating_add(entry.known_s);
                    last.bad += entry.bad;
                    last.doubt += entry.doubt;
                    last.total += entry.total;
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
        let from_s = now_s - length_s as i64;
        let first = self.entries.partition_point(|entry| entry.end_s <= from_s);
        let mut counted = Counted::default();
        for entry in self.entries.range(first..).take_while(|entry| entry.end_s <= now_s) {
            let begin_s = entry.end_s - i64::from(entry.length_s);
            let part = if begin_s >= from_s || entry.length_s == 0 {
                1.0
            } else {
                (entry.end_s - from_s) as f64 / f64::from(entry.length_s)
            };
            if entry.known_s == 0 {
                continue;
            }
            let [bad, doubt, total] =
                [entry.bad, entry.doubt, entry.total].map(|count| f64::from(count) * part);
            counted.cell.bad += bad;
            counted.cell.doubt += doubt;
            counted.cell.total += total;
            counted.known_s += (f64::from(entry.known_s) * part).round() as u64;
            let total = total.round() as u64;
            counted.stretches.push(((bad.round() as u64).min(total), total));
        }
        counted.stretch_s = counted.known_s.checked_div(counted.stretches.len() as u64).unwrap_or_default();
        counted
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
            // What is not old is as it was.
            let recent = (end - until).max(0) as u64;
            prop_assert_eq!(fine.window(end, recent), coarse.window(end, recent));
            let all: Vec<_> = coarse.entries.iter().map(|entry| entry.end_s).collect();
            prop_assert!(all.is_sorted());
        }
    }
}
