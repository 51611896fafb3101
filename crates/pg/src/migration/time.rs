//! How long a table is locked: an estimate from the bytes that are read and written, at a rate that is stated.
//!
//! A lock is kept until its transaction ends, so what comes after a statement in its transaction counts, too. What is
//! not in it: how long the lock itself is waited for, behind which everybody else waits.

use std::collections::BTreeMap;

use super::lock::{Blocks, Lock};
use super::step::{Step, Touched};
use crate::portrait::Portrait;

/// Bytes that are read or written each second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate(pub f64);

impl Default for Rate {
    /// What a disk of a middling server in a cloud gives.
    fn default() -> Self {
        Self(100e6)
    }
}

/// How long a table keeps somebody waiting in one transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// The file.
    pub file: String,
    /// The number of the transaction within it.
    pub transaction: usize,
    /// The table's schema and name.
    pub table: (String, String),
    /// The strongest lock on it.
    pub lock: Lock,
    /// Whom that keeps waiting.
    pub blocks: Blocks,
    /// For how long, in seconds, from the first statement that does.
    pub seconds: f64,
    /// Whether it is longer than that by what is done to rows meanwhile, which is not reckoned.
    pub is_open: bool,
}

impl Touched {
    /// Bytes that are read and written for it.
    pub fn bytes(&self, portrait: &Portrait) -> f64 {
        let place = portrait
            .relations
            .iter()
            .position(|relation| (&relation.schema, &relation.name) == (&self.table.0, &self.table.1));
        let Some(place) = place else { return 0.0 };
        let table = portrait.relations[place].bytes as f64;
        let indexes = portrait.relations.iter().filter(|relation| relation.table == Some(place as u32));
        let indexes: f64 = indexes.map(|index| index.bytes as f64).sum();
        let built: f64 = self.built.iter().map(|(_, bytes)| *bytes as f64).sum();
        // What is written for an index is sorted before: written and read once more.
        let index_cost = |bytes: f64| 3.0 * bytes;
        if self.rewritten {
            2.0 * table + index_cost(indexes) + index_cost(built)
        } else {
            f64::from(self.scans) * table + index_cost(built)
        }
    }
}

impl Step {
    /// How long it takes, in seconds.
    pub fn seconds(&self, portrait: &Portrait, rate: Rate) -> f64 {
        self.touched.iter().map(|touched| touched.bytes(portrait)).sum::<f64>() / rate.0.max(1.0)
    }
}

/// What is kept waiting by whole transactions, the longest first.
pub fn held(steps: &[Step], portrait: &Portrait, rate: Rate) -> Vec<Held> {
    let mut all: BTreeMap<(&str, usize, &(String, String)), Held> = BTreeMap::new();
    for step in steps {
        let here = (step.file.as_str(), step.transaction);
        for touched in step.touched.iter().filter(|touched| touched.lock.blocks() != Blocks::Nobody) {
            let held = all.entry((here.0, here.1, &touched.table)).or_insert_with(|| Held {
                file: step.file.clone(),
                transaction: step.transaction,
                table: touched.table.clone(),
                lock: touched.lock,
                blocks: touched.lock.blocks(),
                seconds: 0.0,
                is_open: false,
            });
            held.lock = held.lock.max(touched.lock);
            held.blocks = held.lock.blocks();
        }
        // Everything that is locked by now waits for this one.
        let seconds = step.seconds(portrait, rate);
        for ((file, transaction, _), held) in &mut all {
            if (*file, *transaction) == here {
                held.seconds += seconds;
                held.is_open |= step.is_open;
            }
        }
    }
    let mut all: Vec<Held> = all.into_values().collect();
    all.sort_by(|left, right| {
        right.seconds.total_cmp(&left.seconds).then_with(|| left.table.cmp(&right.table))
    });
    all
}
