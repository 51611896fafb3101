//! The statements that advice is for: those that are named, or what the server has run.

use std::collections::BTreeMap;
use std::path::Path;

use loadline_advise::workload::{Asked, Workload, of_file};
use loadline_pg::log::{Call, LogReader};
use loadline_pg::portrait::Portrait;
use loadline_runner::{Ending, Failure};
use loadline_verdict::escape;

use super::arguments::AdviseArguments;
use crate::common::{input, screen};
use crate::db::source::unreadable;

/// The most bytes of a file of statements, and of a log.
const LARGEST: u64 = 64 << 20;
const LONGEST: u64 = 1 << 30;
/// Different texts of a log that are kept; further ones are of shapes that were seen, or rare.
const TEXTS: usize = 100_000;

/// The statements.
pub(super) fn workload(arguments: &AdviseArguments, portrait: &Portrait) -> Result<Workload, Failure> {
    let mut asked = Vec::new();
    for path in &arguments.statements {
        let hint = "the path goes by the working directory";
        let text = input::text(path, LARGEST).map_err(|error| unreadable(path, &error, hint))?;
        asked.extend(of_file(&text));
    }
    for path in &arguments.log {
        asked.extend(of_log(path)?);
    }
    let is_named = !arguments.statements.is_empty() || !arguments.log.is_empty();
    let workload = match &portrait.workload {
        _ if is_named => Workload::of(asked),
        Some(run) => Workload::of_portrait(run),
        None => Workload::default(),
    };
    if !workload.statements.is_empty() {
        return Ok(workload);
    }
    let why = if is_named {
        "there is no statement to advise on: none reads or writes rows"
    } else {
        "there is no statement to advise on: the database does not count what it runs (`pg_stat_statements`)\nhint: give statements with `--statements FILE` or a log with `--log FILE`"
    };
    Err(Failure::new(Ending::Failed, why))
}

fn of_log(path: &Path) -> Result<Vec<Asked>, Failure> {
    let hint =
        "PostgreSQL says where it writes with `SELECT pg_current_logfile()`, below its `data_directory`";
    let bytes = input::bytes(path, LONGEST).map_err(|error| unreadable(path, &error, hint))?;
    let (mut reader, mut by_text, mut left) = (LogReader::new(), BTreeMap::<String, Asked>::new(), 0_u64);
    let mut take = |call: Call<'_>| {
        if call.is_cut {
            left += 1;
            return;
        }
        if by_text.len() >= TEXTS && !by_text.contains_key(call.text) {
            left += 1;
            return;
        }
        let asked = by_text
            .entry(call.text.to_owned())
            .or_insert_with(|| Asked { text: call.text.to_owned(), ..Asked::default() });
        asked.calls += 1.0;
        if let Some(ms) = call.ms {
            asked.ms = Some(asked.ms.unwrap_or(0.0) + ms);
        }
        if let Some(rows) = call.rows {
            asked.rows = Some(rows);
        }
    };
    reader.push(&bytes, &mut take);
    reader.finish(&mut take);
    let shown = escape(&path.display().to_string()).into_owned();
    if reader.format().is_none() {
        let why = format!(
            "`{shown}` is none of the logs that are read: PostgreSQL's csvlog, jsonlog or plain log, or Prisma's queries"
        );
        return Err(Failure::new(Ending::CouldNotRun, why));
    }
    if left > 0 {
        screen::caution(&format!(
            "`{shown}`: {} executions are left out, cut or of ever new texts",
            loadline_units::count(left)
        ));
    }
    Ok(by_text.into_values().collect())
}
