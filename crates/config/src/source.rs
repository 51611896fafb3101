//! The text of a project file, and where in it something is wrong.

use std::ops::Range;

use loadline_verdict::Problem;

/// A project file's name and text.
#[derive(Clone, Copy)]
pub(crate) struct Source<'t> {
    pub(crate) path: &'t str,
    pub(crate) text: &'t str,
}

impl Source<'_> {
    /// A problem with a part of the text: its first line is shown.
    pub(crate) fn problem(&self, span: Range<usize>, message: impl Into<String>) -> Problem {
        let start = span.start.min(self.text.len());
        let line_start = self.text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = self.text[start..].find('\n').map_or(self.text.len(), |newline| start + newline);
        let line = self.text[..line_start].matches('\n').count() + 1;
        let columns = |end: usize| self.text[line_start..end.clamp(line_start, line_end)].chars().count();
        Problem {
            message: message.into(),
            origin: format!("{}:{line}", self.path),
            selector: String::new(),
            text: self.text[line_start..line_end].replace('\t', " ").trim_end_matches('\r').to_owned(),
            columns: columns(start)..columns(span.end),
            hint: None,
        }
    }
}
