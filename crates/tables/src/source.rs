//! The text of a file, and where in it something is wrong.

use std::ops::Range;

use loadline_verdict::{Excerpt, Problem, brief};

/// A file's name and text.
#[derive(Debug, Clone, Copy)]
pub struct Source<'t> {
    /// What messages call it.
    pub path: &'t str,
    /// What it says.
    pub text: &'t str,
    /// Where its lines begin.
    lines: &'t [usize],
}

impl<'t> Source<'t> {
    /// A text with where its lines begin, as [`line_starts`] says.
    pub fn new(path: &'t str, text: &'t str, lines: &'t [usize]) -> Self {
        Self { path, text, lines }
    }

    /// The line of a place, from 1.
    pub fn line(&self, place: usize) -> usize {
        self.lines.partition_point(|begin| *begin <= place).max(1)
    }

    /// A problem with a part of the text: its first line is shown.
    pub fn problem(&self, span: Range<usize>, message: impl AsRef<str>) -> Problem {
        let start = span.start.min(self.text.len());
        let line = self.line(start);
        let line_start = self.lines.get(line - 1).copied().unwrap_or(0);
        let line_end = self.lines.get(line).map_or(self.text.len(), |next| next - 1);
        let shown = self.text.get(line_start..line_end).unwrap_or_default().trim_end_matches('\r');
        Problem {
            message: brief(message.as_ref()),
            origin: format!("{}:{line}", self.path),
            selector: String::new(),
            excerpt: Excerpt::of(shown, start - line_start..span.end.saturating_sub(line_start)),
            span,
            hint: None,
        }
    }

    /// A problem with a part of the text that may be a secret: its line is shown without it.
    pub fn problem_of_secret(&self, span: Range<usize>, message: impl AsRef<str>) -> Problem {
        const HIDDEN: &str = "****";
        let problem = self.problem(span.clone(), message);
        let line_start = self.lines.get(self.line(span.start) - 1).copied().unwrap_or(0);
        let before = self.text.get(line_start..span.start).unwrap_or_default();
        let shown = format!("{before}{HIDDEN}");
        let excerpt = Excerpt::of(&shown, before.len()..shown.len());
        Problem { excerpt, ..problem }
    }

    /// A problem of a text within this one, moved to where that text stands.
    pub fn placed(&self, start: usize, inner: &Problem) -> Problem {
        let span = start + inner.span.start..start + inner.span.end;
        Problem { hint: inner.hint.clone(), ..self.problem(span, &inner.message) }
    }
}

/// Where the lines of a text begin.
pub fn line_starts(text: &str) -> Vec<usize> {
    let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
    std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect()
}
