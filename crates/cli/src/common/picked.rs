//! A Run that a command works on: a file, or one of the history.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use loadline_history::{Filter, History, Pick};
use loadline_measure::{Run, read_run};

use super::place::{HistoryPlace, open_to_read};
use super::project::ProjectFile;
use super::screen;

/// The Run of a file's name, or of a run's name in the history. It says itself whether it is whole.
///
/// # Errors
/// When there is no such run, or it does not read.
pub(crate) fn pick(name: &str, place: &HistoryPlace, found: &ProjectFile) -> Result<Run> {
    let path = Path::new(name);
    if let Ok(pick) = name.parse::<Pick>()
        && !path.exists()
    {
        let mut history = open_to_read(place, found)?;
        let id = picked(&mut history, &pick)?;
        return Ok(history.load(id)?.0);
    }
    let file = File::open(path).map_err(|error| {
        let hint = "name a file, or a run of the history such as `latest` or `3`";
        anyhow!("cannot open the Run file `{name}`: {error}\nhint: {hint}")
    })?;
    Ok(read_run(file).with_context(|| format!("cannot read the Run file `{name}`"))?.0)
}

/// The run of a history that is meant. Where that goes by the clock, and the clock was set back, it is said.
///
/// # Errors
/// When there is no such run, or it cannot be told which it is.
pub(crate) fn picked(history: &mut History, pick: &Pick) -> Result<i64> {
    let id = history.resolve(pick, &Filter::default())?;
    if !matches!(pick, Pick::Id(_))
        && let Some(other) = history.out_of_order(id)?
    {
        screen::caution(&format!(
            "`{pick}` is run {id} by the clock, though run {other} was recorded after it: the clock was set back;\nname a run by its number"
        ));
    }
    Ok(id)
}

/// What is said of a run that is not whole: "`12` is not a whole run: it has no ending after 4s".
pub(crate) fn not_whole(name: &str, run: &Run) -> Option<String> {
    Some(format!("`{name}` is not a whole run: it {}", run.incomplete()?))
}
