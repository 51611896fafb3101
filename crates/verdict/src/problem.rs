//! What is wrong with a threshold: what, where, and how to write it.
//!
//! All problems of a configuration are collected, because fixing them one run at a time is no way to treat people.

use std::fmt;
use std::ops::Range;

/// One thing that is wrong with a threshold.
///
/// Displays as the message, the place, the text with carets under the part that is wrong, and a hint:
///
/// ```text
/// threshold `p(95)<200mss` has an unknown unit `mss`
///   --> checkout.ts: http_req_duration
///    |
///    | p(95)<200mss
///    |          ^^^
/// hint: use one of `us`, `ms`, `s`, `m`
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, in one line.
    pub message: String,
    /// The file or other place the threshold comes from; empty when it is not known.
    pub origin: String,
    /// The metric and tags the threshold is for, as they were written; empty when there are none.
    pub selector: String,
    /// The text that has the problem: the selector or the condition.
    pub text: String,
    /// The part of `text` that is wrong, in characters from 0; empty at a place where something is missing.
    pub columns: Range<usize>,
    /// How to fix it.
    pub hint: Option<String>,
}

/// Everything that is wrong with a set of thresholds, at least one thing.
///
/// Displays the problems one after the other, with `error: ` before all but the first: the text follows the `error: `
/// that is printed before any error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

/// A problem before it is known where the text comes from; the span is in bytes of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) message: String,
    pub(crate) span: Range<usize>,
    pub(crate) hint: Option<String>,
}

impl Fault {
    pub(crate) fn new(message: impl Into<String>, span: Range<usize>) -> Self {
        Self { message: message.into(), span, hint: None }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn in_text(self, origin: &str, selector: &str, text: &str) -> Problem {
        let column = |byte: usize| text.char_indices().take_while(|(start, _)| *start < byte).count();
        Problem {
            message: one_line(&self.message),
            origin: origin.to_owned(),
            selector: one_line(selector.trim()),
            text: one_line(text),
            columns: column(self.span.start)..column(self.span.end),
            hint: self.hint.map(|hint| one_line(&hint)),
        }
    }
}

/// Line breaks and other control characters as spaces, so that a message stays in its lines and columns.
fn one_line(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

/// The candidate that is most like what was written, if one is like it.
pub(crate) fn closest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(written, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate)
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)?;
        match (self.origin.as_str(), self.selector.as_str()) {
            ("", "") => {}
            (place, "") | ("", place) => write!(formatter, "\n  --> {place}")?,
            (origin, selector) => write!(formatter, "\n  --> {origin}: {selector}")?,
        }
        let carets = "^".repeat(self.columns.len().max(1));
        write!(
            formatter,
            "\n   |\n   | {}\n   | {:2$}{carets}",
            self.text.trim_end(),
            "",
            self.columns.start
        )?;
        if let Some(hint) = &self.hint {
            write!(formatter, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, problem) in self.0.iter().enumerate() {
            if position > 0 {
                formatter.write_str("\n\nerror: ")?;
            }
            problem.fmt(formatter)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

impl std::error::Error for Problems {}
