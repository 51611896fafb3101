//! `loadline db portrait`.

use std::path::PathBuf;

use clap::Args;
use loadline_pg::live::{Sitting, portray};
use loadline_pg::portrait::Portrait;
use loadline_report::{Content, check_file, replace_file};
use loadline_runner::{Ending, Ends, Failure};
use loadline_units as units;
use loadline_verdict::escape;
use serde_json::{Value, json};

use super::source::{address, lost_json, tell, until_interrupted, whose};
use crate::common::{json_text, print, told};

const EXAMPLES: &str = "\
Examples:
  loadline db portrait postgres://monitor@db.internal/shop -o shop.portrait
  LOADLINE_DATABASE=postgres://monitor:secret@db/shop loadline db portrait -o shop.portrait
  loadline db portrait --no-values postgres://monitor@db.internal/shop -o shop.portrait

The role needs `pg_monitor` and `pg_read_all_data`; what is lost with less is said.

Exit codes: 0 done, 2 wrong arguments, 3 could not, 4 the file could not be written.";

/// `loadline db portrait`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PortraitArguments {
    /// The database; out of the environment nobody else sees its password
    #[arg(value_name = "URL", env = "LOADLINE_DATABASE", hide_env_values = true)]
    pub(crate) database: String,
    /// The file to write
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Leave out every value of the data; plans that depend on them are lost
    #[arg(long)]
    pub(crate) no_values: bool,
    /// The folder of PostgreSQL's programs
    #[arg(long, value_name = "DIR")]
    pub(crate) pg_bin: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Takes a portrait and writes it.
pub(crate) fn portrait(arguments: &PortraitArguments) -> Result<Ending, Failure> {
    let address = address(&arguments.database)?;
    // Before a server is asked for anything.
    check_file(&arguments.output, Content::Portrait)
        .map_err(|error| unwritten(arguments, &error))
        .ends(Ending::OutputNotWritten)?;
    let sitting = Sitting { without_values: arguments.no_values, programs: arguments.pg_bin.clone() };
    let portrait = until_interrupted(async { portray(&address, &sitting).await.ends(Ending::CouldNotRun) })?;
    let bytes = portrait.write().ends(Ending::CouldNotRun)?;
    replace_file(&arguments.output, Content::Portrait, &bytes)
        .map_err(|error| unwritten(arguments, &error))
        .ends(Ending::OutputNotWritten)?;
    tell(&portrait.lost, "portrait");
    let text = if arguments.json {
        json_text(&summary_json(&portrait, bytes.len()))
    } else {
        Ok(words(arguments, &portrait, bytes.len()))
    };
    Ok(told(text.and_then(|text| print(text.as_bytes())), Ending::Passed))
}

fn unwritten(arguments: &PortraitArguments, error: &std::io::Error) -> anyhow::Error {
    anyhow::anyhow!("cannot write `{}`: {error}", escape(&arguments.output.display().to_string()))
}

fn count(portrait: &Portrait, kinds: &str) -> usize {
    portrait.relations.iter().filter(|relation| kinds.contains(relation.kind)).count()
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn words(arguments: &PortraitArguments, portrait: &Portrait, bytes: usize) -> String {
    let size: u64 = portrait.relations.iter().map(|relation| relation.bytes).sum();
    let statements = portrait.workload.as_ref().map_or(0, |workload| workload.statements.len());
    let values = if portrait.has_values { "with" } else { "without" };
    format!(
        "{}: {} and {} ({} of data), statistics of {}, {} of its workload\n\
         written to `{}`, {}, {values} values of the data\n",
        whose(portrait),
        counted(count(portrait, "rpm"), "table", "tables"),
        counted(count(portrait, "iI"), "index", "indexes"),
        units::bytes(size as f64),
        counted(portrait.statistics.len() + portrait.extended.len(), "column", "columns"),
        counted(statements, "statement", "statements"),
        escape(&arguments.output.display().to_string()),
        units::bytes(bytes as f64),
    )
}

fn summary_json(portrait: &Portrait, bytes: usize) -> Value {
    json!({
        "database": portrait.server.database,
        "version": portrait.server.version,
        "madeMs": portrait.made_ms,
        "tables": count(portrait, "rpm"),
        "indexes": count(portrait, "iI"),
        "statistics": portrait.statistics.len(),
        "extendedStatistics": portrait.extended.len(),
        "statements": portrait.workload.as_ref().map(|workload| workload.statements.len()),
        "hasValues": portrait.has_values,
        "bytes": bytes,
        "lost": lost_json(&portrait.lost),
    })
}
