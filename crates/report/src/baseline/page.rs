//! What is normal, as a page for people.

use loadline_measure::{Better, Figure, FigureUnit, RunRecord};
use loadline_verdict::Checked;

use crate::figure_text::figure_text;
use crate::history::{moment, short_commit};

/// Runs of one kind, and what is normal of them.
#[derive(Clone, Copy, Debug)]
pub struct NormalRuns<'a> {
    /// The runs, the newest first; never none.
    pub records: &'a [RunRecord],
    /// Their figures.
    pub figures: &'a [Checked],
}

/// The page in Markdown, a chapter for each kind of runs.
pub fn baselines_page(kinds: &[NormalRuns<'_>]) -> String {
    let mut text = "# Performance baselines\n\nWritten by `loadline report baselines` from the history of runs; do not edit. Each figure is the typical one of the last runs of the same script, plan and machine; *up to* (for rates *down to*) is what one more run of an unchanged build stays within, 99.5 times in 100.\n".to_owned();
    for kind in kinds {
        text += &chapter(kind);
    }
    text
}

fn chapter(kind: &NormalRuns<'_>) -> String {
    let ([newest, ..], [.., oldest]) = (kind.records, kind.records) else { return String::new() };
    let mut text = format!(
        "\n## {}\n\n- plan: {}\n- machine: {}\n- runs: {}, from {} to {} (UTC){}\n- commits: {}\n",
        plain(&newest.name),
        plain(&newest.plan),
        plain(&newest.host),
        kind.records.len(),
        moment(oldest.started_unix_ms),
        moment(newest.started_unix_ms),
        wanted(kind.figures),
        commits(kind.records),
    );
    let figures: Vec<&Figure> = kind.figures.iter().map(|one| &one.figure).collect();
    let mut subjects: Vec<&str> = Vec::new();
    for figure in &figures {
        if !subjects.contains(&figure.subject.as_str()) {
            subjects.push(&figure.subject);
        }
    }
    let quantities = columns(&figures);
    text += &format!("\n| | {} |\n|---|{}\n", quantities.join(" | "), "--:|".repeat(quantities.len()));
    for subject in subjects {
        let cells: Vec<String> = quantities
            .iter()
            .map(|quantity| {
                let same = |one: &&Checked| one.figure.subject == subject && one.figure.quantity == *quantity;
                kind.figures.iter().find(same).map_or_else(|| "–".to_owned(), cell)
            })
            .collect();
        text += &format!("| {} | {} |\n", plain(subject), cells.join(" | "));
    }
    text
}

/// How many more runs are wanted until there are bounds.
fn wanted(figures: &[Checked]) -> String {
    match figures.iter().map(|one| one.prediction.wanted()).min() {
        None | Some(0) => String::new(),
        Some(1) => "; 1 more is wanted to say what they stay within".to_owned(),
        Some(more) => format!("; {more} more are wanted to say what they stay within"),
    }
}

/// The quantities, each once: times, then rates, then everything else.
fn columns(figures: &[&Figure]) -> Vec<String> {
    let mut columns: Vec<(u8, &str)> = figures
        .iter()
        .map(|figure| {
            let place = match figure.scale.unit {
                FigureUnit::Milliseconds => 0,
                FigureUnit::PerSecond => 1,
                _ => 2,
            };
            (place, figure.quantity.as_str())
        })
        .collect();
    columns.sort_unstable();
    columns.dedup_by_key(|(_, quantity)| *quantity);
    columns.into_iter().map(|(_, quantity)| plain(quantity)).collect()
}

/// The typical figure, and what it stays within.
fn cell(one: &Checked) -> String {
    let (scale, prediction) = (&one.figure.scale, &one.prediction);
    let typical = if prediction.typical.is_finite() { prediction.typical } else { one.figure.value };
    if !prediction.bound.is_finite() {
        return figure_text(typical, scale);
    }
    let words = if scale.better == Better::Higher { "down to" } else { "up to" };
    format!("{} *{words} {}*", figure_text(typical, scale), figure_text(prediction.bound, scale))
}

fn commits(records: &[RunRecord]) -> String {
    let mut all: Vec<&str> = Vec::new();
    for record in records {
        let commit = short_commit(&record.commit);
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
