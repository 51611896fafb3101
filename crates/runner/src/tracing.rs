//! The traces of a run: from its first request to the last span, and what is said of them.

use std::sync::Arc;

use loadline_client::Shared;
use loadline_measure::{RunMeta, Schema, TraceSender};
use loadline_secrets::masked;
use loadline_traces::live::{Followed, Traces};
use loadline_units as units;

use crate::signals::Interrupts;
use crate::voice::Voice;

/// What a Run's annotation is called that says what became of its traces.
const TRACES: &str = "traces";

/// The traces of a run, if it has any.
pub(crate) struct Tracing(Option<Arc<Traces>>);

impl Tracing {
    pub(crate) fn new(traces: Option<&Arc<Traces>>) -> Self {
        Self(traces.cloned())
    }

    /// Has the requests of the load carry traces from now on. Where they go when they have ended.
    pub(crate) fn begin(&self, client: &Shared, schema: &Arc<Schema>) -> Option<TraceSender> {
        self.0.as_ref().map(|traces| traces.begin(client, schema, None))
    }

    /// The load is over.
    pub(crate) fn load_is_over(&self) {
        if let Some(traces) = &self.0 {
            traces.load_is_over();
        }
    }

    /// Waits for the last spans, until somebody interrupts, and takes note of what has come.
    pub(crate) async fn finish(self, meta: &mut RunMeta, interrupts: &Interrupts, voice: &dyn Voice) {
        let Some(traces) = self.0 else { return };
        if !interrupts.any() {
            voice.note("traces: what has not come yet is waited for; interrupt to go on without it");
        }
        let followed = traces.finish(interrupts.first()).await;
        let (words, warnings) = words(&followed, traces.url().is_some());
        if let Some(words) = &words {
            voice.note(words);
        }
        for warning in &warnings {
            voice.warn(warning);
        }
        let all: Vec<String> = words.into_iter().chain(warnings).collect();
        if !all.is_empty() {
            meta.annotations.insert(TRACES.to_owned(), masked(&all.join("\n")).into_owned());
        }
        meta.slowest.merge(&followed.slowest);
    }
}

/// What became of them, and what is missing.
fn words(followed: &Followed, takes_spans: bool) -> (Option<String>, Vec<String>) {
    let Followed { account, lost, refused, trouble, .. } = followed;
    let mut warnings: Vec<String> = trouble.iter().map(|trouble| format!("traces: {trouble}")).collect();
    let mut warn = |count: u64, words: &str| {
        if count > 0 {
            warnings.push(format!("traces: {} {words}", units::count(count)));
        }
    };
    warn(*lost, "requests were too many at once to be followed: sample fewer with `--trace-sample`");
    if !takes_spans {
        return (None, warnings);
    }
    warn(
        account.never_came,
        "requests had no span of a server: does it export to where this run listens, and does it follow `traceparent`?",
    );
    warn(
        account.shared,
        "requests had the trace and the span of others, so that nobody can tell whose spans are whose",
    );
    warn(
        account.evicted,
        "requests made room for later ones before their spans were whole: sample fewer with `--trace-sample`",
    );
    warn(account.invalid, "spans had no identifier, or ended before they began");
    warn(account.beyond, "spans were more than are kept of one trace");
    warn(
        *refused,
        "messages of spans were not taken: too large, too many at once, or of no form that is known",
    );
    let told = format!(
        "traces: the server's time of {} of {} requests is explained by {} spans{}{}",
        units::count(account.explained),
        units::count(account.requests),
        units::count(account.spans),
        beside(account.foreign, "of traces that are not this run's"),
        beside(account.moved, "moved, as clocks disagree"),
    );
    (Some(told), warnings)
}

fn beside(count: u64, words: &str) -> String {
    if count == 0 { String::new() } else { format!(", {} {words}", units::count(count)) }
}

#[cfg(test)]
mod tests {
    use loadline_traces::Account;

    use super::*;

    #[test]
    fn what_is_missing_is_said() {
        let account = Account {
            requests: 1_000,
            explained: 990,
            never_came: 10,
            spans: 4_000,
            foreign: 3,
            ..Account::default()
        };
        let followed = Followed { account, refused: 2, ..Followed::default() };
        let (told, warnings) = words(&followed, true);
        let expected = "traces: the server's time of 990 of 1,000 requests is explained by 4,000 spans, 3 of traces that are not this run's";
        assert_eq!(told.as_deref(), Some(expected));
        assert_eq!(warnings.len(), 2);
        assert!(warnings[0].starts_with("traces: 10 requests had no span of a server"), "{warnings:?}");
        let asked = Followed { trouble: vec!["Tempo is gone".to_owned()], ..Followed::default() };
        assert_eq!(words(&asked, false), (None, vec!["traces: Tempo is gone".to_owned()]));
    }
}
