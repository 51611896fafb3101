//! Baselines: runs under a name, which later runs are held against and which are never pruned.

use crate::database::{Fault, row, transaction};
use crate::error::HistoryError;
use crate::history::History;

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
        let saved = transaction(&mut *self.database, |database| {
            database.execute("DELETE FROM loadline_baselines WHERE name = $1", &[name.as_str().into()])?;
            database.execute(
                "INSERT INTO loadline_baselines (name, fingerprint, saved_unix_ms) VALUES ($1, $2, $3)",
                &[name.as_str().into(), fingerprint.as_str().into(), (*saved_unix_ms).into()],
            )?;
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
    /// [`HistoryError::NoSuchBaseline`], and those of the database.
    pub fn baseline(&mut self, name: &str) -> Result<Baseline, HistoryError> {
        let (found, others): (Vec<_>, Vec<_>) =
            self.baselines()?.into_iter().partition(|baseline| baseline.name == name);
        found.into_iter().next().ok_or_else(|| no_such(name, others))
    }

    /// All baselines, by name.
    ///
    /// # Errors
    /// Those of the database.
    pub fn baselines(&mut self) -> Result<Vec<Baseline>, HistoryError> {
        const READING: &str = "reading baselines";
        // A baseline without runs is a row too; run 0 does not exist.
        let sql = "SELECT b.name, b.fingerprint, b.saved_unix_ms, coalesce(r.run, 0) FROM loadline_baselines b \
                   LEFT JOIN loadline_baseline_runs r ON r.baseline = b.name ORDER BY b.name, r.run";
        let mut baselines: Vec<Baseline> = Vec::new();
        for cells in self.read(READING, sql, &[])? {
            let read = || {
                let [name, fingerprint, saved, run] = row(cells)?;
                Ok((name.text()?, fingerprint.text()?, saved.int()?, run.int()?))
            };
            let (name, fingerprint, saved_unix_ms, run) =
                read().map_err(|fault: Fault| self.explain(READING, fault))?;
            let runs = if run > 0 { vec![run] } else { Vec::new() };
            match baselines.last_mut() {
                Some(last) if last.name == name => last.runs.extend(runs),
                _ => baselines.push(Baseline { name, fingerprint, saved_unix_ms, runs }),
            }
        }
        Ok(baselines)
    }

    /// Deletes a baseline; its runs stay.
    ///
    /// # Errors
    /// [`HistoryError::NoSuchBaseline`], [`HistoryError::Locked`], and those of the database.
    pub fn delete_baseline(&mut self, name: &str) -> Result<(), HistoryError> {
        let sql = "DELETE FROM loadline_baselines WHERE name = $1";
        let deleted = self.database.execute(sql, &[name.into()]);
        if deleted.map_err(|fault| self.explain("deleting the baseline", fault))? == 0 {
            return Err(no_such(name, self.baselines()?));
        }
        Ok(())
    }
}

fn no_such(name: &str, others: Vec<Baseline>) -> HistoryError {
    let known = others.into_iter().map(|baseline| baseline.name).collect();
    HistoryError::NoSuchBaseline { name: name.to_owned(), known }
}
