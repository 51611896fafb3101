//! `loadline history`: list, show, trend, prune, export, import.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use loadline_history::{Added, Damage, Filter, History, HistoryError, Keep, Pick, Repair};
use loadline_import::{Format, ImportError, Imported};
use loadline_measure::{ALL_REQUESTS, Completeness, Conclusion, Figure, FigureScale, Run, RunRecord};
use loadline_report::{
    Content, plain, pruned_json, pruned_text, render, repaired_json, repaired_text, replace_file, run_json,
    run_text, runs_json, runs_table,
};
use loadline_runner::{Ending, Ends, Failure};
use loadline_verdict::{Budgets, Endpoints, Incomplete, conclude, figures, judge_whole};

use super::arguments::{FilterArguments, HistoryArguments, HistoryCommand};
use super::next::next;
use super::trend::{Asked, trend};
use crate::bisect::bisect;
use crate::common::{
    EndsByHistory as _, ProjectFile, find, json_text, of_what_is_left, open, open_existing, open_to_read,
    picked, print, screen, told,
};

/// What a command prints, and how it ends when that is printed.
type Told = Result<(String, Ending)>;

/// Runs in a list unless told otherwise.
const LISTED: usize = 20;

/// Does what was asked for with the history.
pub(crate) fn history(arguments: &HistoryArguments) -> Result<Ending, Failure> {
    let found = find(&arguments.project).ends(Ending::Configuration)?;
    let text = match &arguments.command {
        None => list(arguments, &found, &FilterArguments::default()),
        Some(HistoryCommand::List(filter)) => list(arguments, &found, filter),
        Some(HistoryCommand::Show { run }) => show(arguments, &found, run),
        Some(HistoryCommand::Trend { subject, quantity, filter: chosen, all }) => {
            trend(arguments, &found, &Asked { subject, quantity, filter: filter(chosen), all: *all })
        }
        Some(HistoryCommand::Bisect(bisected)) => return bisect(bisected, &found, arguments.json),
        Some(HistoryCommand::Prune { damaged: true, dry_run, .. }) => {
            return prune(arguments, &found, *dry_run, History::remove_damaged);
        }
        Some(HistoryCommand::Repair) => {
            let repaired = repair(arguments, &found).ends_writing()?;
            return Ok(tell(arguments, repaired));
        }
        Some(HistoryCommand::Prune { keep, younger, dry_run, .. }) => {
            let keep = Keep {
                newest: keep.or(found.project.history.keep.map(|keep| keep as usize)),
                since_unix_ms: *younger,
            };
            if keep == Keep::default() {
                return Err(Failure::new(
                    Ending::Configuration,
                    "prune needs to know what stays\nhint: `--keep 200`, `--younger 90d`, or `keep` in [history] of the project file",
                ));
            }
            return prune(arguments, &found, *dry_run, |history, dry_run| history.prune(keep, dry_run));
        }
        Some(HistoryCommand::Export { run, to }) => {
            let exported = export(arguments, &found, run).ends_reading()?;
            let written = exported.write(to).ends(Ending::OutputNotWritten)?;
            return Ok(tell(arguments, written));
        }
        Some(HistoryCommand::Import { files, format }) => {
            let (text, ending) = import(arguments, &found, files, *format).ends_writing()?;
            return Ok(told(print(text.as_bytes()), ending));
        }
    };
    Ok(tell(arguments, text.ends_reading()?))
}

/// Prints a result, and what may come next.
fn tell(arguments: &HistoryArguments, (text, ending): (String, Ending)) -> Ending {
    let ending = told(print(text.as_bytes()), ending);
    if let (Ending::Passed, Some(next)) = (ending, next(arguments)) {
        screen::remark(&next);
    }
    ending
}

/// The filter that was typed.
pub(crate) fn filter(arguments: &FilterArguments) -> Filter {
    Filter {
        name: arguments.name.clone(),
        branch: arguments.branch.clone(),
        commit: arguments.commit.clone(),
        since_unix_ms: arguments.since,
        limit: arguments.limit,
        ..Filter::default()
    }
}

fn list(arguments: &HistoryArguments, found: &ProjectFile, chosen: &FilterArguments) -> Told {
    let mut history = open_to_read(&arguments.place, found)?;
    let chosen = filter(chosen);
    let chosen = Filter { limit: chosen.limit.or(Some(LISTED)), ..chosen };
    // What is damaged may be one of those that are asked for.
    let mut records = history.damaged_runs()?;
    records.extend(history.list(&chosen)?);
    let text = if arguments.json {
        json_text(&runs_json(&records))?
    } else {
        let theme = screen::theme(arguments.no_color, std::io::stdout().is_terminal());
        render(&runs_table(&records, screen::result_width()), &theme)
    };
    Ok((text, of_what_is_left(&history)))
}

fn show(arguments: &HistoryArguments, found: &ProjectFile, run: &str) -> Told {
    let mut history = open_to_read(&arguments.place, found)?;
    let id = resolve(&mut history, run)?;
    let record = history.record(id)?;
    let incomplete = history.incomplete(id)?;
    // None are kept of a part of a run.
    let figures = if record.state.is_whole() { history.figures(id)? } else { part(&mut history, id, found) };
    let text = if arguments.json {
        json_text(&run_json(&record, &figures, incomplete.as_deref()))?
    } else {
        run_text(&record, &figures, incomplete.as_deref(), &history.location().to_string())
    };
    Ok((text, Ending::Passed))
}

/// The figures of what there is of a run without an ending.
fn part(history: &mut History, id: i64, found: &ProjectFile) -> Vec<Figure> {
    history.load(id).map(|(run, _)| figures(&run, &endpoints(&run, found))).unwrap_or_default()
}

fn prune(
    arguments: &HistoryArguments,
    found: &ProjectFile,
    dry_run: bool,
    remove: impl FnOnce(&mut History, bool) -> Result<Vec<RunRecord>, HistoryError>,
) -> Result<Ending, Failure> {
    let removed = || -> Result<(History, Vec<RunRecord>)> {
        let mut history = open_existing(&arguments.place, found)?;
        let gone = remove(&mut history, dry_run)?;
        Ok((history, gone))
    };
    let (mut history, gone) = removed().ends_writing()?;
    let text = if arguments.json {
        json_text(&pruned_json(&gone, dry_run)).ends(Ending::CouldNotRun)?
    } else {
        pruned_text(&gone, dry_run)
    };
    let ending = tell(arguments, (text, Ending::Passed));
    if dry_run || gone.is_empty() {
        return Ok(ending);
    }
    // That needs room itself. What was removed stays removed, and new runs take its place.
    let vacuumed =
        history.vacuum().context("the space of removed runs is used again, but was not given back");
    Ok(told(vacuumed, ending))
}

/// Mends what can be mended, and says what is left.
fn repair(arguments: &HistoryArguments, found: &ProjectFile) -> Told {
    let mut history = open_existing(&arguments.place, found)?;
    let Repair { mended, left } = history.repair(|run| concluded(run, found))?;
    let words = |damages: &[Damage]| damages.iter().map(|damage| damage.what.clone()).collect::<Vec<_>>();
    let (mended, left) = (words(&mended), words(&left));
    let text = if arguments.json {
        json_text(&repaired_json(&mended, &left))?
    } else {
        repaired_text(&mended, &left)
    };
    if left.is_empty() {
        return Ok((text, Ending::Passed));
    }
    screen::complain(
        "not all of it could be mended\nhint: `loadline history import FILE` takes the Run file of a damaged run in again, and `loadline history prune --damaged` removes damaged runs",
    );
    Ok((text, Ending::CouldNotRun))
}

/// What is to be exported.
enum Exported {
    /// One run, and its file.
    One(i64, Vec<u8>),
    /// Each of a history.
    All(History),
}

fn export(arguments: &HistoryArguments, found: &ProjectFile, run: &str) -> Result<Exported> {
    let mut history = open_to_read(&arguments.place, found)?;
    if run == "all" {
        return Ok(Exported::All(history));
    }
    let id = resolve(&mut history, run)?;
    let mut bytes = Vec::new();
    if let Some(what) = history.export(id, &mut bytes)? {
        screen::caution(&format!("run {id} is not a whole run: it {what}"));
    }
    Ok(Exported::One(id, bytes))
}

impl Exported {
    fn write(self, to: &Path) -> Told {
        match self {
            Self::One(id, bytes) => {
                replace_file(to, Content::Run, &bytes)
                    .with_context(|| format!("cannot write `{}`", to.display()))?;
                Ok((plain(&format!("run {id} exported to {}\n", to.display())), Ending::Passed))
            }
            Self::All(mut history) => {
                let files = history.export_all(&Filter::default(), to)?;
                for (path, incomplete) in &files {
                    if let Some(what) = incomplete {
                        screen::caution(&format!("`{}` is not a whole run: it {what}", path.display()));
                    }
                }
                let text = plain(&format!("{} runs exported to {}\n", files.len(), to.display()));
                Ok((text, of_what_is_left(&history)))
            }
        }
    }
}

/// Takes files in, each for itself: one that cannot be taken keeps no other out.
fn import(
    arguments: &HistoryArguments,
    found: &ProjectFile,
    files: &[PathBuf],
    format: Option<Format>,
) -> Result<(String, Ending)> {
    let mut history = open(&arguments.place, found)?;
    let mut text = String::new();
    let mut ending = Ending::Passed;
    for path in files {
        match take_in(&mut history, path, format, found) {
            Ok(taken) => text += &taken,
            Err(error) => {
                let Err(failure) = Err::<(), _>(error).ends_writing() else { continue };
                screen::complain(&failure.text());
                // What cannot be read is worse than what could be kept another time.
                ending = if ending == Ending::CouldNotRun { ending } else { failure.ending };
            }
        }
    }
    Ok((plain(&text), ending))
}

/// Takes one file in, and says what it is there.
fn take_in(
    history: &mut History,
    path: &Path,
    format: Option<Format>,
    found: &ProjectFile,
) -> Result<String> {
    let name = path.display().to_string();
    let mut file = BufReader::new(File::open(path).with_context(|| format!("cannot open `{name}`"))?);
    let beginning = file.fill_buf().with_context(|| format!("cannot read `{name}`"))?;
    let mut incomplete = None;
    let (added, notes) = if format.is_none() && beginning.starts_with(b"LOADLINE") {
        let concluded = |run: &Run, _: &Completeness| {
            incomplete = run.incomplete();
            concluded(run, found)
        };
        let added = history.import(file, concluded).with_context(|| format!("cannot import `{name}`"))?;
        (added, Vec::new())
    } else {
        let format = format.or_else(|| Format::detect(beginning));
        let format = format.ok_or_else(|| ImportError::Unknown { name: name.clone() })?;
        let Imported { mut run, figures, notes } = loadline_import::import(format, file, &name)?;
        if run.meta.started_unix_ms == 0 {
            run.meta.started_unix_ms = dated(path);
        }
        let mut conclusion = concluded(&run, found);
        conclusion.figures.extend(figures.into_iter().map(|figure| Figure {
            subject: ALL_REQUESTS.to_owned(),
            quantity: figure.quantity.to_owned(),
            value: figure.value,
            scale: FigureScale::of(figure.unit),
            values: figure.values,
        }));
        (history.add(&run, &conclusion)?, notes)
    };
    let mut text = match added {
        Added::New(id) => format!("{name} is run {id}\n"),
        Added::Completed(id) => format!("{name} is more of run {id}, and has taken its place\n"),
        Added::Known(id) => format!("{name} was there already, as run {id}\n"),
    };
    if let Some(what) = incomplete {
        screen::caution(&format!("`{name}` is not a whole run: it {what}"));
    }
    text.extend(notes.iter().map(|note| format!("  {note}\n")));
    Ok(text)
}

/// When a file was written, in milliseconds since 1970: for what does not say when it was measured.
fn dated(path: &Path) -> i64 {
    let written = path.metadata().and_then(|file| file.modified()).ok();
    let since = written.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    since.and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or_default()
}

/// What the history keeps beside a run that comes from elsewhere: judged by what it carries, figures by the project's
/// endpoints.
fn concluded(run: &Run, found: &ProjectFile) -> Conclusion {
    let verdicts =
        Budgets::of_run(run).map(|budgets| judge_whole(run, &budgets, Incomplete::Fails)).unwrap_or_default();
    conclude(run, &verdicts, &endpoints(run, found))
}

/// What the figures of a run are of.
fn endpoints(run: &Run, found: &ProjectFile) -> Endpoints {
    if run.meta.endpoints.is_empty() {
        found.project.endpoints.clone()
    } else {
        Endpoints::of_texts(&run.meta.endpoints)
    }
}

/// The run that is meant.
fn resolve(history: &mut History, text: &str) -> Result<i64> {
    let pick: Pick = text.parse()?;
    picked(history, &pick)
}
