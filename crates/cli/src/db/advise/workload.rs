//! The statements that advice is for: those that are named, what a run counted, or what the server has run.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use loadline_advise::workload::{Asked, LogTally, Workload, of_file};
use loadline_pg::log::LogReader;
use loadline_pg::portrait::Portrait;
use loadline_runner::{Ending, Ends as _, Failure, find_project};
use loadline_verdict::escape;

use super::arguments::AdviseArguments;
use crate::common::{EndsByHistory as _, input, not_whole, pick, screen};
use crate::db::source::unreadable;

/// The most bytes of a file of statements.
const LARGEST: u64 = 64 << 20;
/// Bytes of a log that are read at once.
const PIECE: usize = 256 << 10;

/// The statements.
pub(super) fn workload(arguments: &AdviseArguments, portrait: &Portrait) -> Result<Workload, Failure> {
    let mut asked = Vec::new();
    for path in &arguments.statements {
        let hint = "the path goes by the working directory";
        let text = input::text(path, LARGEST).map_err(|error| unreadable(path, &error, hint))?;
        asked.extend(of_file(&text));
    }
    let mut log = LogTally::new();
    for path in &arguments.log {
        read_log(path, &mut log)?;
    }
    asked.extend(log.asked());
    let is_named = !arguments.statements.is_empty() || !arguments.log.is_empty();
    let mut workload = match &arguments.run {
        Some(name) => of_run(arguments, name, portrait, &asked)?,
        None if is_named => Workload::of(asked),
        None => Workload::of_portrait(portrait),
    };
    log.tell(&mut workload);
    if !workload.statements.is_empty() {
        return Ok(workload);
    }
    let why = if is_named || arguments.run.is_some() {
        "there is no statement to advise on: none reads or writes rows"
    } else if portrait.workload.is_some() {
        "there is no statement to advise on: of those that the server has run, none reads or writes rows of its tables\nhint: give statements with `--statements FILE`, a log with `--log FILE`, or a run with `--run RUN`"
    } else {
        "there is no statement to advise on: the database does not count what it runs (`pg_stat_statements`)\nhint: give statements with `--statements FILE`, a log with `--log FILE`, or a run with `--run RUN`"
    };
    Err(Failure::new(Ending::Failed, why))
}

fn of_run(
    arguments: &AdviseArguments,
    name: &str,
    portrait: &Portrait,
    asked: &[Asked],
) -> Result<Workload, Failure> {
    let found = find_project(None).ends(Ending::Configuration)?;
    let run = pick(name, &arguments.place, &found).ends_reading()?;
    if let Some(why) = not_whole(name, &run) {
        screen::caution(&escape(&why));
    }
    Workload::of_run(&run, portrait, asked.iter().map(|one| one.text.as_str())).ok_or_else(|| {
        let shown = escape(name).into_owned();
        Failure::new(
            Ending::Failed,
            format!("`{shown}` has no statements: it followed no database\nhint: `loadline run --database URL` follows one"),
        )
    })
}

fn read_log(path: &Path, tally: &mut LogTally) -> Result<(), Failure> {
    let hint =
        "PostgreSQL says where it writes with `SELECT pg_current_logfile()`, below its `data_directory`";
    let failed = |error: io::Error| unreadable(path, &error, hint);
    let mut file = File::open(path).map_err(failed)?;
    let (mut reader, mut piece) = (LogReader::new(), vec![0; PIECE]);
    loop {
        let length = file.read(&mut piece).map_err(failed)?;
        if length == 0 {
            break;
        }
        reader.push(&piece[..length], &mut |call| tally.take(&call));
    }
    reader.finish(&mut |call| tally.take(&call));
    if reader.format().is_none() {
        let shown = escape(&path.display().to_string()).into_owned();
        let why = format!(
            "`{shown}` is none of the logs that are read: PostgreSQL's csvlog, jsonlog or plain log, or Prisma's queries"
        );
        return Err(Failure::new(Ending::CouldNotRun, why));
    }
    Ok(())
}
