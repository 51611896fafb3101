//! Findings: how bad, where, and how to mend them.

use std::fmt;
use std::ops::Range;

use loadline_tables::Source;
use loadline_verdict::Problem;

use crate::rules::rule::Rule;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It costs hit rate, or depends on which cache stands in front.
    Warning,
    /// Somebody gets what is not theirs, or the rule means something else than it says.
    Error,
}

/// Something that is right and not wise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Of which rule it is.
    pub rule: String,
    /// What, where, and how to mend it.
    pub problem: Problem,
}

/// What is found while rules are looked at.
pub(super) struct Found<'f> {
    source: Source<'f>,
    rule: &'f str,
    findings: Vec<Finding>,
}

impl<'f> Found<'f> {
    /// Nothing yet, of this rule.
    pub(super) fn nothing(source: Source<'f>, rule: &'f str) -> Self {
        Self { source, rule, findings: Vec::new() }
    }

    pub(super) fn into_findings(self) -> Vec<Finding> {
        self.findings
    }

    pub(super) fn error(&mut self, place: &Range<usize>, message: impl AsRef<str>, hint: impl Into<String>) {
        self.add(Severity::Error, place, message.as_ref(), hint.into());
    }

    pub(super) fn warn(&mut self, place: &Range<usize>, message: impl AsRef<str>, hint: impl Into<String>) {
        self.add(Severity::Warning, place, message.as_ref(), hint.into());
    }

    fn add(&mut self, severity: Severity, place: &Range<usize>, message: &str, hint: String) {
        let problem = Problem { hint: Some(hint), ..self.source.problem(place.clone(), message) };
        self.findings.push(Finding { severity, rule: self.rule.to_owned(), problem });
    }
}

/// The place of a part of a rule, or the rule's path where it has no such part.
pub(super) fn place<'r>(rule: &'r Rule, part: &'r Range<usize>) -> &'r Range<usize> {
    if part.is_empty() { &rule.places.path } else { part }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}
