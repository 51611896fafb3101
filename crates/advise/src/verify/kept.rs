//! Executions of a log: which statements ran, how often and for how long, and some of the values that they had.

use std::collections::BTreeMap;

use loadline_pg::log::{Call, CallKind, values_of};
use loadline_pg::shape::Class;

use crate::workload::{Asked, LogTally, Workload};

/// Values of one parameter list: null where there is none.
pub type Execution = Vec<Option<String>>;

/// Executions of one statement whose values are kept.
const KEPT: usize = 64;
/// Different texts whose values are kept.
const TEXTS: usize = 20_000;
/// Bytes of values of one execution at the most.
const BYTES: usize = 64 << 10;

/// A statement of a log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Logged {
    /// The statement and how much of it there is.
    pub asked: Asked,
    /// Values that executions had, from the whole length of the log.
    pub kept: Vec<Execution>,
}

/// What is read from a log: how much of each statement there is, and values.
#[derive(Clone, Debug, Default)]
pub struct Executions {
    tally: LogTally,
    by_text: BTreeMap<String, Reading>,
}

#[derive(Clone, Debug, Default)]
struct Reading {
    kept: Vec<Execution>,
    /// Executions with values so far, and of how many one is kept.
    seen: usize,
    each: usize,
}

impl Executions {
    /// Takes one execution.
    pub fn take(&mut self, call: &Call<'_>) {
        if !matches!(Class::of(call.text), Class::Reads | Class::Writes) {
            return;
        }
        self.tally.take(call);
        let is_run = call.kind == CallKind::Run && !call.is_cut;
        let values = call.parameters.filter(|text| is_run && text.len() <= BYTES).and_then(values_of);
        if let Some(values) = values
            && (self.by_text.len() < TEXTS || self.by_text.contains_key(call.text))
        {
            self.by_text.entry(call.text.to_owned()).or_default().keep(values);
        }
    }

    /// Executions that are left out: their text is cut, or there are too many different ones.
    pub fn left_out(&self) -> u64 {
        let mut workload = Workload::default();
        self.tally.tell(&mut workload);
        workload.omitted.values().sum()
    }

    /// The statements, those that took most of the time first.
    pub fn statements(mut self) -> Vec<Logged> {
        let mut all: Vec<Logged> = self
            .tally
            .asked()
            .map(|asked| {
                let kept = self.by_text.remove(&asked.text).map(|reading| reading.kept).unwrap_or_default();
                Logged { asked, kept }
            })
            .collect();
        let weight = |one: &Logged| one.asked.ms.unwrap_or(0.0);
        all.sort_by(|a, b| {
            let by_calls = b.asked.calls.total_cmp(&a.asked.calls);
            weight(b).total_cmp(&weight(a)).then(by_calls).then_with(|| a.asked.text.cmp(&b.asked.text))
        });
        all
    }
}

impl Reading {
    /// Keeps every so manieth, so that what is kept is from all of the time.
    fn keep(&mut self, values: Execution) {
        let each = self.each.max(1);
        if self.seen.is_multiple_of(each) {
            if self.kept.len() == KEPT {
                let mut place = 0;
                self.kept.retain(|_| {
                    place += 1;
                    place % 2 == 1
                });
                self.each = each * 2;
            }
            if self.seen.is_multiple_of(self.each.max(1)) {
                self.kept.push(values);
            }
        }
        self.seen += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn call<'a>(text: &'a str, parameters: &'a str) -> Call<'a> {
        Call {
            session: None,
            ended_at_ms: None,
            ms: Some(2.0),
            text,
            rows: None,
            is_cut: false,
            kind: CallKind::Run,
            parameters: Some(parameters),
        }
    }

    #[test]
    fn what_ran_is_counted_and_its_values_kept() {
        let mut all = Executions::default();
        all.take(&call("SELECT $1 FROM t", "$1 = 'a'"));
        all.take(&call("SELECT $1 FROM t", "$1 = NULL"));
        all.take(&call("BEGIN", ""));
        all.take(&Call { is_cut: true, ..call("SELECT 1", "") });
        all.take(&Call { kind: CallKind::Fetch, ..call("SELECT 2", "") });
        assert_eq!(all.left_out(), 1);
        let statements = all.statements();
        assert_eq!(statements.len(), 1);
        assert_eq!((statements[0].asked.calls, statements[0].asked.ms), (2.0, Some(4.0)));
        assert_eq!(statements[0].kept, [vec![Some("a".to_owned())], vec![None]]);
    }

    proptest! {
        #[test]
        fn what_is_kept_is_from_all_of_the_time(count in 1_usize..2000) {
            let mut all = Executions::default();
            for number in 0..count {
                all.take(&call("SELECT $1", &format!("$1 = '{number}'")));
            }
            let kept = &all.statements()[0].kept;
            let numbers: Vec<usize> = kept.iter().filter_map(|one| one[0].as_ref()?.parse().ok()).collect();
            prop_assert_eq!(numbers[0], 0);
            prop_assert!(numbers.len() >= count.min(KEPT / 2) && numbers.len() <= KEPT);
            let steps: std::collections::BTreeSet<usize> = numbers.windows(2).map(|two| two[1] - two[0]).collect();
            prop_assert!(steps.len() <= 1, "{:?}", steps);
            prop_assert!(numbers.last().unwrap_or(&0) + steps.first().unwrap_or(&count) >= count);
        }
    }
}
