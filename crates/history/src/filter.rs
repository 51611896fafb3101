//! Which runs are asked for.

use std::cmp::Reverse;

use loadline_measure::{RunRecord, RunState};

/// Which runs are asked for: those for which all of it holds. The default asks for all.
///
/// ```
/// use loadline_history::Filter;
/// use loadline_measure::RunState;
///
/// let on_main = Filter { branch: Some("main".to_owned()), state: Some(RunState::Finished), ..Filter::default() };
/// let newest = Filter { limit: Some(20), ..on_main };
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The name contains this text, in letters of either case.
    pub name: Option<String>,
    /// The fingerprint is this one.
    pub fingerprint: Option<String>,
    /// The branch is this one.
    pub branch: Option<String>,
    /// The commit begins with these digits.
    pub commit: Option<String>,
    /// It started then or later, in milliseconds since 1970 UTC.
    pub since_unix_ms: Option<i64>,
    /// It started before then, in milliseconds since 1970 UTC.
    pub until_unix_ms: Option<i64>,
    /// It came to be here so.
    pub state: Option<RunState>,
    /// At most this many, the newest.
    pub limit: Option<usize>,
}

impl Filter {
    /// The runs that are asked for, newest first.
    pub(crate) fn choose(&self, runs: impl IntoIterator<Item = RunRecord>) -> Vec<RunRecord> {
        let name = self.name.as_ref().map(|name| name.to_lowercase());
        let commit = self.commit.as_ref().map(|commit| commit.to_lowercase());
        let equals =
            |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted == found);
        let mut chosen: Vec<RunRecord> = runs
            .into_iter()
            .filter(|run| {
                name.as_ref().is_none_or(|name| run.name.to_lowercase().contains(name))
                    && commit.as_ref().is_none_or(|commit| run.commit.to_lowercase().starts_with(commit))
                    && equals(&self.fingerprint, &run.fingerprint)
                    && equals(&self.branch, &run.branch)
                    && self.since_unix_ms.is_none_or(|since| run.started_unix_ms >= since)
                    && self.until_unix_ms.is_none_or(|until| run.started_unix_ms < until)
                    && self.state.is_none_or(|state| run.state == state)
            })
            .collect();
        chosen.sort_unstable_by_key(|run| Reverse((run.started_unix_ms, run.id)));
        chosen.truncate(self.limit.unwrap_or(usize::MAX));
        chosen
    }
}
