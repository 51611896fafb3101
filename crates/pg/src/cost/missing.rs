//! Of which metrics a run misses values, and why, as the Run says it to whoever judges it.
//!
//! A gap is rarely a gap in everything: who cannot be asked for a while goes on counting, a reset of one statement's
//! statistics says nothing of the others, and a pool is looked at on its own.

use std::collections::BTreeMap;

use super::record::Filling;

/// Metrics that miss values together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// What the server counts of statements.
    Statements,
    /// What was worked out of these for endpoints.
    Endpoints,
    /// What looks at sessions saw.
    Sessions,
    /// What the server counts of the database.
    Database,
    /// What looks at a pool saw.
    Pool,
    /// Plans.
    Plans,
}

/// All that is known of statements by what the server counts.
pub(super) const COUNTED: &[Part] = &[Part::Statements, Part::Endpoints];
/// … and of the database.
pub(super) const FORGOTTEN: &[Part] = &[Part::Statements, Part::Endpoints, Part::Database];
/// All that is known by asking the server.
pub(super) const ASKED: &[Part] = &[Part::Statements, Part::Endpoints, Part::Database, Part::Sessions];

impl Part {
    /// The metrics of it.
    pub(super) fn metrics(self) -> &'static [&'static str] {
        match self {
            Self::Statements => &[
                "db_calls",
                "db_time",
                "db_mean_time",
                "db_time_squared",
                "db_rows",
                "db_cache_hits",
                "db_temp_bytes",
                "db_wal_bytes",
            ],
            Self::Endpoints => {
                &["db_calls_per_request", "db_time_per_request", "db_statement_calls_per_request"]
            }
            Self::Sessions => &["db_active_time", "db_lock_waits", "db_sessions", "db_longest_transaction"],
            Self::Database => &["db_commits", "db_rollbacks", "db_deadlocks", "db_temp_files"],
            Self::Pool => &["db_pool_queue", "db_pool_waits", "db_pool_longest_wait"],
            Self::Plans => &["db_plan_flips"],
        }
    }
}

/// What is missing and not in the Run yet: of what, of which statement alone, why, and for how many seconds.
#[derive(Debug, Default)]
pub(super) struct Missing {
    held: BTreeMap<(Part, Option<i64>, &'static str), f64>,
}

impl Missing {
    /// Takes in that something is missing for so long, or for no time at all.
    pub(super) fn note(&mut self, parts: &[Part], seconds: f64, why: &'static str) {
        for part in parts {
            *self.held.entry((*part, None, why)).or_default() += seconds;
        }
    }

    /// Takes in that something of one statement is missing.
    pub(super) fn note_of(&mut self, part: Part, query: i64, why: &'static str) {
        self.held.entry((part, Some(query), why)).or_default();
    }

    /// Puts it into the Run. What is missing of a statement without a name may be missing of any.
    pub(super) fn record<'n>(&mut self, filling: &mut Filling<'_>, name: impl Fn(i64) -> Option<&'n str>) {
        for ((part, query, why), seconds) in std::mem::take(&mut self.held) {
            let of = query.and_then(&name).map(|name| ("query", name));
            for metric in part.metrics() {
                filling.missing(metric, why, of, seconds);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::metrics::METRICS;
    use super::*;

    #[test]
    fn each_metric_is_of_one_part() {
        use Part::{Database, Endpoints, Plans, Pool, Sessions, Statements};
        let parts = [Statements, Endpoints, Sessions, Database, Pool, Plans];
        let mut all: Vec<&str> = parts.iter().flat_map(|part| part.metrics()).copied().collect();
        all.sort_unstable();
        let mut known: Vec<&str> = METRICS.iter().map(|(name, ..)| *name).collect();
        known.retain(|name| *name != "db_unobserved" && *name != loadline_measure::MISSING);
        known.sort_unstable();
        assert_eq!(all, known);
    }
}
