//! The statements that are replayed: those of files, and those of logs with the values that they had.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use loadline_advise::replay::Wanted;
use loadline_advise::verify::{Executions, Logged};
use loadline_advise::workload::{Asked, of_file};
use loadline_pg::log::LogReader;
use loadline_runner::{Ending, Failure};
use loadline_units as units;
use loadline_verdict::escape;

use super::arguments::VerifyArguments;
use crate::common::{input, screen};
use crate::db::source::unreadable;

/// The most bytes of a file of statements.
const LARGEST: u64 = 64 << 20;
/// Bytes of a log that are read at once.
const PIECE: usize = 256 << 10;
/// Statements of a log that are replayed, those that took most of the time.
const MOST: usize = 500;

/// A statement to replay, and its weight.
pub(crate) struct Weighed {
    pub(crate) wanted: Wanted,
    pub(crate) asked: Asked,
}

/// All of them.
pub(super) fn statements(arguments: &VerifyArguments) -> Result<Vec<Weighed>, Failure> {
    let mut all = Vec::new();
    for path in &arguments.statements {
        let text = input::text(path, LARGEST).map_err(|error| unreadable(path, &error, HINT))?;
        let read = of_file(&text);
        if read.is_empty() {
            let shown = escape(&path.display().to_string()).into_owned();
            return Err(Failure::new(Ending::Configuration, format!("there is no statement in `{shown}`")));
        }
        all.extend(read.into_iter().map(|asked| Weighed {
            wanted: Wanted { text: asked.text.clone(), kept: Vec::new(), rows: asked.rows },
            asked,
        }));
    }
    for path in &arguments.log {
        all.extend(of_log(path)?);
    }
    Ok(once(all))
}

const HINT: &str = "the path goes by the working directory";

/// The same text once, with all that is known of it.
fn once(all: Vec<Weighed>) -> Vec<Weighed> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut kept: Vec<Weighed> = Vec::new();
    for one in all {
        if let Some(place) = places.get(&one.wanted.text) {
            let before = &mut kept[*place];
            before.wanted.kept.extend(one.wanted.kept);
            before.wanted.rows = before.wanted.rows.or(one.wanted.rows);
            before.asked.calls += one.asked.calls;
            before.asked.ms = before.asked.ms.zip(one.asked.ms).map(|(a, b)| a + b);
        } else {
            places.insert(one.wanted.text.clone(), kept.len());
            kept.push(one);
        }
    }
    kept
}

fn of_log(path: &Path) -> Result<Vec<Weighed>, Failure> {
    let hint =
        "PostgreSQL says where it writes with `SELECT pg_current_logfile()`, below its `data_directory`";
    let failed = |error: std::io::Error| unreadable(path, &error, hint);
    let shown = escape(&path.display().to_string()).into_owned();
    let executions = executions(File::open(path).map_err(failed)?).map_err(failed)?;
    let Some(executions) = executions else {
        let why = format!(
            "`{shown}` is none of the logs that are read: PostgreSQL's csvlog, jsonlog or plain log, or Prisma's queries"
        );
        return Err(Failure::new(Ending::CouldNotRun, why));
    };
    if executions.left_out() > 0 {
        screen::caution(&format!(
            "`{shown}`: {} executions are left out, cut or of ever new texts",
            units::count(executions.left_out())
        ));
    }
    let all = executions.statements();
    if all.is_empty() {
        return Err(Failure::new(
            Ending::Failed,
            format!("`{shown}` has no statement that reads or writes rows"),
        ));
    }
    if all.len() > MOST {
        screen::caution(&format!(
            "of the {} statements of `{shown}`, the {} that took most of the time are replayed",
            units::count(all.len() as u64),
            units::count(MOST as u64)
        ));
    }
    Ok(all.into_iter().take(MOST).map(weighed).collect())
}

/// What a log says; nothing where it is none that is known.
pub(crate) fn executions(mut log: impl Read) -> std::io::Result<Option<Executions>> {
    let (mut reader, mut executions) = (LogReader::new(), Executions::default());
    let mut piece = vec![0; PIECE];
    loop {
        let length = log.read(&mut piece)?;
        if length == 0 {
            break;
        }
        reader.push(&piece[..length], &mut |call| executions.take(&call));
    }
    reader.finish(&mut |call| executions.take(&call));
    Ok(reader.format().map(|_| executions))
}

/// A statement of a log.
pub(crate) fn weighed(logged: Logged) -> Weighed {
    let Logged { asked, kept } = logged;
    Weighed { wanted: Wanted { text: asked.text.clone(), kept, rows: asked.rows }, asked }
}
