//! Figures to the right, what they are of in what is left of the line. Columns give way from the left when it gets
//! narrow; figures are never cut.

use crate::text::{Line, Role};

const GAP: usize = 2;
const INDENT: usize = 2;
/// Columns that a name has at the least, before figures give way.
const NAME: usize = 26;

/// A row: its figures, what they are of, and how that is shown.
pub(super) struct Row {
    pub(super) figures: Vec<String>,
    pub(super) name: String,
    pub(super) role: Role,
}

fn width_of(text: &str) -> usize {
    Line::new().with(Role::Text, text).width()
}

/// Rows under their titles, the last of which is the name's.
pub(super) fn grid(titles: &[&str], rows: &[Row], width: usize) -> Vec<Line> {
    let Some((last, titles)) = titles.split_last() else { return Vec::new() };
    let widths: Vec<usize> = titles
        .iter()
        .enumerate()
        .map(|(at, title)| {
            let figures = rows.iter().map(|row| row.figures.get(at).map_or(0, |figure| width_of(figure)));
            figures.chain([width_of(title)]).max().unwrap_or_default()
        })
        .collect();
    let mut first = 0;
    let taken = |first: usize| INDENT + widths[first..].iter().map(|width| width + GAP).sum::<usize>();
    while first + 1 < widths.len() && taken(first) + NAME > width {
        first += 1;
    }
    let cells = |line: &mut Line, texts: &[&str], role: Role| {
        for (text, wide) in texts.iter().zip(&widths).skip(first) {
            line.push(Role::Text, &" ".repeat(wide.saturating_sub(width_of(text))));
            line.push(role, text);
            line.push(Role::Text, &" ".repeat(GAP));
        }
    };
    let mut head = Line::indented(INDENT);
    cells(&mut head, titles, Role::Dim);
    head.push(Role::Dim, last);
    let mut lines = vec![head.truncated(width)];
    for row in rows {
        let mut line = Line::indented(INDENT);
        let figures: Vec<&str> = row.figures.iter().map(String::as_str).collect();
        cells(&mut line, &figures, Role::Text);
        line.push(row.role, &row.name);
        lines.push(line.truncated(width));
    }
    lines
}
