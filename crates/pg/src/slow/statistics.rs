//! Statements out of a server's statistics: all that it has counted, or what it counted in a window.

use std::collections::{BTreeMap, HashMap};

use super::listing::{Listing, Others};
use super::statement::Statement;
use super::windows::row_by_row;
use crate::cost::{Difference, Snapshot, Spent, StatementKey};
use crate::metrics::StatementTotals;

/// What statements and users are called.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatementNames {
    /// The database's name.
    pub database: String,
    /// The size of a block, in bytes.
    pub block_bytes: u64,
    /// Texts by the server's numbers; those of our own statements are none.
    pub texts: HashMap<i64, Option<String>>,
    /// Users by their oids.
    pub users: HashMap<u32, String>,
}

impl StatementNames {
    fn is_own(&self, key: StatementKey) -> bool {
        self.texts.get(&key.query).is_some_and(Option::is_none)
    }

    fn user(&self, key: StatementKey) -> String {
        self.users.get(&key.user).cloned().unwrap_or_else(|| format!("user {}", key.user))
    }

    fn statement(&self, key: StatementKey, spent: &Spent, deviation_ms: f64) -> Statement {
        let text = self.texts.get(&key.query).cloned().flatten();
        let blocks = spent.blocks_hit + spent.blocks_read;
        Statement {
            id: key.query.to_string(),
            text: text.unwrap_or_else(|| format!("statement {}", key.query)),
            user: Some(self.user(key)),
            database: Some(self.database.clone()),
            calls: spent.calls,
            timed: spent.calls,
            time_ms: spent.time_ms,
            deviation_ms: Some(deviation_ms),
            rows_per_call: Some(spent.rows as f64 / spent.calls.max(1) as f64),
            hit_ratio: (blocks > 0).then(|| spent.blocks_hit as f64 / blocks as f64),
            temp_bytes: Some((spent.temp_blocks_written * self.block_bytes) as f64),
            ..Statement::default()
        }
    }
}

/// All that a server has counted.
///
/// ```
/// use loadline_pg::cost::{Counters, Snapshot, StatementKey};
/// use loadline_pg::slow::{StatementNames, of_snapshot};
///
/// let key = StatementKey { user: 10, database: 5, query: 1, top_level: true };
/// let counters = Counters { calls: 4, time_ms: 10.0, mean_ms: 2.5, deviation_ms: 0.5, ..Counters::default() };
/// let snapshot = Snapshot { statements: [(key, counters)].into(), ..Snapshot::default() };
/// let listing = of_snapshot(&snapshot, &StatementNames::default());
/// assert_eq!((listing.statements[0].mean_ms(), listing.statements[0].deviation_ms), (Some(2.5), Some(0.5)));
/// // What a role may not see is counted in none.
/// assert!(of_snapshot(&Snapshot { hidden: 3, ..Snapshot::default() }, &StatementNames::default()).statements.is_empty());
/// ```
pub fn of_snapshot(snapshot: &Snapshot, names: &StatementNames) -> Listing {
    let mut statements: Vec<Statement> = snapshot
        .statements
        .iter()
        .filter(|(key, counters)| counters.calls > 0 && !names.is_own(**key))
        .map(|(key, counters)| {
            let spent = Spent {
                calls: counters.calls,
                rows: counters.rows,
                time_ms: counters.time_ms,
                blocks_hit: counters.blocks_hit,
                blocks_read: counters.blocks_read,
                temp_blocks_written: counters.temp_blocks_written,
                ..Spent::default()
            };
            names.statement(*key, &spent, counters.deviation_ms)
        })
        .collect();
    statements.sort_by(|left, right| (&left.id, &left.user).cmp(&(&right.id, &right.user)));
    Listing { statements, others: Others::default(), seconds: None, row_by_row: Vec::new() }
}

/// What a server has counted in a window, which is given in parts: what moves together in them tells what runs once for
/// each row of something else. Parts that are void have nothing.
pub fn of_window(parts: &[Difference], names: &StatementNames) -> Listing {
    let mut all: BTreeMap<StatementKey, Spent> = BTreeMap::new();
    for (key, spent) in parts.iter().flat_map(|part| &part.statements) {
        if !names.is_own(*key) {
            all.entry(*key).or_default().add(spent);
        }
    }
    let statements: Vec<Statement> =
        all.iter().map(|(key, spent)| names.statement(*key, spent, spent.deviation_ms())).collect();
    let keys: Vec<StatementKey> = all.keys().copied().collect();
    let row_by_row = row_by_row(parts, &keys, &statements);
    let seconds = Some(parts.iter().map(|part| part.seconds).sum());
    Listing { statements, others: Others::default(), seconds, row_by_row }
}

/// What a server has counted of our own statements.
pub fn own(snapshot: &Snapshot, names: &StatementNames) -> Others {
    let own = snapshot.statements.iter().filter(|(key, _)| names.is_own(**key));
    own.fold(Others::default(), |sum, (_, counters)| Others {
        calls: sum.calls + counters.calls,
        time_ms: sum.time_ms + counters.time_ms,
    })
}

/// The same of a window that is given in parts.
pub fn own_of_window(parts: &[Difference], names: &StatementNames) -> Others {
    let own = parts.iter().flat_map(|part| &part.statements).filter(|(key, _)| names.is_own(**key));
    own.fold(Others::default(), |sum, (_, spent)| Others {
        calls: sum.calls + spent.calls,
        time_ms: sum.time_ms + spent.time_ms,
    })
}

/// All that a server has counted, for Prometheus.
pub fn totals(snapshot: &Snapshot, names: &StatementNames) -> Vec<StatementTotals> {
    let counted = snapshot.statements.iter().filter(|(key, _)| !names.is_own(**key));
    counted
        .map(|(key, counters)| StatementTotals {
            user: names.user(*key),
            database: names.database.clone(),
            query: key.query,
            calls: counters.calls,
            seconds: counters.time_ms / 1e3,
            rows: counters.rows,
            block_read_seconds: counters.read_ms / 1e3,
            block_write_seconds: counters.write_ms / 1e3,
        })
        .collect()
}
