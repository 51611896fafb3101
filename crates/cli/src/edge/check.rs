//! `loadline edge check`: what is not wise in a file of rules.

use loadline_edge::rules::{Finding, Severity, lint};
use loadline_report::plain;
use loadline_runner::{Ending, Ends, Failure};
use loadline_units::count;
use loadline_verdict::escape;
use serde_json::json;

use super::arguments::CheckArguments;
use super::file;
use crate::common::{json_text, print, told};

/// Findings that are printed one by one; all of them are in the JSON.
const SHOWN: usize = 50;

/// Checks a file of rules.
pub(crate) fn check(arguments: &CheckArguments) -> Result<Ending, Failure> {
    let (rules, path, text) = file::read(&arguments.file)?;
    let findings = lint(&rules, &escape(&path), &text);
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let warnings = findings.len() - errors;
    let ending =
        if errors > 0 || (arguments.strict && warnings > 0) { Ending::Failed } else { Ending::Passed };
    let printed = if arguments.json {
        let findings: Vec<_> = findings.iter().map(finding_json).collect();
        json_text(&json!({
            "rules": rules.rules.len(),
            "errors": errors,
            "warnings": warnings,
            "findings": findings,
        }))
        .ends(Ending::CouldNotRun)?
    } else {
        let mut shown = String::new();
        for finding in findings.iter().take(SHOWN) {
            shown += &format!("{}: {}\n\n", finding.severity, finding.problem);
        }
        if findings.len() > SHOWN {
            shown += &format!("and {} more, all of them with `--json`\n\n", findings.len() - SHOWN);
        }
        shown += &format!(
            "{} in `{}`: {}, {}\n",
            number(rules.rules.len(), "rule"),
            escape(&path),
            number(errors, "error"),
            number(warnings, "warning")
        );
        plain(&shown)
    };
    Ok(told(print(printed.as_bytes()), ending))
}

fn finding_json(finding: &Finding) -> serde_json::Value {
    let line = finding.problem.origin.rsplit(':').next().and_then(|line| line.parse::<u64>().ok());
    json!({
        "severity": finding.severity.to_string(),
        "rule": finding.rule,
        "line": line,
        "message": finding.problem.message,
        "hint": finding.problem.hint,
    })
}

fn number(count_of: usize, what: &str) -> String {
    let plural = if count_of == 1 { "" } else { "s" };
    format!("{} {what}{plural}", count(count_of as u64))
}
