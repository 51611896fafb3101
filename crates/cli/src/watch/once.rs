//! `loadline watch --once`: how every budget stands now.

use std::io::IsTerminal;

use jiff::Timestamp;
use loadline_report::render;
use loadline_runner::{Ending, Ends, Failure};
use loadline_watch::{Objective, Tally, Unwatched, Watched, watched};

use super::arguments::WatchArguments;
use super::asked::filled;
use super::remarks::remarks;
use super::stands::Stands;
use super::{json, words};
use crate::common::interruptible::until_interrupted;
use crate::common::{ProjectFile, Prometheus, find, json_text, print, screen, told};

/// Looks once.
pub(crate) fn watch(arguments: &WatchArguments) -> Result<Ending, Failure> {
    let found = find(&arguments.project).ends(Ending::Configuration)?;
    let (objectives, unwatched) = objectives(&found)?;
    let url = arguments.prometheus.as_ref().or(found.project.watch.prometheus.as_ref());
    let Some(url) = url else {
        return Err(Failure::new(
            Ending::Configuration,
            "there is no Prometheus to ask\nhint: name it with `--prometheus http://localhost:9090`, or in loadline.toml: `[watch]` and `prometheus = \"…\"`",
        ));
    };
    let server = Prometheus::new(url, &arguments.headers).ends(Ending::Configuration)?;
    let at = arguments.at.unwrap_or_else(Timestamp::now);
    let step_s = found.project.watch.step_s as i64;
    let now_s = at.as_second() - at.as_second().rem_euclid(step_s);
    let over_s = arguments.over.as_secs();
    let mut tally = Tally::new(found.project.watch.clone(), objectives);
    let asked = async { filled(&server, &mut tally, now_s, over_s).await.ends(Ending::CouldNotRun) };
    let warnings = until_interrupted(asked, "stopped by a signal: nothing was found out")?;
    let all: Vec<(Objective, Watched)> = tally
        .objectives()
        .iter()
        .zip(tally.ledgers())
        .map(|(objective, ledger)| {
            (objective.clone(), watched(objective, ledger, tally.settings(), now_s, over_s))
        })
        .collect();
    let remarks = remarks(&tally, &all, &warnings);
    let at = Timestamp::from_second(now_s).ends(Ending::CouldNotRun)?;
    let stands = Stands { at, server: server.shown, all, unwatched, remarks, fail_on: arguments.fail_on };
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

/// What a project's budgets are in production. A budget is about its endpoint, whichever script it judges as well.
fn objectives(found: &ProjectFile) -> Result<(Vec<Objective>, Vec<Unwatched>), Failure> {
    let (mut objectives, mut unwatched): (Vec<Objective>, Vec<Unwatched>) = Default::default();
    for scoped in &found.project.budgets {
        match Objective::of(&scoped.budget, &found.project.endpoints) {
            Ok(objective) if objectives.iter().any(|known| known.key() == objective.key()) => {}
            Ok(objective) => objectives.push(objective),
            Err(reason) if unwatched.contains(&reason) => {}
            Err(reason) => unwatched.push(reason),
        }
    }
    if objectives.is_empty() {
        let what = match &found.path {
            None => "there is nothing to watch: no `loadline.toml` here\nhint: name a project file with `--project FILE`".to_owned(),
            Some(path) => format!(
                "there is nothing to watch: `{}` has no budget on an endpoint that counters can tell\nhint: `[[budget]]` with `endpoint = \"…\"` and `p95 = \"500ms\"` or `errors = \"1%\"`",
                path.display()
            ),
        };
        return Err(Failure::new(Ending::Configuration, what));
    }
    Ok((objectives, unwatched))
}
