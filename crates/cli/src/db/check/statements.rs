//! The statements that are explained before and after.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use loadline_advise::workload::Workload;
use loadline_pg::diff::is_of_catalogs;
use loadline_pg::ghost::statements;
use loadline_pg::live::statements_of;
use loadline_pg::log::LogReader;
use loadline_pg::portrait::Portrait;
use loadline_pg::shape::{Class, Shape};
use loadline_pg::slow::LogTally;
use loadline_report::advice_omission;
use loadline_runner::{Ending, Ends as _, Failure, find_project};
use loadline_units as units;
use loadline_verdict::escape;

use super::arguments::CheckArguments;
use crate::common::{EndsByHistory as _, input, not_whole, pick};
use crate::db::source::unreadable;

/// The most bytes of a file of statements.
const LARGEST: u64 = 64 << 20;
/// Bytes of a log that are read at once.
const PIECE: usize = 256 << 10;
/// Statements of a log, those that took most of the time.
const MOST: usize = 2_000;

/// The statements, each once, and what has to be known of them.
pub(super) fn wanted(
    arguments: &CheckArguments,
    portrait: &Portrait,
) -> Result<(Vec<String>, Vec<String>), Failure> {
    if arguments.statements.is_empty() && arguments.log.is_empty() && arguments.run.is_none() {
        return Ok((statements_of(portrait, portrait), Vec::new()));
    }
    let (mut texts, mut notes) = (Vec::new(), Vec::new());
    let hint = "the path goes by the working directory";
    for path in &arguments.statements {
        let text = input::text(path, LARGEST).map_err(|error| unreadable(path, &error, hint))?;
        texts.extend(statements(&text).into_iter().map(str::to_owned));
    }
    for path in &arguments.log {
        texts.extend(of_log(path, portrait, &mut notes)?);
    }
    if let Some(name) = &arguments.run {
        texts = of_run(arguments, name, portrait, &texts, &mut notes)?;
    }
    let mut seen = BTreeSet::new();
    // Literals matter to a plan, so only what is the same text is the same statement.
    texts.retain(|text| seen.insert(text.clone()));
    Ok((texts, notes))
}

/// The statements of a run; files and logs give texts of those that it knows by a part alone.
fn of_run(
    arguments: &CheckArguments,
    name: &str,
    portrait: &Portrait,
    texts: &[String],
    notes: &mut Vec<String>,
) -> Result<Vec<String>, Failure> {
    let found = find_project(None).ends(Ending::Configuration)?;
    let run = pick(name, &arguments.place, &found).ends_reading()?;
    if let Some(why) = not_whole(name, &run) {
        notes.push(why);
    }
    let shown = escape(name).into_owned();
    let workload = Workload::of_run(&run, portrait, texts.iter().map(String::as_str)).ok_or_else(|| {
        Failure::new(
            Ending::Failed,
            format!("`{shown}` has no statements: it followed no database\nhint: `loadline run --database URL` follows one"),
        )
    })?;
    for (omission, count) in &workload.omitted {
        notes.push(format!("`{shown}`: {}", advice_omission(*omission, *count)));
    }
    let all: Vec<String> = workload.statements.iter().map(|one| one.text.clone()).collect();
    if all.is_empty() {
        return Err(Failure::new(Ending::Failed, format!("`{shown}` has no statement that has a plan")));
    }
    Ok(all)
}

fn of_log(path: &Path, portrait: &Portrait, notes: &mut Vec<String>) -> Result<Vec<String>, Failure> {
    let hint =
        "PostgreSQL says where it writes with `SELECT pg_current_logfile()`, below its `data_directory`";
    let failed = |error: std::io::Error| unreadable(path, &error, hint);
    let mut file = File::open(path).map_err(failed)?;
    let (mut reader, mut tally) = (LogReader::new(), LogTally::new());
    let mut piece = vec![0; PIECE];
    loop {
        let length = file.read(&mut piece).map_err(failed)?;
        if length == 0 {
            break;
        }
        reader.push(&piece[..length], &mut |call| tally.take(&call));
    }
    reader.finish(&mut |call| tally.take(&call));
    let mut all = tally.listing().statements;
    all.sort_by(|left, right| {
        right.time_ms.total_cmp(&left.time_ms).then_with(|| left.text.cmp(&right.text))
    });
    let is_load = |text: &str| {
        matches!(Class::of(text), Class::Reads | Class::Writes) && !is_of_catalogs(portrait, text)
    };
    all.retain(|statement| is_load(&statement.text));
    if all.is_empty() {
        let name = escape(&path.display().to_string()).into_owned();
        return Err(Failure::new(Ending::Failed, format!("`{name}` has no statement that has a plan")));
    }
    let whole = all.len();
    // A cut text, in the log or because it is long, is none that can be explained.
    all.retain(|statement| {
        !statement.is_cut && !Shape::of(&statement.text).is_cut && !statement.text.ends_with('…')
    });
    if whole > all.len() {
        let cut = units::count((whole - all.len()) as u64);
        notes.push(format!("{cut} statements of the log are cut off and cannot be explained"));
    }
    if all.len() > MOST {
        notes.push(format!(
            "of the log, the {} statements that took most of the time are explained",
            units::count(MOST as u64)
        ));
    }
    Ok(all.into_iter().take(MOST).map(|statement| statement.text).collect())
}
