//! The cheapest policy that keeps the budgets: all of them roughly, and the ones that matter as `simulate` judges.
//!
//! A day as a Run of 86,400 windows takes several times as long to make as to simulate, and a sweep looks at some
//! figures of it. So each policy is first judged by windows of up to a minute, with fewer requests followed. What is
//! kept so may be broken in a stretch that begins within a minute, and what is broken by a little may be chance; so
//! from the cheapest on, those that keep the budgets or nearly do are simulated again with everything, until one keeps
//! them. The answer is thus never another one than `simulate` gives of the same policy.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
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

/// The first that keeps the budgets second by second, and what came of it; several at a time, on a core each. What came
/// of those after it is forgotten, so that rows are the same on any machine.
fn closely(rows: &mut [Row], judging: &JudgingArguments) -> Result<Option<(usize, Judged)>> {
    let near: Vec<usize> = (0..rows.len()).filter(|index| rows[*index].may_keep).collect();
    for indices in near.chunks(cores().min(AT_A_TIME)) {
        let all: Vec<Result<Judged>> = thread::scope(|scope| {
            let judge = |index: &usize| {
                let candidate = &rows[*index].candidate;
                scope.spawn(|| judged(&candidate.tried, &candidate.scenario, judging))
            };
            let threads: Vec<_> = indices.iter().map(judge).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
                .collect()
        });
        for (index, judged) in indices.iter().zip(all) {
            let judged = judged?;
            let row = &mut rows[*index];
            *row = Row::of(row.candidate.clone(), &judged, judging, true);
            if row.keeps {
                return Ok(Some((*index, judged)));
            }
        }
    }
    Ok(None)
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// All of them, on all cores; the cheapest first, and of those that cost the same the one that was named first.
fn roughly(candidates: &[Candidate], judging: &JudgingArguments) -> Result<Vec<Row>> {
    let (next, rows) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(candidates.len())));
    let threads = cores().min(candidates.len().max(1));
    let step_s = (judging.over.as_secs() / WINDOWS).clamp(1, WINDOW_S);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(candidate) = candidates.get(index) else { break };
                    let scenario = &candidate.scenario;
                    let followed_per_s = scenario.followed_per_s.min(FOLLOWED_ROUGHLY_PER_S);
                    let scenario = Scenario { followed_per_s, ..scenario.clone() };
                    let row = judged_in_steps(&candidate.tried, &scenario, judging, step_s)
                        .map(|judged| Row::of(candidate.clone(), &judged, judging, false));
                    rows.lock().unwrap_or_else(PoisonError::into_inner).push((index, row));
                }
            });
        }
    });
    let rows = rows.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter();
    let mut rows: Vec<(usize, Row)> =
        rows.map(|(index, row)| row.map(|row| (index, row))).collect::<Result<_>>()?;
    rows.sort_by(|(first, one), (second, other)| one.cost.total_cmp(&other.cost).then(first.cmp(second)));
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}
