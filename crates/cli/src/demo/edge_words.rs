//! What the demo of the edge says: requirements, hit rates, what an empty cache cost, and who noticed the outage.

use std::collections::BTreeMap;
use std::io::IsTerminal;

use anyhow::{Context, Result};
use loadline_demo::{Away, Cold, Seen, cold, seen};
use loadline_measure::Run;
use loadline_report::{
    CacheFigures, Line, Role, cache_figures, cache_lines, caches_json, render, verdict_table, verdicts_json,
    wrap,
};
use loadline_runner::Finished;
use loadline_units as units;
use loadline_verdict::Outage;
use serde_json::{Value, json};

use super::arguments::DemoArguments;
use super::stage::Processor;
use super::words::{figures, requirements};
use crate::common::screen;

const INDENT: usize = 2;

/// What there is to say beside the verdicts.
pub(super) struct Told<'a> {
    caches: Option<CacheFigures>,
    cold: Option<Cold>,
    outage: Option<(&'a Outage, &'a Away)>,
    /// By endpoint, what users saw while the origin was away.
    seen: BTreeMap<String, Seen>,
    processor: &'a Processor,
}

impl<'a> Told<'a> {
    pub(super) fn of(run: &Run, outage: Option<&'a (Outage, Away)>, processor: &'a Processor) -> Self {
        let outage = outage.map(|(outage, away)| (outage, away));
        let end = outage.map_or(u64::MAX, |(outage, _)| outage.from);
        // The time when nobody was there; what failed before and after is in the table of requirements.
        let away = outage.map(|(outage, away)| outage.from..outage.from + away.gone.as_secs());
        let seen = away.map(|seconds| seen(run, &seconds)).unwrap_or_default();
        Self { caches: cache_figures(run), cold: cold(run, end), outage, seen, processor }
    }
}

/// All of it for a terminal.
pub(super) fn edge_text(arguments: &DemoArguments, finished: &Finished, told: &Told<'_>) -> Result<String> {
    let theme = screen::theme(arguments.no_color, std::io::stdout().is_terminal());
    let width = screen::result_width();
    let saturation = finished.run.meta.saturation.as_ref();
    let mut text = String::from("\n");
    text += &render(&verdict_table(&requirements(finished), saturation, width), &theme);
    let mut lines = Vec::new();
    if let Some(caches) = &told.caches {
        heading(&mut lines, "what caches did");
        lines.extend(cache_lines(caches, INDENT, width));
    }
    cold_lines(&mut lines, told, width);
    outage_lines(&mut lines, told, width);
    text += &render(&lines, &theme);
    text += &figures(finished, told.processor).context("the run has no requests")?;
    Ok(text)
}

fn heading(lines: &mut Vec<Line>, text: &str) {
    lines.push(Line::new());
    lines.push(Line::indented(INDENT).with(Role::Heading, text));
}

fn say(lines: &mut Vec<Line>, role: Role, words: &str, width: usize) {
    let parts = wrap(words, width.saturating_sub(INDENT));
    lines.extend(parts.iter().map(|part| Line::indented(INDENT).with(role, part)));
}

fn cold_lines(lines: &mut Vec<Line>, told: &Told<'_>, width: usize) {
    heading(lines, "what a cold cache cost");
    let Some(Cold { until, cold, warm }) = &told.cold else {
        say(
            lines,
            Role::Bad,
            "it did not get warm: until the outage, fewer than nine of ten requests came from the cache",
            width,
        );
        return;
    };
    let times = |part: &loadline_demo::Part| {
        let quantile = |share| part.times.quantile(share).map_or_else(|| "–".to_owned(), units::time);
        format!(
            "{} of {} requests went to the origin ({}), half took {} and 95% up to {}",
            units::count(part.requests - part.hits),
            units::count(part.requests),
            units::percent_of(part.requests - part.hits, part.requests),
            quantile(0.5),
            quantile(0.95),
        )
    };
    say(lines, Role::Text, &format!("cold, for the first {until} s: {}", times(cold)), width);
    say(lines, Role::Text, &format!("warm, from then until the outage: {}", times(warm)), width);
}

fn outage_lines(lines: &mut Vec<Line>, told: &Told<'_>, width: usize) {
    let Some((outage, away)) = told.outage else { return };
    heading(lines, "who noticed that the origin was away");
    let words = format!(
        "killed at {} s of the run, nobody there for {}, and {} more to start; the last second in which more than one \
         request in a hundred failed was {} s after the kill",
        outage.from,
        units::time_of(away.gone),
        units::time_of(away.starting),
        outage.length().as_secs(),
    );
    say(lines, Role::Text, &words, width);
    lines.push(Line::new());
    let column = told.seen.keys().map(String::len).max().unwrap_or_default().min(width / 2);
    for (name, seen) in &told.seen {
        let mut line = Line::indented(INDENT).with(Role::Text, name).truncated(INDENT + column);
        line.pad_to(INDENT + column + 2);
        line.push(Role::Value, &format!("{:>7}", units::count(seen.requests)));
        line.push(Role::Text, " asked  ");
        if seen.failed == 0 {
            line.push(Role::Good, "nobody noticed");
        } else {
            let words = format!(
                "{} failed ({})",
                units::count(seen.failed),
                units::percent_of(seen.failed, seen.requests)
            );
            line.push(Role::Bad, &words);
        }
        lines.push(line.truncated(width));
    }
}

/// All of it for machines.
pub(super) fn edge_json(finished: &Finished, told: &Told<'_>) -> Value {
    let mut json = verdicts_json(&finished.run, &finished.verdicts);
    if let Some(caches) = &told.caches {
        json["caches"] = caches_json(caches);
    }
    if let Some(Cold { until, cold, warm }) = &told.cold {
        let part = |part: &loadline_demo::Part| {
            json!({ "requests": part.requests, "hits": part.hits, "p50_ms": part.times.quantile(0.5),
                "p95_ms": part.times.quantile(0.95) })
        };
        json["cold_cache"] = json!({ "until_second": until, "cold": part(cold), "warm": part(warm) });
    }
    if let Some((outage, away)) = told.outage {
        let endpoints: serde_json::Map<String, Value> = told
            .seen
            .iter()
            .map(|(name, seen)| {
                let value = json!({ "requests": seen.requests, "failed": seen.failed, "from_cache": seen.from_cache });
                (name.clone(), value)
            })
            .collect();
        json["outage"] = json!({ "second": outage.from, "away_ms": away.gone.as_millis() as u64,
            "starting_ms": away.starting.as_millis() as u64, "outage_seconds": outage.length().as_secs(),
            "endpoints": endpoints });
    }
    json
}
