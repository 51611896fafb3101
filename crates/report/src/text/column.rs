//! Names in columns of plain text: escaped, cut, filled.
//!
//! A name may be as long as somebody made it, and hold anything. A column has a width, and its names keep to it.

use unicode_width::UnicodeWidthStr;

use super::line::{Line, render};
use super::theme::{Role, Theme};

/// Columns that names get at the most.
const WIDEST: usize = 64;

/// The width of a column with these names.
pub fn widest<'a>(names: impl IntoIterator<Item = &'a str>) -> usize {
    let width = |name: &str| loadline_verdict::escape(name).width();
    names.into_iter().map(width).max().unwrap_or(0).min(WIDEST)
}

/// A name in a column: escaped, cut to the width with `…`, filled with spaces.
pub fn column(name: &str, width: usize) -> String {
    let line = Line::new().with(Role::Text, name).truncated(width);
    let space = width.saturating_sub(line.width());
    // Written at its end, spaces would be left out.
    let mut text = String::new();
    line.write(&Theme::plain(), &mut text);
    let shown = text.width();
    text + &" ".repeat(space + line.width().saturating_sub(shown))
}

/// A text of ours with what others wrote in it, escaped line by line.
pub fn plain(text: &str) -> String {
    let lines: Vec<Line> = text.lines().map(|line| Line::new().with(Role::Text, line)).collect();
    render(&lines, &Theme::plain())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_to_their_column() {
        assert_eq!(column("a", 3), "a  ");
        assert_eq!(column("日本語", 5), "日本…");
        assert_eq!(column("\x1b[2J", 8), "\\x1b[2J ");
        assert_eq!(column(&"x".repeat(100_000), 4), "xxx…");
        assert_eq!(widest(["ab", "日本"]), 4);
        assert_eq!(widest([&*"x".repeat(100_000)]), WIDEST);
        assert_eq!(plain("a\x1b\nb\n"), "a\\x1b\nb\n");
    }
}
