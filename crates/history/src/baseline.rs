//! Baselines: runs under a name, which later runs are held against and which are never pruned.

use std::collections::{BTreeMap, BTreeSet};

use crate::census::{Counted, Names, counted, damaged as census_damaged, recount};
use crate::damage::Damage;
use crate::database::{Database, Fault, Value, row, snapshot, transaction};
use crate::error::HistoryError;
use crate::history::History;
use crate::numbers::Numbers;
use crate::sealed::SEALED;
use crate::tables::BASELINES;

const READING: &str = "reading baselines";

/// Runs that others are held against.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// Its name, unique in the history.
    pub name: String,
    /// The fingerprint that its runs share; empty when they share none.
    pub fingerprint: String,
    /// When it was saved, in milliseconds since 1970 UTC.
    pub saved_unix_ms: i64,
    /// Its runs, ascending.
    pub runs: Vec<i64>,
}

impl History {
    /// Saves a baseline, in place of one with the same name.
    ///
    /// # Errors
    /// [`HistoryError::NoSuchRun`], [`HistoryError::Locked`], and those of the database.
    pub fn save_baseline(&mut self, baseline: &Baseline) -> Result<(), HistoryError> {
        for run in &baseline.runs {
            self.record(*run)?;
        }
        let Baseline { name, fingerprint, saved_unix_ms, runs } = baseline;
        let numbers: Numbers = runs.iter().copied().collect();
        let saved = transaction(&mut *self.database, |database| {
            recount(database, |names: &mut Names| _ = names.0.insert(name.clone()))?;
            database.execute("DELETE FROM loadline_baselines WHERE name = $1", &[name.as_str().into()])?;
            let cells = [
                name.as_str().into(),
                fingerprint.as_str().into(),
                (*saved_unix_ms).into(),
                numbers.to_string().into(),
            ];
            BASELINES.insert(database, &cells, "")?;
            // These keep the runs from being removed; which runs they are is said above.
            for run in runs {
                database.execute(
                    "INSERT INTO loadline_baseline_runs (baseline, run) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                    &[name.as_str().into(), (*run).into()],
                )?;
            }
            Ok(())
        });
        saved.map_err(|fault: Fault| self.explain("saving the baseline", fault))
    }

    /// The baseline of this name.
    ///
    /// # Errors
    /// [`HistoryError::NoSuchBaseline`], [`HistoryError::Altered`], and those of the database.
    pub fn baseline(&mut self, name: &str) -> Result<Baseline, HistoryError> {
        let (found, damaged) = self.all_baselines()?;
        if damaged.contains(name) {
            return Err(self.explain(READING, Fault::Damaged(said(name))));
        }
        let (found, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|baseline| baseline.name == name);
        found.into_iter().next().ok_or_else(|| no_such(name, others))
    }

    /// All baselines, by name. Those that are damaged are left out, and are among what is
    /// [`damaged`](History::damaged) from then on.
    ///
    /// # Errors
    /// Those of the database.
    pub fn baselines(&mut self) -> Result<Vec<Baseline>, HistoryError> {
        Ok(self.all_baselines()?.0)
    }

    /// The baselines that are whole, and the names of those that are not.
    fn all_baselines(&mut self) -> Result<(Vec<Baseline>, BTreeSet<String>), HistoryError> {
        let version = self.version;
        let read = snapshot(&mut *self.database, |database| {
            let counted = counted::<Names>(database, version)?;
            let found = BASELINES.read(database, version, "", &[])?;
            let runs = if version < SEALED { unsealed_runs(database)? } else { BTreeMap::new() };
            Ok((counted, found, runs))
        });
        let (counted, found, mut runs) = read.map_err(|fault: Fault| self.explain(READING, fault))?;
        let (mut whole, mut damaged) = (BTreeMap::new(), BTreeSet::new());
        for found in found {
            let name = found.found(0).cloned().and_then(|name| name.text().ok()).unwrap_or_default();
            match found.whole().and_then(|cells| baseline(cells).ok()) {
                Some(mut baseline) => {
                    baseline.runs.extend(runs.remove(&name).unwrap_or_default());
                    whole.insert(name, baseline);
                }
                None => _ = damaged.insert(name),
            }
        }
        match counted {
            Counted::Keys(Names(names)) => {
                whole.retain(|name, _| names.contains(name));
                damaged = names.into_iter().filter(|name| !whole.contains_key(name)).collect();
            }
            Counted::Damaged => _ = self.found.insert(Damage::of_all(census_damaged::<Names>())),
            Counted::Uncounted => {}
        }
        self.found.extend(damaged.iter().map(|name| Damage::of_all(said(name))));
        Ok((whole.into_values().collect(), damaged))
    }

    /// Deletes a baseline; its runs stay.
    ///
    /// # Errors
    /// [`HistoryError::NoSuchBaseline`], [`HistoryError::Locked`], and those of the database.
    pub fn delete_baseline(&mut self, name: &str) -> Result<(), HistoryError> {
        let mut is_there = false;
        let deleted = transaction(&mut *self.database, |database| {
            recount(database, |names: &mut Names| is_there = names.0.remove(name))?;
            database.execute("DELETE FROM loadline_baselines WHERE name = $1", &[name.into()])
        });
        deleted.map_err(|fault: Fault| self.explain("deleting the baseline", fault))?;
        if is_there { Ok(()) } else { Err(no_such(name, self.baselines()?)) }
    }
}

/// What is said of one that is damaged.
fn said(name: &str) -> String {
    format!("the baseline `{name}` is damaged: what is kept of it is not what was written")
}

fn baseline(cells: Vec<Value>) -> Result<Baseline, Fault> {
    let [name, fingerprint, saved, runs] = row(cells)?;
    let runs: Numbers = runs.text()?.parse().map_err(|_| Fault::Failed("no numbers".into()))?;
    Ok(Baseline {
        name: name.text()?,
        fingerprint: fingerprint.text()?,
        saved_unix_ms: saved.int()?,
        runs: runs.0.into_iter().collect(),
    })
}

/// The runs of baselines in a history that is not sealed.
fn unsealed_runs(database: &mut dyn Database) -> Result<BTreeMap<String, Vec<i64>>, Fault> {
    let mut runs = BTreeMap::<_, Vec<_>>::new();
    for cells in database.query("SELECT baseline, run FROM loadline_baseline_runs ORDER BY run", &[])? {
        let [name, run] = row(cells)?;
        runs.entry(name.text()?).or_default().push(run.int()?);
    }
    Ok(runs)
}

fn no_such(name: &str, others: Vec<Baseline>) -> HistoryError {
    let known = others.into_iter().map(|baseline| baseline.name).collect();
    HistoryError::NoSuchBaseline { name: name.to_owned(), known }
}
