//! Executions of a log, put together by their texts.

use std::collections::BTreeMap;

use loadline_pg::log::{Call, CallKind};

use super::merge::{Asked, Workload};
use super::omission::Omission;

/// Different texts that are kept; what comes after them is of shapes that were seen, or rare.
const TEXTS: usize = 100_000;

/// What a log has said so far.
#[derive(Clone, Debug, Default)]
pub struct LogTally {
    by_text: BTreeMap<String, Executions>,
    cut: u64,
    ever_new: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Executions {
    calls: f64,
    timed: f64,
    ms: f64,
    preparation_ms: f64,
    counted: f64,
    rows: f64,
}

impl LogTally {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts one execution, more of one, or what reading and planning took before it.
    pub fn take(&mut self, call: &Call<'_>) {
        if call.kind == CallKind::Preparation {
            // It may come before the first execution, whose text is new then.
            if !call.is_cut && (self.by_text.len() < TEXTS || self.by_text.contains_key(call.text)) {
                let known = self.by_text.entry(call.text.to_owned()).or_default();
                known.preparation_ms += call.ms.unwrap_or_default();
            }
            return;
        }
        let is_new = !self.by_text.contains_key(call.text);
        if call.is_cut || is_new && self.by_text.len() >= TEXTS {
            *(if call.is_cut { &mut self.cut } else { &mut self.ever_new }) += 1;
            return;
        }
        let known = self.by_text.entry(call.text.to_owned()).or_default();
        let is_run = f64::from(u8::from(call.kind == CallKind::Run));
        known.calls += is_run;
        if let Some(ms) = call.ms {
            known.ms += ms;
            known.timed += is_run;
        }
        if let Some(rows) = call.rows {
            known.rows += rows;
            known.counted += is_run;
        }
    }

    /// The statements. Where a part of the executions has times or rows, it stands for the rest.
    pub fn asked(&self) -> impl Iterator<Item = Asked> {
        self.by_text.iter().filter(|(_, known)| known.calls > 0.0).map(|(text, known)| Asked {
            text: text.clone(),
            calls: known.calls,
            ms: (known.timed > 0.0).then(|| known.ms * known.calls / known.timed),
            rows: (known.counted > 0.0).then(|| known.rows / known.counted),
            preparation_ms: (known.preparation_ms > 0.0).then_some(known.preparation_ms),
            endpoints: Vec::new(),
        })
    }

    /// Says in a workload what was left out.
    pub fn tell(&self, workload: &mut Workload) {
        workload.omit(Omission::Cut, self.cut);
        workload.omit(Omission::EverNew, self.ever_new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(text: &str, ms: f64, rows: Option<f64>, kind: CallKind) -> Call<'_> {
        Call {
            session: None,
            ended_at_ms: None,
            ms: Some(ms),
            text,
            rows,
            is_cut: text.ends_with('…'),
            kind,
            parameters: None,
        }
    }

    #[test]
    fn rows_are_those_of_an_execution_on_average() {
        let mut tally = LogTally::new();
        for (ms, rows, kind) in [
            (0.5, None, CallKind::Preparation),
            (2.0, Some(10.0), CallKind::Run),
            (4.0, Some(2.0), CallKind::Run),
            (1.0, None, CallKind::Fetch),
            (3.0, None, CallKind::Run),
        ] {
            tally.take(&call("SELECT 1 FROM t", ms, rows, kind));
        }
        tally.take(&call("SELECT 2 FROM t W…", 1.0, None, CallKind::Run));
        let asked: Vec<Asked> = tally.asked().collect();
        assert_eq!((asked[0].calls, asked[0].ms, asked[0].rows), (3.0, Some(10.0), Some(6.0)));
        assert_eq!(asked[0].preparation_ms, Some(0.5));
        let mut workload = Workload::of(asked);
        tally.tell(&mut workload);
        assert_eq!(workload.omitted, [(Omission::Cut, 1)].into());
    }
}
