//! `loadline watch --canary`: two versions of a service over the same minutes, compared as two builds are.

use std::io::IsTerminal;

use anyhow::Context;
use loadline_report::{ComparisonReport, Content, check_file, comparison_markdown, render, replace_file};
use loadline_runner::{Ending, Ends, Failure};
use loadline_watch::canary::Side;

use super::asking::{Compares, asked_of};
use super::compared::{Compared, passes, report};
use super::question::Question;
use super::served::served;
use super::words::{document, lines, outcome};
use crate::common::interruptible::until_interrupted;
use crate::common::{Prometheus, json_text, print, screen, told, without_secrets};
use crate::watch::arguments::WatchArguments;

/// Compares a version with another one, or with all others.
pub(in crate::watch) fn watch_canary(
    arguments: &WatchArguments,
    head: &Side,
    server: &Prometheus,
    compares: &Compares<'_>,
) -> Result<Ending, Failure> {
    let over_s = arguments.over.as_secs();
    let question = Question::new(head, arguments.canary.against.as_deref(), over_s);
    let question = question.ends(Ending::Configuration)?;
    if compares.endpoints.iter().next().is_none() {
        return Err(Failure::new(
            Ending::Configuration,
            "there is nothing to compare: no `[endpoints]` in loadline.toml\nhint: name routes there, as `\"auth.login\" = \"POST /login\"`",
        ));
    }
    if let Some(address) = arguments.canary.serve {
        return served(address, question, server, compares);
    }
    if let Some(path) = &arguments.canary.markdown {
        check_file(path, Content::Markdown)
            .with_context(|| format!("cannot write `{}`", path.display()))
            .ends(Ending::Configuration)?;
    }
    let now_s = arguments.at_or_now().ends(Ending::Configuration)?.as_second();
    let asked = async { asked_of(server, compares, &question, now_s).await.ends(Ending::CouldNotRun) };
    let compared = until_interrupted(asked, "stopped by a signal: nothing was found out")?;
    report(&compared, compares.gate.delta, |report| told_of(arguments, &compared, report, server, compares))
}

/// Writes and prints it.
fn told_of(
    arguments: &WatchArguments,
    compared: &Compared,
    report: &ComparisonReport<'_>,
    server: &Prometheus,
    compares: &Compares<'_>,
) -> Result<Ending, Failure> {
    let written = arguments.canary.markdown.as_ref().map_or(Ok(()), |path| {
        replace_file(path, Content::Markdown, &without_secrets(comparison_markdown(report).as_bytes()))
            .with_context(|| format!("cannot write `{}`", path.display()))
    });
    let text = if arguments.json {
        json_text(&document(compared, report, &server.shown)).ends(Ending::CouldNotRun)?
    } else {
        let theme = screen::theme(arguments.no_color, std::io::stdout().is_terminal());
        render(&lines(compared, report, &server.shown, screen::result_width()), &theme)
    };
    let passes = passes(outcome(compared, report), compares.unproven);
    let ending = if passes { Ending::Passed } else { Ending::Failed };
    Ok(told(written, told(print(text.as_bytes()), ending)))
}
