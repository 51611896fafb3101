//! The traces of a run: from its first request to the last span, and what is said of them.

use std::sync::{Arc, Mutex, PoisonError};

use loadline_client::Shared;
use loadline_measure::{
    Builtin, MetricId, OTHER_PARTS, Recorder, RunMeta, Schema, ServerAccount, TraceSender, TracedRequest,
    Window,
};
use loadline_secrets::masked;
use loadline_traces::live::{Explains, Followed, Traces, is_longer};
use loadline_traces::{Explained, OTHER, OWN};
use loadline_units as units;

use crate::signals::Interrupts;
use crate::voice::Voice;

/// What a Run's annotation is called that says what became of its traces.
const TRACES: &str = "traces";

/// Of a server whose clock runs faster than ours, and of rounding.
const TOLERANCE_NS: u64 = 1_000_000;

/// The traces of a run, if it has any.
pub(crate) struct Tracing {
    traces: Option<Arc<Traces>>,
    /// What spans tell of the requests in the run's ledgers.
    told: Option<Arc<Mutex<Recorder>>>,
}

/// Puts what spans tell into ledgers.
struct IntoLedgers(Arc<Mutex<Recorder>>, MetricId);

impl Explains for IntoLedgers {
    fn explain(&mut self, request: &TracedRequest, explained: &Explained) {
        // An answer that has told itself is not told twice.
        if request.told {
            return;
        }
        let mut recorder = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut account = ServerAccount::default();
        // A server's span ends with its answer, which is sent after the waiting is over: that is its own work.
        let mut sent_ns = explained.server_ns.saturating_sub(request.waiting_ns.saturating_add(TOLERANCE_NS));
        let own_ns = explained.parts.iter().find(|(name, _)| name == OWN).map_or(0, |(_, own_ns)| *own_ns);
        if is_longer(request, explained) || sent_ns > own_ns {
            account.refuse();
        } else {
            let other = recorder.other_parts();
            for (name, nanoseconds) in &explained.parts {
                let part =
                    recorder.part(if name == OTHER { OTHER_PARTS.as_bytes() } else { name.as_bytes() });
                let after_ns = if name == OWN { std::mem::take(&mut sent_ns) } else { 0 };
                let nanoseconds = signed(nanoseconds - after_ns);
                account.add(part, nanoseconds, nanoseconds, other);
            }
            account.overlaps(-signed(explained.overlap_ns));
        }
        recorder.record_parts(self.1, &account, &request.tags.into());
        recorder.explain(request.tags, signed(request.total_ns), signed(request.waiting_ns), &account);
    }
}

fn signed(nanoseconds: u64) -> i64 {
    i64::try_from(nanoseconds).unwrap_or(i64::MAX)
}

impl Tracing {
    pub(crate) fn new(traces: Option<&Arc<Traces>>) -> Self {
        Self { traces: traces.cloned(), told: None }
    }

    /// Has the requests of the load carry traces from now on. Where they go when they have ended.
    pub(crate) fn begin(&mut self, client: &Shared, schema: &Arc<Schema>) -> Option<TraceSender> {
        let traces = self.traces.as_ref()?;
        let parts = Builtin::define(schema).ok()?.server_part;
        let told = self.told.insert(Arc::new(Mutex::new(Recorder::new(Arc::clone(schema)))));
        Some(traces.begin(client, schema, Some(Box::new(IntoLedgers(Arc::clone(told), parts)))))
    }

    /// The load is over.
    pub(crate) fn load_is_over(&self) {
        if let Some(traces) = &self.traces {
            traces.load_is_over();
        }
    }

    /// Waits for the last spans, until somebody interrupts, and takes note of what has come; what it tells of requests
    /// in the run's ledgers.
    pub(crate) async fn finish(
        self,
        meta: &mut RunMeta,
        interrupts: &Interrupts,
        voice: &dyn Voice,
    ) -> Option<Window> {
        let traces = self.traces?;
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
        let mut told = self.told.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        Some(told.take_window()).filter(|window| !window.is_empty())
    }
}

/// What became of them, and what is missing.
fn words(followed: &Followed, takes_spans: bool) -> (Option<String>, Vec<String>) {
    let Followed { account, lost, refused, trouble, longer, .. } = followed;
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
    warn(*longer, "requests had a server span that is longer than the request itself: it explains nothing");
    warn(account.invalid, "spans had no identifier, or ended before they began");
    warn(account.beyond, "spans were more than are kept of one trace");
    warn(
        *refused,
        "messages of spans were not taken: too large, too many at once, of no form that is known, or sent elsewhere than to `/v1/traces`",
    );
    let told = format!(
        "traces: the server's time of {} of {} requests is explained by {} spans{}{}",
        units::count(account.explained.saturating_sub(*longer)),
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
