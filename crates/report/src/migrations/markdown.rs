//! The page for a pull request.

use loadline_pg::shape::Shape;

use super::page::{both, one_line};
use super::report::CheckReport;
use super::words::{check_answer, duration, table, work};

/// Characters of a statement that a cell has.
const CELL: usize = 100;

/// Markdown: the answer, broken budgets, who waits, and plans that are others.
pub fn check_markdown(report: &CheckReport) -> String {
    let mut text =
        format!("<!-- loadline:db-check -->\n### Database migrations\n\n{}\n", plain(&check_answer(report)));
    if !report.broken.is_empty() {
        text += "\n| budget | broken by | |\n|---|---|---|\n";
        for broken in &report.broken {
            text +=
                &format!("| {} | {} | {} |\n", code(broken.budget), code(&broken.what), plain(&broken.why));
        }
    }
    let blocking = report.blocking();
    if !blocking.is_empty() {
        text += "\n| statement | who waits | how long | why |\n|---|---|---|---|\n";
        for step in blocking {
            for touched in CheckReport::waited_for(step) {
                let seconds = touched.seconds(&report.before, report.rate);
                text += &format!(
                    "| {} | {} of {} | {} | {} |\n",
                    code(&one_line(&step.statement)),
                    touched.lock.blocks(),
                    code(&table(&touched.table)),
                    duration(seconds),
                    plain(&work(touched)),
                );
            }
        }
    }
    let changed = report.changed();
    if !changed.is_empty() {
        text += "\n| statement | before | after |\n|---|---|---|\n";
        for checked in changed {
            let [(_, before), (_, after)] = both(checked);
            text += &format!(
                "| {} | {} | {} |\n",
                code(&Shape::of(&checked.text).text),
                plain(&before),
                plain(&after)
            );
        }
    }
    for note in &report.notes {
        text += &format!("\n> {}\n", plain(note));
    }
    text
}

/// Text that is nothing but text in Markdown.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for character in one_line(text).chars() {
        match character {
            '|' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '\\' | '@' => {
                plain.push('\\');
                plain.push(character);
            }
            other if other.is_control() => plain.push(' '),
            other => plain.push(other),
        }
    }
    plain
}

/// Text as code within a table.
fn code(text: &str) -> String {
    let line = one_line(text);
    let mut short: String = line.chars().take(CELL).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    let fence = "`".repeat(1 + longest_ticks(&short));
    let gap = if short.contains('`') { " " } else { "" };
    format!("{fence}{gap}{}{gap}{fence}", short.replace('|', "\\|"))
}

fn longest_ticks(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or_default()
}
