//! One entry of a log, whatever its format.

use std::borrow::Cow;

/// What a server wrote at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Entry<'a> {
    /// When, as the log has it.
    pub(super) at: Option<Cow<'a, str>>,
    /// Which session, if the log tells.
    pub(super) session: Option<u64>,
    pub(super) severity: Severity,
    pub(super) message: Cow<'a, str>,
    pub(super) detail: Option<Cow<'a, str>>,
    /// Whether it happened within another statement, in a function of it.
    pub(super) is_nested: bool,
    /// Whether it is of a statement that failed.
    pub(super) has_statement: bool,
    /// Whether the end of its text is missing.
    pub(super) is_cut: bool,
}

/// How grave it is, as far as it matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Severity {
    /// `LOG`: durations and statements are of it.
    #[default]
    Log,
    /// `ERROR` and worse: a statement has failed.
    Error,
    /// All others.
    Other,
}

impl Severity {
    /// The severity with this name, which is the same in every language but for translations of it.
    pub(super) fn of(name: &str) -> Self {
        match name {
            "LOG" => Self::Log,
            "ERROR" | "FATAL" | "PANIC" => Self::Error,
            _ => Self::Other,
        }
    }
}

/// A session from the id of `%c`, such as `6b0b845d.7eb`: when it began, and its process.
pub(super) fn session_of_id(id: &str) -> Option<u64> {
    let (start, process) = id.split_once('.')?;
    let hexadecimal = |text: &str| {
        (!text.is_empty() && text.len() <= 8).then(|| u64::from_str_radix(text, 16).ok()).flatten()
    };
    Some(hexadecimal(start)? << 32 | hexadecimal(process)?)
}
