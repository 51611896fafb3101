//! What was read of a log, and what nothing could be made of.

/// What reading a log came to, beside its calls.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// Entries that were read.
    pub entries: u64,
    /// Lines that are of no entry: the rest of one that was cut, or somebody else's.
    pub fragments: u64,
    /// Entries whose end is missing; their durations count, their statements may be shown in part.
    pub cut: u64,
    /// Entries that are too long to be read.
    pub too_long: u64,
    /// Lines with bytes that are no UTF-8.
    pub not_utf8: u64,
    /// Durations without a statement.
    pub without_statement: Untold,
    /// Statements that ran within others, in their functions: their time is part of those' time.
    pub nested: Untold,
    /// Entries about executions that do not say in which session.
    pub without_session: u64,
    /// Plans in a form that is not read: YAML and XML.
    pub plans_unread: u64,
    /// Statements that ended with an error; their time is in no entry.
    pub failed: u64,
    /// … of them those that were cancelled, most often because they took too long.
    pub cancelled: u64,
    /// The shortest duration.
    pub shortest_ms: Option<f64>,
    /// The time of the first entry, as the log has it.
    pub first: Option<String>,
    /// The time of the last entry.
    pub last: Option<String>,
}

/// Durations that are counted and of no row.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Untold {
    /// How many.
    pub calls: u64,
    /// How long together.
    pub ms: f64,
}

impl Untold {
    pub(super) fn add(&mut self, ms: f64) {
        self.calls += 1;
        self.ms += ms;
    }
}

impl Told {
    pub(super) fn see(&mut self, at: &str) {
        if self.first.is_none() {
            self.first = Some(at.to_owned());
        }
        let last = self.last.get_or_insert_default();
        last.clear();
        last.push_str(at);
    }

    pub(super) fn see_ms(&mut self, ms: f64) {
        self.shortest_ms = Some(self.shortest_ms.map_or(ms, |shortest| shortest.min(ms)));
    }
}
