//! All that is looked at, in the order of the file.

use loadline_tables::{Source, line_starts};

use super::finding::{Finding, Found};
use super::{control, keys, order};
use crate::rules::rule::{Rule, Rules};

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
        let mut found = Found::nothing(source, &rule.name);
        of_one(rules, at, rule, &mut found);
        findings.extend(found.into_findings());
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
