//! A line as pieces with roles: its width is counted without colours, and colours come last.
//!
//! Every piece is escaped on its way in, so no renderer can forget it.

use loadline_verdict::escape;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::theme::{Role, Theme};

/// One line of output, without a line break.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    pieces: Vec<(Role, String)>,
}

impl Line {
    /// An empty line.
    pub fn new() -> Line {
        Line::default()
    }

    /// A line that begins with `columns` spaces.
    pub fn indented(columns: usize) -> Line {
        Line::new().with(Role::Text, &" ".repeat(columns))
    }

    /// Adds text in a role; control characters are escaped.
    pub fn push(&mut self, role: Role, text: &str) {
        if text.is_empty() {
            return;
        }
        let text = escape(text);
        match self.pieces.last_mut() {
            Some((last, piece)) if *last == role => piece.push_str(&text),
            _ => self.pieces.push((role, text.into_owned())),
        }
    }

    /// The line with text added in a role.
    #[must_use]
    pub fn with(mut self, role: Role, text: &str) -> Line {
        self.push(role, text);
        self
    }

    /// Adds all pieces of another line.
    pub fn append(&mut self, other: &Line) {
        for (role, text) in &other.pieces {
            self.push(*role, text);
        }
    }

    /// Fills with spaces up to a width; a longer line stays as it is.
    pub fn pad_to(&mut self, columns: usize) {
        let missing = columns.saturating_sub(self.width());
        self.push(Role::Text, &" ".repeat(missing));
    }

    /// Columns on a terminal: wide characters count two.
    pub fn width(&self) -> usize {
        self.pieces.iter().map(|(_, text)| text.width()).sum()
    }

    /// The line cut to a width, its last column an ellipsis when something was cut.
    #[must_use]
    pub fn truncated(self, columns: usize) -> Line {
        if self.width() <= columns {
            return self;
        }
        let mut left = columns.saturating_sub(1);
        let mut cut = Line::new();
        'pieces: for (role, text) in &self.pieces {
            let mut kept = String::new();
            for character in text.chars() {
                let width = character.width().unwrap_or(0);
                if width > left {
                    cut.push(*role, &kept);
                    break 'pieces;
                }
                left -= width;
                kept.push(character);
            }
            cut.push(*role, &kept);
        }
        if columns > 0 {
            cut.push(Role::Dim, "…");
        }
        cut
    }

    /// Writes the line with a theme's colours, without spaces at its end and without a line break.
    pub fn write(&self, theme: &Theme, into: &mut String) {
        let visible = self.pieces.iter().rposition(|(_, text)| !text.trim_end().is_empty());
        let Some(last) = visible else { return };
        for (index, (role, text)) in self.pieces[..=last].iter().enumerate() {
            let text = if index == last { text.trim_end() } else { text };
            let style = theme.style(*role);
            // A plain style renders as nothing, so plain text carries no escape codes.
            into.push_str(&style.render().to_string());
            into.push_str(text);
            into.push_str(&style.render_reset().to_string());
        }
    }
}

/// All lines, each ended by a line break.
pub fn render(lines: &[Line], theme: &Theme) -> String {
    let mut text = String::new();
    for line in lines {
        line.write(theme, &mut text);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_ignores_colours_and_counts_wide_characters() {
        let line = Line::new().with(Role::Good, "✓ ").with(Role::Text, "日本");
        assert_eq!(line.width(), 6);
        let mut coloured = String::new();
        line.write(&Theme::colour(), &mut coloured);
        assert_eq!(coloured, "\x1b[32m✓ \x1b[0m日本");
    }

    #[test]
    fn cutting_respects_wide_characters() {
        let line = Line::new().with(Role::Text, "a日本").with(Role::Bad, "xyz");
        for (columns, expected) in
            [(8, "a日本xyz"), (7, "a日本x…"), (5, "a日…"), (4, "a日…"), (3, "a…"), (1, "…"), (0, "")]
        {
            let cut = line.clone().truncated(columns);
            assert!(cut.width() <= columns, "{columns}");
            assert_eq!(render(&[cut], &Theme::plain()), format!("{expected}\n"), "{columns}");
        }
    }

    #[test]
    fn nothing_dangerous_gets_through_and_plain_has_no_codes() {
        let line = Line::new().with(Role::Bad, "\x1b[31mred\u{202e}").with(Role::Text, "   ");
        let text = render(&[line], &Theme::plain());
        assert_eq!(text, "\\x1b[31mred\\u{202e}\n");
    }
}
