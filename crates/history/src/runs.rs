//! The rows of runs: read all of them, checked, and chosen then.

use std::collections::{BTreeMap, BTreeSet};

use loadline_measure::{Judgement, RunRecord, RunState};

use crate::census::{Counted, counted, damaged as census_damaged};
use crate::database::{Database, Fault, Value, row};
use crate::numbers::{Numbers, Ranges};
use crate::sealed::{SEALED, SealedRow};
use crate::tables::RUNS;

/// A run whose row is whole.
pub(crate) struct RunRow {
    pub(crate) record: RunRecord,
    /// How many pieces there are of it.
    pub(crate) pieces: i64,
    /// The names of its figures; not known in a history that is not sealed.
    pub(crate) figures: Option<Ranges>,
}

/// All runs.
pub(crate) struct Runs {
    /// Those that are whole, by number.
    pub(crate) whole: BTreeMap<i64, RunRow>,
    /// Those that are not, with what is the matter.
    pub(crate) damaged: BTreeMap<i64, &'static str>,
    /// What is said when it is not known which there are.
    pub(crate) uncounted: Option<String>,
}

/// What is the matter with a row.
const ALTERED: &str = "what is kept of it is not what was written";
const MISSING: &str = "its row is missing";

/// Reads all runs; within a snapshot.
pub(crate) fn all(database: &mut dyn Database, version: i64) -> Result<Runs, Fault> {
    let counted = counted::<Numbers>(database, version)?;
    let mut runs = Runs { whole: BTreeMap::new(), damaged: BTreeMap::new(), uncounted: None };
    for found in RUNS.read(database, version, "", &[])? {
        let number = number(&found);
        match run_row(found, version) {
            Some(run) => _ = runs.whole.insert(run.record.id, run),
            None => _ = runs.damaged.insert(number, ALTERED),
        }
    }
    match counted {
        Counted::Keys(Numbers(numbers)) => runs.hold_against(&numbers),
        Counted::Damaged => runs.uncounted = Some(census_damaged::<Numbers>()),
        Counted::Uncounted => {}
    }
    let Runs { whole, damaged, .. } = &mut runs;
    damaged.retain(|number, _| !whole.contains_key(number));
    Ok(runs)
}

impl Runs {
    /// Those that should be there, and no others.
    fn hold_against(&mut self, numbers: &BTreeSet<i64>) {
        let Self { whole, damaged, .. } = self;
        whole.retain(|number, _| numbers.contains(number));
        // A damaged row whose number is none of them is one of those that are missing.
        damaged.retain(|number, _| numbers.contains(number));
        for number in numbers {
            if !whole.contains_key(number) {
                damaged.entry(*number).or_insert(MISSING);
            }
        }
    }
}

/// Reads one run: `None` when there is none of this number.
pub(crate) fn one(database: &mut dyn Database, version: i64, id: i64) -> Result<Option<RunRow>, Fault> {
    let found = RUNS.read(database, version, "WHERE t.id = $1", &[id.into()])?;
    let is_there = !found.is_empty();
    if let Some(run) = found.into_iter().find_map(|found| run_row(found, version)) {
        return Ok(Some(run));
    }
    let is_missing =
        matches!(counted::<Numbers>(database, version)?, Counted::Keys(numbers) if numbers.0.contains(&id));
    match (is_there, is_missing) {
        (true, _) => Err(Fault::Damaged(said(id, ALTERED))),
        (false, true) => Err(Fault::Damaged(said(id, MISSING))),
        (false, false) => Ok(None),
    }
}

/// What is said of a run that is damaged.
pub(crate) fn said(id: i64, why: &str) -> String {
    format!("run {id} is damaged: {why}")
}

/// … when it is its row that was to be changed.
pub(crate) fn altered(id: i64) -> Fault {
    Fault::Damaged(said(id, ALTERED))
}

fn number(found: &SealedRow) -> i64 {
    if let Some(Value::Int(number)) = found.found(0) { *number } else { 0 }
}

/// A row that is whole and means something.
fn run_row(found: SealedRow, version: i64) -> Option<RunRow> {
    let cells = row(found.whole()?).ok()?;
    let [
        id,
        _hash,
        state,
        started,
        duration,
        name,
        fingerprint,
        plan,
        commit,
        branch,
        _target,
        target_version,
        host,
        outcome,
        words,
        saturated,
        annotations,
        _loadline,
        _identity,
        pieces,
        figures,
    ] = cells;
    let read = || -> Result<Option<RunRow>, Fault> {
        let figures = figures.text()?;
        let (Some(state), Some(outcome)) = (RunState::of(&state.text()?), Judgement::of(&outcome.text()?))
        else {
            return Ok(None);
        };
        let (Ok(annotations), Ok(figures)) = (serde_json::from_str(&annotations.text()?), figures.parse())
        else {
            return Ok(None);
        };
        let record = RunRecord {
            id: id.int()?,
            started_unix_ms: started.int()?,
            name: name.text()?,
            fingerprint: fingerprint.text()?,
            plan: plan.text()?,
            commit: commit.text()?,
            branch: branch.text()?,
            target_version: target_version.text()?,
            host: host.text()?,
            state,
            duration_ms: duration.int()? as u64,
            outcome,
            words: words.text()?,
            saturated: saturated.int()? != 0,
            annotations,
        };
        Ok(Some(RunRow { record, pieces: pieces.int()?, figures: (version >= SEALED).then_some(figures) }))
    };
    read().ok().flatten()
}
