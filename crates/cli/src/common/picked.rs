//! A Run that a command works on: a file, or one of the history.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result};
use loadline_history::{Filter, History, Pick};
use loadline_measure::{Completeness, Run, RunState, read_run};
use loadline_units::time as length;

use super::given_up::crashed;
use super::place::{HistoryPlace, open_to_read};
use super::project::ProjectFile;

/// A Run that was found.
pub(crate) struct LoadedRun {
    pub(crate) run: Run,
    /// What became of it, when it has no ending: `crashed after 12s`.
    pub(crate) incomplete: Option<String>,
}

/// The Run of a file's name, or of a run's name in the history.
///
/// # Errors
/// When there is no such run, or it does not read.
pub(crate) fn pick(name: &str, place: &HistoryPlace, found: &ProjectFile) -> Result<LoadedRun> {
    let path = Path::new(name);
    match name.parse::<Pick>() {
        Ok(pick) if !path.exists() => {
            let mut history = open_to_read(place, found)?;
            let id = history.resolve(&pick, &Filter::default())?;
            let (run, completeness) = history.load(id)?;
            let incomplete = match completeness {
                Completeness::Complete => None,
                Completeness::Incomplete { .. } => Some(without_ending(&mut history, id)?),
            };
            Ok(LoadedRun { run, incomplete })
        }
        _ => {
            let file = File::open(path).with_context(|| format!("cannot open the Run file `{name}`"))?;
            let (run, completeness) =
                read_run(file).with_context(|| format!("cannot read the Run file `{name}`"))?;
            let incomplete = match completeness {
                Completeness::Complete => None,
                Completeness::Incomplete { why, .. } => {
                    Some(format!("has no ending after {} ({why})", length(run.duration.as_millis() as f64)))
                }
            };
            Ok(LoadedRun { run, incomplete })
        }
    }
}

/// What became of a run of the history that has no ending.
fn without_ending(history: &mut History, id: i64) -> Result<String> {
    let record = history.record(id)?;
    let given_up =
        record.state == RunState::Crashed || history.given_up()?.iter().any(|found| found.id == id);
    Ok(if given_up {
        crashed(record.duration_ms)
    } else {
        format!("is still running, {} so far", length(record.duration_ms as f64))
    })
}
