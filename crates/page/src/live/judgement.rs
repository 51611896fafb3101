//! How a run is judged that goes on.

use loadline_measure::Run;
use loadline_verdict as verdict;
use serde::Serialize;

use crate::document::{Outcome, Requirement, Verdict};
use crate::make::{requirement, whole};
use crate::warnings::warnings;

/// What came of a run's requirements so far. It is made where the run is, and shown elsewhere.
#[derive(Debug, Clone, Serialize)]
pub struct Judgement {
    /// In a sentence.
    pub verdict: Verdict,
    /// One by one. Their metrics are the schema's, until the document they enter has a place for them.
    pub requirements: Vec<Requirement>,
    /// What makes the run less than it seems.
    pub warnings: Vec<String>,
}

impl Judgement {
    /// A run that goes on was judged so. What has no data yet has not failed by that.
    pub fn so_far(run: &Run, verdicts: &[verdict::Verdict]) -> Self {
        let mut verdicts = verdicts.to_vec();
        for one in &mut verdicts {
            one.fails &= one.outcome != verdict::Outcome::NoData;
        }
        let mut verdict = whole(run, &verdicts);
        if !verdicts.is_empty() {
            verdict.words = format!("So far: {}", begun_small(&verdict.words));
        }
        if verdicts.iter().all(|one| one.outcome == verdict::Outcome::NoData) {
            verdict.outcome = Outcome::NoData;
        }
        Self::of(run, verdict, &verdicts)
    }

    /// A run that is over was judged so.
    pub fn at_last(run: &Run, verdicts: &[verdict::Verdict]) -> Self {
        Self::of(run, whole(run, verdicts), verdicts)
    }

    fn of(run: &Run, verdict: Verdict, verdicts: &[verdict::Verdict]) -> Self {
        let requirements = verdicts.iter().map(|one| requirement(run, one, |id| Some(id.index())));
        Self { verdict, requirements: requirements.collect(), warnings: warnings(run) }
    }

    /// With the places that the metrics have in a document.
    pub(crate) fn placed(mut self, place: impl Fn(usize) -> Option<usize>) -> Self {
        for one in &mut self.requirements {
            one.metric = one.metric.and_then(&place);
        }
        self
    }
}

fn begun_small(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
