//! A sweep in words: the policies around the chosen one, and what it would take to spend less.

use loadline_units as units;

use super::search::Swept;

/// All columns beside the name take so much room.
const WIDE: usize = 54;
/// Policies that are shown; all of them are in the JSON.
const SHOWN: usize = 20;

/// The policies around the best: they say what is at stake. Where there are too few columns, what is lost and flaps is
/// left to the JSON.
pub(super) fn table(swept: &Swept, width: usize) -> String {
    let rows = &swept.rows;
    let best = swept.chosen.as_ref().map(|(index, _)| *index);
    let name = rows.iter().map(|row| row.candidate.name.len()).max().unwrap_or(6).max(6);
    let is_wide = width >= name + WIDE;
    let more = |lost: &str, flaps: &str| {
        if is_wide { format!("  {lost:>8}  {flaps:>5}") } else { String::new() }
    };
    let mut text = format!(
        "  {:<name$}  {:>10}  {:>12}{}  budgets\n",
        "policy",
        "cost",
        "worst p95",
        more("lost", "flaps")
    );
    let at = best.unwrap_or(rows.len());
    let from = at.saturating_sub(SHOWN / 2).min(rows.len().saturating_sub(SHOWN));
    for (index, row) in rows.iter().enumerate().skip(from).take(SHOWN) {
        let mark = if best == Some(index) { "▸" } else { " " };
        text += &format!(
            "{mark} {:<name$}  {:>10}  {:>12}{}  {}\n",
            row.candidate.name,
            row.cost_words,
            units::time(row.worst_p95_ms),
            more(&units::count(row.lost), &row.flaps.to_string()),
            if row.keeps { "kept" } else { "broken" }
        );
    }
    if rows.len() > SHOWN {
        text += &format!("  and {} more, all of them with `--json`\n", rows.len() - SHOWN);
    }
    text
}

/// The answer, which is the last line.
pub(crate) fn answer(swept: &Swept) -> String {
    let number = units::count(swept.rows.len() as u64);
    let Some(best) = swept.best() else {
        return format!(
            "none of {number} policies keeps the budgets: allow more replicas, a lower target, or a higher minimum"
        );
    };
    let cheaper = swept.chosen.as_ref().map_or(0, |(index, _)| *index);
    let next = if cheaper == 0 {
        "nothing cheaper was tried".to_owned()
    } else {
        format!("{} cheaper ones break a budget", units::count(cheaper as u64))
    };
    format!(
        "of {number} policies {} is the cheapest that keeps the budgets, at {}; {next}",
        best.candidate.name, best.cost_words
    )
}
