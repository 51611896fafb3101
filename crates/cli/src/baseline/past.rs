//! The runs that a run is held against, and what somebody accepted of them.

use std::collections::BTreeMap;

use anyhow::Result;
use loadline_history::{Filter, History};
use loadline_measure::RunRecord;
use loadline_report::Past;
use loadline_verdict::{Accepted, Earlier, Gate, PastRun, no_baseline, not_comparable};

/// So many runs before a run are looked at: its level is older than what it is held against.
pub(super) const LOOKED_AT: usize = 400;

/// What a run is held against.
pub(super) struct Before {
    pub(super) runs: Vec<PastRun>,
    pub(super) accepted: Vec<Accepted>,
    /// A figure is held against so many of them at most.
    pub(super) most: usize,
    /// How many there are, and why others are none.
    pub(super) past: Past,
}

impl Before {
    /// Runs of the same kind before a run, the newest `most` of which count for each figure.
    pub(super) fn of(history: &mut History, record: &RunRecord, most: usize) -> Result<Self> {
        says_what_it_is_of(record)?;
        let (mut runs, mut others) = (Vec::new(), BTreeMap::<&str, Vec<i64>>::new());
        for other in history.list(&Filter::default())?.iter().filter(|other| other.id != record.id) {
            if runs.len() >= LOOKED_AT {
                break;
            }
            // Of most others it is known without their figures.
            let unlike = not_comparable(record, other);
            let figures = if unlike.is_none() { history.figures(other.id)? } else { Vec::new() };
            match unlike.or_else(|| no_baseline(record, other, &figures)) {
                Some(why) => others.entry(why).or_default().push(other.id),
                None => runs.push(PastRun { run: other.id, started_unix_ms: other.started_unix_ms, figures }),
            }
        }
        runs.reverse();
        let ascending = |(why, mut runs): (&str, Vec<i64>)| {
            runs.reverse();
            (why.to_owned(), runs)
        };
        let past = Past {
            comparable: runs.len(),
            others: others.into_iter().map(ascending).collect(),
            ..Past::default()
        };
        Ok(Self { runs, accepted: accepted(history, &record.fingerprint)?, most, past })
    }

    /// The runs of a baseline that was saved.
    pub(super) fn of_baseline(history: &mut History, record: &RunRecord, name: &str) -> Result<Self> {
        says_what_it_is_of(record)?;
        let baseline = history.baseline(name)?;
        if baseline.fingerprint != record.fingerprint {
            anyhow::bail!(
                "run {0} cannot be held against `{name}`: its script, plan or machine is another one\n  run:      {1}\n  baseline: {2}\nhint: save a baseline of this kind with `loadline baseline save NAME --like {0}`",
                record.id,
                record.fingerprint,
                baseline.fingerprint
            );
        }
        let mut runs = Vec::new();
        for other in baseline.runs.into_iter().filter(|other| *other != record.id) {
            let started_unix_ms = history.record(other)?.started_unix_ms;
            runs.push(PastRun { run: other, started_unix_ms, figures: history.figures(other)? });
        }
        runs.sort_by_key(|run| (run.started_unix_ms, run.run));
        let past = Past { comparable: runs.len(), ..Past::default() };
        Ok(Self { most: runs.len(), runs, accepted: Vec::new(), past })
    }

    pub(super) fn earlier(&self) -> Earlier<'_> {
        Earlier { runs: &self.runs, accepted: &self.accepted, most: self.most, gate: Gate::default() }
    }
}

/// What was accepted of runs of a kind.
pub(super) fn accepted(history: &mut History, fingerprint: &str) -> Result<Vec<Accepted>> {
    let all = history.acceptances()?.into_iter().filter(|one| one.fingerprint == fingerprint);
    let accepted = all.map(|one| Accepted {
        since_unix_ms: one.run_started_unix_ms,
        subject: one.subject,
        quantity: one.quantity,
    });
    Ok(accepted.collect())
}

fn says_what_it_is_of(record: &RunRecord) -> Result<()> {
    if record.fingerprint.is_empty() {
        anyhow::bail!(
            "run {} does not say what it is of, so nothing is comparable to it\nhint: runs of other tools can be shown, not compared",
            record.id
        );
    }
    Ok(())
}
