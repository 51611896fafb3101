//! Prose on a terminal: broken at spaces, never in a word, and set in under its beginning.

use loadline_report::wrap;

/// How far a line that goes on is set in.
const IN: usize = 2;

/// Each line that is longer than so many columns, in several.
pub(crate) fn folded(text: &str, columns: usize) -> String {
    let lines = text.lines().map(|line| {
        if line.chars().count() <= columns {
            return line.to_owned();
        }
        let before = line.len() - line.trim_start().len();
        let parts = wrap(line, columns.saturating_sub(before + IN).max(20));
        let (first, rest) = (" ".repeat(before), format!("\n{}", " ".repeat(before + IN)));
        first + &parts.join(&rest)
    });
    lines.collect::<Vec<String>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_go_on_below_and_short_ones_stay() {
        let text = "  a step of twenty users ✓ carried\n●  │ a chart";
        assert_eq!(folded(text, 26), "  a step of twenty users\n    ✓ carried\n●  │ a chart");
        assert_eq!(folded(text, 80), text);
        assert!(folded(&"word ".repeat(50), 60).lines().all(|line| line.chars().count() <= 60));
    }
}
