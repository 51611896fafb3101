//! The comparison as a comment on a pull request: the verdict in a line, one table, the rest folded away.

use loadline_units::Scale;
use loadline_verdict::{Comparison, Outcome};

use super::report::{ComparisonReport, change, interval};
use crate::figure_text::figure_text;
use crate::verdict_text::outcome_words;

/// Markdown as GitHub and `GitLab` show it. It begins with a comment that nobody sees, `<!-- loadline:NAME -->`, by
/// which a job finds and updates what it wrote before.
pub fn comparison_markdown(report: &ComparisonReport<'_>) -> String {
    let name: String =
        report.name.chars().filter(|sign| sign.is_ascii_alphanumeric() || "-_. ".contains(*sign)).collect();
    let mut text = format!(
        "<!-- loadline:{name} -->\n### {} {}\n\n",
        sign(report.outcome()),
        capital(&report.sentence())
    );
    if let Some(why) = report.why() {
        text += &format!("{}\n\n", cell(&capital(&why)));
    }
    if let Some(why) = report.advisory {
        text += &format!("Advice only: {}\n\n", cell(why));
    }
    text += &table(report.comparisons);
    let sources = report.sources();
    if !sources.is_empty() {
        text += "\nWhere the difference comes from:\n\n";
    }
    for (name, words) in &sources {
        text += &format!("- {}: {}\n", cell(name), cell(words));
    }
    text += &format!(
        "\n<details><summary>{} rounds, base against head</summary>\n\n- base: `{}`\n- head: `{}`\n- a change of up to {} does not matter\n",
        report.rounds,
        report.base.replace('`', "'"),
        report.head.replace('`', "'"),
        Scale::Share.exact(report.delta),
    );
    if let Some(first) = report.deciles.first() {
        text += &format!("\nHow the distribution has shifted, {}:\n\n", cell(&first.subject));
        text += &table(report.deciles);
    }
    text + "\n</details>\n"
}

fn table(comparisons: &[Comparison]) -> String {
    let mut text = "| | base | head | change | interval | |\n|---|--:|--:|--:|--:|---|\n".to_owned();
    for one in comparisons {
        text += &format!(
            "| {} {} | {} | {} | {} | {} | {} {} |\n",
            cell(&one.subject),
            cell(&one.quantity),
            figure_text(one.base, &one.scale),
            figure_text(one.head, &one.scale),
            change(&one.scale, one.change),
            interval(one),
            sign(one.outcome),
            outcome_words(one.outcome),
        );
    }
    text
}

/// Text that cannot leave its cell, nor become markup.
pub(crate) fn cell(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '#' | '@' | '!' => {
                safe.push('\\');
                safe.push(sign);
            }
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            sign if sign.is_control() => safe.push(' '),
            sign => safe.push(sign),
        }
    }
    safe
}

/// A sign that Markdown shows in colour.
pub(crate) fn sign(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "✅",
        Outcome::Fail => "❌",
        Outcome::NoData => "➖",
        Outcome::Inconclusive => "❔",
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
