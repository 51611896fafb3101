//! `loadline watch --once`: how every budget stands now.

use std::io::IsTerminal;

use jiff::Timestamp;
use loadline_history::Location;
use loadline_report::render;
use loadline_runner::{Ending, Ends, Failure};
use loadline_watch::{Objective, PERIOD_S, Standing, Tally, Unwatched, Watched, left, watched};

use super::arguments::WatchArguments;
use super::asked::filled;
use super::explained::{Explains, patience};
use super::remarks::remarks;
use super::stands::Stands;
use super::{json, words};
use crate::common::interruptible::until_interrupted;
use crate::common::{Prometheus, json_text, print, screen, told};

/// Looks once at what a project watches.
pub(super) fn once(
    arguments: &WatchArguments,
    (server, history): (&Prometheus, &Location),
    mut tally: Tally,
    unwatched: Vec<Unwatched>,
) -> Result<Ending, Failure> {
    let at = arguments.at_or_now().ends(Ending::Configuration)?;
    let step_s = tally.settings().step_s as i64;
    let now_s = at.as_second() - at.as_second().rem_euclid(step_s);
    let over_s = arguments.over.as_secs();
    let reach_s = if arguments.budgets { over_s.max(PERIOD_S) } else { over_s };
    let asked = async {
        let warnings = filled(server, &mut tally, now_s, reach_s).await.ends(Ending::CouldNotRun)?;
        let all: Vec<(Objective, Watched)> = tally
            .objectives()
            .iter()
            .zip(tally.ledgers())
            .map(|(objective, ledger)| {
                let left = if arguments.budgets { left(objective, ledger, now_s) } else { None };
                let watched = watched(objective, ledger, tally.settings(), now_s, over_s);
                (objective.clone(), Watched { left, ..watched })
            })
            .collect();
        let explains = Explains { server: Some(server), history };
        let (mut around, until) = (Vec::new(), patience());
        for (objective, watched) in &all {
            around.push(match watched.standing {
                Standing::Burning(severity) => {
                    explains.explained(&tally, (&objective.key(), severity), now_s, until).await
                }
                _ => Vec::new(),
            });
        }
        Ok::<_, Failure>((warnings, all, around))
    };
    let (warnings, all, around) = until_interrupted(asked, "stopped by a signal: nothing was found out")?;
    let remarks = remarks(&tally, &all, &warnings);
    let at = Timestamp::from_second(now_s).ends(Ending::CouldNotRun)?;
    let (server, fail_on) = (server.shown.clone(), arguments.fail_on);
    let stands = Stands { at, server, all, around, unwatched, remarks, fail_on };
    let text = if arguments.json {
        json_text(&json::json(&stands)).ends(Ending::CouldNotRun)?
    } else {
        let theme = screen::theme(arguments.no_color, std::io::stdout().is_terminal());
        render(&words::text(&stands, screen::result_width()), &theme)
    };
    let fails = stands.all.iter().any(|(objective, watched)| stands.fails(objective, watched));
    let ending = if fails { Ending::Failed } else { Ending::Passed };
    Ok(told(print(text.as_bytes()), ending))
}
