//! Changes that somebody accepted: from some run on, a level that is worse than before is what is normal.

use crate::census::{Accepted, Counted, counted, damaged as census_damaged, recount};
use crate::damage::Damage;
use crate::database::{Fault, Value, row, snapshot, transaction};
use crate::error::HistoryError;
use crate::history::History;
use crate::tables::ACCEPTANCES;

const READING: &str = "reading what was accepted";

/// A change that somebody accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Acceptance {
    /// What the runs have in common that it is about.
    pub fingerprint: String,
    /// The first run of what is normal now.
    pub run: i64,
    /// When that run started, in milliseconds since 1970 UTC.
    pub run_started_unix_ms: i64,
    /// The subject of the figure; empty for all figures.
    pub subject: String,
    /// Its quantity; empty for all of the subject.
    pub quantity: String,
    /// Why.
    pub why: String,
    /// Who accepted it.
    pub who: String,
    /// The commit of the run.
    pub commit: String,
    /// When, in milliseconds since 1970 UTC.
    pub accepted_unix_ms: i64,
}

impl History {
    /// Keeps that a change was accepted.
    ///
    /// # Errors
    /// [`HistoryError::NoSuchRun`], [`HistoryError::Locked`], and those of the database.
    pub fn accept(&mut self, acceptance: &Acceptance) -> Result<(), HistoryError> {
        self.record(acceptance.run)?;
        let accepted = transaction(&mut *self.database, |database| {
            let mut id = 1;
            recount(database, |Accepted(numbers): &mut Accepted| {
                id = numbers.0.last().map_or(1, |last| last + 1);
                numbers.0.insert(id);
            })?;
            let Acceptance { fingerprint, subject, quantity, why, who, commit, .. } = acceptance;
            let cells: [Value; 10] = [
                id.into(),
                fingerprint.as_str().into(),
                acceptance.run.into(),
                acceptance.run_started_unix_ms.into(),
                subject.as_str().into(),
                quantity.as_str().into(),
                why.as_str().into(),
                who.as_str().into(),
                commit.as_str().into(),
                acceptance.accepted_unix_ms.into(),
            ];
            ACCEPTANCES.insert(database, &cells, "")
        });
        accepted.map(|_| ()).map_err(|fault: Fault| self.explain("accepting a change", fault))
    }

    /// What was accepted, the oldest first. What is damaged is left out, and is among what is
    /// [`damaged`](History::damaged) from then on.
    ///
    /// # Errors
    /// Those of the database.
    pub fn acceptances(&mut self) -> Result<Vec<Acceptance>, HistoryError> {
        let version = self.version;
        let read = snapshot(&mut *self.database, |database| {
            let counted = counted::<Accepted>(database, version)?;
            Ok((counted, ACCEPTANCES.read(database, version, "ORDER BY t.id", &[])?))
        });
        let (counted, found) = read.map_err(|fault: Fault| self.explain(READING, fault))?;
        let mut whole: Vec<(i64, Acceptance)> =
            found.into_iter().filter_map(|found| acceptance(found.whole()?).ok()).collect();
        match counted {
            Counted::Keys(Accepted(numbers)) => {
                whole.retain(|(id, _)| numbers.0.contains(id));
                if whole.len() < numbers.0.len() {
                    let said = "an accepted change is damaged: what it accepted counts as worse again";
                    self.found.insert(Damage::of_all(said.to_owned()));
                }
            }
            Counted::Damaged => _ = self.found.insert(Damage::of_all(census_damaged::<Accepted>())),
            Counted::Uncounted => {}
        }
        Ok(whole.into_iter().map(|(_, acceptance)| acceptance).collect())
    }
}

fn acceptance(cells: Vec<Value>) -> Result<(i64, Acceptance), Fault> {
    let [id, fingerprint, run, started, subject, quantity, why, who, commit, accepted] = row(cells)?;
    let acceptance = Acceptance {
        fingerprint: fingerprint.text()?,
        run: run.int()?,
        run_started_unix_ms: started.int()?,
        subject: subject.text()?,
        quantity: quantity.text()?,
        why: why.text()?,
        who: who.text()?,
        commit: commit.text()?,
        accepted_unix_ms: accepted.int()?,
    };
    Ok((id.int()?, acceptance))
}
