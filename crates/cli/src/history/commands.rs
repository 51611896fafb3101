//! `loadline history`: list, show, trend, prune, export, import.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::PathBuf;

use anyhow::{Context, Result};
use loadline_history::{Added, Filter, History, Keep, Pick};
use loadline_import::{Format, ImportError, Imported};
use loadline_measure::{ALL_REQUESTS, Conclusion, Figure, FigureScale, Run, RunState};
use loadline_report::{
    plain, pruned_json, pruned_text, render, run_json, run_text, runs_json, runs_table, trend_json,
    trend_table,
};
use loadline_runner::{Ending, Ends, Failure};
use loadline_verdict::{Budgets, Endpoints, change_points, conclude, first_of, judge};

use super::arguments::{FilterArguments, HistoryArguments, HistoryCommand};
use super::next::next;
use crate::common::{ProjectFile, find, json_text, open, open_to_read, print, screen, told};

/// Runs in a list unless told otherwise.
const LISTED: usize = 20;

/// Does what was asked for with the history.
pub(crate) fn history(arguments: &HistoryArguments) -> Result<Ending, Failure> {
    let found = find(&arguments.project).ends(Ending::Configuration)?;
    let text = match &arguments.command {
        None => list(arguments, &found, &FilterArguments::default()),
        Some(HistoryCommand::List(filter)) => list(arguments, &found, filter),
        Some(HistoryCommand::Show { run }) => show(arguments, &found, run),
        Some(HistoryCommand::Trend { subject, quantity, filter }) => {
            trend(arguments, &found, subject, quantity, filter)
        }
        Some(HistoryCommand::Prune { keep, younger, dry_run }) => {
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
            prune(arguments, &found, keep, *dry_run)
        }
        Some(HistoryCommand::Export { run, to }) => export(arguments, &found, run, to),
        Some(HistoryCommand::Import { files, format }) => import(arguments, &found, files, *format),
    };
    let text = text.ends(Ending::CouldNotRun)?;
    let ending = told(print(text.as_bytes()), Ending::Passed);
    if let (Ending::Passed, Some(next)) = (ending, next(arguments)) {
        screen::remark(&next);
    }
    Ok(ending)
}

fn filter(arguments: &FilterArguments) -> Filter {
    Filter {
        name: arguments.name.clone(),
        branch: arguments.branch.clone(),
        commit: arguments.commit.clone(),
        since_unix_ms: arguments.since,
        limit: arguments.limit,
        ..Filter::default()
    }
}

fn list(arguments: &HistoryArguments, found: &ProjectFile, chosen: &FilterArguments) -> Result<String> {
    let mut history = open_to_read(&arguments.place, found)?;
    let chosen = filter(chosen);
    let chosen = Filter { limit: chosen.limit.or(Some(LISTED)), ..chosen };
    let records = history.list(&chosen)?;
    if arguments.json {
        return json_text(&runs_json(&records));
    }
    let theme = screen::theme(arguments.no_color, std::io::stdout().is_terminal());
    Ok(render(&runs_table(&records, screen::result_width()), &theme))
}

fn show(arguments: &HistoryArguments, found: &ProjectFile, run: &str) -> Result<String> {
    let mut history = open_to_read(&arguments.place, found)?;
    let id = resolve(&mut history, run)?;
    let record = history.record(id)?;
    let figures = match record.state {
        // None are kept of it, because they are of a part only.
        RunState::Crashed | RunState::Unfinished => part(&mut history, id, found),
        RunState::Finished | RunState::Imported => history.figures(id)?,
    };
    if arguments.json {
        return json_text(&run_json(&record, &figures));
    }
    Ok(run_text(&record, &figures, &history.location().to_string()))
}

/// The figures of what there is of a run without an ending.
fn part(history: &mut History, id: i64, found: &ProjectFile) -> Vec<Figure> {
    history.load(id).map(|(run, _)| concluded(&run, found).figures).unwrap_or_default()
}

fn trend(
    arguments: &HistoryArguments,
    found: &ProjectFile,
    subject: &str,
    quantity: &str,
    chosen: &FilterArguments,
) -> Result<String> {
    let mut history = open_to_read(&arguments.place, found)?;
    let series = history.series(&filter(chosen), subject, quantity)?;
    if series.is_empty() {
        let known: Vec<String> = history
            .subjects(&Filter::default())?
            .iter()
            .map(|name| format!("`{}` {}", name.subject, name.quantity))
            .collect();
        let known =
            if known.is_empty() { "no figures at all".to_owned() } else { first_of(&known, 20, ", ") };
        anyhow::bail!("no run has a `{quantity}` of `{subject}`\nhint: there are {known}");
    }
    let values: Vec<f64> = series.iter().map(|point| point.value).collect();
    let changes = change_points(&values);
    let name = (subject, quantity);
    if arguments.json {
        return json_text(&trend_json(name, &series, &changes));
    }
    let known = history.subjects(&Filter::default())?;
    let known = known.into_iter().find(|known| known.subject == subject && known.quantity == quantity);
    let scale = known.map_or_else(|| FigureScale::of(""), |known| known.scale);
    let lines = trend_table(name, &series, &scale, &changes, screen::result_width());
    Ok(format!("\n{}", render(&lines, &screen::theme(arguments.no_color, std::io::stdout().is_terminal()))))
}

fn prune(arguments: &HistoryArguments, found: &ProjectFile, keep: Keep, dry_run: bool) -> Result<String> {
    let mut history = open(&arguments.place, found)?;
    let gone = history.prune(keep, dry_run)?;
    if !dry_run && !gone.is_empty() {
        history.vacuum()?;
    }
    if arguments.json { json_text(&pruned_json(&gone, dry_run)) } else { Ok(pruned_text(&gone, dry_run)) }
}

fn export(
    arguments: &HistoryArguments,
    found: &ProjectFile,
    run: &str,
    to: &std::path::Path,
) -> Result<String> {
    let mut history = open_to_read(&arguments.place, found)?;
    if run == "all" {
        let files = history.export_all(&Filter::default(), to)?;
        return Ok(plain(&format!("{} runs exported to {}\n", files.len(), to.display())));
    }
    let id = resolve(&mut history, run)?;
    let file = File::create(to).with_context(|| format!("cannot create `{}`", to.display()))?;
    history.export(id, file)?;
    Ok(plain(&format!("run {id} exported to {}\n", to.display())))
}

fn import(
    arguments: &HistoryArguments,
    found: &ProjectFile,
    files: &[PathBuf],
    format: Option<Format>,
) -> Result<String> {
    let mut history = open(&arguments.place, found)?;
    let mut text = String::new();
    for path in files {
        let name = path.display().to_string();
        let mut file = BufReader::new(File::open(path).with_context(|| format!("cannot open `{name}`"))?);
        let beginning = file.fill_buf().with_context(|| format!("cannot read `{name}`"))?;
        let (added, notes) = if format.is_none() && beginning.starts_with(b"LOADLINE") {
            let added = history
                .import(file, |run, _| concluded(run, found))
                .with_context(|| format!("cannot import `{name}`"))?;
            (added, Vec::new())
        } else {
            let format = format.or_else(|| Format::detect(beginning));
            let format = format.ok_or_else(|| ImportError::Unknown { name: name.clone() })?;
            let Imported { run, figures, notes } = loadline_import::import(format, file, &name)?;
            let mut conclusion = concluded(&run, found);
            conclusion.figures.extend(figures.into_iter().map(|figure| Figure {
                subject: ALL_REQUESTS.to_owned(),
                quantity: figure.quantity.to_owned(),
                value: figure.value,
                scale: FigureScale::of(figure.unit),
                values: 0,
            }));
            (history.add(&run, &conclusion)?, notes)
        };
        text += &match added {
            Added::New(id) => format!("{name} is run {id}\n"),
            Added::Known(id) => format!("{name} was there already, as run {id}\n"),
        };
        text.extend(notes.iter().map(|note| format!("  {note}\n")));
    }
    Ok(plain(&text))
}

/// What the history keeps beside a run that comes from elsewhere: judged by what it carries, figures by the project's
/// endpoints.
fn concluded(run: &Run, found: &ProjectFile) -> Conclusion {
    let own = Endpoints::of_texts(&run.meta.endpoints);
    let endpoints = if run.meta.endpoints.is_empty() { &found.project.endpoints } else { &own };
    let verdicts = Budgets::of_run(run).map(|budgets| judge(run, &budgets)).unwrap_or_default();
    conclude(run, &verdicts, endpoints)
}

/// The run that is meant.
fn resolve(history: &mut History, text: &str) -> Result<i64> {
    let pick: Pick = text.parse()?;
    Ok(history.resolve(&pick, &Filter::default())?)
}
