//! `loadline history`: list, show, trend, prune, export, import.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::PathBuf;

use anyhow::{Context, Result};
use jiff::Timestamp;
use loadline_history::{Added, Conclusion, Figure, Filter, History, Keep, Pick, Record, State};
use loadline_import::{Format, ImportError, Imported};
use loadline_measure::Run;
use loadline_report::{Line, Role, TrendPoint, column, plain, render, trend_lines, widest};
use loadline_runner::{Ending, Ends, Failure};
use loadline_units as units;
use loadline_verdict::{Budgets, EVERYTHING, Endpoints, change_points, first_of, judge};
use serde_json::{Value, json};

use super::arguments::{FilterArguments, HistoryArguments, HistoryCommand};
use super::{conclusion, open, open_to_read};
use crate::project::{Found, find};
use crate::run::print;
use crate::screen;

/// Runs in a list unless told otherwise.
const LISTED: usize = 20;

/// Does what was asked for with the history.
pub(crate) fn history(arguments: &HistoryArguments) -> Result<Ending, Failure> {
    let found = find(&arguments.project).ends(Ending::Configuration)?;
    let told = match &arguments.command {
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
    told.and_then(|text| print(text.as_bytes())).ends(Ending::CouldNotRun)?;
    Ok(Ending::Passed)
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

fn list(arguments: &HistoryArguments, found: &Found, chosen: &FilterArguments) -> Result<String> {
    let mut history = open_to_read(&arguments.place, found)?;
    let chosen = filter(chosen);
    let chosen = Filter { limit: chosen.limit.or(Some(LISTED)), ..chosen };
    let records = history.list(&chosen)?;
    if arguments.json {
        let list: Vec<Value> = records.iter().map(record_json).collect();
        return Ok(serde_json::to_string_pretty(&json!({ "version": 1, "runs": list }))? + "\n");
    }
    let mut table = vec![["run", "started", "length", "commit", "name", "outcome"].map(str::to_owned)];
    table.extend(records.iter().map(|record| {
        [
            record.id.to_string(),
            time(record.started_unix_ms),
            units::time(record.duration_ms as f64),
            short(&record.commit).to_owned(),
            record.name.clone(),
            format!("{} {}", record.outcome, state_words(record)).trim_end().to_owned(),
        ]
    }));
    Ok(columns(&table, arguments.no_color))
}

fn state_words(record: &Record) -> String {
    let mut words = Vec::new();
    if record.state != State::Finished {
        words.push(record.state.to_string());
    }
    if record.saturated {
        words.push("generator saturated".to_owned());
    }
    if words.is_empty() { String::new() } else { format!("({})", words.join(", ")) }
}

/// A table with a line of titles; what is wide gives way at the end of the line.
fn columns(table: &[[String; 6]], no_color: bool) -> String {
    let widths: [usize; 6] =
        std::array::from_fn(|column| widest(table.iter().map(|row| row[column].as_str())));
    let lines: Vec<Line> = table
        .iter()
        .enumerate()
        .map(|(index, row)| {
            let mut line = Line::indented(2);
            for (place, (cell, width)) in row.iter().zip(widths).enumerate() {
                let role = match (index, place) {
                    (0, _) | (_, 1 | 3) => Role::Dim,
                    (_, 5) if cell.starts_with("failed") => Role::Bad,
                    (_, 5) if cell.starts_with("passed") => Role::Good,
                    (_, 5) => Role::Warning,
                    _ => Role::Text,
                };
                line.push(role, &column(cell, width));
                line.push(Role::Text, "  ");
            }
            line.truncated(screen::result_width())
        })
        .collect();
    render(&lines, &screen::theme(no_color, std::io::stdout().is_terminal()))
}

fn show(arguments: &HistoryArguments, found: &Found, run: &str) -> Result<String> {
    let mut history = open_to_read(&arguments.place, found)?;
    let id = resolve(&mut history, run)?;
    let record = history.record(id)?;
    let figures = match record.state {
        // None are kept of it, because they are of a part only.
        State::Crashed | State::Unfinished => part(&mut history, id, found),
        State::Finished | State::Imported => history.figures(id)?,
    };
    if arguments.json {
        let mut value = record_json(&record);
        value["figures"] = figures
            .iter()
            .map(|figure| {
                json!({ "subject": figure.subject, "quantity": figure.quantity, "value": figure.value, "unit": figure.unit, "values": figure.values })
            })
            .collect();
        return Ok(serde_json::to_string_pretty(&value)? + "\n");
    }
    let mut text = String::new();
    let facts = [
        ("run", format!("{} of {}", record.id, history.location())),
        ("name", record.name.clone()),
        ("started", time(record.started_unix_ms)),
        ("length", units::time(record.duration_ms as f64)),
        ("plan", record.plan.clone()),
        ("commit", [short(&record.commit), &record.branch].join(" ").trim().to_owned()),
        ("target", record.target_version.clone()),
        ("machine", record.host.clone()),
        (
            "outcome",
            format!("{} {}: {}", record.outcome, state_words(&record), record.words).replace(" :", ":"),
        ),
    ];
    for (name, value) in facts.into_iter().filter(|(_, value)| !value.is_empty()) {
        text += &format!("  {name:9}{value}\n");
    }
    text.push('\n');
    let width = widest(figures.iter().map(|figure| figure.subject.as_str()));
    for figure in &figures {
        text += &format!(
            "  {}  {:7}{:>12}  of {} requests\n",
            column(&figure.subject, width),
            figure.quantity,
            shown(figure.value, &figure.unit),
            units::count(figure.values)
        );
    }
    Ok(plain(&text))
}

/// The figures of what there is of a run without an ending.
fn part(history: &mut History, id: i64, found: &Found) -> Vec<Figure> {
    history.load(id).map(|(run, _)| concluded(&run, found).figures).unwrap_or_default()
}

fn trend(
    arguments: &HistoryArguments,
    found: &Found,
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
    if arguments.json {
        let points: Vec<Value> = series
            .iter()
            .map(|point| json!({ "run": point.run, "started_unix_ms": point.started_unix_ms, "value": point.value, "values": point.values }))
            .collect();
        let changes: Vec<Value> = changes
            .iter()
            .map(|change| json!({ "run": series[change.at].run, "before": change.before, "after": change.after, "p": change.p }))
            .collect();
        let value = json!({ "version": 1, "subject": subject, "quantity": quantity, "points": points, "changes": changes });
        return Ok(serde_json::to_string_pretty(&value)? + "\n");
    }
    let unit = history
        .subjects(&Filter::default())?
        .into_iter()
        .find(|name| name.subject == subject && name.quantity == quantity)
        .map(|name| name.unit)
        .unwrap_or_default();
    let points: Vec<TrendPoint> = series
        .iter()
        .map(|point| TrendPoint {
            label: format!("run {} of {}", point.run, time(point.started_unix_ms)),
            value: point.value,
        })
        .collect();
    let title = format!("{subject} {quantity}, {} runs", series.len());
    let lines = trend_lines(&title, &points, &changes, &|value| shown(value, &unit), screen::result_width());
    Ok(format!("\n{}", render(&lines, &screen::theme(arguments.no_color, std::io::stdout().is_terminal()))))
}

fn prune(arguments: &HistoryArguments, found: &Found, keep: Keep, dry_run: bool) -> Result<String> {
    let mut history = open(&arguments.place, found)?;
    let gone = history.prune(keep, dry_run)?;
    if !dry_run && !gone.is_empty() {
        history.vacuum()?;
    }
    if arguments.json {
        let list: Vec<Value> = gone.iter().map(record_json).collect();
        return Ok(
            serde_json::to_string_pretty(&json!({ "version": 1, "dry_run": dry_run, "runs": list }))? + "\n"
        );
    }
    let verb = if dry_run { "would go" } else { "are gone" };
    Ok(match gone.as_slice() {
        [] => "nothing to remove\n".to_owned(),
        [only] => {
            format!("run {} of {} {}\n", only.id, time(only.started_unix_ms), verb.replace("are", "is"))
        }
        [newest, .., oldest] => format!(
            "{} runs {verb}, from {} back to {}\n",
            gone.len(),
            time(newest.started_unix_ms),
            time(oldest.started_unix_ms)
        ),
    })
}

fn export(arguments: &HistoryArguments, found: &Found, run: &str, to: &std::path::Path) -> Result<String> {
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
    found: &Found,
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
                subject: EVERYTHING.to_owned(),
                quantity: figure.quantity.to_owned(),
                value: figure.value,
                unit: figure.unit.to_owned(),
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

/// What the history keeps beside a run that comes from elsewhere: judged by what it carries, figures by the project's endpoints.
fn concluded(run: &Run, found: &Found) -> Conclusion {
    let own = Endpoints::of_texts(&run.meta.endpoints);
    let endpoints = if run.meta.endpoints.is_empty() { &found.project.endpoints } else { &own };
    let verdicts = Budgets::of_run(run).map(|budgets| judge(run, &budgets)).unwrap_or_default();
    conclusion(run, &verdicts, endpoints)
}

/// The run that is meant.
fn resolve(history: &mut History, text: &str) -> Result<i64> {
    let pick: Pick = text.parse()?;
    Ok(history.resolve(&pick, &Filter::default())?)
}

fn record_json(record: &Record) -> Value {
    json!({
        "run": record.id,
        "started_unix_ms": record.started_unix_ms,
        "name": record.name,
        "fingerprint": record.fingerprint,
        "plan": record.plan,
        "commit": record.commit,
        "branch": record.branch,
        "target_version": record.target_version,
        "host": record.host,
        "state": record.state.word(),
        "duration_ms": record.duration_ms,
        "outcome": record.outcome.word(),
        "words": record.words,
        "saturated": record.saturated,
        "annotations": record.annotations,
    })
}

/// A figure with its unit.
pub(crate) fn shown(value: f64, unit: &str) -> String {
    match unit {
        "ms" => units::time(value),
        "/s" => format!("{value:.1}/s"),
        "share" => units::percent(value),
        _ => units::plain(value),
    }
}

/// `2026-11-26 14:07`, UTC.
pub(crate) fn time(unix_ms: i64) -> String {
    Timestamp::from_millisecond(unix_ms)
        .map_or_else(|_| unix_ms.to_string(), |time| time.strftime("%Y-%m-%d %H:%M").to_string())
}

/// A commit as people write it.
pub(crate) fn short(commit: &str) -> &str {
    commit.get(..9).unwrap_or(commit)
}
