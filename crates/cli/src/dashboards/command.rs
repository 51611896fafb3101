//! From a project to a folder of files, or to what would change in one.

use std::path::Path;

use anyhow::Result;
use loadline_provision::{Source, files};
use loadline_runner::{Ending, Ends, Failure};
use loadline_watch::objectives;

use super::arguments::DashboardsArguments;
use super::bounds::bounds;
use super::folder::{Stands, no_more, places, write};
use super::words::{self, Told};
use crate::common::interruptible::until_interrupted;
use crate::common::{ProjectFile, Prometheus, find, print, told};

/// Writes the files of a project, or says what would change.
pub(crate) fn dashboards(arguments: &DashboardsArguments) -> Result<Ending, Failure> {
    let found = find(&arguments.project).ends(Ending::Configuration)?;
    let source = source(&found, arguments)?;
    let files = files(&source);
    let (folder, is_check) = match (&arguments.check, &arguments.output) {
        (Some(folder), _) => (folder.as_path(), true),
        (None, Some(folder)) => (folder.as_path(), false),
        (None, None) => (Path::new("."), true),
    };
    let unread = if is_check { Ending::CouldNotRun } else { Ending::OutputNotWritten };
    let places = places(folder, &files).ends(unread)?;
    let no_more = no_more(folder, &files).ends(unread)?;
    if !is_check {
        write(folder, &places, arguments.overwrite).ends(Ending::OutputNotWritten)?;
    }
    let told_of = Told { places: &places, is_check, no_more: &no_more, source: &source };
    let text = if arguments.json { words::json(&told_of)? } else { words::text(&told_of) };
    let changes = places.iter().any(|place| place.stands != Stands::Same);
    let ending = if is_check && changes { Ending::Failed } else { Ending::Passed };
    Ok(told(print(text.as_bytes()), ending))
}

/// What the files are made of.
fn source(found: &ProjectFile, arguments: &DashboardsArguments) -> Result<Source, Failure> {
    let project = &found.project;
    let budgets = || project.budgets.iter().map(|scoped| &scoped.budget);
    let asked = match &arguments.prometheus {
        Some(url) => {
            let server = Prometheus::new(url, &arguments.headers).ends(Ending::Configuration)?;
            let (objectives, _) = objectives(budgets(), &project.endpoints);
            let asked =
                async { bounds(&server, &project.watch, &objectives).await.ends(Ending::CouldNotRun) };
            until_interrupted(asked, "stopped by a signal: nothing is written")?
        }
        None => None,
    };
    let source = Source::of(budgets(), &project.endpoints, &project.watch, asked);
    if source.budgets() == 0 {
        let what = match &found.path {
            None => "there is nothing to write: no `loadline.toml` here\nhint: name a project file with `--project FILE`".to_owned(),
            Some(path) => format!(
                "there is nothing to write: `{}` has no budget on an endpoint that counters can tell\nhint: `[[budget]]` with `endpoint = \"…\"` and `p95 = \"500ms\"` or `errors = \"1%\"`",
                path.display()
            ),
        };
        return Err(Failure::new(Ending::Configuration, what));
    }
    Ok(source)
}
