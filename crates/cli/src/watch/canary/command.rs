//! `loadline watch --canary`: two versions of a service over the same minutes, compared as two builds are.

use std::io::IsTerminal;

use anyhow::{Context, Result};
use loadline_prometheus::Answer;
use loadline_report::{ComparisonReport, Content, check_file, comparison_markdown, render, replace_file};
use loadline_runner::{Ending, Ends, Failure};
use loadline_verdict::{Endpoints, Gate, Outcome};
use loadline_watch::canary::{
    Canary, CanaryReads, Side, canary, canary_queries, pace, presence_query, versions_query,
};
use loadline_watch::{Objective, Settings};

use super::compared::Compared;
use super::words::{document, lines, outcome};
use crate::common::interruptible::until_interrupted;
use crate::common::{Prometheus, Unproven, json_text, print, screen, told, without_secrets};
use crate::watch::arguments::WatchArguments;
use crate::watch::asked::range_of;

/// Stretches that it is looked in for when both versions answered; Prometheus refuses more than 11,000.
const STRETCHES: u64 = 1_440;

/// What is compared, and by what.
pub(in crate::watch) struct Compares<'p> {
    pub(in crate::watch) settings: &'p Settings,
    pub(in crate::watch) endpoints: &'p Endpoints,
    pub(in crate::watch) objectives: &'p [Objective],
    pub(in crate::watch) gate: Gate,
    pub(in crate::watch) unproven: Unproven,
}

/// Compares a version with another one, or with all others.
pub(in crate::watch) fn watch_canary(
    arguments: &WatchArguments,
    head: &Side,
    server: &Prometheus,
    compares: &Compares<'_>,
) -> Result<Ending, Failure> {
    let base = other(head, arguments.canary.against.as_deref()).ends(Ending::Configuration)?;
    if compares.endpoints.iter().next().is_none() {
        return Err(Failure::new(
            Ending::Configuration,
            "there is nothing to compare: no `[endpoints]` in loadline.toml\nhint: name routes there, as `\"auth.login\" = \"POST /login\"`",
        ));
    }
    if let Some(path) = &arguments.canary.markdown {
        check_file(path, Content::Markdown)
            .with_context(|| format!("cannot write `{}`", path.display()))
            .ends(Ending::Configuration)?;
    }
    let step_s = compares.settings.step_s as i64;
    let now_s = arguments.at_or_now().ends(Ending::Configuration)?.as_second();
    let at_s = now_s - now_s.rem_euclid(step_s);
    let asked = async {
        compared(server, compares, (base, head.clone()), at_s, arguments.over.as_secs())
            .await
            .ends(Ending::CouldNotRun)
    };
    let compared = until_interrupted(asked, "stopped by a signal: nothing was found out")?;
    let (names, nothing) = ((compared.base.to_string(), compared.head.to_string()), Canary::default());
    let canary = compared.rounds.as_ref().map_or(&nothing, |(_, canary)| canary);
    let report = ComparisonReport {
        name: "canary",
        base: &names.0,
        head: &names.1,
        comparisons: &canary.comparisons,
        delta: compares.gate.delta,
        rounds: compared.rounds.as_ref().map_or(0, |(pace, _)| pace.rounds),
        advisory: None,
        deciles: &[],
        course: None,
    };
    let outcome = outcome(&compared, &report);
    let written = arguments.canary.markdown.as_ref().map_or(Ok(()), |path| {
        replace_file(path, Content::Markdown, &without_secrets(comparison_markdown(&report).as_bytes()))
            .with_context(|| format!("cannot write `{}`", path.display()))
    });
    let text = if arguments.json {
        json_text(&document(&compared, &report, &server.shown)).ends(Ending::CouldNotRun)?
    } else {
        let theme = screen::theme(arguments.no_color, std::io::stdout().is_terminal());
        render(&lines(&compared, &report, &server.shown, screen::result_width()), &theme)
    };
    let fails = match outcome {
        Outcome::Pass => false,
        Outcome::Fail => true,
        Outcome::Inconclusive | Outcome::NoData => compares.unproven == Unproven::Fail,
    };
    let ending = if fails { Ending::Failed } else { Ending::Passed };
    Ok(told(written, told(print(text.as_bytes()), ending)))
}

/// The other version: a value of the same label, another label, or all others.
fn other(head: &Side, against: Option<&str>) -> Result<Side> {
    let base = match against {
        None => head.others(),
        Some(text) if text.contains('=') => Side::parse(text).context("in `--against`")?,
        Some(value) => Side::parse(&format!("{}={value}", head.label)).context("in `--against`")?,
    };
    anyhow::ensure!(
        base != *head,
        "`--against` is the canary itself\nhint: name another version, or leave it out for all others"
    );
    Ok(base)
}

async fn compared(
    server: &Prometheus,
    compares: &Compares<'_>,
    (base, head): (Side, Side),
    at_s: i64,
    over_s: u64,
) -> Result<Compared> {
    let Compares { settings, endpoints, objectives, gate, .. } = compares;
    let names: Vec<&str> = endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect();
    let steps = over_s.div_ceil(settings.step_s).div_ceil(STRETCHES).max(1);
    let stretch_s = settings.step_s * steps;
    let stretches = (over_s / stretch_s).max(1) as i64;
    let mut warnings = Vec::new();
    let ends_s: Vec<i64> = (0..stretches).rev().map(|stretch| at_s - stretch * stretch_s as i64).collect();
    let mut there = Vec::new();
    for side in [&base, &head] {
        let query = presence_query(settings, &names, side, stretch_s);
        let answer = range_of(server, &query, &ends_s, stretch_s).await?;
        warnings.extend(answer.warnings.iter().cloned());
        there.push(answer);
    }
    let mut versions = Vec::new();
    let rounds = match pace(&there[0], &there[1], stretch_s) {
        Err(short) => {
            if !short.base || !short.head {
                let query = versions_query(settings, &names, &head.label, over_s);
                let body = server.ask("query", &[("query", &query), ("time", &at_s.to_string())]).await?;
                let answer = server.read(&body)?;
                versions
                    .extend(answer.rows.iter().filter_map(|row| row.label(&head.label)).map(str::to_owned));
            }
            Err(short)
        }
        Ok(pace) => {
            let limits: Vec<f64> = objectives.iter().filter_map(Objective::limit_ms).collect();
            let mut sides = Vec::new();
            for side in [&base, &head] {
                let mut answers: Vec<(CanaryReads, Answer)> = Vec::new();
                for query in canary_queries(settings, &names, &limits, side, pace.round_s) {
                    let answer = range_of(server, &query.text, &pace.ends_s(), pace.round_s).await?;
                    warnings.extend(answer.warnings.iter().cloned());
                    answers.push((query.reads, answer));
                }
                sides.push(answers);
            }
            Ok((pace, canary(settings, endpoints, objectives, &pace, (&sides[0], &sides[1]), gate)))
        }
    };
    warnings.sort();
    warnings.dedup();
    Ok(Compared { base, head, at_s, rounds, versions, warnings })
}
