//! `loadline db diff`.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use loadline_pg::diff::Changes;
use loadline_pg::live::{Haunt, Sitting, flips, portray, statements_of};
use loadline_pg::portrait::{Loss, Portrait};
use loadline_report::{DiffReport, diff_answer, diff_json, diff_text, plain, render};
use loadline_runner::{Ending, Ends, Failure};

use super::source::{address, read, until_interrupted, whose};
use crate::common::{json_text, print, screen, told};

const EXAMPLES: &str = "\
Examples:
  loadline db diff last-week.portrait today.portrait
  loadline db diff last-week.portrait postgres://monitor@db.internal/shop   # with the database as it is now
  loadline db diff --fail-on flip main.portrait branch.portrait             # 1 when a plan is another one
  loadline db diff --no-plans a.portrait b.portrait --json

Plans are made by empty copies of both databases, which are started here and gone afterwards. Why a plan is another one \
is found by giving the first copy one difference of the second at a time.

Exit codes: 0 done, 1 what `--fail-on` names was found, 2 wrong arguments, 3 could not.";

/// Words that addresses of databases begin with.
const URLS: [&str; 2] = ["postgres://", "postgresql://"];

/// `loadline db diff`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DiffArguments {
    /// The first portrait, or the URL of a database
    #[arg(value_name = "BEFORE")]
    pub(crate) before: String,
    /// The second one
    #[arg(value_name = "AFTER")]
    pub(crate) after: String,
    /// What portraits say themselves, without plans: no PostgreSQL is wanted for it
    #[arg(long, conflicts_with = "fail_on")]
    pub(crate) no_plans: bool,
    /// End in 1 when this is found: `flip` is a plan that is another one
    #[arg(long, value_name = "WHAT")]
    pub(crate) fail_on: Option<FailOn>,
    /// Lines of each part, at most
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) top: usize,
    /// The folder of PostgreSQL's programs
    #[arg(long, value_name = "DIR")]
    pub(crate) pg_bin: Option<PathBuf>,
    /// Print JSON, with everything
    #[arg(long)]
    pub(crate) json: bool,
    /// No colour, even on a terminal
    #[arg(long)]
    pub(crate) no_color: bool,
}

/// What a difference can fail on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// A plan is another one, or there is none any more
    Flip,
}

/// Holds two portraits against each other.
pub(crate) fn diff(arguments: &DiffArguments) -> Result<Ending, Failure> {
    let report = until_interrupted(report(arguments))?;
    let flips = report.flips.as_ref();
    let is_found = flips.is_some_and(|flips| {
        !flips.flips.is_empty() || flips.unplanned.iter().any(|of| of.before.is_none() && of.after.is_some())
    });
    let ending = match arguments.fail_on {
        Some(FailOn::Flip) if is_found => Ending::Failed,
        // Nothing was held against anything: that is no pass.
        Some(FailOn::Flip) if flips.is_none_or(|flips| flips.planned == 0) => {
            screen::complain(
                "no statement has a plan in both, so nothing was judged\nhint: portraits have statements where `pg_stat_statements` is there",
            );
            Ending::Failed
        }
        _ => Ending::Passed,
    };
    let text = if arguments.json {
        json_text(&diff_json(&report))
    } else {
        let theme = screen::theme(arguments.no_color, std::io::stdout().is_terminal());
        Ok(render(&diff_text(&report, screen::result_width()), &theme) + &plain(&diff_answer(&report)))
    };
    Ok(told(text.and_then(|text| print(text.as_bytes())), ending))
}

async fn report(arguments: &DiffArguments) -> Result<DiffReport, Failure> {
    let before = portrait(arguments, &arguments.before).await?;
    let after = portrait(arguments, &arguments.after).await?;
    let mut notes = Vec::new();
    for (of, portrait) in [("first", &before), ("second", &after)] {
        notes.extend(lost(&portrait.lost, &format!("{of} portrait")));
    }
    if before.server.database != after.server.database || before.server.system != after.server.system {
        notes.push("the two are of different databases".to_owned());
    }
    let flips = if arguments.no_plans {
        None
    } else {
        let statements = statements_of(&before, &after);
        if statements.is_empty() {
            notes.push(
                "neither has statements, so no plan is compared; `db explain` shows single ones".to_owned(),
            );
            None
        } else {
            let haunt = Haunt { programs: arguments.pg_bin.clone() };
            let (flips, missing) = flips(&before, &after, &statements, &haunt).await.map_err(no_ghost)?;
            notes.extend(lost(&missing, "copies"));
            Some(flips)
        }
    };
    let changes = Changes::between(&before, &after);
    Ok(DiffReport {
        before: whose(&before),
        after: whose(&after),
        changes,
        flips,
        notes,
        most: arguments.top,
    })
}

fn no_ghost(error: impl std::fmt::Display) -> Failure {
    let hint = "`--no-plans` compares what the portraits say themselves";
    Failure::new(Ending::CouldNotRun, format!("{error}\nhint: {hint}"))
}

async fn portrait(arguments: &DiffArguments, named: &str) -> Result<Portrait, Failure> {
    if !URLS.iter().any(|begin| named.starts_with(begin)) {
        return read(Path::new(named));
    }
    let sitting = Sitting { without_values: false, programs: arguments.pg_bin.clone() };
    portray(&address(named)?, &sitting).await.ends(Ending::CouldNotRun)
}

/// Notes on what is not there, few of them.
fn lost(lost: &[Loss], of: &str) -> Vec<String> {
    const TOLD: usize = 5;
    let mut notes: Vec<String> =
        lost.iter().take(TOLD).map(|loss| format!("not in the {of}: {}: {}", loss.what, loss.why)).collect();
    if lost.len() > TOLD {
        notes.push(format!("and {} more that are not in the {of}", lost.len() - TOLD));
    }
    notes
}
