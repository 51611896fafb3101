//! From arguments to a named commit.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use loadline_children::TemporaryFolder;
use loadline_report::{bisect_json, bisect_text};
use loadline_runner::{Doing, Ending, Ends, Failure, Interrupts, Voice, working_folder};
use loadline_verdict::round_order;

use super::arguments::BisectArguments;
use super::notes::Notes;
use super::row::Row;
use super::search::{Search, Went};
use super::side::{Recipe, Side};
use crate::common::input::text;
use crate::common::{ProjectFile, Screen, ScreenSettings, json_text, print, told};
use crate::compare::{Load, Site, plan};

/// The longest script that is read.
const LONGEST_SCRIPT: u64 = 64 << 20;

/// Searches for the commit.
pub(crate) fn bisect(
    arguments: &BisectArguments,
    found: &ProjectFile,
    json: bool,
) -> Result<Ending, Failure> {
    let row = Row::between(&arguments.range).ends(Ending::Configuration)?;
    let script = script(arguments.script.as_deref()).ends(Ending::Configuration)?;
    let notes = notes(arguments, &row, &script).ends(Ending::CouldNotRun)?;
    let screen = Arc::new(Screen::new(ScreenSettings { quiet: true, ..ScreenSettings::default() }));
    let voice: Arc<dyn Voice> = Arc::clone(&screen) as Arc<dyn Voice>;
    let interrupts = Interrupts::listen(&voice).ends(Ending::CouldNotRun)?;
    let folder =
        TemporaryFolder::new().context("cannot make a folder for copies").ends(Ending::CouldNotRun)?;
    let load = Load::new(arguments.script.as_deref(), &arguments.rounds, folder.path(), &interrupts)?;
    let recipe = Recipe {
        build: arguments.build.as_deref(),
        serve: &arguments.serve,
        load: &load,
        site: Site {
            limit: arguments.rounds.start_timeout,
            folder: folder.path(),
            home: None,
            interrupts: &interrupts,
        },
    };
    let side = |name| Side::new(&row, name, folder.path()).ends(Ending::CouldNotRun);
    let clock = loadline_measure::unix_time().as_nanos() as u64;
    let mut search = Search {
        base: side("good")?,
        head: side("commit")?,
        endpoints: &found.project.endpoints,
        plan: plan(&arguments.rounds, found),
        wanted: arguments.figure.as_ref(),
        order: round_order(1 << 12, arguments.rounds.seed.unwrap_or(clock)).into_iter().cycle(),
        row: &row,
        notes,
        recipe: &recipe,
        say: &|text: &str| {
            if !arguments.output.quiet {
                screen.note(text);
            }
        },
    };
    interrupts.now(Doing::Iterating(Duration::ZERO));
    let said = search.run().ends(Ending::CouldNotRun)?;
    let Went::On(answer) = said else {
        if !search.notes.is_empty() {
            screen.note(&format!(
                "what was measured is kept in `{}`: the same command goes on from there",
                search.notes.path().display()
            ));
        }
        return Ok(Ending::Signal);
    };
    let Some(answer) = answer else {
        let (good, bad) = (row.commits[0].short(), row.commits[row.commits.len() - 1].short());
        let what = arguments.figure.as_ref().map_or_else(
            || "nothing is known to be".to_owned(),
            |(subject, quantity)| format!("{subject} {quantity} is not known to be"),
        );
        let text = format!(
            "{what} worse at {bad} than at {good}: there is nothing to search for\nhint: more rounds (`--max-rounds`) or longer ones (`-d`) see smaller changes; `loadline aa` says how small\n"
        );
        return Ok(told(print(text.as_bytes()), Ending::Failed));
    };
    let report = answer.report();
    let text =
        if json { json_text(&bisect_json(&report)).ends(Ending::CouldNotRun)? } else { bisect_text(&report) };
    let ending = if report.is_named() { Ending::Passed } else { Ending::Failed };
    Ok(told(print(text.as_bytes()), ending))
}

/// What the script says, before anything is built for it. One that was changed makes another search.
fn script(path: Option<&str>) -> Result<String> {
    let Some(path) = path else { return Ok(String::new()) };
    text(Path::new(path), LONGEST_SCRIPT).with_context(|| {
        format!("cannot read the script `{path}`\nhint: its path goes by the working directory")
    })
}

/// What an earlier search for the same has measured.
fn notes(arguments: &BisectArguments, row: &Row, script: &str) -> Result<Notes> {
    let duration = format!("{:?}", arguments.rounds.duration);
    let figure = format!("{:?}", arguments.figure);
    let mut words = vec![
        row.commits[0].hash.as_str(),
        row.commits[row.commits.len() - 1].hash.as_str(),
        arguments.build.as_deref().unwrap_or_default(),
        &arguments.serve,
        arguments.script.as_deref().unwrap_or_default(),
        script,
        &duration,
        &figure,
    ];
    words.extend(arguments.rounds.options.iter().map(String::as_str));
    Notes::open(&working_folder("bisect"), &words, arguments.fresh)
}
