//! Names, dots and figures in columns.
//!
//! The figures of all metrics stand under each other, across sections. When a trend's figures do not fit on one line
//! they continue on the next as a grid below themselves, so that the eye still reads down a column. A name that would
//! leave no room has a line of its own.

use loadline_verdict::escape;
use unicode_width::UnicodeWidthStr;

use crate::text::{Line, Role};

/// Dots after the longest name.
const DOTS: usize = 3;
/// Columns that figures get at least, beside a name.
const LEAST_FIGURES: usize = 30;

/// Where names would end if each had a line of its own.
const NO_NAME: usize = 4;

/// One metric's line before it is laid out.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) indent: usize,
    /// A sign before the name, in place of two columns of the indent.
    pub(super) mark: Option<(&'static str, Role)>,
    pub(super) name: String,
    pub(super) figures: Figures,
}

#[derive(Clone, Debug)]
pub(super) enum Figures {
    /// Statistics with their names: `avg=1.33ms`.
    Trend(Vec<(String, String)>),
    /// The figure that counts, then others.
    Single { main: String, rest: Vec<String> },
    /// There was no value.
    Missing,
}

/// Where columns stand.
#[derive(Debug)]
pub(super) struct Layout {
    width: usize,
    /// Where figures begin.
    figures: usize,
    mains: usize,
    seconds: usize,
    /// The width of each column of statistics; as many as stand on one line.
    columns: Vec<usize>,
}

impl Layout {
    /// The columns that suit all these rows.
    pub(super) fn of<'a>(rows: impl Iterator<Item = &'a Row> + Clone, width: usize) -> Layout {
        let longest = width.saturating_sub(LEAST_FIGURES + DOTS + 2);
        let names = rows.clone().map(|row| row.indent + shown_width(&row.name));
        let name = names.filter(|&name| name <= longest).max().unwrap_or(NO_NAME);
        let figures = name + DOTS + 2;

        let mut mains = 0;
        let mut seconds = 0;
        let mut columns: Vec<usize> = Vec::new();
        for row in rows {
            match &row.figures {
                Figures::Trend(stats) => {
                    columns.resize(columns.len().max(stats.len()), 0);
                    for (column, (key, value)) in columns.iter_mut().zip(stats) {
                        *column = (*column).max(key.width() + 1 + value.width());
                    }
                }
                Figures::Single { main, rest } => {
                    mains = mains.max(main.width());
                    if let [second, _, ..] = rest.as_slice() {
                        seconds = seconds.max(second.width());
                    }
                }
                Figures::Missing => {}
            }
        }
        let room = width.saturating_sub(figures);
        let columns = (1..=columns.len())
            .rev()
            .map(|per_line| folded(&columns, per_line))
            .find(|folded| folded.len() == 1 || folded.iter().sum::<usize>() + folded.len() - 1 <= room);
        Layout { width, figures, mains, seconds, columns: columns.unwrap_or_default() }
    }

    /// A row's line, or lines.
    pub(super) fn lines(&self, row: &Row) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut line = match row.mark {
            Some((mark, role)) => Line::indented(row.indent - 2).with(role, mark).with(Role::Text, " "),
            None => Line::indented(row.indent),
        };
        line.push(Role::Text, &row.name);
        if line.width() + 1 + 2 > self.figures {
            line.push(Role::Dim, ":");
            lines.push(line.truncated(self.width));
            line = Line::indented(self.figures);
        } else {
            let dots = self.figures - 2 - line.width();
            line.push(Role::Dim, &format!("{}: ", ".".repeat(dots)));
        }
        match &row.figures {
            Figures::Missing => line.push(Role::Warning, "no data"),
            Figures::Single { main, rest } => {
                line.push(Role::Value, &padded(main, self.mains));
                for (index, figure) in rest.iter().enumerate() {
                    let column = if index == 0 && rest.len() > 1 { self.seconds } else { 0 };
                    line.push(Role::Dim, &format!(" {}", padded(figure, column)));
                }
            }
            Figures::Trend(stats) => {
                for (index, (key, value)) in stats.iter().enumerate() {
                    let position = index % self.columns.len();
                    if index > 0 && position == 0 {
                        lines.push(std::mem::replace(&mut line, Line::indented(self.figures)));
                    } else if index > 0 {
                        line.push(Role::Text, " ");
                    }
                    let column = self.columns[position];
                    line.push(Role::Dim, &format!("{key}="));
                    line.push(Role::Text, &padded(value, column.saturating_sub(key.width() + 1)));
                }
            }
        }
        lines.push(line);
        lines
    }
}

/// The widths of the columns when these cells are put on lines of `per_line`, evenly filled: six cells of which at most
/// five fit make two lines of three.
fn folded(cells: &[usize], per_line: usize) -> Vec<usize> {
    let lines = cells.len().div_ceil(per_line);
    let per_line = cells.len().div_ceil(lines);
    let mut columns = vec![0; per_line];
    for (index, cell) in cells.iter().enumerate() {
        let column = &mut columns[index % per_line];
        *column = (*column).max(*cell);
    }
    columns
}

fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(text.width())))
}

fn shown_width(name: &str) -> usize {
    escape(name).width()
}
