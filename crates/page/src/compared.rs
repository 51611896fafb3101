//! Two builds side by side, as the page reads it: what `compare` says, in its words, and where there are two Runs all
//! that there is to see of both, over the same steps of time.

use loadline_measure::Better;
use loadline_report::{ComparisonReport, change_text, figure_text, interval_text};
use loadline_verdict::{self as verdict, Comparison};
use serde::Serialize;

use crate::document::{Document, Outcome, VERSION, Verdict};

/// A comparison. What is not a number (no value, infinity) is `null`.
#[derive(Debug, Clone, Serialize)]
pub struct ComparedDocument {
    /// The form's, as that of a run.
    pub version: u32,
    /// What was compared: `loadtests/search.ts`.
    pub name: String,
    /// The base and the head: a URL, a commit, a file.
    pub sides: [String; 2],
    /// The verdict on all of it.
    pub verdict: Verdict,
    /// Why it ended when it did, and what it cannot tell.
    pub notes: Vec<String>,
    /// Where differences come from: endpoints with words.
    pub sources: Vec<(String, String)>,
    /// Rounds; 1 for two single runs.
    pub rounds: usize,
    /// The change that does not matter, as a share of the figure …
    pub delta: f64,
    /// … and of shares, as a difference.
    pub share_delta: f64,
    /// Every figure that was compared.
    pub rows: Vec<ComparedFigure>,
    /// Deciles of everything together: the shift function.
    pub deciles: Vec<ComparedFigure>,
    /// Both Runs, base and head; none of rounds.
    pub runs: Vec<Document>,
}

/// A figure of base and head.
#[derive(Debug, Clone, Serialize)]
pub struct ComparedFigure {
    /// What it is of: an endpoint, all requests.
    pub subject: String,
    /// Which: `p95`.
    pub quantity: String,
    /// `ms`, `/s`, `share`, `bytes`, or what it counts.
    pub unit: String,
    /// Whether more of it is worse.
    pub more_is_worse: bool,
    /// Whether it is compared by its difference and not by its ratio.
    pub by_difference: bool,
    /// The base's, the head's, the change and its interval, as people read them.
    pub words: [String; 4],
    /// The head's to the base's, as a ratio; for shares, the difference …
    pub change: Option<f64>,
    /// … and the ends of its interval.
    pub interval: [Option<f64>; 2],
    /// How often such an interval holds the true change.
    pub confidence: Option<f64>,
    /// What came out.
    pub outcome: Outcome,
    /// The figure of each round, base and head; none of two single runs.
    pub rounds: [Vec<Option<f64>>; 2],
}

/// A share that does not matter unless somebody says another.
const SHARE_DELTA: f64 = 0.005;

impl ComparedDocument {
    /// A comparison, with what there is to see of its two Runs where it is of two.
    pub fn of(report: &ComparisonReport<'_>, runs: Option<[Document; 2]>) -> Self {
        let notes = [report.why(), report.advisory.map(|why| format!("advice only: {why}"))];
        Self {
            version: VERSION,
            name: report.name.to_owned(),
            sides: [report.base.to_owned(), report.head.to_owned()],
            verdict: Verdict { outcome: outcome(report.outcome()), words: capital(&report.sentence()) },
            notes: notes.into_iter().flatten().collect(),
            sources: report.sources().into_iter().map(|(name, words)| (name.to_owned(), words)).collect(),
            rounds: report.rounds,
            delta: report.delta,
            share_delta: report.course.as_ref().map_or(SHARE_DELTA, |course| course.share_delta),
            rows: report.comparisons.iter().map(|one| figure(report, one)).collect(),
            deciles: report.deciles.iter().map(|one| figure(report, one)).collect(),
            runs: runs.map(Vec::from).unwrap_or_default(),
        }
    }
}

fn figure(report: &ComparisonReport<'_>, one: &Comparison) -> ComparedFigure {
    let scale = &one.scale;
    let by_round = report.course.as_ref().and_then(|course| {
        course.figures.iter().find(|row| (&row.subject, &row.quantity) == (&one.subject, &one.quantity))
    });
    let numbers = |all: &[f64]| all.iter().copied().map(finite).collect();
    ComparedFigure {
        subject: one.subject.clone(),
        quantity: one.quantity.clone(),
        unit: scale.unit.word().to_owned(),
        more_is_worse: scale.better == Better::Lower,
        by_difference: scale.by_difference(),
        words: [
            figure_text(one.base, scale),
            figure_text(one.head, scale),
            change_text(scale, one.change),
            interval_text(one),
        ],
        change: finite(one.change),
        interval: [finite(one.low), finite(one.high)],
        confidence: finite(one.confidence),
        outcome: outcome(one.outcome),
        rounds: by_round.map(|row| [numbers(&row.base), numbers(&row.head)]).unwrap_or_default(),
    }
}

pub(crate) fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

pub(crate) fn outcome(outcome: verdict::Outcome) -> Outcome {
    match outcome {
        verdict::Outcome::Pass => Outcome::Pass,
        verdict::Outcome::Fail => Outcome::Fail,
        verdict::Outcome::NoData => Outcome::NoData,
        verdict::Outcome::Inconclusive => Outcome::Inconclusive,
    }
}

/// A sentence as a heading begins it.
fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
