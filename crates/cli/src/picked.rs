//! A Run that a command works on: a file, or one of the history.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result};
use loadline_history::{Filter, Pick};
use loadline_measure::{Completeness, Run, read_run};

use crate::history::{HistoryPlace, open_to_read};
use crate::project::Found;

/// A Run that was found.
pub(crate) struct Picked {
    pub(crate) run: Run,
    /// What is missing of it, in words.
    pub(crate) incomplete: Option<String>,
}

/// The Run of a file's name, or of a run's name in the history.
///
/// # Errors
/// When there is no such run, or it does not read.
pub(crate) fn pick(name: &str, place: &HistoryPlace, found: &Found) -> Result<Picked> {
    let path = Path::new(name);
    let (run, completeness) = match name.parse::<Pick>() {
        Ok(pick) if !path.exists() => {
            let mut history = open_to_read(place, found)?;
            let id = history.resolve(&pick, &Filter::default())?;
            history.load(id)?
        }
        _ => {
            let file = File::open(path).with_context(|| format!("cannot open the Run file `{name}`"))?;
            read_run(file).with_context(|| format!("cannot read the Run file `{name}`"))?
        }
    };
    let incomplete = match completeness {
        Completeness::Complete => None,
        incomplete @ Completeness::Incomplete { .. } => Some(format!("`{name}`: {incomplete}")),
    };
    Ok(Picked { run, incomplete })
}
