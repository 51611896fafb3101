//! What an account does not have: stretches in which nobody could look, and what the server forgot or hides.

use super::difference::{Difference, Void};
use super::ledger::Ledger;
use super::missing::{ASKED, COUNTED, FORGOTTEN, Part};

impl Ledger {
    /// The load had begun so many seconds before the snapshot that it should have begun with.
    pub fn late(&mut self, seconds: f64) {
        self.unobserved += seconds;
        self.notes.gap(self.second, seconds, "the database did not answer when the load began");
        self.missing.note(ASKED, seconds, "the database did not answer when the load began");
    }

    /// The server told nothing for so many seconds. What was counted meanwhile is in the next snapshot, unless the
    /// server has forgotten it; what sessions did is not known.
    pub fn blind(&mut self, seconds: f64, why: &str) {
        let (all, _) = self.blind.get_or_insert_with(|| (0.0, why.to_owned()));
        *all += seconds;
        self.missing.note(&[Part::Sessions], seconds, "the database told nothing");
    }

    /// The server told nothing for so many seconds, and never again.
    pub fn never_back(&mut self, seconds: f64, why: &str) {
        self.unobserved += seconds;
        self.notes.gap(self.second, seconds, &format!("the database told nothing any more ({why})"));
        self.missing.note(ASKED, seconds, "the database told nothing any more");
    }

    /// Nobody looked at sessions for so long, because the server was slow to answer.
    pub fn unseen(&mut self, seconds: f64) {
        self.missing.note(&[Part::Sessions], seconds, "the database was slow to answer");
    }

    /// So many sessions had not reported yet what they made the database count when all was over; none where nobody
    /// could ask.
    pub fn unreported(&mut self, sessions: u64) {
        self.notes.unreported = Some(sessions);
        self.missing.note(&[Part::Database], 0.0, "sessions had not reported yet what they did");
    }

    /// Nobody could look at the queues of a pool for so long.
    pub fn pool_unseen(&mut self, seconds: f64) {
        self.notes.pool_silent += 1;
        self.missing.note(&[Part::Pool], seconds, "the pooler told nothing");
    }

    /// A statement's plan is another one than before, in these words.
    pub fn flip(&mut self, query: i64, words: &str) {
        let Some(name) = self.names.get(&query) else { return };
        *self.flips.entry(name.as_str().to_owned()).or_default() += 1;
        self.flipped.push((name.clone(), words.to_owned()));
    }

    /// A statement's plan is known and the same as before, so far.
    pub fn planned(&mut self, query: i64) {
        if let Some(name) = self.names.get(&query) {
            self.flips.entry(name.as_str().to_owned()).or_default();
        }
    }

    /// A statement's plan is not known.
    pub fn unplanned(&mut self, query: i64, why: &str) {
        if let Some(name) = self.names.get(&query) {
            self.notes.unplanned.insert(name.as_str().to_owned(), why.to_owned());
            self.missing.note_of(Part::Plans, query, "a plan is not known");
        }
    }

    /// A window of which the server has forgotten what it counted.
    pub(super) fn void(&mut self, seconds: f64, void: Void) {
        self.unobserved += seconds;
        self.notes.void(self.second, seconds, void);
        self.missing.note(FORGOTTEN, seconds, void.words());
    }

    /// A window in which the server counted no statements at all.
    pub(super) fn uncounted(&mut self, seconds: f64) {
        self.missing.note(COUNTED, seconds, "the server counts no statements");
    }

    /// What a window lacks, and what it has of the database as a whole.
    pub(super) fn account_for(&mut self, window: &Difference) {
        for key in window.lost.iter().filter(|key| !self.own.contains(&key.query)) {
            // It may have been executed before it was lost, whether it has an account or not.
            if let Some(account) = self.accounts.get_mut(key) {
                account.lost = true;
            }
            self.notes.lost += u64::from(self.lost.insert(*key));
            let why = "the statistics of a statement were reset or lost";
            self.missing.note_of(Part::Statements, key.query, why);
            self.missing.note(&[Part::Endpoints], 0.0, why);
        }
        self.notes.evictions += window.evictions;
        if window.evictions > 0 {
            self.missing.note(COUNTED, 0.0, "statements were evicted from the statistics");
        }
        if window.hidden {
            self.missing.note(COUNTED, 0.0, "statements of other users are hidden from this role");
        }
        if let Some(counted) = &window.database {
            self.database.add(counted);
            self.unrecorded.add(counted);
        } else {
            self.notes.database_resets += 1;
            self.missing.note(&[Part::Database], window.seconds, "the database's own statistics were reset");
        }
    }
}
