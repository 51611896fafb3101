//! A sweep as a picture for a pull request.

use std::path::Path;

use anyhow::Result;
use loadline_page::{TradeOff, TriedPolicy, trade_off_svg};
use loadline_report::Content;
use loadline_units as units;

use super::super::arguments::JudgingArguments;
use super::search::Swept;
use crate::common::{screen, write_page};

/// Draws all policies, if that is wanted.
pub(super) fn draw(
    path: Option<&Path>,
    swept: &Swept,
    what: &str,
    answer: &str,
    judging: &JudgingArguments,
) -> Result<()> {
    let Some(path) = path else { return Ok(()) };
    let has_price = judging.replica_price.is_some() || judging.node_price.is_some();
    let policies = swept.rows.iter().enumerate().map(|(index, row)| TriedPolicy {
        cost: row.cost,
        worst_p95_ms: row.worst_p95_ms,
        standing: swept.standing(index),
    });
    let found = TradeOff {
        name: what.to_owned(),
        answer: answer.to_owned(),
        cost: if has_price { "cost" } else { "replica-hours" }.to_owned(),
        chosen: swept.best().map(|row| row.candidate.name.clone()),
        limit: swept.limit_ms().map(|limit| (limit, format!("p95 ({})", units::time(limit)))),
        policies: policies.collect(),
    };
    screen::remark(&write_page(path, Content::Picture, &trade_off_svg(&found))?);
    Ok(())
}
