//! How long a table is locked: an estimate from bytes and rows, at a rate of reading that is stated.
//!
//! A lock is kept until its transaction ends, so what comes after a statement in its transaction counts, too. What is
//! not in it: how long the lock itself is waited for, behind which everybody else waits.
//!
//! The figures are those of PostgreSQL 15 with ten million rows on a busy machine (`bench/migrations`,
//! `bench/results/migrations.txt`), where each kind of statement is right within a factor of two. Reading goes by bytes
//! or by rows, whichever takes longer; the rest goes with rows, and writing with bytes. A faster machine, or one with
//! less to do, is faster in all of it: so all goes with the rate.

use std::collections::BTreeMap;

use super::lock::{Blocks, Lock};
use super::step::{Built, Step, Touched};
use crate::portrait::{Portrait, Relation};
use crate::size::keys_have_texts;

/// Bytes that the machine of the figures reads each second, with others at work on it.
const USUAL: f64 = 300e6;
/// Seconds for a row that is read and looked at.
const READ_ROW: f64 = 0.3e-6;
/// … and for one that is read to be put into a B-tree, which several processes do.
const READ_ROW_TO_SORT: f64 = 0.2e-6;
/// How much faster those read bytes than one does.
const READERS: f64 = 1.5;
/// Bytes are read so many times as fast as they are written, with what the log has of them.
const READ_TO_WRITTEN: f64 = 9.0;
/// Seconds for a row that is sorted and put into a B-tree, by number and by text.
const SORT_NUMBER: f64 = 0.65e-6;
const SORT_TEXT: f64 = 2e-6;
/// Seconds for a row that is put into an index of another kind, beside what is written.
const PUT_ROW: f64 = 1e-6;
/// Seconds for a row of a table that a BRIN index sums up.
const SUM_ROW: f64 = 0.1e-6;
/// Seconds for an entry that is held against the table when an index was built beside others' work.
const VALIDATE_ROW: f64 = 0.5e-6;
/// Seconds for a row that is looked up for a foreign key: where an index has its order; where a table of hashes has the
/// keys; and where that has no room in memory, and is written and read again in parts.
const LOOK_UP_ORDERED: f64 = 1.2e-6;
const LOOK_UP_HASHED: f64 = 2e-6;
const LOOK_UP_IN_PARTS: f64 = 6e-6;
/// Bytes of a key with its hash, and of the memory that PostgreSQL gives to maintenance where nobody has set it.
const HASHED_KEY: f64 = 50.0;
const MEMORY: f64 = 64e6;

/// Bytes that are read each second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate(pub f64);

impl Default for Rate {
    /// What a busy server reads; a quiet one whose table is in memory reads four times as much.
    fn default() -> Self {
        Self(USUAL)
    }
}

impl Rate {
    fn read(self, bytes: f64) -> f64 {
        bytes / self.0.max(1.0)
    }

    /// So many rows, each of which takes so many seconds at the usual rate.
    fn rows(self, rows: f64, seconds: f64) -> f64 {
        rows * seconds * USUAL / self.0.max(1.0)
    }

    fn written(self, bytes: f64) -> f64 {
        self.read(bytes) * READ_TO_WRITTEN
    }

    /// All rows of a table.
    fn scan(self, table: &Relation) -> f64 {
        self.read(table.bytes as f64).max(self.rows(table.rows(), READ_ROW))
    }

    /// An index on a table.
    fn build(self, table: &Relation, index: &Built) -> f64 {
        let (bytes, rows) = (table.bytes as f64, table.rows());
        match index.method.as_str() {
            "btree" | "" => {
                let reading = self.read(bytes / READERS).max(self.rows(rows, READ_ROW_TO_SORT));
                reading + self.rows(index.rows, if index.has_texts { SORT_TEXT } else { SORT_NUMBER })
            }
            "brin" => self.scan(table) + self.rows(rows, SUM_ROW),
            _ => self.scan(table) + self.rows(index.rows, PUT_ROW) + self.written(index.bytes as f64),
        }
    }
}

/// A duration in seconds with as many digits as an estimate has: two.
///
/// ```
/// use loadline_pg::migration::rounded;
///
/// assert_eq!([33.16, 1.46, 400.0, 0.0].map(rounded), [33.0, 1.5, 400.0, 0.0]);
/// ```
pub fn rounded(seconds: f64) -> f64 {
    if seconds <= 0.0 {
        return 0.0;
    }
    let last = 10_f64.powf(seconds.log10().floor() - 1.0);
    (seconds / last).round() * last
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
    /// How long it takes, in seconds, by the sizes of before.
    pub fn seconds(&self, portrait: &Portrait, rate: Rate) -> f64 {
        let Some(place) = place_of(portrait, &self.table) else { return 0.0 };
        let table = &portrait.relations[place];
        let built: f64 = self.built.iter().map(|index| rate.build(table, index)).sum();
        if self.rewritten {
            let indexes = portrait.relations.iter().filter(|relation| relation.table == Some(place as u32));
            let anew = indexes.filter_map(|relation| Some(rate.build(table, &as_built(portrait, relation)?)));
            return rate.scan(table) + rate.written(table.bytes as f64) + anew.sum::<f64>() + built;
        }
        // Each index has read its table for itself.
        let scans = f64::from(self.scans) - self.built.len() as f64;
        let is_beside = self.lock == Lock::ShareUpdateExclusive && scans > 0.0;
        let entries: f64 = self.built.iter().map(|index| index.rows).sum();
        let validated = if is_beside { rate.rows(entries, VALIDATE_ROW) } else { 0.0 };
        let checks = self.checks.iter().map(|check| {
            let referred = place_of(portrait, &check.referred).map(|place| &portrait.relations[place]);
            let keys = referred.map_or(0.0, Relation::rows);
            let row = if check.is_ordered {
                LOOK_UP_ORDERED
            } else if keys * HASHED_KEY <= MEMORY {
                LOOK_UP_HASHED
            } else {
                LOOK_UP_IN_PARTS
            };
            referred.map_or(0.0, |table| rate.scan(table)) + rate.rows(table.rows(), row)
        });
        scans.max(0.0) * rate.scan(table) + built + validated + checks.sum::<f64>()
    }
}

fn place_of(portrait: &Portrait, name: &(String, String)) -> Option<usize> {
    portrait.relations.iter().position(|relation| (&relation.schema, &relation.name) == (&name.0, &name.1))
}

/// An index of a portrait as one that is built.
pub fn as_built(portrait: &Portrait, relation: &Relation) -> Option<Built> {
    let index = relation.index.as_ref()?;
    Some(Built {
        name: relation.name.clone(),
        method: index.method.clone(),
        bytes: relation.bytes,
        rows: f64::from(relation.tuples.max(0.0)),
        has_texts: keys_have_texts(portrait, relation.table?, &index.definition),
    })
}

impl Step {
    /// How long it takes, in seconds.
    pub fn seconds(&self, portrait: &Portrait, rate: Rate) -> f64 {
        self.touched.iter().map(|touched| touched.seconds(portrait, rate)).sum()
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
