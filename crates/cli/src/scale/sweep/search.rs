//! The cheapest policy that keeps the budgets: all of them roughly, and the ones that matter as `simulate` judges.
//!
//! A day as a Run of 86,400 windows takes several times as long to make as to simulate, and a sweep looks at some
//! figures of it. So each policy is first judged by windows of up to a minute, with fewer requests followed. What is
//! kept so may be broken in a stretch that begins within a minute, and what is broken by a little may be chance; so
//! from the cheapest on, those that keep the budgets or nearly do are simulated again with everything, until one keeps
//! them. The answer is thus never another one than `simulate` gives of the same policy.
//!
//! Chance is the same for all of them. Policies that differ in a maximum that none of them ever wants more than come to
//! the same, therefore, and one of them is tried.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::Result;
use loadline_page::Standing;
use loadline_scale::simulation::Scenario;

use super::super::arguments::JudgingArguments;
use super::super::judged::{Judged, judged, judged_in_steps};
use super::knobs::Candidate;
use super::rows::Row;

/// So many requests a second are followed at first.
const FOLLOWED_ROUGHLY_PER_S: f64 = 30.0;
/// The longest window, in seconds, and how many of them are in the stretch that budgets are judged over, at least.
const WINDOW_S: u64 = 60;
const WINDOWS: u64 = 5;
/// So many at the most are judged second by second at a time: a day of seconds takes some 50 MB.
const AT_A_TIME: usize = 4;

/// What came of all of them, the cheapest first.
#[derive(Debug)]
pub(crate) struct Swept {
    pub(super) rows: Vec<Row>,
    /// The index of the one that is chosen, and what came of it second by second; none: none keeps the budgets.
    pub(super) chosen: Option<(usize, Judged)>,
}

impl Swept {
    /// The one that is chosen, and what came of it.
    pub(crate) fn into_chosen(mut self) -> Option<(Candidate, Judged)> {
        let (index, judged) = self.chosen?;
        Some((self.rows.swap_remove(index).candidate, judged))
    }

    /// The one that is chosen.
    pub(super) fn best(&self) -> Option<&Row> {
        self.chosen.as_ref().map(|(index, _)| &self.rows[*index])
    }

    /// What came of a policy.
    pub(super) fn standing(&self, index: usize) -> Standing {
        match &self.chosen {
            Some((chosen, _)) if *chosen == index => Standing::Chosen,
            _ if self.rows[index].keeps => Standing::Keeps,
            _ => Standing::Breaks,
        }
    }

    /// What the 95th percentile may be, where a budget says so.
    pub(super) fn limit_ms(&self) -> Option<f64> {
        self.rows.iter().find_map(|row| row.limit_ms)
    }
}

/// Tries all of them.
pub(crate) fn search(candidates: &[Candidate], judging: &JudgingArguments) -> Result<Swept> {
    let mut rows = roughly(candidates, judging)?;
    let chosen = closely(&mut rows, judging)?;
    Ok(Swept { rows, chosen })
}

/// The first that keeps the budgets second by second, and what came of it. What came of those after it is forgotten, so
/// that rows are the same on any machine.
fn closely(rows: &mut [Row], judging: &JudgingArguments) -> Result<Option<(usize, Judged)>> {
    let near: Vec<usize> = (0..rows.len()).filter(|index| rows[*index].may_keep).collect();
    let closely = |candidate: &Candidate| judged(&candidate.tried, &candidate.scenario, judging);
    let mut known = BTreeMap::new();
    let mut kept = BTreeMap::new();
    loop {
        let batch: Vec<usize> = one_of_a_kin(&near, rows, &known).take(AT_A_TIME.min(cores())).collect();
        for (index, judged) in batch.iter().zip(each(&batch, |index| closely(&rows[*index].candidate))) {
            let judged = judged?;
            let row = Row::of(rows[*index].candidate.clone(), &judged, judging, true);
            if row.keeps {
                kept.insert(*index, judged);
            }
            known.insert(*index, row);
        }
        for index in &near {
            let same = known.values().find_map(|row: &Row| row.of_kin(&rows[*index].candidate));
            if let (false, Some(row)) = (known.contains_key(index), same) {
                known.insert(*index, row);
            }
        }
        let open = near.iter().find(|index| !known.contains_key(index));
        let first = near.iter().find(|index| known.get(index).is_some_and(|row| row.keeps)).copied();
        if open.is_some_and(|open| first.is_none_or(|first| first > *open)) {
            continue;
        }
        for (index, row) in known.into_iter().filter(|(index, _)| first.is_none_or(|first| *index <= first)) {
            rows[index] = row;
        }
        let Some(index) = first else { return Ok(None) };
        let judged = kept.remove(&index).map_or_else(|| closely(&rows[index].candidate), Ok)?;
        return Ok(Some((index, judged)));
    }
}

/// Of those that are not known yet the first of each kin: the others may come to the same.
fn one_of_a_kin<'a>(
    near: &'a [usize],
    rows: &'a [Row],
    known: &'a BTreeMap<usize, Row>,
) -> impl Iterator<Item = usize> + 'a {
    let mut kin = BTreeSet::new();
    let unknown = near.iter().copied().filter(|index| !known.contains_key(index));
    unknown.filter(move |index| kin.insert(rows[*index].candidate.kin.as_str()))
}

/// All of them; the cheapest first, and of those that cost the same the one that was named first.
fn roughly(candidates: &[Candidate], judging: &JudgingArguments) -> Result<Vec<Row>> {
    let step_s = (judging.over.as_secs() / WINDOWS).clamp(1, WINDOW_S);
    let roughly = |index: &usize| {
        let candidate = &candidates[*index];
        let scenario = &candidate.scenario;
        let followed_per_s = scenario.followed_per_s.min(FOLLOWED_ROUGHLY_PER_S);
        let scenario = Scenario { followed_per_s, followed_replicas: 1, ..scenario.clone() };
        judged_in_steps(&candidate.tried, &scenario, judging, step_s)
            .map(|judged| Row::of(candidate.clone(), &judged, judging, false))
    };
    // Of each kin the one that may have most: what it never wanted makes no difference to the others.
    let mut largest: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, candidate) in candidates.iter().enumerate() {
        let most = largest.entry(&candidate.kin).or_insert(index);
        if candidate.tried.max() > candidates[*most].tried.max() {
            *most = index;
        }
    }
    let largest: Vec<usize> = largest.into_values().collect();
    let mut rows = BTreeMap::new();
    for (index, row) in largest.iter().zip(each(&largest, roughly)) {
        rows.insert(*index, row?);
    }
    let kin: BTreeMap<&str, &Row> = rows.values().map(|row| (row.candidate.kin.as_str(), row)).collect();
    let of_kin =
        |candidate: &Candidate| kin.get(candidate.kin.as_str()).and_then(|row| row.of_kin(candidate));
    let others = candidates.iter().enumerate().filter(|(index, _)| !rows.contains_key(index));
    let (same, others): (Vec<_>, Vec<_>) =
        others.map(|(index, candidate)| (index, of_kin(candidate))).partition(|(_, row)| row.is_some());
    let others: Vec<usize> = others.into_iter().map(|(index, _)| index).collect();
    rows.extend(same.into_iter().filter_map(|(index, row)| Some((index, row?))));
    for (index, row) in others.iter().zip(each(&others, roughly)) {
        rows.insert(*index, row?);
    }
    let mut rows: Vec<Row> = rows.into_values().collect();
    // What costs the same stays in order.
    rows.sort_by(|one, other| one.cost.total_cmp(&other.cost));
    Ok(rows)
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// What comes of each, in their order; all cores work on them.
fn each<T: Sync, R: Send>(all: &[T], of: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let work = || {
        let indices = std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)));
        indices.map_while(|index| Some((index, of(all.get(index)?)))).collect::<Vec<_>>()
    };
    let mut done: Vec<(usize, R)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores().min(all.len())).map(|_| scope.spawn(work)).collect();
        let joined =
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        joined.flatten().collect()
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, one)| one).collect()
}
