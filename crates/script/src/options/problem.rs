//! What is wrong with options, and what is odd about them.
//!
//! Problems stop a run before it starts, all at once. Warnings do not: an option that nobody knows is most
//! often a slip of the keyboard, but scripts written for another version must run.

use std::fmt;

use loadline_verdict::{brief, list_problems};
use serde_json::Value;

/// The longest piece of a wrong value that a message shows.
const SHOWN_CHARS: usize = 60;

/// One thing that is wrong, or odd.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// Where it was set: `script main.ts`, `environment`, `command line`.
    pub origin: String,
    /// The option's path (`scenarios.search.stages[2].duration`), variable or flag.
    pub path: String,
    /// What is wrong, starting after "`path` ".
    pub message: String,
    /// How to fix it.
    pub hint: Option<String>,
}

/// Options that cannot be used: everything that is wrong with them.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub struct OptionsError {
    /// The problems, lowest tier first.
    pub problems: Vec<Problem>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  --> {}", brief(&format!("`{}` {}", self.path, self.message)), self.origin)?;
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {}", brief(hint)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        list_problems(f, &self.problems, 0)
    }
}

/// Collects what is found while one tier is read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Findings {
    pub(crate) origin: String,
    pub(crate) problems: Vec<Problem>,
    pub(crate) warnings: Vec<Problem>,
}

impl Findings {
    pub(crate) fn new(origin: impl Into<String>) -> Self {
        Self { origin: origin.into(), ..Self::default() }
    }

    pub(crate) fn problem(&mut self, path: &str, message: impl Into<String>) {
        self.problems.push(self.found(path, message.into(), None));
    }

    pub(crate) fn problem_with_hint(&mut self, path: &str, message: String, hint: impl Into<String>) {
        self.problems.push(self.found(path, message, Some(hint.into())));
    }

    /// A value of the wrong type or form; `expected` completes "takes …".
    pub(crate) fn wrong(&mut self, path: &str, found: &Value, expected: &str) {
        self.problem(path, format!("is {}, but takes {expected}", shown(found)));
    }

    pub(crate) fn missing(&mut self, path: &str, expected: &str) {
        self.problem(path, format!("is missing: it takes {expected}"));
    }

    /// A name that is there again in another spelling.
    pub(crate) fn twice(&mut self, path: &str, other: &str) {
        self.problem(
            path,
            format!("is written twice: `{other}` is the same option, as case does not matter"),
        );
    }

    /// A name that means nothing here.
    pub(crate) fn unknown(&mut self, path: &str, hint: Option<String>) {
        self.warning(path, "is not an option and is ignored", hint);
    }

    pub(crate) fn warning(&mut self, path: &str, message: impl Into<String>, hint: Option<String>) {
        self.warnings.push(self.found(path, message.into(), hint));
    }

    fn found(&self, path: &str, message: String, hint: Option<String>) -> Problem {
        Problem { origin: self.origin.clone(), path: path.to_owned(), message, hint }
    }
}

/// A value as messages show it.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= SHOWN_CHARS {
        return format!("`{text}`");
    }
    match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        _ => format!("`{}…`", text.chars().take(SHOWN_CHARS).collect::<String>()),
    }
}
