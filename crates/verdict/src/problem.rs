//! What is wrong with a threshold: what, where, and how to write it.
//!
//! All problems of a configuration are collected, because fixing them one run at a time is no way to treat people.

use std::fmt;
use std::ops::Range;

use crate::brief::{brief, list_problems};
use crate::excerpt::Excerpt;

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
    /// The metric and tags the threshold is for, as they were written but cut; empty when there are none.
    pub selector: String,
    /// What has the problem, the selector or the condition, as far as it is shown, and the part of it that is wrong.
    pub excerpt: Excerpt,
    /// The part that is wrong, in bytes of the whole text; empty at a place where something is missing.
    pub span: Range<usize>,
    /// How to fix it.
    pub hint: Option<String>,
}

/// Everything that is wrong with a set of thresholds, at least one thing once it is an error.
///
/// The first hundred are kept, and the others counted: a file of a million lines of something else has a million
/// problems. Displays the first ten of them as [`list_problems`] does, and how many more there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems {
    /// Those that were met first.
    pub first: Vec<Problem>,
    /// How many were met after them.
    pub more: usize,
}

/// So many are kept.
const KEPT: usize = 100;

impl Problems {
    /// Just one.
    pub fn one(problem: Problem) -> Self {
        Self { first: vec![problem], more: 0 }
    }

    /// Adds a problem, which is made only when it is kept.
    pub fn add(&mut self, problem: impl FnOnce() -> Problem) {
        if self.is_full() {
            self.more += 1;
        } else {
            self.first.push(problem());
        }
    }

    /// Whether more are only counted.
    pub fn is_full(&self) -> bool {
        self.first.len() >= KEPT
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.first.len() + self.more
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
    }
}

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
        Problem {
            message: brief(&self.message),
            origin: origin.to_owned(),
            selector: brief_selector(selector.trim()),
            excerpt: Excerpt::of(text.trim_end(), self.span.clone()),
            span: self.span,
            hint: self.hint.as_deref().map(brief),
        }
    }
}

/// A selector as the place of a problem: not in backticks, and cut all the same.
fn brief_selector(selector: &str) -> String {
    brief(&format!("`{selector}`")).trim_matches('`').to_owned()
}

/// Names longer than this are not taken for slips of the keyboard.
const LONGEST_NAME: usize = 200;
/// So many candidates are looked at.
const MOST_CANDIDATES: usize = 1_000;

/// The candidate that is most like what was written, if one is like it.
pub(crate) fn closest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if written.len() > LONGEST_NAME {
        return None;
    }
    candidates
        .into_iter()
        .take(MOST_CANDIDATES)
        .filter(|candidate| candidate.len() <= LONGEST_NAME)
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
        write!(formatter, "\n   |\n   | {}\n   | {}", self.excerpt.text, self.excerpt.mark())?;
        if let Some(hint) = &self.hint {
            write!(formatter, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        list_problems(formatter, &self.first, self.more)
    }
}

impl std::error::Error for Problem {}

impl std::error::Error for Problems {}
