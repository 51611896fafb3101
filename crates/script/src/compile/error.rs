//! Compile errors: what is wrong, where in the author's own text, and how to fix it.
//!
//! Problems are collected over the whole module graph before compilation stops, so one run shows all of
//! them. Display is the full text, without a leading `error:`; further problems each start with one.

use std::fmt;

use loadline_verdict::{Excerpt, brief, list_problems};

/// Everything that is wrong with a script; never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct CompileError {
    /// The problems in the order in which they were met.
    pub problems: Vec<Problem>,
    /// How many more there are of the same files.
    pub more: usize,
    pub(crate) missing_entry: bool,
}

impl CompileError {
    /// Whether the script itself could not be read; nothing is wrong with its text then.
    pub fn is_missing_entry(&self) -> bool {
        self.missing_entry
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong: lowercase, one line.
    pub message: String,
    /// Where, when it is in a file.
    pub place: Option<Place>,
    /// How to fix it.
    pub hint: Option<String>,
}

/// A place in a source file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file as shown to users.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// The source line, or the part of it around the place: packages are often one line of 500 KB.
    pub excerpt: Excerpt,
}

impl Problem {
    /// A problem without place and hint.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), place: None, hint: None }
    }

    /// The same problem at a place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// The same problem with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl Place {
    /// The place of the bytes `start..end` of `source`, a file shown as `file`.
    pub fn new(file: &str, source: &str, start: usize, end: usize) -> Self {
        let start = floor(source, start);
        let end = floor(source, end.max(start));
        let line_start = source[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = source[start..].find('\n').map_or(source.len(), |at| start + at);
        let line = source[line_start..line_end].trim_end();
        let column = source[line_start..start].chars().count();
        Self {
            file: file.to_owned(),
            line: u32::try_from(source[..start].matches('\n').count() + 1).unwrap_or(u32::MAX),
            column: u32::try_from(column + 1).unwrap_or(u32::MAX),
            excerpt: Excerpt::of(line, start - line_start..end - line_start),
        }
    }
}

/// The nearest character boundary at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        list_problems(f, &self.problems, self.more)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&brief(&self.message))?;
        if let Some(place) = &self.place {
            write!(f, "\n{place}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {}", brief(hint))?;
        }
        Ok(())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        write!(f, "{margin}--> {}:{}:{}\n{margin} |\n", self.file, self.line, self.column)?;
        write!(f, "{number} | {}\n{margin} | {}", self.excerpt.text, self.excerpt.mark())
    }
}
