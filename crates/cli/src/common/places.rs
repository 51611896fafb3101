//! Where the limits of a run are written: a line of the project file, or of the script.
//!
//! Of budgets the project file says it. Of a threshold its script is looked through for the condition behind its
//! selector, both as they were recorded; where that is not found, only the file is known, and where the file is not
//! there, nothing.

use std::path::Path;

use loadline_config::Project;
use loadline_measure::Run;
use loadline_report::SourcePlace;
use loadline_verdict::{Rule, Verdict};

use super::input;
use super::project::ProjectFile;

/// No script is longer.
const LONGEST: u64 = 16 << 20;
/// The condition stands at most so many lines behind its selector.
const NEAR: usize = 20;

/// The files of a run.
pub(crate) struct Places<'f> {
    project: Option<(String, &'f Project)>,
    script: Option<(String, String)>,
}

impl<'f> Places<'f> {
    /// Of this run and this project.
    pub(crate) fn of(run: &Run, found: &'f ProjectFile) -> Self {
        let project = found.path.as_deref().map(|path| (from_root(path), &found.project));
        let path = Path::new(&run.meta.name);
        let script = input::text(path, LONGEST).ok().map(|text| (from_root(path), text));
        Self { project, script }
    }

    /// Where a verdict's limit is written.
    pub(crate) fn of_verdict(&self, verdict: &Verdict) -> Option<SourcePlace> {
        if verdict.rule == Rule::Budget {
            let (path, project) = self.project.as_ref()?;
            let is_it = |budget: &&loadline_config::ScopedBudget| {
                budget.budget.subject.to_string() == verdict.selector
                    && budget.budget.to_string() == verdict.expression
            };
            let budget = project.budgets.iter().find(is_it)?;
            return Some(SourcePlace { path: path.clone(), line: Some(budget.line) });
        }
        // That it has no ending is written nowhere.
        let (path, text) = self.script.as_ref().filter(|_| !verdict.is_of_ending())?;
        let line = line_of(text, &verdict.selector, &verdict.expression);
        Some(SourcePlace { path: path.clone(), line })
    }
}

/// The line of a condition behind its selector, from 1.
fn line_of(text: &str, selector: &str, expression: &str) -> Option<usize> {
    let lines: Vec<&str> = text.lines().collect();
    let begins = lines.iter().position(|line| has(line, selector))?;
    let near = lines.iter().enumerate().skip(begins).take(NEAR);
    near.into_iter().find(|(_, line)| has(line, expression)).map(|(index, _)| index + 1)
}

/// Whether a line has a text that is not a part of a longer name.
fn has(line: &str, wanted: &str) -> bool {
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    line.match_indices(wanted).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + wanted.len()..].chars().next();
        !wanted.is_empty()
            && !before.is_some_and(is_name)
            && !after.is_some_and(|letter| is_name(letter) || letter == '{')
    })
}

/// A path from the root of the repository on, where it lies in one: that is what CI systems show files by.
fn from_root(path: &Path) -> String {
    let inside = || {
        let whole = path.canonicalize().ok()?;
        let root = whole.ancestors().find(|folder| folder.join(".git").exists())?;
        whole.strip_prefix(root).ok().map(Path::to_path_buf)
    };
    let path = inside().unwrap_or_else(|| path.to_path_buf());
    path.to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_found_behind_its_selector() {
        let script = "export const options = { thresholds: {\n  http_req_duration_x: ['p(95)<500'],\n  'http_req_duration{scenario:search}': [\n    'p(99)<900',\n    'p(95)<500',\n  ],\n} };\n";
        let line = |selector, expression| line_of(script, selector, expression);
        assert_eq!(line("http_req_duration{scenario:search}", "p(95)<500"), Some(5));
        assert_eq!(line("http_req_duration_x", "p(95)<500"), Some(2));
        assert_eq!(line("http_req_duration{scenario:search}", "p(95)<50"), None);
        assert_eq!(line("checks", "p(95)<500"), None);
    }
}
