//! What a history knows, as the page reads it: its runs, and each figure over them with its levels, what changed it
//! and what somebody accepted, in the words of `history trend`.

use std::collections::HashMap;

use loadline_measure::{Better, Judgement, RunRecord};
use loadline_report::{Role, Trend, change_words, figure_text, trend_said};
use loadline_verdict::Way;
use serde::Serialize;

use crate::compared::finite;
use crate::document::{Outcome, VERSION};

/// Figures of a history over its runs. What is not a number is `null`.
#[derive(Debug, Clone, Serialize)]
pub struct TrendsDocument {
    /// The form's, as that of a run.
    pub version: u32,
    /// What the runs are of.
    pub name: String,
    /// The runs, the oldest first.
    pub runs: Vec<KeptRun>,
    /// The figures, those that got worse first.
    pub figures: Vec<TrendFigure>,
    /// What is to be known: runs that are left out, figures beyond those.
    pub notes: Vec<String>,
    /// Where a run and a comparison of two can be looked at; nothing in a file.
    pub links: Option<Links>,
}

/// Addresses, with `{run}`, `{base}` and `{head}` in them.
#[derive(Debug, Clone, Serialize)]
pub struct Links {
    /// Of a run: `/run/{run}`.
    pub run: String,
    /// Of two: `/compare?base={base}&head={head}`.
    pub compare: String,
}

/// A run of the history.
#[derive(Debug, Clone, Serialize)]
pub struct KeptRun {
    /// Its number.
    pub run: i64,
    /// When it started, in milliseconds since 1970 UTC.
    pub started_unix_ms: i64,
    /// How long it lasted, in milliseconds.
    pub duration_ms: u64,
    /// What was run.
    pub name: String,
    /// The commit, in full; empty where it is not known.
    pub commit: String,
    /// Its branch.
    pub branch: String,
    /// How it was judged.
    pub outcome: Outcome,
    /// … in words.
    pub words: String,
}

/// A figure over the runs.
#[derive(Debug, Clone, Serialize)]
pub struct TrendFigure {
    /// What it is of.
    pub subject: String,
    /// Which.
    pub quantity: String,
    /// `ms`, `/s`, `share`, `bytes`, or what it counts.
    pub unit: String,
    /// Whether more of it is worse.
    pub more_is_worse: bool,
    /// For each of its values, the place of the run in `runs`.
    pub at: Vec<usize>,
    /// Its values.
    pub values: Vec<Option<f64>>,
    /// The level at each, and the band of noise around it; nothing where nothing can be said.
    pub levels: Vec<Option<[f64; 3]>>,
    /// Places in `at` of runs far off their level.
    pub outliers: Vec<usize>,
    /// What changed it.
    pub changes: Vec<TrendChange>,
    /// Accepted levels: a place in `at`, and why.
    pub accepted: Vec<(usize, String)>,
    /// The newest value, as people read it.
    pub last: String,
    /// What there is to say: a sign, whether it is `good`, `bad` or neither, the words.
    pub said: Vec<(String, &'static str, String)>,
}

/// What changed a figure.
#[derive(Debug, Clone, Serialize)]
pub struct TrendChange {
    /// The first value of the new level: a place in `at`.
    pub from: usize,
    /// Of a drift, where it ends; otherwise `from`.
    pub until: usize,
    /// Whether it went little by little.
    pub drift: bool,
    /// Whether it is certain; suspected otherwise.
    pub certain: bool,
    /// Whether that is worse.
    pub worse: bool,
    /// In words.
    pub words: String,
}

impl TrendsDocument {
    /// Figures over these runs, each of whose points is of one of them.
    pub fn of(name: &str, records: &[RunRecord], trends: &[Trend<'_>], notes: Vec<String>) -> Self {
        let mut runs: Vec<&RunRecord> = records.iter().collect();
        runs.sort_by_key(|record| (record.started_unix_ms, record.id));
        let places: HashMap<i64, usize> =
            runs.iter().enumerate().map(|(place, record)| (record.id, place)).collect();
        let listed = |trend: &&Trend<'_>| trend.points.iter().all(|point| places.contains_key(&point.run));
        let mut figures: Vec<TrendFigure> =
            trends.iter().filter(listed).map(|trend| figure(trend, &places)).collect();
        // What got worse last is what people came for.
        let rank = |one: &TrendFigure| match one.changes.last() {
            Some(change) if change.worse && change.certain => 0,
            Some(change) if change.worse => 1,
            Some(_) => 2,
            None => 3,
        };
        figures.sort_by_key(rank);
        Self {
            version: VERSION,
            name: name.to_owned(),
            runs: runs.into_iter().map(kept).collect(),
            figures,
            notes,
            links: None,
        }
    }
}

fn kept(record: &RunRecord) -> KeptRun {
    KeptRun {
        run: record.id,
        started_unix_ms: record.started_unix_ms,
        duration_ms: record.duration_ms,
        name: record.name.clone(),
        commit: record.commit.clone(),
        branch: record.branch.clone(),
        outcome: match record.outcome {
            Judgement::Passed => Outcome::Pass,
            Judgement::Failed => Outcome::Fail,
            Judgement::Inconclusive => Outcome::Inconclusive,
            Judgement::Unknown => Outcome::NoData,
        },
        words: record.words.clone(),
    }
}

fn figure(trend: &Trend<'_>, places: &HashMap<i64, usize>) -> TrendFigure {
    let course = trend.course;
    let change = |change: &loadline_verdict::Change| TrendChange {
        from: change.at,
        until: change.until,
        drift: change.way == Way::Drift,
        certain: change.certain,
        worse: change.worse,
        words: change_words(trend, change),
    };
    let accepted = trend.accepted.iter().filter_map(|one| {
        // Of what came before all that is shown there is nothing to mark.
        let first = trend.points.first()?.started_unix_ms;
        let at = trend.points.partition_point(|point| point.started_unix_ms < one.run_started_unix_ms);
        (first <= one.run_started_unix_ms && at < trend.points.len()).then(|| (at, one.why.clone()))
    });
    let tone = |role: Role| match role {
        Role::Good => "good",
        Role::Bad => "bad",
        _ => "",
    };
    TrendFigure {
        subject: trend.subject.to_owned(),
        quantity: trend.quantity.to_owned(),
        unit: trend.scale.unit.word().to_owned(),
        more_is_worse: trend.scale.better == Better::Lower,
        at: trend.points.iter().filter_map(|point| places.get(&point.run).copied()).collect(),
        values: trend.points.iter().map(|point| finite(point.value)).collect(),
        levels: course
            .levels
            .iter()
            .map(|level| Some([finite(level.low)?, finite(level.level)?, finite(level.high)?]))
            .collect(),
        outliers: course.outliers.clone(),
        changes: course.changes.iter().map(change).collect(),
        accepted: accepted.collect(),
        last: trend.points.last().map_or_else(String::new, |last| figure_text(last.value, trend.scale)),
        said: trend_said(trend)
            .into_iter()
            .map(|said| (said.sign.to_string().trim().to_owned(), tone(said.role), said.words))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use loadline_measure::{FigurePoint, FigureScale, RunState};
    use loadline_report::AcceptedChange;
    use loadline_verdict::course;

    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    fn record(run: i64) -> RunRecord {
        RunRecord {
            id: run + 1,
            started_unix_ms: run * HOUR_MS,
            name: "search.ts".to_owned(),
            fingerprint: "search".to_owned(),
            plan: String::new(),
            commit: String::new(),
            branch: String::new(),
            target_version: String::new(),
            host: String::new(),
            state: RunState::Finished,
            duration_ms: 60_000,
            outcome: Judgement::Passed,
            words: "all requirements are met".to_owned(),
            saturated: false,
            annotations: BTreeMap::new(),
        }
    }

    /// Forty runs, of which the last ten are slower by an eighth.
    fn points() -> Vec<FigurePoint> {
        let wobble = [0.4, -1.2, 0.9, -0.3, 1.3, -0.8];
        (0..40)
            .map(|run| FigurePoint {
                run: run + 1,
                started_unix_ms: run * HOUR_MS,
                value: if run < 30 { 100.0 } else { 112.0 } + wobble[run as usize % 6],
                values: 1_000,
            })
            .collect()
    }

    #[test]
    fn what_got_worse_comes_first_with_its_runs_and_what_was_accepted() {
        let (points, scale) = (points(), FigureScale::LATENCY);
        let records: Vec<RunRecord> = (0..40).map(record).collect();
        let commits = vec![String::new(); points.len()];
        let (calm, all): (Vec<_>, Vec<_>) = (
            points.iter().map(|point| (point.started_unix_ms, 5.0)).collect(),
            points.iter().map(|point| (point.started_unix_ms, point.value)).collect(),
        );
        let (calm, changed) = (course(&calm, &scale), course(&all, &scale));
        let accepted = AcceptedChange {
            run: 31,
            run_started_unix_ms: 30 * HOUR_MS,
            why: "a new index".to_owned(),
            ..AcceptedChange::default()
        };
        let trend = |quantity, course, accepted| Trend {
            subject: "all requests",
            quantity,
            scale: &scale,
            points: &points,
            commits: &commits,
            course,
            accepted,
            notes: Vec::new(),
        };
        let trends = [trend("p50", &calm, Vec::new()), trend("p95", &changed, vec![accepted])];
        let document = TrendsDocument::of("search.ts", &records, &trends, Vec::new());
        let first = &document.figures[0];
        assert_eq!(first.quantity, "p95");
        assert_eq!((first.changes[0].from, first.changes[0].worse), (30, true));
        assert_eq!(first.accepted, [(30, "a new index".to_owned())]);
        assert_eq!(document.runs[first.at[30]].run, 31);
        assert!(
            first.said.iter().any(|(_, tone, words)| *tone == "bad" && words.contains("run 31")),
            "{first:?}"
        );
        let written = serde_json::to_string(&document).unwrap();
        assert!(written.contains("\"links\":null"), "{written}");
    }
}
