//! Lines of a page: headings, prose, and statements cut to a line.

use loadline_pg::shape::abridge;
use loadline_units as units;

use crate::text::{Line, Role, wrap};

/// A page that is being written.
pub(super) struct Page {
    pub(super) lines: Vec<Line>,
    pub(super) width: usize,
}

impl Page {
    /// A text in as many lines as it takes; those after the first stand two columns further in.
    pub(super) fn say(&mut self, indent: usize, role: Role, text: &str) {
        for (at, text) in broken(text, self.width.saturating_sub(indent + 2)).iter().enumerate() {
            let indent = if at == 0 { indent } else { indent + 2 };
            self.lines.push(Line::indented(indent).with(role, text));
        }
    }

    /// A word in front, and a text behind it in as many lines as it takes, all below one another.
    pub(super) fn told(&mut self, indent: usize, word: &str, role: Role, text: &str) {
        let column = indent + TOLD;
        for (at, text) in broken(text, self.width.saturating_sub(column)).iter().enumerate() {
            let mut line = Line::indented(indent);
            line.push(Role::Dim, &format!("{:TOLD$}", if at == 0 { word } else { "" }));
            self.lines.push(line.with(role, text));
        }
    }

    /// A statement in one line, behind figures.
    pub(super) fn cut(&mut self, indent: usize, figures: &str, text: &str) {
        let text = abridge(text, self.width.saturating_sub(indent + figures.chars().count()));
        let line = Line::indented(indent).with(Role::Value, figures).with(Role::Text, &text);
        self.lines.push(line.truncated(self.width));
    }

    pub(super) fn heading(&mut self, title: &str) {
        self.lines.push(Line::indented(2).with(Role::Heading, title));
    }

    /// How many more there are than are shown, and where they are.
    pub(super) fn more(&mut self, indent: usize, count: usize, shown: usize) {
        if count > shown {
            let words =
                format!("… {} more; `--full` and `--json` have all", units::count((count - shown) as u64));
            self.lines.push(Line::indented(indent).with(Role::Dim, &words));
        }
    }

    pub(super) fn gap(&mut self) {
        self.lines.push(Line::new());
    }
}

/// Lines of a text. One whose white space could mean something, within a literal, is left as it is.
fn broken(text: &str, columns: usize) -> Vec<String> {
    if text.contains("  ") || text.contains(['\n', '\t']) {
        vec![text.to_owned()]
    } else {
        wrap(text, columns.max(20))
    }
}

/// Columns of the words in front.
const TOLD: usize = 9;
