//! A figure over many runs, with what changed it.

use loadline_measure::{FigurePoint, FigureScale};
use loadline_units as units;
use loadline_verdict::{Change, Course, Way};
use serde_json::{Value, json};

use super::words::{moment, short_commit};
use crate::data::number;
use crate::figure_text::figure_text;
use crate::text::{Line, Role, wrap};
use crate::trend_plot::{Plot, plot_lines};

/// Signs of what is marked below the plot.
const CERTAIN: char = '^';
const SUSPECTED: char = '?';
const ACCEPTED: char = '✓';
/// … and of what has none.
const NONE: char = ' ';
/// Outliers that are named.
const NAMED: usize = 5;
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// A figure over many runs.
#[derive(Clone, Debug)]
pub struct Trend<'a> {
    /// What it is of.
    pub subject: &'a str,
    /// The figure.
    pub quantity: &'a str,
    /// In what it is counted.
    pub scale: &'a FigureScale,
    /// The runs, in the order of time.
    pub points: &'a [FigurePoint],
    /// The commit of each run; empty where it is not known.
    pub commits: &'a [String],
    /// What became of the figure.
    pub course: &'a Course,
    /// Changes that somebody accepted.
    pub accepted: Vec<AcceptedChange>,
    /// What is to be known of the runs: which were left out, or that a machine changed.
    pub notes: Vec<String>,
}

/// A change that somebody accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AcceptedChange {
    /// The first run of what was accepted.
    pub run: i64,
    /// When that run started, in milliseconds since 1970 UTC.
    pub run_started_unix_ms: i64,
    /// Why.
    pub why: String,
    /// Who did.
    pub who: String,
    /// When, in milliseconds since 1970 UTC.
    pub accepted_unix_ms: i64,
}

/// One thing that is said of a trend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Its sign, as below the plot; a space where it has none.
    pub sign: char,
    /// Whether it is good, bad or neither.
    pub role: Role,
    /// The sentence.
    pub words: String,
}

/// The trend as a plot for a terminal of `width` columns, the oldest run first, and in words what changed it.
pub fn trend_table(trend: &Trend<'_>, width: usize) -> Vec<Line> {
    let Trend { subject, quantity, scale, points, course, .. } = trend;
    let runs = if points.len() == 1 { "1 run".to_owned() } else { format!("{} runs", points.len()) };
    let mut lines = vec![Line::indented(2).with(Role::Heading, &format!("{subject} {quantity}, {runs}"))];
    if points.is_empty() {
        return lines;
    }
    let values: Vec<f64> = points.iter().map(|point| point.value).collect();
    let started: Vec<i64> = points.iter().map(|point| point.started_unix_ms).collect();
    let plot = Plot {
        values: &values,
        levels: &course.levels,
        started_unix_ms: &started,
        outliers: &course.outliers,
        marks: &marks(trend),
    };
    lines.extend(plot_lines(&plot, &|value| figure_text(value, scale), width));
    for said in trend_said(trend) {
        for (number, part) in wrap(&said.words, width.saturating_sub(6).max(20)).iter().enumerate() {
            let sign = if number == 0 { said.sign } else { NONE };
            lines.push(Line::indented(2).with(said.role, &format!("{sign:2}")).with(Role::Text, part));
        }
    }
    lines
}

/// What there is to say of a trend, below its plot: the newest run with its level, each change, what was accepted,
/// outliers, weekdays, notes.
pub fn trend_said(trend: &Trend<'_>) -> Vec<Said> {
    let Trend { scale, course, .. } = trend;
    let mut all = Vec::new();
    let mut say = |sign: char, role: Role, words: String| all.push(Said { sign, role, words });
    let level = course.levels.last().filter(|level| level.level.is_finite()).map(|level| {
        format!(
            ", level {} with nearly all runs from {} to {}",
            figure_text(level.level, scale),
            figure_text(level.low, scale),
            figure_text(level.high, scale)
        )
    });
    if let Some(last) = trend.points.last() {
        let newest = format!(
            "last: {}, run {} of {}{}",
            figure_text(last.value, scale),
            last.run,
            moment(last.started_unix_ms),
            level.unwrap_or_default()
        );
        say(NONE, Role::Dim, newest);
    }
    for change in &course.changes {
        let sign = if change.certain { CERTAIN } else { SUSPECTED };
        say(sign, if change.worse { Role::Bad } else { Role::Good }, change_words(trend, change));
    }
    if course.changes.is_empty() {
        let words = if course.deviation.is_finite() {
            "no change point"
        } else {
            "no change point: fewer than nine runs say nothing"
        };
        say(NONE, Role::Dim, words.to_owned());
    }
    for one in &trend.accepted {
        let who = if one.who.is_empty() { String::new() } else { format!(" by {}", one.who) };
        let words =
            format!("accepted from run {} on{who}, {}: {}", one.run, moment(one.accepted_unix_ms), one.why);
        say(ACCEPTED, Role::Good, words);
    }
    if let Some(words) = outliers(trend) {
        say('○', Role::Warning, words);
    }
    if let Some(week) = course.weekdays {
        let day = |(day, off): (&str, f64)| {
            if scale.by_difference() {
                format!("{day} {off:+.3}")
            } else {
                format!("{day} {}", units::percent_change(off - 1.0))
            }
        };
        let days: Vec<String> = DAYS.into_iter().zip(week).map(day).collect();
        let words = format!("weekdays differ, and are taken into account (UTC): {}", days.join(", "));
        say(NONE, Role::Dim, words);
    }
    trend.notes.iter().for_each(|note| say(NONE, Role::Dim, note.clone()));
    all
}

fn marks(trend: &Trend<'_>) -> Vec<(usize, char, Role)> {
    let mut marks: Vec<(usize, char, Role)> = Vec::new();
    for change in &trend.course.changes {
        let sign = if change.certain { CERTAIN } else { SUSPECTED };
        let role = if change.worse { Role::Bad } else { Role::Good };
        marks.push((change.at, sign, role));
        if change.way == Way::Drift {
            marks.push((change.until, sign, role));
        }
    }
    for one in &trend.accepted {
        // Not of one before all that is shown.
        let at = trend.points.partition_point(|point| point.started_unix_ms < one.run_started_unix_ms);
        let shown =
            trend.points.first().is_some_and(|first| first.started_unix_ms <= one.run_started_unix_ms);
        if shown && at < trend.points.len() {
            marks.push((at, ACCEPTED, Role::Good));
        }
    }
    marks
}

/// What a change is, in a sentence.
pub fn change_words(trend: &Trend<'_>, change: &Change) -> String {
    let Change { at, until, before, after, .. } = *change;
    let scale = trend.scale;
    let by = if scale.by_difference() {
        format!("{} points", units::plain(((after - before) * 1e4).round() / 100.0))
    } else {
        units::percent_change(after / before - 1.0)
    };
    let judged = if change.worse { "worse" } else { "better" };
    let certain = if change.certain { "" } else { "suspected: " };
    let levels = format!("from {} to {}", figure_text(before, scale), figure_text(after, scale));
    let point = |at: usize| &trend.points[at];
    let runs = trend.points.len() - at;
    let until_sure = match (change.certain, runs) {
        (true, _) => "",
        (false, _) => "; a few more runs will tell",
    };
    match change.way {
        Way::Step => format!(
            "{certain}{judged} by {by}, {levels}, since run {} of {}{}{until_sure}",
            point(at).run,
            moment(point(at).started_unix_ms),
            between(trend, at.saturating_sub(1), at)
        ),
        Way::Drift => format!(
            "{certain}{judged} little by little, by {by}, {levels}, from run {} of {} to run {} of {}{}",
            point(at).run,
            moment(point(at).started_unix_ms),
            point(until).run,
            moment(point(until).started_unix_ms),
            between(trend, at.saturating_sub(1), until)
        ),
    }
}

/// The commits between which a change lies, where they are known and differ.
fn between(trend: &Trend<'_>, before: usize, after: usize) -> String {
    let commit = |at: usize| trend.commits.get(at).map_or("", |commit| short_commit(commit));
    match (commit(before), commit(after)) {
        ("", _) | (_, "") => String::new(),
        (one, other) if one == other => format!(", on the same commit {one}"),
        (one, other) => format!(", between commits {one} and {other}"),
    }
}

fn outliers(trend: &Trend<'_>) -> Option<String> {
    let outliers = &trend.course.outliers;
    let named = |at: &usize| {
        let point = &trend.points[*at];
        format!("run {} ({})", point.run, figure_text(point.value, trend.scale))
    };
    let newest: Vec<String> = outliers.iter().rev().take(NAMED).map(named).collect();
    match outliers.len() {
        0 => None,
        1 => Some(format!("{} lies far off its level", newest[0])),
        count if count <= NAMED => Some(format!("{} lie far off their levels", newest.join(", "))),
        count => Some(format!("{count} runs lie far off their levels; the newest are {}", newest.join(", "))),
    }
}

/// The trend for machines.
///
/// ```json
/// { "version": 1, "subject": "all requests", "quantity": "p95", "unit": "ms",
///   "points": [{ "run": 1, "started_unix_ms": 1785542400000, "value": 11.2, "values": 840, "commit": "7d109cd2e…",
///     "level": 11.0, "low": 10.6, "high": 11.5, "outlier": false }],
///   "changes": [{ "run": 1, "until_run": 1, "way": "step", "certain": true, "worse": true, "before": 11.2, "after": 13.0,
///     "p": 0.00001, "commit_before": "…", "commit_after": "…" }],
///   "accepted": [{ "run": 1, "why": "a new index", "who": "…", "accepted_unix_ms": 1785542400000 }],
///   "deviation": 0.02, "resemblance": 0.1, "weekdays": null, "notes": [] }
/// ```
pub fn trend_json(trend: &Trend<'_>) -> Value {
    let course = trend.course;
    let commit = |at: usize| trend.commits.get(at).map_or("", String::as_str);
    let points: Vec<Value> = trend
        .points
        .iter()
        .enumerate()
        .map(|(at, point)| {
            let level = &course.levels[at];
            json!({
                "run": point.run,
                "started_unix_ms": point.started_unix_ms,
                "value": point.value,
                "values": point.values,
                "commit": commit(at),
                "level": number(level.level),
                "low": number(level.low),
                "high": number(level.high),
                "outlier": course.outliers.contains(&at),
            })
        })
        .collect();
    let changes: Vec<Value> = course
        .changes
        .iter()
        .map(|change| {
            json!({
                "run": trend.points[change.at].run,
                "until_run": trend.points[change.until].run,
                "way": if change.way == Way::Step { "step" } else { "drift" },
                "certain": change.certain,
                "worse": change.worse,
                "before": number(change.before),
                "after": number(change.after),
                "p": number(change.p),
                "commit_before": commit(change.at.saturating_sub(1)),
                "commit_after": commit(change.until),
            })
        })
        .collect();
    let accepted: Vec<Value> = trend
        .accepted
        .iter()
        .map(|one| {
            json!({ "run": one.run, "why": one.why, "who": one.who, "accepted_unix_ms": one.accepted_unix_ms })
        })
        .collect();
    json!({
        "version": 1,
        "subject": trend.subject,
        "quantity": trend.quantity,
        "unit": trend.scale.unit.word(),
        "points": points,
        "changes": changes,
        "accepted": accepted,
        "deviation": number(course.deviation),
        "resemblance": course.resemblance,
        "weekdays": course.weekdays,
        "notes": trend.notes,
    })
}
