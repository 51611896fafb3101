//! Executions of a log: which statements ran, how often and for how long, and some of the values that they had.

use std::collections::BTreeMap;

use loadline_pg::log::{Call, CallKind, values_of};
use loadline_pg::shape::Class;

/// Values of one parameter list: null where there is none.
pub type Execution = Vec<Option<String>>;

/// Executions of one statement whose values are kept.
const KEPT: usize = 64;
/// Different texts that are kept; further ones are counted.
const TEXTS: usize = 20_000;
/// Bytes of values of one execution at the most.
const BYTES: usize = 64 << 10;

/// A statement of a log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Logged {
    /// Its text.
    pub text: String,
    /// Executions.
    pub calls: f64,
    /// Milliseconds that they took, if the log tells.
    pub ms: Option<f64>,
    /// Values that executions had, from the whole length of the log.
    pub kept: Vec<Execution>,
}

/// What is read from a log.
#[derive(Clone, Debug, Default)]
pub struct Executions {
    by_text: BTreeMap<String, Reading>,
    /// Executions that are left out: their text is cut, or there are too many different ones.
    pub left_out: u64,
}

#[derive(Clone, Debug, Default)]
struct Reading {
    calls: f64,
    ms: Option<f64>,
    kept: Vec<Execution>,
    /// Executions with values so far, and of how many one is kept.
    seen: usize,
    each: usize,
}

impl Executions {
    /// Takes one execution.
    pub fn take(&mut self, call: &Call<'_>) {
        if call.kind != CallKind::Run || !matches!(Class::of(call.text), Class::Reads | Class::Writes) {
            return;
        }
        if call.is_cut || self.by_text.len() >= TEXTS && !self.by_text.contains_key(call.text) {
            self.left_out += 1;
            return;
        }
        let reading = self.by_text.entry(call.text.to_owned()).or_default();
        reading.calls += 1.0;
        if let Some(ms) = call.ms {
            *reading.ms.get_or_insert(0.0) += ms;
        }
        if let Some(values) = call.parameters.filter(|text| text.len() <= BYTES).and_then(values_of) {
            reading.keep(values);
        }
    }

    /// The statements, those that took most of the time first.
    pub fn statements(self) -> Vec<Logged> {
        let of = |(text, reading): (String, Reading)| Logged {
            text,
            calls: reading.calls,
            ms: reading.ms,
            kept: reading.kept,
        };
        let mut all: Vec<Logged> = self.by_text.into_iter().map(of).collect();
        let weight = |one: &Logged| one.ms.unwrap_or(0.0);
        all.sort_by(|a, b| {
            weight(b)
                .total_cmp(&weight(a))
                .then(b.calls.total_cmp(&a.calls))
                .then_with(|| a.text.cmp(&b.text))
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
        assert_eq!(all.left_out, 1);
        let statements = all.statements();
        assert_eq!(statements.len(), 1);
        assert_eq!((statements[0].calls, statements[0].ms), (2.0, Some(4.0)));
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
