//! The verdict table: each requirement in words, its limit, what was observed, on how many samples, and the outcome.

use loadline_measure::{Run, Saturation};
use loadline_units::{self as units, TimeUnit};
use loadline_verdict::{Outcome, Verdict, brief};
use unicode_width::UnicodeWidthStr;

use crate::shown::shown;
use crate::text::{Line, Role, wrap};
use crate::trust::trust_lines;
use crate::verdict_text::{limit, mark, observed, outcome_words};

/// Columns between two of the table; the next where the words would have too little room with those before.
const GAPS: [usize; 3] = [3, 2, 1];
/// So much room the words should have.
const ROOM: usize = 16;
/// And so much they have, however wide the figures are.
const LEAST: usize = 8;
const TITLES: [&str; 5] = ["requirement", "limit", "observed", "samples", "outcome"];

/// One row of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Requirement {
    /// What is required, in words: `95 % of searches`.
    pub words: String,
    /// The limit with its unit: `< 500ms`.
    pub limit: String,
    /// What was observed, with its unit; nothing when there was no data.
    pub observed: Option<String>,
    /// How many values this stands on.
    pub samples: u64,
    /// How it was judged.
    pub outcome: Outcome,
    /// Whether it passes, and nobody can say that it would again.
    pub unproven: bool,
    /// Why; shown below the row unless the outcome is a pass that is sure enough.
    pub evidence: String,
}

impl Requirement {
    /// A row of a verdict, with the words for what it requires.
    pub fn new(words: &str, run: &Run, verdict: &Verdict) -> Requirement {
        Requirement {
            words: brief(words),
            limit: limit(verdict, run),
            observed: observed(verdict, run, TimeUnit::Auto),
            samples: verdict.values,
            outcome: verdict.outcome,
            unproven: verdict.outcome == Outcome::Pass && verdict.is_unproven(),
            evidence: verdict.evidence.clone(),
        }
    }
}

/// The table for a terminal of `width` columns, with a line below that counts; when the run's generator was saturated,
/// that line says so, whatever was counted.
pub fn verdict_table(
    requirements: &[Requirement],
    saturation: Option<&Saturation>,
    width: usize,
) -> Vec<Line> {
    let outcomes: Vec<Outcome> = requirements.iter().map(|requirement| requirement.outcome).collect();
    let shown = shown(&outcomes);
    let rows: Vec<&Requirement> = shown.positions.iter().map(|position| &requirements[*position]).collect();
    let cells: Vec<[Line; 5]> = rows.iter().map(|requirement| cells(requirement)).collect();
    let mut columns: [usize; 5] = TITLES.map(str::len);
    for row in &cells {
        for (column, cell) in columns.iter_mut().zip(row) {
            *column = (*column).max(cell.width());
        }
    }
    // The words give way when it gets narrow; figures are never cut.
    let others = |gap| columns[1..].iter().map(|column| column + gap).sum::<usize>();
    let room = |gap| width.saturating_sub(others(gap) + 2);
    let enough = |gap: &&usize| room(**gap) >= columns[0].min(ROOM);
    let gap = GAPS.iter().find(enough).copied().unwrap_or(1);
    let (room, others) = (room(gap), others(gap));
    columns[0] = columns[0].min(room.max(LEAST));
    let total = 2 + columns[0] + others;

    let mut lines = vec![
        row_line(TITLES.map(|title| Line::new().with(Role::Dim, title)), &columns, gap),
        Line::indented(2).with(Role::Dim, &"─".repeat(total - 2)),
    ];
    for (mut row, requirement) in cells.into_iter().zip(rows) {
        if let Some(words) = wrap(&requirement.words, columns[0]).first() {
            row[0] = Line::new().with(Role::Text, words);
        }
        lines.push(row_line(row, &columns, gap));
        for words in wrap(&requirement.words, columns[0]).iter().skip(1) {
            lines.push(Line::indented(2).with(Role::Text, words));
        }
        if requirement.outcome != Outcome::Pass || requirement.unproven {
            for text in wrap(&brief(&requirement.evidence), total.saturating_sub(4)) {
                lines.push(Line::indented(4).with(Role::Dim, &text));
            }
        }
    }
    if let Some(rest) = shown.rest {
        lines.push(Line::indented(2).with(Role::Dim, &rest));
    }
    lines.push(Line::new());
    match saturation {
        None => lines.extend(count_lines(requirements, width)),
        Some(saturation) => {
            let met = requirements.iter().filter(|requirement| requirement.outcome == Outcome::Pass).count();
            let text = format!("{met} of {} requirements are met, but:", requirements.len());
            lines.push(Line::indented(2).with(Role::Warning, &text));
            lines.extend(trust_lines(saturation, 2, width));
        }
    }
    lines
}

fn cells(requirement: &Requirement) -> [Line; 5] {
    let (sign, role) = mark(requirement.outcome);
    let observed_role = if requirement.outcome == Outcome::Pass { Role::Value } else { role };
    [
        Line::new().with(Role::Text, &requirement.words),
        Line::new().with(Role::Text, &requirement.limit),
        Line::new().with(observed_role, requirement.observed.as_deref().unwrap_or("–")),
        Line::new().with(Role::Dim, &units::count(requirement.samples)),
        Line::new().with(
            role,
            &format!(
                "{sign} {}{}",
                outcome_words(requirement.outcome),
                if requirement.unproven { ", open" } else { "" }
            ),
        ),
    ]
}

/// Words to the left, figures to the right, the outcome to the left again.
fn row_line(cells: [Line; 5], columns: &[usize; 5], gap: usize) -> Line {
    let mut line = Line::indented(2);
    for (index, (cell, &column)) in cells.into_iter().zip(columns).enumerate() {
        if index > 0 {
            line.push(Role::Text, &" ".repeat(gap));
        }
        let cell = cell.truncated(column);
        let space = " ".repeat(column - cell.width());
        let to_the_right = (1..=3).contains(&index);
        if to_the_right {
            line.push(Role::Text, &space);
        }
        line.append(&cell);
        if !to_the_right {
            line.push(Role::Text, &space);
        }
    }
    line
}

/// How many are met, and what became of the others; on another line where one is too narrow.
fn count_lines(requirements: &[Requirement], width: usize) -> Vec<Line> {
    let number = |outcome| requirements.iter().filter(|requirement| requirement.outcome == outcome).count();
    let (all, met) = (requirements.len(), number(Outcome::Pass));
    if met < all {
        let mut pieces = vec![(Role::Text, format!("{met} of {all} requirements are met"))];
        for (outcome, words) in [
            (Outcome::Fail, "failed"),
            (Outcome::NoData, "without data"),
            (Outcome::Inconclusive, "inconclusive"),
        ] {
            if number(outcome) > 0 {
                pieces.push((mark(outcome).1, format!("{} {words}", number(outcome))));
            }
        }
        return listed(&pieces, ",", width);
    }
    let text = if all == 1 {
        "the requirement is met".to_owned()
    } else {
        format!("all {all} requirements are met")
    };
    let mut pieces = vec![(Role::Good, text)];
    let chance = requirements.iter().filter(|requirement| requirement.unproven).count();
    if chance > 0 {
        let words = if chance == all {
            let them = if all == 1 { "it" } else { "them" };
            format!("whether another run would keep {them} is open")
        } else {
            format!("whether another run would is open of {chance}")
        };
        pieces.push((Role::Warning, words));
    }
    listed(&pieces, ";", width)
}

/// Pieces of a sentence, each whole.
fn listed(pieces: &[(Role, String)], mark: &str, width: usize) -> Vec<Line> {
    let mut lines = vec![Line::indented(2)];
    for (index, (role, words)) in pieces.iter().enumerate() {
        if let (Some(line), true) = (lines.last_mut(), index > 0) {
            line.push(Role::Text, mark);
            if line.width() + 1 + words.width() + mark.len() > width {
                lines.push(Line::indented(2));
            } else {
                line.push(Role::Text, " ");
            }
        }
        if let Some(line) = lines.last_mut() {
            line.push(*role, words);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Theme, render};
    use crate::{judged, made_up};

    fn rows() -> Vec<Requirement> {
        let run = made_up::run();
        let rows = judged::words().into_iter().zip(judged::verdicts(&run));
        rows.map(|(words, verdict)| Requirement::new(words, &run, &verdict)).collect()
    }

    #[test]
    fn one_line_each_and_why_below_what_did_not_pass() {
        insta::assert_snapshot!("table_80", render(&verdict_table(&rows(), None, 80), &Theme::plain()));
    }

    #[test]
    fn colours() {
        let text = render(&verdict_table(&rows()[..2], None, 80), &Theme::colour());
        insta::assert_snapshot!("table_colours", text.replace('\x1b', "^"));
    }

    #[test]
    fn words_give_way_when_it_gets_narrow() {
        insta::assert_snapshot!("table_60", render(&verdict_table(&rows(), None, 60), &Theme::plain()));
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let mut rows = rows();
        rows[0].words = "lists of programmes from the cache".to_owned();
        rows[0].observed = None;
        for outcome in [Outcome::NoData, Outcome::Inconclusive, Outcome::Pass] {
            rows[0].outcome = outcome;
            rows[1].outcome = outcome;
            rows[1].unproven = outcome == Outcome::Pass;
            for (limit, samples) in [("< 600ms", 840), ("< 1,234.56 kB", 123_456_789)] {
                (rows[1].limit, rows[1].samples) = (limit.to_owned(), samples);
                for width in [60, 64, 80] {
                    for line in verdict_table(&rows, None, width) {
                        assert!(line.width() <= width, "{width}: {}", render(&[line], &Theme::plain()));
                    }
                }
            }
        }
    }

    #[test]
    fn a_good_end_is_short() {
        let passed: Vec<Requirement> =
            rows().into_iter().filter(|row| row.outcome == Outcome::Pass).collect();
        let text = render(&verdict_table(&passed, None, 80), &Theme::plain());
        assert!(text.ends_with("\n\n  all 5 requirements are met\n"), "{text}");
    }

    #[test]
    fn a_good_end_is_not_quiet_when_the_generator_was_saturated() {
        let passed: Vec<Requirement> =
            rows().into_iter().filter(|row| row.outcome == Outcome::Pass).collect();
        let saturation = Saturation { evidence: vec!["it used 1.98 of 2 cores on average".to_owned()] };
        let text = render(&verdict_table(&passed, Some(&saturation), 80), &Theme::plain());
        let end = "  5 of 5 requirements are met, but:\n  ! not trustworthy: generator saturated\n    ↳ it used 1.98 of 2 cores on average\n";
        assert!(text.ends_with(end), "{text}");
    }

    #[test]
    fn limits_have_units() {
        let limits: Vec<String> = rows().into_iter().map(|row| row.limit).collect();
        assert_eq!(limits, ["< 600ms", "< 650ms", "< 3s", "< 1s", "< 1%", "> 99.5%", "> 99%", "< 2s"]);
    }

    #[test]
    fn rates_are_rounded_unless_they_would_look_like_their_limit() {
        let run = made_up::run();
        let observed = |expression: &str| {
            let verdicts = judged::judged(&run, &[("http_reqs", expression)]);
            Requirement::new("requests", &run, &verdicts[0]).observed.unwrap()
        };
        let rounded = observed("rate>1");
        assert!(
            rounded.trim_end_matches("/s").chars().filter(char::is_ascii_digit).count() <= 4,
            "{rounded}"
        );
        let limit = rounded.trim_end_matches("/s").replace(',', "");
        let apart = observed(&format!("rate>{limit}"));
        let exact = judged::judged(&run, &[("http_reqs", "rate>1")])[0].observed.unwrap();
        assert_eq!(apart != rounded, exact.to_string() != limit, "{apart}, {rounded}, {exact}");
    }
}
