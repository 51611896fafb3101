//! SARIF 2.1.0, which code scanning of GitHub, GitLab and editors reads: what did not pass, at the line that requires
//! it.
//!
//! Source: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>.

use loadline_measure::Run;
use loadline_verdict::{Outcome, Verdict, escape};
use serde_json::{Value, json};

use super::words::{reason, rule, title};

/// Results that GitHub takes of one run.
const MOST: usize = 5_000;

/// The line that requires something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcePlace {
    /// The file, from the root of the repository on, with `/` between folders.
    pub path: String,
    /// The line, from 1; `None` where it is not known.
    pub line: Option<usize>,
}

/// The verdicts that did not pass, as one SARIF run. What fails the run is an error; what is open, or may be without
/// data, is told without being one. `place` says where a verdict's limit is written.
pub fn sarif(run: &Run, verdicts: &[Verdict], place: &dyn Fn(&Verdict) -> Option<SourcePlace>) -> Value {
    let mut rules: Vec<(String, Value)> = Vec::new();
    let mut results = Vec::new();
    let told = || verdicts.iter().filter(|verdict| verdict.fails || verdict.outcome != Outcome::Pass);
    for verdict in told().take(MOST) {
        let id = format!("{}/{}", rule(verdict), escape(&title(verdict)));
        let index = rules.iter().position(|(known, _)| *known == id).unwrap_or_else(|| {
            let named = json!({
                "id": id,
                "shortDescription": { "text": escape(&title(verdict)) },
                "defaultConfiguration": { "level": "error" },
            });
            rules.push((id.clone(), named));
            rules.len() - 1
        });
        let (kind, level) = match verdict.outcome {
            _ if verdict.fails => ("fail", "error"),
            Outcome::NoData => ("notApplicable", "none"),
            _ => ("open", "none"),
        };
        let mut result = json!({
            "ruleId": id,
            "ruleIndex": index,
            "kind": kind,
            "level": level,
            "message": { "text": escape(&format!("{}: {}", title(verdict), reason(verdict, run))) },
            "partialFingerprints": { "requirement/v1": id },
        });
        if let Some(place) = place(verdict) {
            result["locations"] = json!([{ "physicalLocation": located(&place) }]);
        }
        results.push(result);
    }
    let left_out = told().count().saturating_sub(MOST);
    let mut notifications = Vec::new();
    if left_out > 0 {
        let words = format!("{} more did not pass", loadline_units::count(left_out as u64));
        notifications.push(json!({ "level": "warning", "message": { "text": words } }));
    }
    if let Some(saturation) = &run.meta.saturation {
        notifications.push(json!({ "level": "warning", "message": { "text": saturation.to_string() } }));
    }
    let rules: Vec<Value> = rules.into_iter().map(|(_, rule)| rule).collect();
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "Loadline",
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "automationDetails": { "id": format!("loadline/{}", escape(&run.meta.name)) },
            "invocations": [{ "executionSuccessful": true, "toolExecutionNotifications": notifications }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn located(place: &SourcePlace) -> Value {
    let mut physical = json!({ "artifactLocation": { "uri": address(&place.path) } });
    if let Some(line) = place.line {
        physical["region"] = json!({ "startLine": line });
    }
    physical
}

/// A path as a relative reference (RFC 3986, 4.2): what is no letter of an address is written as `%XX`.
fn address(path: &str) -> String {
    let mut address = String::new();
    for byte in path.trim_start_matches("./").bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            address += &format!("%{byte:02X}");
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{judged, made_up};

    #[test]
    fn what_did_not_pass_stands_at_the_line_that_requires_it() {
        let run = made_up::run();
        let verdicts = judged::verdicts(&run);
        let place = |verdict: &Verdict| {
            verdict.fails.then(|| SourcePlace { path: "./load tests/a#b.ts".to_owned(), line: Some(7) })
        };
        let made = sarif(&run, &verdicts, &place);
        let results = made["runs"][0]["results"].as_array().unwrap();
        let told = verdicts.iter().filter(|verdict| verdict.fails || verdict.outcome != Outcome::Pass);
        assert_eq!(results.len(), told.count());
        assert!(results.len() > 1, "{made:#}");
        for result in results {
            let rule =
                &made["runs"][0]["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
            assert_eq!(rule["id"], result["ruleId"]);
            // SARIF 3.27.10: a level is of what fails alone.
            assert_eq!(result["kind"] == "fail", result["level"] == "error", "{result:#}");
            let place = &result["locations"][0]["physicalLocation"];
            if result["level"] == "error" {
                assert_eq!(place["artifactLocation"]["uri"], "load%20tests/a%23b.ts");
                assert_eq!(place["region"]["startLine"], 7);
            } else {
                assert_eq!(*place, Value::Null);
            }
        }
    }
}
