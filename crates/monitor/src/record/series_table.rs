//! The series of one endpoint, by method, ending and kind of traffic.
//!
//! A table of fixed size in which a found series costs a hash and a comparison and takes no lock. Nothing is ever removed, so a slot
//! that is taken stays what it is, and a search that meets a free slot knows that there is nothing behind it.

use std::sync::OnceLock;

use crate::LoadTest;

use super::{Budget, Ending, Histogram, MethodIndex, REQUESTS};

/// Slots of one endpoint: far more than a service has methods times statuses. A full table sends its rest to `(other)`.
const SLOTS: usize = 64;

/// What tells series of an endpoint apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) method: MethodIndex,
    pub(crate) ending: Ending,
    pub(crate) load_test: LoadTest,
}

/// One label set with its durations.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) key: Key,
    pub(crate) durations: Histogram,
}

/// All series of one endpoint.
#[derive(Debug)]
pub(crate) struct SeriesTable {
    slots: Box<[OnceLock<Box<Series>>]>,
}

impl SeriesTable {
    pub(crate) fn new() -> SeriesTable {
        SeriesTable { slots: (0..SLOTS).map(|_| OnceLock::new()).collect() }
    }

    /// The series of a key, made if it may be; `None` when there is no room for one more.
    pub(crate) fn get(&self, key: Key, budget: &Budget) -> Option<&Series> {
        let begin = key.hash();
        for offset in 0..SLOTS {
            let slot = &self.slots[(begin + offset) % SLOTS];
            if let Some(series) = slot.get() {
                if series.key == key {
                    return Some(series);
                }
                continue;
            }
            if !budget.take() {
                return None;
            }
            let mut used = false;
            let series = slot.get_or_init(|| {
                used = true;
                Box::new(Series { key, durations: Histogram::new(&REQUESTS) })
            });
            if !used {
                // Another thread was first, perhaps with another key.
                budget.give_back();
            }
            if series.key == key {
                return Some(series);
            }
        }
        None
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Series> {
        self.slots.iter().filter_map(|slot| slot.get().map(Box::as_ref))
    }
}

impl Key {
    /// Neighbouring statuses and methods must not fall on one slot.
    fn hash(self) -> usize {
        let ending = match self.ending {
            Ending::Status(status) => usize::from(status),
            Ending::CutOff => 1,
            Ending::Panicked => 2,
            Ending::Failed => 3,
        };
        ending.wrapping_mul(13) + self.method.index() * 3 + self.load_test as usize * 31
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{ptr, time::Duration};

    fn key(status: u16) -> Key {
        Key { method: MethodIndex::OTHER, ending: Ending::Status(status), load_test: LoadTest::No }
    }

    #[test]
    fn a_key_has_one_series_whoever_asks_first() {
        let (table, budget) = (SeriesTable::new(), Budget::new(1_000));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for status in (200..240).chain(200..240) {
                        table.get(key(status), &budget).unwrap().durations.record(Duration::ZERO);
                    }
                });
            }
        });
        assert_eq!((table.iter().count(), budget.left()), (40, 960));
        for status in 200..240 {
            let series = table.get(key(status), &budget).unwrap();
            assert!(ptr::eq(series, table.get(key(status), &budget).unwrap()));
            assert_eq!(series.durations.counts().buckets(&REQUESTS, &[], 1.0), [8]);
        }
    }

    #[test]
    fn a_full_table_and_an_empty_budget_refuse() {
        let (table, budget) = (SeriesTable::new(), Budget::new(1_000));
        assert_eq!((100..999).filter(|status| table.get(key(*status), &budget).is_some()).count(), SLOTS);
        let (table, budget) = (SeriesTable::new(), Budget::new(2));
        assert_eq!((100..999).filter(|status| table.get(key(*status), &budget).is_some()).count(), 2);
        assert!(table.get(key(100), &budget).is_some());
    }
}
