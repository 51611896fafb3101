//! Findings, in the order of the file.

use std::fmt;
use std::ops::Range;

use loadline_tables::{Source, line_starts};
use loadline_verdict::Problem;

use super::{control, keys, order};
use crate::rules::rule::{Rule, Rules};

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

impl Found<'_> {
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

/// What is not wise in rules that were read from this text; `path` is what messages call it.
///
/// ```
/// use loadline_edge::rules::{Rules, Severity, lint};
/// let text = "[[rule]]\npath = '/a'\ncache = { s_maxage = '5m', stale_while_revalidate = '1m' }\n";
/// let rules = Rules::parse("edge.toml", text)?;
/// let findings = lint(&rules, "edge.toml", text);
/// assert_eq!((findings.len(), findings[0].severity), (1, Severity::Warning));
/// assert!(findings[0].problem.to_string().contains("edge.toml:3"));
/// # Ok::<(), loadline_verdict::Problems>(())
/// ```
pub fn lint(rules: &Rules, path: &str, text: &str) -> Vec<Finding> {
    let lines = line_starts(text);
    let source = Source::new(path, text, &lines);
    let mut findings = Vec::new();
    for (at, rule) in rules.rules.iter().enumerate() {
        let mut found = Found { source, rule: &rule.name, findings: Vec::new() };
        of_one(rules, at, rule, &mut found);
        findings.append(&mut found.findings);
    }
    findings
}

fn of_one(rules: &Rules, at: usize, rule: &Rule, found: &mut Found<'_>) {
    order::check(rules, at, rule, found);
    control::check(rule, found);
    if rule.is_cacheable() {
        keys::check(rule, found);
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
