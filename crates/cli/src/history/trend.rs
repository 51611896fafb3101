//! `history trend`: a figure over runs of one kind, and what changed it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::IsTerminal;

use anyhow::Result;
use loadline_history::{Acceptance, FigureName, Filter};
use loadline_measure::{FigurePoint, FigureScale, RunRecord};
use loadline_report::{AcceptedChange, Trend, render, trend_json, trend_table};
use loadline_runner::Ending;
use loadline_verdict::{Course, course, first_of, not_comparable};

use super::arguments::HistoryArguments;
use crate::common::{ProjectFile, json_text, of_what_is_left, open_to_read, screen, tell_damage};

/// What the trend is of.
pub(super) struct Asked<'a> {
    pub(super) subject: &'a str,
    pub(super) quantity: &'a str,
    pub(super) filter: Filter,
    /// Runs of every kind, not only those like the newest.
    pub(super) all: bool,
}

/// A figure over runs, and what became of it.
pub(crate) struct FigureTrend {
    subject: String,
    quantity: String,
    scale: FigureScale,
    points: Vec<FigurePoint>,
    commits: Vec<String>,
    course: Course,
    accepted: Vec<AcceptedChange>,
    notes: Vec<String>,
}

impl FigureTrend {
    /// What became of a figure at these points, of runs of these records.
    pub(crate) fn of(
        name: &FigureName,
        points: Vec<FigurePoint>,
        records: &HashMap<i64, RunRecord>,
        acceptances: &[Acceptance],
        notes: Vec<String>,
    ) -> Self {
        let values: Vec<(i64, f64)> =
            points.iter().map(|point| (point.started_unix_ms, point.value)).collect();
        let commit = |point: &FigurePoint| {
            records.get(&point.run).map_or_else(String::new, |record| record.commit.clone())
        };
        Self {
            subject: name.subject.clone(),
            quantity: name.quantity.clone(),
            scale: name.scale.clone(),
            commits: points.iter().map(commit).collect(),
            course: course(&values, &name.scale),
            accepted: accepted(acceptances, &points, records, name),
            points,
            notes,
        }
    }

    /// As reports take it.
    pub(crate) fn told(&self) -> Trend<'_> {
        Trend {
            subject: &self.subject,
            quantity: &self.quantity,
            scale: &self.scale,
            points: &self.points,
            commits: &self.commits,
            course: &self.course,
            accepted: self.accepted.clone(),
            notes: self.notes.clone(),
        }
    }
}

/// The trend as text.
pub(super) fn trend(
    arguments: &HistoryArguments,
    found: &ProjectFile,
    asked: &Asked<'_>,
) -> Result<(String, Ending)> {
    let Asked { subject, quantity, .. } = asked;
    let mut history = open_to_read(&arguments.place, found)?;
    let before = history.damaged().count();
    let mut points = history.series(&asked.filter, subject, quantity)?;
    if history.damaged().count() > before {
        tell_damage(&history);
    }
    let names = history.subjects(&Filter::default())?;
    if points.is_empty() {
        let known: Vec<String> =
            names.iter().map(|name| format!("`{}` {}", name.subject, name.quantity)).collect();
        let known =
            if known.is_empty() { "no figures at all".to_owned() } else { first_of(&known, 20, ", ") };
        anyhow::bail!("no run has a `{quantity}` of `{subject}`\nhint: there are {known}");
    }
    let records: HashMap<i64, RunRecord> =
        history.list(&asked.filter)?.into_iter().map(|record| (record.id, record)).collect();
    let notes = if asked.all { moves(&points, &records) } else { leave_alike(&mut points, &records) };
    let known = names.into_iter().find(|known| known.subject == *subject && known.quantity == *quantity);
    let name = known.unwrap_or_else(|| FigureName {
        subject: (*subject).to_owned(),
        quantity: (*quantity).to_owned(),
        scale: FigureScale::of(""),
    });
    let found = FigureTrend::of(&name, points, &records, &history.acceptances()?, notes);
    let ending = of_what_is_left(&history);
    if arguments.json {
        return Ok((json_text(&trend_json(&found.told()))?, ending));
    }
    let lines = trend_table(&found.told(), screen::result_width());
    let theme = screen::theme(arguments.no_color, std::io::stdout().is_terminal());
    Ok((format!("\n{}", render(&lines, &theme)), ending))
}

/// What somebody accepted of this figure of these runs.
fn accepted(
    acceptances: &[Acceptance],
    points: &[FigurePoint],
    records: &HashMap<i64, RunRecord>,
    name: &FigureName,
) -> Vec<AcceptedChange> {
    let kinds: HashSet<&str> = points
        .iter()
        .filter_map(|point| records.get(&point.run).map(|record| record.fingerprint.as_str()))
        .collect();
    let all = acceptances.iter().filter(|one| {
        kinds.contains(one.fingerprint.as_str())
            && (one.subject.is_empty() || one.subject == name.subject)
            && (one.quantity.is_empty() || one.quantity == name.quantity)
    });
    let change = |one: &Acceptance| AcceptedChange {
        run: one.run,
        run_started_unix_ms: one.run_started_unix_ms,
        why: one.why.clone(),
        who: one.who.clone(),
        accepted_unix_ms: one.accepted_unix_ms,
    };
    all.map(change).collect()
}

/// Leaves only runs like the newest one that can be trusted, and says which are left out and why.
fn leave_alike(points: &mut Vec<FigurePoint>, records: &HashMap<i64, RunRecord>) -> Vec<String> {
    let runs: Vec<&RunRecord> = points.iter().filter_map(|point| records.get(&point.run)).collect();
    let (others, notes) = unlike(&runs);
    points.retain(|point| !others.contains(&point.run));
    notes
}

/// Which of some runs, the oldest first, are not like the newest one that can be trusted, and how many are left out for
/// which reason.
pub(crate) fn unlike(runs: &[&RunRecord]) -> (HashSet<i64>, Vec<String>) {
    let usable = |record: &RunRecord| record.state.is_whole() && !record.saturated;
    let Some(newest) = runs.iter().rev().find(|record| usable(record)) else {
        return (HashSet::new(), Vec::new());
    };
    let mut reasons = BTreeMap::<&str, usize>::new();
    let mut others = HashSet::new();
    for other in runs {
        // Runs of other tools do not say what they are of: those of one name are taken to be of one kind.
        let unknown = newest.fingerprint.is_empty() && other.fingerprint.is_empty() && usable(other);
        let why = if unknown { None } else { not_comparable(newest, other) };
        if let Some(why) = why {
            *reasons.entry(why).or_default() += 1;
            others.insert(other.id);
        }
    }
    let counted = |runs: usize| if runs == 1 { "1 run is".to_owned() } else { format!("{runs} runs are") };
    let mut notes: Vec<String> =
        reasons.iter().map(|(why, runs)| format!("{} left out: {why}", counted(*runs))).collect();
    if !notes.is_empty() {
        notes.push(format!("left are runs like run {}; `--all` shows every run", newest.id));
    }
    (others, notes)
}

/// Where the machine is another one than that of the run before.
fn moves(points: &[FigurePoint], records: &HashMap<i64, RunRecord>) -> Vec<String> {
    let hosts: Vec<(i64, &str)> =
        points.iter().filter_map(|point| Some((point.run, records.get(&point.run)?.host.as_str()))).collect();
    let changed = hosts.windows(2).filter(|pair| pair[0].1 != pair[1].1);
    let moves: Vec<String> = changed
        .map(|pair| format!("run {} is of another machine than the run before it: {}", pair[1].0, pair[1].1))
        .collect();
    match moves.len() {
        0..=4 => moves,
        count => vec![format!("the machine changed {count} times; the last time: {}", moves[count - 1])],
    }
}
