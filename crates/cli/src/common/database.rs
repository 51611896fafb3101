//! The database that a run follows: its flag, and what the load cost it, in lines.

use clap::Args;
use loadline_report::{Line, Role, wrap};
use loadline_runner::{Finished, ProjectFile, SamplingError, SamplingSettings, database_settings};
use loadline_secrets::masked;
use serde_json::{Value, json};

/// What stands for no database.
const NONE: &str = "none";
/// Columns before the lines of a summary, and before what does not fit into one.
const INDENT: usize = 2;
const MORE: usize = 4;

/// Which database is followed while the run goes on.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Resources")]
pub(crate) struct DatabaseArguments {
    /// Follow the PostgreSQL behind the target, in place of the project's; `none` for none
    #[arg(long, value_name = "URL", env = "LOADLINE_DATABASE", hide_env_values = true)]
    pub(crate) database: Option<String>,
}

impl DatabaseArguments {
    /// Has the project say what was typed.
    pub(crate) fn take_place_in(&self, found: &mut ProjectFile) {
        match self.database.as_deref() {
            None => {}
            Some(NONE | "") => found.project.database.url = None,
            Some(url) => found.project.database.url = Some(url.to_owned()),
        }
    }
}

/// Has the project's database sampled, if it has one.
///
/// # Errors
/// What is wrong with its URLs.
pub(crate) fn follow(sampling: &mut SamplingSettings, found: &ProjectFile) -> Result<(), SamplingError> {
    sampling.database = database_settings(None, &found.project.database)?;
    Ok(())
}

/// What the load cost the database, for machines; nothing where none was followed.
pub(crate) fn cost_json(finished: &Finished) -> Option<Value> {
    let cost = finished.database.as_ref()?;
    let endpoints = cost.endpoints.iter().map(|endpoint| {
        let told = endpoint.is_told();
        json!({
            "endpoint": masked(&endpoint.name), "requests": endpoint.requests, "told": told,
            "statements_per_request": told.then_some(endpoint.calls), "give_or_take": told.then_some(endpoint.error),
            "time_ms": told.then_some(endpoint.time_ms),
            "share": told.then_some(endpoint.share),
        })
    });
    let statements = cost.statements.iter().map(|statement| {
        let spent = &statement.spent;
        json!({
            "query": masked(&statement.name), "calls": spent.calls, "rows": spent.rows, "time_ms": spent.time_ms,
            "mean_ms": spent.mean_ms(), "deviation_ms": spent.deviation_ms(), "share": statement.share,
            "temp_bytes": spent.temp_blocks_written * cost.block_bytes, "wal_bytes": spent.wal_bytes,
            "blocks_hit": spent.blocks_hit, "blocks_read": spent.blocks_read, "whole": !statement.lost,
        })
    });
    Some(json!({
        "calls": cost.calls, "time_ms": cost.time_ms, "unobserved_s": cost.notes.unobserved(),
        "endpoints": endpoints.collect::<Vec<_>>(), "statements": statements.collect::<Vec<_>>(),
        "notes": cost.notes.lines(),
    }))
}

/// What the load cost the database, as the last part of a summary; nothing where none was followed.
pub(crate) fn cost(finished: &Finished, columns: usize) -> Vec<Line> {
    let Some(cost) = &finished.database else { return Vec::new() };
    let mut lines = vec![Line::new(), Line::indented(INDENT).with(Role::Heading, "DATABASE")];
    for text in cost.lines() {
        for (position, part) in wrap(&text, columns.saturating_sub(MORE)).iter().enumerate() {
            let indent = if position == 0 { INDENT } else { MORE };
            lines.push(Line::indented(indent).with(Role::Text, part));
        }
    }
    lines
}
