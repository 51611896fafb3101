//! `report baselines`: what is normal, as a page for people.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use loadline_history::{Filter, History, Record, State};
use loadline_runner::{Ending, Ends, Failure};
use loadline_verdict::{Better, Prediction, predict};

use super::arguments::ReportArguments;
use crate::history::{open_to_read, short, shown, time};
use crate::project::Found;
use crate::run::print;

/// The chance that the next unchanged run is beyond a figure's bound.
const LEVEL: f64 = 0.005;

/// Writes the page.
pub(super) fn write(
    arguments: &ReportArguments,
    output: &Path,
    runs: u64,
    found: &Found,
) -> Result<Ending, Failure> {
    let written = || -> Result<String> {
        let mut history = open_to_read(&arguments.place, found)?;
        let (text, kinds) = document(&mut history, runs as usize)?;
        if kinds == 0 {
            anyhow::bail!("the history has no finished run to document\nhint: `loadline run` keeps each run");
        }
        if let Some(folder) = output.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("cannot create `{}`", folder.display()))?;
        }
        std::fs::write(output, text).with_context(|| format!("cannot write `{}`", output.display()))?;
        let kinds = if kinds == 1 { "1 kind of runs".to_owned() } else { format!("{kinds} kinds of runs") };
        Ok(loadline_report::plain(&format!("{} written: {kinds}\n", output.display())))
    };
    written().and_then(|text| print(text.as_bytes())).ends(Ending::CouldNotRun)?;
    Ok(Ending::Passed)
}

/// The page, and how many kinds of runs it has.
fn document(history: &mut History, runs: usize) -> Result<(String, usize)> {
    let mut kinds: BTreeMap<(String, String), Vec<Record>> = BTreeMap::new();
    for record in history.list(&Filter::default())? {
        let known = !record.fingerprint.is_empty() && record.state == State::Finished && !record.saturated;
        if known {
            kinds.entry((record.name.clone(), record.fingerprint.clone())).or_default().push(record);
        }
    }
    let mut text = "# Performance baselines\n\nWritten by `loadline report baselines` from the history of runs; do not edit. Each figure is the typical one of the last runs of the same script, plan and machine; *up to* (for rates *down to*) is what one more run of an unchanged build stays within, 99.5 times in 100.\n".to_owned();
    for ((name, _), mut records) in kinds.clone() {
        records.truncate(runs);
        let (newest, oldest) = (&records[0], &records[records.len() - 1]);
        text += &format!(
            "\n## {}\n\n- plan: {}\n- machine: {}\n- runs: {}, from {} to {} (UTC)\n- commits: {}\n",
            plain(&name),
            plain(&newest.plan),
            plain(&newest.host),
            records.len(),
            time(oldest.started_unix_ms),
            time(newest.started_unix_ms),
            commits(&records),
        );
        let mut figures: Vec<(String, String, String, Vec<f64>)> = Vec::new();
        for record in &records {
            for figure in history.figures(record.id)? {
                match figures.iter_mut().find(|known| known.0 == figure.subject && known.1 == figure.quantity)
                {
                    Some(known) => known.3.push(figure.value),
                    None => figures.push((figure.subject, figure.quantity, figure.unit, vec![figure.value])),
                }
            }
        }
        let mut subjects: Vec<String> = Vec::new();
        for (subject, ..) in &figures {
            if !subjects.contains(subject) {
                subjects.push(subject.clone());
            }
        }
        text += "\n| endpoint | p50 | p95 | p99 | rate | errors |\n|---|--:|--:|--:|--:|--:|\n";
        for subject in subjects {
            let cells = ["p50", "p95", "p99", "rate", "errors"].map(|quantity| {
                figures
                    .iter()
                    .find(|known| known.0 == subject && known.1 == quantity)
                    .map_or_else(|| "–".to_owned(), |known| cell(&known.3, &known.2))
            });
            text += &format!("| {} | {} |\n", plain(&subject), cells.join(" | "));
        }
    }
    Ok((text, kinds.len()))
}

/// The typical figure, and what it stays within.
fn cell(values: &[f64], unit: &str) -> String {
    let better = match unit {
        "/s" => Better::Higher,
        "share" => Better::LowerShare,
        _ => Better::Lower,
    };
    let Prediction { typical, bound, .. } = predict(values, values[0], better, LEVEL);
    let typical = if typical.is_finite() { typical } else { values[0] };
    if bound.is_finite() {
        let words = if better == Better::Higher { "down to" } else { "up to" };
        format!("{} *{words} {}*", shown(typical, unit), shown(bound, unit))
    } else {
        shown(typical, unit)
    }
}

fn commits(records: &[Record]) -> String {
    let mut all: Vec<&str> = Vec::new();
    for record in records {
        let commit = short(&record.commit);
        if !commit.is_empty() && !all.contains(&commit) {
            all.push(commit);
        }
    }
    match all.len() {
        0 => "not known".to_owned(),
        1..=3 => all.iter().map(|commit| format!("`{commit}`")).collect::<Vec<_>>().join(", "),
        more => format!("{more}, the newest `{}`", all[0]),
    }
}

/// Text that is no markup.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|sign| !sign.is_control())
        .map(|sign| if matches!(sign, '|' | '<' | '>' | '`' | '*') { ' ' } else { sign })
        .collect()
}
