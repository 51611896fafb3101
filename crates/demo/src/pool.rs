//! What must hold of the database's connections at the story's load: there is one for everybody, soon.

use std::time::Duration;

use loadline_measure::{Run, Sink};
use loadline_verdict::{Claim, Condition};
use serde_json::{Value, json};

use crate::system::PoolUse;

/// How long 99 of 100 may wait: far from the 250 ms after which the service refuses.
const WAIT_WITHIN: Duration = Duration::from_millis(100);

/// Nobody is refused, and hardly anybody waits.
pub fn sufficiency(run: &Run, found: &PoolUse) -> [Claim; 2] {
    let requests = |matches: &[(&str, &str)]| {
        let sink = run.schema().find("http_reqs").and_then(|metric| run.select(metric, matches));
        if let Some(Sink::Counter(counter)) = sink { counter.sum as u64 } else { 0 }
    };
    let refused = Condition::Never { times: requests(&[("status", "503")]), among: requests(&[]) };
    let waited = Condition::AtMost {
        percent: 99,
        limit: WAIT_WITHIN,
        took: found.p99_ms.map(|ms| Duration::from_secs_f64(ms / 1_000.0)),
        among: found.waits,
    };
    [
        Claim { name: "requests refused as too many (503)".to_owned(), condition: refused },
        Claim { name: "wait for a database connection: 99%".to_owned(), condition: waited },
    ]
}

/// The waits for machines.
pub fn pool_json(found: &PoolUse) -> Value {
    json!({ "waits": found.waits, "p99_ms": found.p99_ms })
}

#[cfg(test)]
mod tests {
    use loadline_measure::{Counter, MetricKind, RunMeta, Schema, Series, TagSetId, Unit, Window};
    use loadline_verdict::{Outcome, judge_claim};

    use super::*;

    fn outcomes(statuses: &[&str], found: &PoolUse) -> [Outcome; 2] {
        let schema = Schema::new();
        let metric = schema.define("http_reqs", MetricKind::Counter, Unit::Plain).unwrap();
        let mut window = Window::default();
        for status in statuses {
            let tags = schema.intern(TagSetId::EMPTY, &[("status", status)]);
            window.add(Series { metric, tags }, Sink::Counter(Counter { sum: 1.0, count: 1 }));
        }
        let mut run = Run::new(RunMeta::default(), schema);
        run.push(0, window);
        sufficiency(&run, found).map(|claim| judge_claim(&run, &claim).outcome)
    }

    #[test]
    fn a_503_or_a_long_wait_fails() {
        let quick = PoolUse { waits: 900, p99_ms: Some(1.0) };
        let slow = PoolUse { waits: 900, p99_ms: Some(250.0) };
        let beyond = PoolUse { waits: 900, p99_ms: None };
        let unused = PoolUse { waits: 0, p99_ms: None };
        assert_eq!(outcomes(&["200", "200"], &quick), [Outcome::Pass, Outcome::Pass]);
        assert_eq!(outcomes(&["200", "503"], &slow), [Outcome::Fail, Outcome::Fail]);
        assert_eq!(outcomes(&["200", "500"], &beyond), [Outcome::Pass, Outcome::Fail]);
        assert_eq!(outcomes(&[], &unused), [Outcome::NoData, Outcome::NoData]);
    }
}
