//! Statements that ran between two portraits.

use loadline_pg::diff::{Window, window};
use loadline_pg::portrait::{Portrait, Statement as Counted};
use loadline_pg::slow::{Listing, Statement};
use loadline_report::{SlowReport, SlowSource, moment};
use loadline_runner::{Ending, Failure};
use loadline_units as units;

use super::arguments::SlowArguments;
use crate::db::source::read;

/// What was counted from one portrait to the other, whichever was typed first.
pub(super) fn from_portraits(arguments: &SlowArguments) -> Result<SlowReport, Failure> {
    let [one, other] = arguments.portrait.as_slice() else {
        return Err(Failure::new(
            Ending::Configuration,
            "statements between two portraits take two portraits\nhint: `-p EARLIER -p LATER`",
        ));
    };
    let (one, other) = (read(one)?, read(other)?);
    let (before, after) = if other.made_ms < one.made_ms { (&other, &one) } else { (&one, &other) };
    if before.server.system != after.server.system || before.server.database != after.server.database {
        return Err(Failure::new(
            Ending::Configuration,
            "the two portraits are of different databases: nothing was counted between them",
        ));
    }
    let (statements, evictions, lost, ms) = match window(before, after) {
        Window::Between { statements, evictions, lost, ms } => (statements, evictions, lost, ms),
        Window::Reset => {
            return Err(Failure::new(
                Ending::Failed,
                "the statistics of statements began anew between the two portraits, so nothing is known of that time\nhint: `loadline db diff` holds what each counted by itself against the other",
            ));
        }
        Window::Uncounted => {
            return Err(Failure::new(
                Ending::Failed,
                "a portrait has no statements: `pg_stat_statements` was not there when it was made",
            ));
        }
    };
    let mut notes = Vec::new();
    if let Some(evictions) = evictions.filter(|evictions| *evictions > 0) {
        notes.push(format!(
            "entries were evicted {} times meanwhile (`pg_stat_statements.max`): all figures are lower bounds",
            units::count(evictions.unsigned_abs())
        ));
    }
    if lost > 0 {
        let statements = units::count(lost as u64);
        notes.push(format!(
            "of {statements} statement{} it is not known what they took meanwhile, because their entries went back or away",
            if lost == 1 { "" } else { "s" }
        ));
    }
    let listing = Listing {
        statements: statements.iter().map(|counted| statement(after, counted)).collect(),
        seconds: Some(ms as f64 / 1e3),
        ..Listing::default()
    };
    let source = SlowSource::Portraits { before: moment(before.made_ms), after: moment(after.made_ms) };
    Ok(SlowReport { source, listing, notes, most: arguments.top, full: arguments.full })
}

fn statement(portrait: &Portrait, counted: &Counted) -> Statement {
    let number = |count: i64| u64::try_from(count).unwrap_or_default();
    let blocks = counted.hits + counted.reads;
    Statement {
        id: counted.id.to_string(),
        text: counted.text.clone(),
        user: Some(counted.role.clone()),
        database: Some(portrait.server.database.clone()),
        calls: number(counted.calls),
        timed: number(counted.calls),
        time_ms: counted.total_ms,
        deviation_ms: Some(counted.deviation_ms),
        rows_per_call: Some(counted.rows as f64 / counted.calls.max(1) as f64),
        hit_ratio: (blocks > 0).then(|| counted.hits as f64 / blocks as f64),
        temp_bytes: Some(counted.spilled as f64 * f64::from(portrait.server.block_bytes)),
        ..Statement::default()
    }
}
