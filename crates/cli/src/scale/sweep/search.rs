//! The cheapest policy that keeps the budgets: all of them roughly, and the ones that matter as `simulate` judges.
//!
//! A day as a Run of 86,400 windows takes several times as long to make as to simulate, and a sweep looks at some
//! figures of it. So each policy is first judged by windows of up to a minute, with fewer requests followed. What is
//! kept so may be broken in a stretch that begins within a minute, and what is broken by a little may be chance; so
//! from the cheapest on, those that keep the budgets or nearly do are simulated again with everything, until one keeps
//! them. The answer is thus never another one than `simulate` gives of the same policy.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::Result;
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
}

/// Tries all of them.
pub(crate) fn search(candidates: &[Candidate], judging: &JudgingArguments) -> Result<Swept> {
    let mut rows = roughly(candidates, judging)?;
    rows.sort_by(|one, other| one.cost.total_cmp(&other.cost));
    let mut chosen = None;
    for (index, row) in rows.iter_mut().enumerate().filter(|(_, row)| row.may_keep) {
        let candidate = row.candidate.clone();
        let judged = judged(&candidate.tried, &candidate.scenario, judging)?;
        *row = Row::of(candidate, &judged, judging, true);
        if row.keeps {
            chosen = Some((index, judged));
            break;
        }
    }
    Ok(Swept { rows, chosen })
}

/// All of them, on all cores.
fn roughly(candidates: &[Candidate], judging: &JudgingArguments) -> Result<Vec<Row>> {
    let (next, rows) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(candidates.len())));
    let threads = thread::available_parallelism().map_or(1, usize::from).min(candidates.len().max(1));
    let step_s = (judging.over.as_secs() / WINDOWS).clamp(1, WINDOW_S);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(candidate) = candidates.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let scenario = &candidate.scenario;
                    let followed_per_s = scenario.followed_per_s.min(FOLLOWED_ROUGHLY_PER_S);
                    let scenario = Scenario { followed_per_s, ..scenario.clone() };
                    let row = judged_in_steps(&candidate.tried, &scenario, judging, step_s)
                        .map(|judged| Row::of(candidate.clone(), &judged, judging, false));
                    rows.lock().unwrap_or_else(PoisonError::into_inner).push(row);
                }
            });
        }
    });
    rows.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().collect()
}
