//! `loadline watch --replay FROM..TO`: which alerts there would have been, and when, so that windows are tuned without
//! waiting.
//!
//! The past goes through the same steps as the present: one stretch after another into the ledgers, a look at each, and
//! the same alerts.

use std::io::IsTerminal;

use anyhow::Result;
use jiff::Timestamp;
use loadline_report::{Line, Role, render, wrap};
use loadline_runner::{Ending, Ends, Failure};
use loadline_units::count;
use loadline_watch::alert::{Alerts, Change};
use loadline_watch::notify::Notice;
use loadline_watch::{Part, Severity, Tally};
use serde_json::{Value, json};

use super::arguments::{Span, WatchArguments};
use super::asked::{bounds_at, filled, moments, range};
use super::lengths::{at_text as at, length_text};
use super::looked::looked;
use super::marked::marked;
use crate::common::interruptible::until_interrupted;
use crate::common::{Prometheus, json_text, print, screen, told};

/// Old stretches are put together after so many looks.
const TIDY: usize = 15;

/// An alert of the past.
struct Past {
    notice: Notice,
    over_s: Option<i64>,
}

/// What the past came to.
struct Replayed {
    alerts: Vec<Past>,
    /// Budgets that have no data in all of it.
    without: Vec<String>,
    /// Whether one has.
    knows: bool,
    from_s: i64,
    to_s: i64,
}

/// Goes through the past.
pub(super) fn replay(
    arguments: &WatchArguments,
    span: &Span,
    server: &Prometheus,
    mut tally: Tally,
) -> Result<Ending, Failure> {
    let step_s = tally.settings().step_s as i64;
    let whole = |at: Timestamp| at.as_second() - at.as_second().rem_euclid(step_s);
    let (from_s, to_s) = (whole(span.from), whole(span.to.unwrap_or_else(Timestamp::now)));
    if from_s >= to_s {
        return Err(Failure::new(
            Ending::Configuration,
            "`--replay` ends before it begins: write `FROM..TO`",
        ));
    }
    let lived = async { lived(server, &mut tally, from_s, to_s).await.ends(Ending::CouldNotRun) };
    let (alerts, without, warnings) = until_interrupted(lived, "stopped by a signal: nothing was found out")?;
    for warning in &warnings {
        screen::caution(&format!("Prometheus warns: {warning}"));
    }
    // What nobody counted says nothing about alerts.
    let knows = without.len() < tally.objectives().len();
    let replayed = Replayed { alerts, without, knows, from_s, to_s };
    let text = if arguments.json {
        json_text(&document(&replayed)).ends(Ending::CouldNotRun)?
    } else {
        let theme = screen::theme(arguments.no_color, std::io::stdout().is_terminal());
        render(&lines(&replayed, screen::result_width().min(110)), &theme)
    };
    Ok(told(print(text.as_bytes()), if knows { Ending::Passed } else { Ending::Failed }))
}

async fn lived(
    server: &Prometheus,
    tally: &mut Tally,
    from_s: i64,
    to_s: i64,
) -> Result<(Vec<Past>, Vec<String>, Vec<String>)> {
    // Those of the end: what is there now is what is tuned.
    let mut warnings = bounds_at(server, tally, to_s, from_s).await?;
    warnings.extend(filled(server, tally, from_s, 0).await?);
    let stretch_s = tally.settings().step_s;
    let mut alerts = Alerts::default();
    let mut past: Vec<Past> = Vec::new();
    let mut knows = vec![false; tally.objectives().len()];
    let part = Part { from_s, to_s, stretch_s };
    for ends_s in part.ends(moments(tally.objectives().len())) {
        let answers = range(server, tally, part, &ends_s).await?;
        warnings.extend(answers.iter().flat_map(|(_, answer)| answer.warnings.iter().cloned()));
        let cells = tally.cells(&answers, &ends_s);
        for (knows, cells) in knows.iter_mut().zip(&cells) {
            *knows |= cells.iter().any(Option::is_some);
        }
        for (position, end_s) in ends_s.iter().enumerate() {
            tally.add(*end_s, stretch_s, cells.iter().map(|cells| cells[position]));
            for notice in looked(tally, &mut alerts, *end_s, true) {
                match notice.change {
                    Change::Firing => past.push(Past { notice, over_s: None }),
                    Change::StillFiring => {}
                    Change::Resolved => {
                        let same = past.iter_mut().rev().find(|past| past.notice.key == notice.key);
                        if let Some(past) = same {
                            past.over_s = notice.over_s;
                        }
                    }
                }
            }
            if position % TIDY == 0 {
                tally.tidy(*end_s);
            }
        }
    }
    warnings.sort();
    warnings.dedup();
    let objectives = tally.objectives().iter().zip(&knows);
    let without = objectives.filter(|(objective, knows)| !**knows && !objective.allow_no_data);
    let without = without.map(|(objective, _)| objective.key()).collect();
    Ok((past, without, warnings))
}

fn length(from_s: i64, to_s: i64) -> String {
    length_text(to_s.saturating_sub(from_s).max(0) as u64)
}

fn lines(replayed: &Replayed, width: usize) -> Vec<Line> {
    let Replayed { alerts, without, from_s, to_s, .. } = replayed;
    let mut lines = vec![
        Line::new(),
        Line::new().with(Role::Heading, &format!("from {} to {}", at(*from_s), at(*to_s))),
        Line::new(),
    ];
    for past in alerts {
        let notice = &past.notice;
        let lasted = match past.over_s {
            Some(over_s) => format!("over after {}", length(notice.since_s, over_s)),
            None => "still on at the end".to_owned(),
        };
        let head = Line::new()
            .with(Role::Text, &at(notice.at_s))
            .with(
                if notice.severity == Severity::Page { Role::Bad } else { Role::Warning },
                &format!("  {}", notice.severity.name()),
            )
            .with(Role::Text, &format!("  {}", notice.endpoint))
            .with(Role::Value, &format!("  {}", notice.condition));
        lines.push(head.truncated(width));
        for fact in notice.facts.iter().chain([&lasted]) {
            let wrapped = wrap(fact, width.saturating_sub(4).max(20));
            lines.extend(wrapped.iter().map(|text| Line::indented(4).with(Role::Dim, text)));
        }
    }
    if !alerts.is_empty() {
        lines.push(Line::new());
    }
    if let Some(words) = unknown(without) {
        lines.extend(marked("!", Role::Warning, &words, width));
        lines.push(Line::new());
    }
    let answer = answer(replayed);
    lines.extend(wrap(&answer, width).iter().map(|text| Line::new().with(Role::Value, text)));
    lines
}

/// Which budgets nothing is said of.
fn unknown(without: &[String]) -> Option<String> {
    let first = without.first()?;
    let more = match without.len() - 1 {
        0 => String::new(),
        more => format!(" and {} more", count(more as u64)),
    };
    Some(format!("there is no data for `{first}`{more} in all of it: `loadline watch --once` says more"))
}

fn answer(replayed: &Replayed) -> String {
    let (alerts, span) = (&replayed.alerts, length(replayed.from_s, replayed.to_s));
    if !replayed.knows {
        return format!("nothing can be said of {span}: no budget has data");
    }
    if alerts.is_empty() {
        return format!("nobody would have been told anything in {span}");
    }
    let of = |severity: Severity| alerts.iter().filter(|past| past.notice.severity == severity).count();
    let some = |number: usize, one: &str| {
        format!("{} {one}{}", count(number as u64), if number == 1 { "" } else { "s" })
    };
    format!(
        "in {span} somebody would have been told of {} and {}",
        some(of(Severity::Page), "page"),
        some(of(Severity::Ticket), "ticket")
    )
}

fn document(replayed: &Replayed) -> Value {
    let all: Vec<Value> = replayed
        .alerts
        .iter()
        .map(|past| {
            let notice = &past.notice;
            json!({
                "endpoint": notice.endpoint,
                "condition": notice.condition,
                "severity": notice.severity.name(),
                "since": at(notice.since_s),
                "told": at(notice.at_s),
                "over": past.over_s.map(at),
                "again": notice.again,
                "facts": notice.facts,
            })
        })
        .collect();
    json!({
        "version": 1,
        "from": at(replayed.from_s),
        "to": at(replayed.to_s),
        "answer": answer(replayed),
        "without_data": replayed.without,
        "alerts": all,
    })
}
