//! What was spent between two snapshots, and what is not known of it.
//!
//! Statistics are never reset by us, so a window is a difference. It is void when the server forgot what it had counted
//! in between: after `pg_stat_statements_reset()` or a start of the server nothing says how much was counted before. An
//! entry that went back (it was reset alone, or evicted and made again) is void for itself. Evictions make all others
//! lower bounds: an entry that was evicted and came back with more than before looks like one that went on.
//!
//! The deviation of a window is that of its sum of squares: the server keeps calls·(deviation² + mean²), and a
//! difference of these is the window's own.

use std::collections::{BTreeMap, BTreeSet};

use super::snapshot::{Counters, DatabaseCounters, Snapshot, StatementKey};

/// What a statement cost in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spent {
    /// Executions that ended in it.
    pub calls: u64,
    /// Rows that they returned or changed.
    pub rows: u64,
    /// What they took, in milliseconds.
    pub time_ms: f64,
    /// The sum of the squares of what they took.
    pub squares_ms2: f64,
    /// Blocks that were in the server's cache.
    pub blocks_hit: u64,
    /// Blocks that were not.
    pub blocks_read: u64,
    /// Time spent reading blocks, in milliseconds.
    pub read_ms: f64,
    /// Time spent writing blocks, in milliseconds.
    pub write_ms: f64,
    /// Blocks written to temporary files.
    pub temp_blocks_written: u64,
    /// Bytes of write-ahead log.
    pub wal_bytes: u64,
}

/// Why nothing is known of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Void {
    /// The server was started in it.
    Restarted,
    /// Its statistics of statements were reset in it.
    Reset,
}

impl Void {
    /// What happened.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Restarted => "PostgreSQL was started again",
            Self::Reset => "the statistics of statements were reset",
        }
    }
}

/// What was spent between two snapshots.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference {
    /// How long the window is, by the server's clock.
    pub seconds: f64,
    /// Why nothing is known of it, if so; all else is empty then.
    pub void: Option<Void>,
    /// Statements that were executed in it.
    pub statements: BTreeMap<StatementKey, Spent>,
    /// Statements of which nothing is known in this window, because their entry went back or away.
    pub lost: BTreeSet<StatementKey>,
    /// How often entries were evicted in it; figures are lower bounds unless this is zero.
    pub evictions: u64,
    /// Whether statements of other users were executed in it that the role may not tell apart.
    pub hidden: bool,
    /// The database as a whole; nothing where the server forgot it.
    pub database: Option<DatabaseCounters>,
}

impl Difference {
    /// What was spent from `before` to `after`.
    ///
    /// ```
    /// use loadline_pg::cost::{Counters, Difference, Snapshot, StatementKey, Void};
    ///
    /// let key = StatementKey { user: 10, database: 5, query: 1, top_level: true };
    /// let at = |second: i64, calls: u64, mean_ms: f64| Snapshot {
    ///     at_us: second * 1_000_000,
    ///     statements: [(key, Counters { calls, mean_ms, time_ms: calls as f64 * mean_ms, ..Counters::default() })].into(),
    ///     ..Snapshot::default()
    /// };
    /// // 10 calls of 2 ms, then 30 more of 4 ms: a mean of 3.5 ms in all.
    /// let window = Difference::between(&at(0, 10, 2.0), &at(5, 40, 3.5));
    /// assert_eq!((window.seconds, window.statements[&key].calls, window.statements[&key].mean_ms()), (5.0, 30, 4.0));
    /// // Statistics that were reset are no figure.
    /// let reset = Snapshot { reset_us: Some(3_000_000), ..at(5, 12, 2.0) };
    /// assert_eq!(Difference::between(&at(0, 10, 2.0), &reset).void, Some(Void::Reset));
    /// ```
    pub fn between(before: &Snapshot, after: &Snapshot) -> Self {
        let seconds = (after.at_us - before.at_us).max(0) as f64 / 1e6;
        let void = if before.started_us != after.started_us {
            Some(Void::Restarted)
        } else if before.reset_us != after.reset_us {
            Some(Void::Reset)
        } else {
            None
        };
        if void.is_some() {
            return Self { seconds, void, ..Self::default() };
        }
        let mut window = Self { seconds, ..Self::default() };
        window.evictions = match (before.evictions, after.evictions) {
            (Some(before), Some(after)) => after.saturating_sub(before),
            _ => 0,
        };
        window.hidden = after.hidden_calls != before.hidden_calls;
        // What the role was let see in between has been executed before as well.
        let revealed = after.hidden < before.hidden;
        for (key, now) in &after.statements {
            let known = before.statements.contains_key(key);
            let then = before.statements.get(key).copied().unwrap_or_default();
            let remade = if known { then.since_us != now.since_us } else { revealed };
            match Spent::between(&then, now) {
                Some(spent) if !remade && spent.calls > 0 => {
                    window.statements.insert(*key, spent);
                }
                Some(_) if !remade => {}
                _ => {
                    window.lost.insert(*key);
                }
            }
        }
        let away = before.statements.keys().filter(|key| !after.statements.contains_key(key));
        window.lost.extend(away);
        window.database = after.database.since(&before.database);
        if before.database_reset_us != after.database_reset_us {
            window.database = None;
        }
        window
    }
}

impl Spent {
    /// `None` when the counters went back.
    fn between(then: &Counters, now: &Counters) -> Option<Self> {
        // Times are sums of floating point: the last bit may differ without anything having gone back.
        let time_ms = now.time_ms - then.time_ms;
        if time_ms < -1e-6 * then.time_ms.max(1.0) {
            return None;
        }
        Some(Self {
            calls: now.calls.checked_sub(then.calls)?,
            rows: now.rows.checked_sub(then.rows)?,
            time_ms: time_ms.max(0.0),
            squares_ms2: (now.squares() - then.squares()).max(0.0),
            blocks_hit: now.blocks_hit.checked_sub(then.blocks_hit)?,
            blocks_read: now.blocks_read.checked_sub(then.blocks_read)?,
            read_ms: (now.read_ms - then.read_ms).max(0.0),
            write_ms: (now.write_ms - then.write_ms).max(0.0),
            temp_blocks_written: now.temp_blocks_written.checked_sub(then.temp_blocks_written)?,
            wal_bytes: now.wal_bytes.checked_sub(then.wal_bytes)?,
        })
    }

    /// Adds what was spent in another window, or by another statement.
    pub fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.rows += other.rows;
        self.time_ms += other.time_ms;
        self.squares_ms2 += other.squares_ms2;
        self.blocks_hit += other.blocks_hit;
        self.blocks_read += other.blocks_read;
        self.read_ms += other.read_ms;
        self.write_ms += other.write_ms;
        self.temp_blocks_written += other.temp_blocks_written;
        self.wal_bytes += other.wal_bytes;
    }

    /// What an execution took on average, in milliseconds; zero without any.
    pub fn mean_ms(&self) -> f64 {
        if self.calls == 0 { 0.0 } else { self.time_ms / self.calls as f64 }
    }

    /// The standard deviation of what executions took.
    pub fn deviation_ms(&self) -> f64 {
        deviation(self.calls as f64, self.time_ms, self.squares_ms2)
    }
}

impl DatabaseCounters {
    /// What was counted since; nothing where a counter went back.
    fn since(&self, before: &Self) -> Option<Self> {
        Some(Self {
            commits: self.commits.checked_sub(before.commits)?,
            rollbacks: self.rollbacks.checked_sub(before.rollbacks)?,
            deadlocks: self.deadlocks.checked_sub(before.deadlocks)?,
            temp_files: self.temp_files.checked_sub(before.temp_files)?,
        })
    }
}

/// The deviation of values from their number, their sum and the sum of their squares.
pub(super) fn deviation(count: f64, sum: f64, squares: f64) -> f64 {
    if count <= 0.0 {
        return 0.0;
    }
    let mean = sum / count;
    (squares / count - mean * mean).max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: StatementKey = StatementKey { user: 10, database: 5, query: -7, top_level: true };

    /// As the server keeps them, of executions that took so long.
    fn counters(times: &[f64]) -> Counters {
        let calls = times.len() as u64;
        let sum: f64 = times.iter().sum();
        let mean = if calls == 0 { 0.0 } else { sum / calls as f64 };
        let variance = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (calls as f64).max(1.0);
        Counters {
            calls,
            time_ms: sum,
            mean_ms: mean,
            deviation_ms: variance.sqrt(),
            rows: calls * 2,
            ..Counters::default()
        }
    }

    fn snapshot(statements: &[(StatementKey, Counters)]) -> Snapshot {
        Snapshot {
            started_us: 1,
            reset_us: Some(1),
            evictions: Some(0),
            statements: statements.iter().copied().collect(),
            ..Snapshot::default()
        }
    }

    proptest! {
        #[test]
        fn a_window_has_the_mean_and_deviation_of_its_own_calls(
            before in prop::collection::vec(0.01_f64..500.0, 0..50),
            within in prop::collection::vec(0.01_f64..500.0, 1..50),
        ) {
            let all: Vec<f64> = before.iter().chain(&within).copied().collect();
            let window = Difference::between(
                &snapshot(&[(KEY, counters(&before))]),
                &snapshot(&[(KEY, counters(&all))]),
            );
            let spent = window.statements[&KEY];
            let alone = counters(&within);
            prop_assert_eq!((spent.calls, spent.rows), (alone.calls, alone.rows));
            prop_assert!((spent.mean_ms() - alone.mean_ms).abs() < 1e-6);
            // A difference of squares loses digits, not the figure.
            prop_assert!((spent.deviation_ms() - alone.deviation_ms).abs() < 0.05);
        }
    }

    #[test]
    fn what_was_forgotten_is_no_figure() {
        let before = snapshot(&[(KEY, counters(&[1.0; 10]))]);
        let after = snapshot(&[(KEY, counters(&[1.0; 25]))]);
        assert_eq!(Difference::between(&before, &after).statements[&KEY].calls, 15);
        for (after, void) in [
            (Snapshot { reset_us: Some(2), ..after.clone() }, Void::Reset),
            (Snapshot { started_us: 2, reset_us: Some(2), ..after.clone() }, Void::Restarted),
        ] {
            let window = Difference::between(&before, &after);
            assert_eq!(window.void, Some(void));
            assert!(window.statements.is_empty() && window.lost.is_empty());
        }
    }

    #[test]
    fn an_entry_that_went_back_or_away_is_lost_alone() {
        let other = StatementKey { query: 8, ..KEY };
        let before = snapshot(&[(KEY, counters(&[1.0; 10])), (other, counters(&[2.0; 3]))]);
        let back = snapshot(&[(KEY, counters(&[1.0; 4])), (other, counters(&[2.0; 5]))]);
        let window = Difference::between(&before, &back);
        assert_eq!((window.lost.len(), window.statements[&other].calls), (1, 2));
        assert!(window.lost.contains(&KEY) && !window.statements.contains_key(&KEY));
        let away = Snapshot { evictions: Some(3), ..snapshot(&[(other, counters(&[2.0; 5]))]) };
        let window = Difference::between(&before, &away);
        assert_eq!((window.lost.first(), window.evictions), (Some(&KEY), 3));
    }

    #[test]
    fn an_entry_that_was_made_again_is_lost_where_the_server_tells() {
        let entry = |since, times: &[f64]| Counters { since_us: Some(since), ..counters(times) };
        let before = snapshot(&[(KEY, entry(5, &[1.0; 2]))]);
        let after = snapshot(&[(KEY, entry(9, &[1.0; 7]))]);
        assert_eq!(Difference::between(&before, &after).lost.len(), 1);
        let new = snapshot(&[]);
        assert_eq!(Difference::between(&new, &after).statements[&KEY].calls, 7);
    }
}
