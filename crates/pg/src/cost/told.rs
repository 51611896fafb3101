//! What a reader of the figures has to know: what is missing of them, and why.

use std::collections::BTreeMap;

use loadline_units as units;

use super::difference::Void;

/// What is missing of a run's figures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notes {
    /// Stretches of which nothing is known: from which second, how long, and why.
    pub gaps: Vec<Gap>,
    /// Stretches in which the server told nothing, but went on counting.
    pub blind: Vec<Gap>,
    /// How often entries were evicted.
    pub evictions: u64,
    /// How many entries there can be, if the server tells.
    pub most_entries: Option<u64>,
    /// Statements that went back or away within the run.
    pub lost: u64,
    /// How often the database's own counters were reset.
    pub database_resets: u64,
    /// How often a pool told nothing when it was asked.
    pub pool_silent: u64,
    /// Sessions that had not reported what they made the database count when all was over; none where nobody could ask,
    /// nothing where that did not matter.
    pub unreported: Option<u64>,
    /// Statements of other users that the role may not tell apart.
    pub hidden_statements: u64,
    /// The most sessions of other users at a time that the role may not look at.
    pub hidden_sessions: u64,
    /// Looks at texts that the server had cut, so that their comments are gone.
    pub cut_texts: u64,
    /// Statements that would have been among the most expensive, had they come earlier.
    pub late: u64,
    /// Statements whose plan is not known, and why.
    pub unplanned: BTreeMap<String, String>,
}

/// A stretch of which nothing is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Gap {
    /// The second of the run that it is in, or begins with.
    pub second: u64,
    /// How long it is.
    pub seconds: f64,
    /// What happened.
    pub why: String,
}

impl Notes {
    /// Takes in that a window is void.
    pub(super) fn void(&mut self, second: u64, seconds: f64, void: Void) {
        self.gap(second, seconds, void.words());
    }

    /// Takes in that nothing was observed.
    pub(super) fn gap(&mut self, second: u64, seconds: f64, why: &str) {
        self.gaps.push(Gap { second, seconds, why: why.to_owned() });
    }

    /// How many seconds are missing.
    pub fn unobserved(&self) -> f64 {
        self.gaps.iter().chain(&self.blind).map(|gap| gap.seconds).sum()
    }

    /// All there is to know, a line each.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.gaps.iter().map(Gap::line).collect();
        for Gap { second, seconds, why } in &self.blind {
            lines.push(format!(
                "the database told nothing for {} until second {second} ({why}): what was executed was counted all the \
                 same, and what sessions did then is not known",
                units::time(seconds * 1_000.0)
            ));
        }
        if self.evictions > 0 {
            let most = self.most_entries.map(|most| format!(", which is {most} now")).unwrap_or_default();
            lines.push(format!(
                "statements were evicted from the statistics {} while the load ran: what is said of statements is the \
                 least it can have been, and nothing is said of endpoints\nhint: raise `pg_stat_statements.max`{most}",
                times(self.evictions)
            ));
        } else if self.lost > 0 {
            lines.push(format!(
                "the statistics of {} were reset or lost while the load ran: what is said of them is the least it can \
                 have been",
                statements(self.lost)
            ));
        }
        if self.database_resets > 0 {
            lines.push(format!(
                "the database's own statistics were reset {} while the load ran: transactions, deadlocks and temporary \
                 files of a part of it are in no figure",
                times(self.database_resets)
            ));
        }
        if let Some(sessions) = self.unreported {
            let of =
                if sessions > 0 { format!(" of {} sessions", units::count(sessions)) } else { String::new() };
            lines.push(format!(
                "the last transactions, deadlocks and temporary files{of} had not been reported to the server's statistics \
                 when the load was over, and are in no figure"
            ));
        }
        if self.pool_silent > 0 {
            lines.push(format!(
                "the pooler told nothing when it was asked ({}): who waited then is in no figure",
                times(self.pool_silent)
            ));
        }
        if self.hidden_statements > 0 {
            lines.push(format!(
                "{} of other users are hidden from this role, and in no figure\nhint: `GRANT pg_read_all_stats TO` it",
                statements(self.hidden_statements)
            ));
        }
        if self.hidden_sessions > 0 {
            lines.push(format!(
                "what up to {} sessions of other users do is hidden from this role: waits and locks of theirs are in no \
                 figure\nhint: `GRANT pg_read_all_stats TO` it, or `pg_monitor`",
                units::count(self.hidden_sessions)
            ));
        }
        if self.cut_texts > 0 {
            lines.push(format!(
                "texts of statements were cut by the server ({}), so comments at their ends were not seen\n\
                 hint: raise `track_activity_query_size`",
                times(self.cut_texts)
            ));
        }
        if self.late > 0 {
            lines.push(format!(
                "{} came too late to be kept by name and are among the others",
                statements(self.late)
            ));
        }
        if let Some((name, why)) = self.unplanned.first_key_value() {
            let more = match self.unplanned.len() {
                1 => String::new(),
                more => format!(", and of {} more", units::count(more as u64 - 1)),
            };
            lines.push(format!("the plan of `{name}` is not known{more}: {why}"));
        }
        lines
    }
}

impl Gap {
    fn line(&self) -> String {
        let Self { second, seconds, why } = self;
        format!(
            "{why} at second {second}: of {} the database's figures are not known, and in none of them",
            units::time(seconds * 1_000.0)
        )
    }
}

fn times(number: u64) -> String {
    if number == 1 { "once".to_owned() } else { format!("{} times", units::count(number)) }
}

fn statements(number: u64) -> String {
    if number == 1 { "1 statement".to_owned() } else { format!("{} statements", units::count(number)) }
}
