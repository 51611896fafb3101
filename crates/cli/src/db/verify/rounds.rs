//! Verified, and where something was withdrawn or the whole was too large, searched again with what that taught and
//! verified again.

use std::path::PathBuf;

use loadline_advise::replay::{Fate, Mark, Task, Verified, verify};
use loadline_advise::search::Goal;
use loadline_advise::verify::{Definition, Lesson};
use loadline_advise::workload::Workload;
use loadline_pg::live::{Sitting, portray};
use loadline_pg::portrait::Portrait;
use loadline_runner::{Ending, Ends, Failure};

use crate::db::search::{Found, Search, found, searched};

/// What is to be proven.
pub(crate) struct Proving {
    /// The indexes, or none yet: then they are searched first.
    pub(crate) task: Task,
    /// What they are searched for.
    pub(crate) workload: Workload,
    /// What is least.
    pub(crate) goal: Goal,
    /// Of which database; else the one under test is portrayed.
    pub(crate) portrait: Option<Portrait>,
    /// The folder of PostgreSQL's programs.
    pub(crate) programs: Option<PathBuf>,
    /// How often it is searched again, at the most.
    pub(crate) again: usize,
}

/// What came of it.
pub(crate) struct Proven {
    /// Sets of which something was withdrawn, or that were too large, and in whose place another was searched.
    pub(crate) earlier: Vec<Verified>,
    /// The last one; none where no index pays.
    pub(crate) last: Option<Verified>,
    /// Why no other set was searched, where one should have been.
    pub(crate) unsearched: Option<String>,
}

/// Proves it.
pub(crate) async fn proven(
    mut proving: Proving,
    mark: &Mark,
    tell: &mut dyn FnMut(String),
) -> Result<Proven, Failure> {
    let mut proven = Proven { earlier: Vec::new(), last: None, unsearched: None };
    // What was typed stays as far as it is confirmed; a set that was searched is searched as a whole.
    let mut set = Searched::default();
    let is_ours = proving.task.indexes.is_empty();
    if is_ours {
        tell("searching indexes for these statements on an empty copy".to_owned());
        set = Searched::of(search(&mut proving, &[]).await?);
        if set.indexes.is_empty() {
            return Ok(proven);
        }
        proving.task.indexes.clone_from(&set.indexes);
    }
    let within = proving.goal.within;
    let mut tried: Vec<Definition> = Vec::new();
    let mut without: Vec<Definition> = Vec::new();
    loop {
        let verified = verify(&proving.task, mark, tell).await.ends(Ending::CouldNotRun)?;
        tried.extend(proving.task.indexes.iter().cloned());
        let withdrawn = learn(&verified, &mut proving.workload.lessons);
        without.extend(withdrawn.iter().cloned());
        let too_large = within.filter(|within| is_ours && verified.confirmed_bytes() as f64 > *within);
        if (withdrawn.is_empty() && too_large.is_none()) || proven.earlier.len() >= proving.again {
            proven.last = Some(verified);
            return Ok(proven);
        }
        if too_large.is_some() {
            tell("searching again with less room: the indexes are larger than was thought".to_owned());
            proving.goal.within = within.map(|within| within / set.larger(&verified));
        } else {
            tell("searching again without what was withdrawn".to_owned());
        }
        let confirmed = of(&verified, |fate| matches!(fate, Fate::Confirmed(_)));
        let next = match search(&mut proving, &without).await {
            Ok(found) if is_ours => {
                set = Searched::of(found);
                set.indexes.clone()
            }
            Ok(found) => {
                let is_new = |found: &Found| !is_in(&found.definition, &tried);
                let room = proving.goal.within.map(|within| within - verified.confirmed_bytes() as f64);
                let new = fitting(found.into_iter().filter(is_new), room);
                confirmed.iter().cloned().chain(new).collect()
            }
            Err(failure) if failure.ending == Ending::Signal => return Err(failure),
            Err(failure) => {
                proven.unsearched = Some(failure.text());
                proven.last = Some(verified);
                return Ok(proven);
            }
        };
        // What was confirmed together needs no other proof.
        if next.iter().all(|one| is_in(one, &confirmed)) && (too_large.is_none() || next.is_empty()) {
            proven.last = Some(verified);
            return Ok(proven);
        }
        proving.task.indexes = next;
        proven.earlier.push(verified);
    }
}

/// A set that was searched, and the bytes that it was thought to have.
#[derive(Default)]
struct Searched {
    indexes: Vec<Definition>,
    bytes: f64,
}

impl Searched {
    fn of(found: Vec<Found>) -> Self {
        let bytes = found.iter().map(|one| one.bytes).sum();
        Self { indexes: found.into_iter().map(|one| one.definition).collect(), bytes }
    }

    /// How many times as large as was thought it is.
    fn larger(&self, verified: &Verified) -> f64 {
        let built: f64 = verified.pieces.iter().map(|piece| piece.bytes as f64).sum();
        (built / self.bytes.max(1.0)).max(1.0)
    }
}

/// Takes down what measurements taught, and gives what was withdrawn.
fn learn(verified: &Verified, lessons: &mut Vec<Lesson>) -> Vec<Definition> {
    let mut withdrawn = Vec::new();
    for piece in &verified.pieces {
        if let Fate::Withdrawn(withdrawal) = &piece.fate {
            withdrawn.push(piece.definition.clone());
            lessons.extend(withdrawal.lesson.clone());
        }
    }
    withdrawn
}

fn is_in(one: &Definition, all: &[Definition]) -> bool {
    all.iter().any(|other| other.is_same(one))
}

fn of(verified: &Verified, is: impl Fn(&Fate) -> bool) -> Vec<Definition> {
    verified.pieces.iter().filter(|piece| is(&piece.fate)).map(|piece| piece.definition.clone()).collect()
}

/// Those for which there is room beside what is confirmed, the most useful first.
fn fitting(found: impl Iterator<Item = Found>, mut room: Option<f64>) -> Vec<Definition> {
    let fits = |found: &Found| {
        let fits = room.is_none_or(|room| found.bytes <= room);
        if fits && let Some(room) = &mut room {
            *room -= found.bytes;
        }
        fits
    };
    found.filter(fits).map(|found| found.definition).collect()
}

async fn search(proving: &mut Proving, without: &[Definition]) -> Result<Vec<Found>, Failure> {
    let portrait = if let Some(portrait) = proving.portrait.clone() {
        portrait
    } else {
        let sitting = Sitting { without_values: false, programs: proving.programs.clone() };
        let portrait = portray(&proving.task.address, &sitting).await.ends(Ending::CouldNotRun)?;
        proving.portrait.insert(portrait).clone()
    };
    let advice = searched(Search {
        portrait,
        workload: proving.workload.clone(),
        goal: proving.goal,
        without: without.to_vec(),
        settings: proving.task.settings.clone(),
        programs: proving.programs.clone(),
    })
    .await?;
    Ok(found(&advice))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_searched_again_has_the_room_that_is_left() {
        let found = |name: &str, bytes| Found {
            definition: Definition::parse(&format!("CREATE INDEX ON {name} (a)")).unwrap(),
            bytes,
        };
        let three = || [found("t", 50.0), found("u", 60.0), found("v", 40.0)].into_iter();
        let tables = |room| fitting(three(), room).into_iter().map(|one| one.table).collect::<Vec<_>>();
        assert_eq!(tables(None), ["t", "u", "v"]);
        assert_eq!(tables(Some(100.0)), ["t", "v"]);
        assert!(tables(Some(-1.0)).is_empty());
    }
}
