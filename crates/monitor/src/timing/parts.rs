//! What one request has spent, part by part.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use http::HeaderValue;

use super::{
    field::Field,
    names::{Names, OTHER, PartId, TOTAL},
};
use crate::monitor::lock;

/// Different parts of one request; what is beyond is noted as `other`.
const MOST: usize = 16;

/// What one request has spent so far. Several tasks may note their parts of it.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(super) names: Arc<Names>,
    spent: Mutex<Spent>,
}

#[derive(Debug)]
struct Spent {
    /// In the order in which they first ended; nanoseconds.
    parts: [(PartId, u64); MOST],
    count: usize,
    other: u64,
}

impl Parts {
    /// Nothing so far.
    pub(crate) fn new(names: &Arc<Names>) -> Arc<Parts> {
        let spent = Spent { parts: [(PartId::OTHER, 0); MOST], count: 0, other: 0 };
        Arc::new(Parts { names: Arc::clone(names), spent: Mutex::new(spent) })
    }

    /// Adds what a part took to what it took before.
    pub(super) fn add(&self, id: PartId, took: Duration) {
        let took = nanoseconds(took);
        let mut spent = lock(&self.spent);
        let Spent { parts, count, other } = &mut *spent;
        let known = parts[..*count].iter_mut().find(|part| part.0 == id).filter(|_| id != PartId::OTHER);
        let sum = match known {
            Some((_, sum)) => sum,
            None if *count < MOST && id != PartId::OTHER => {
                parts[*count] = (id, 0);
                *count += 1;
                &mut parts[*count - 1].1
            }
            None => other,
        };
        *sum = sum.saturating_add(took);
    }

    /// All of it as the value of the field, for a request that took this long.
    pub(crate) fn field(&self, total: Duration) -> Option<HeaderValue> {
        let mut field = Field::new();
        field.add(TOTAL, nanoseconds(total));
        let spent = lock(&self.spent);
        let mut other = spent.other;
        for (id, took) in &spent.parts[..spent.count] {
            if !field.add(self.names.name(*id), *took) {
                other = other.saturating_add(*took);
            }
        }
        drop(spent);
        if other > 0 {
            field.add_last(OTHER, other);
        }
        field.value()
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(time: u64) -> Duration {
        Duration::from_millis(time)
    }

    #[test]
    fn parts_are_added_up_in_their_order() {
        let names = Names::new(100);
        let parts = Parts::new(&names);
        let (query, wait) = (names.of_kind("db", &["select", "users"]), names.chosen("pool"));
        parts.add(query.id, Duration::from_micros(1_500));
        parts.add(wait.id, Duration::from_nanos(999));
        parts.add(query.id, ms(2));
        let value = parts.field(ms(7)).unwrap();
        assert_eq!(value, "total;dur=7.000, db.select-users;dur=3.500, pool;dur=0.000");
        parts.add(PartId::OTHER, ms(1));
        assert!(parts.field(ms(7)).unwrap().to_str().unwrap().ends_with(", other;dur=1.000"));
    }

    #[test]
    fn so_many_parts_and_the_rest_together() {
        let names = Names::new(100);
        let parts = Parts::new(&names);
        for number in 0..20 {
            for _ in 0..2 {
                parts.add(names.chosen(&format!("p{number}")).id, ms(1));
            }
        }
        let value = parts.field(ms(50)).unwrap();
        let value = value.to_str().unwrap();
        assert_eq!(value.matches(";dur=2.000").count(), MOST, "{value}");
        assert!(value.ends_with(", p15;dur=2.000, other;dur=8.000"), "{value}");
    }

    #[test]
    fn the_longest_field_has_a_kilobyte() {
        let names = Names::new(100);
        let parts = Parts::new(&names);
        for number in 10..26 {
            parts.add(names.chosen(&format!("{number}{}", "x".repeat(100))).id, Duration::MAX);
        }
        parts.add(PartId::OTHER, Duration::MAX);
        let value = parts.field(Duration::MAX).unwrap();
        assert!(value.len() <= 1_000, "{}", value.len());
        assert!(value.to_str().unwrap().ends_with("other;dur=18446744073709.551"), "{value:?}");
    }
}
