//! A run as a document.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use loadline_ledger::{Reading, limit, told};
use loadline_measure::{
    Builtin, Description, MISSING, MetricId, MetricKind, Run, RunEvent, Saturation, Series, Sink, TagSet,
    response_time,
};
use loadline_report::{Requirement as Worded, ledger_readings};
use loadline_units::count;
use loadline_verdict::{self as verdict, Certainty, Endpoints, Router};

use crate::compared::outcome;
use crate::course::{Course, Wanted, courses};
use crate::cut::{Values, cuts};
use crate::document::{
    Cut, Document, Event, Ledger, Metric, Outcome, Panel, Requirement, Row, VERSION, Verdict,
};
use crate::failures::Failures;
use crate::figures::{columns, few_columns, figures};
use crate::heat::heat;
use crate::steps::Steps;
use crate::warnings::warnings;

/// Metrics that a page has; what is beyond is counted.
const MOST_METRICS: usize = 1_000;
/// Rows of a cut that have a course.
const DRAWN: usize = 8;
/// Cuts of a metric whose rows have a course.
const DRAWN_CUTS: usize = 4;
/// Panels of which the whole is worth a course, and their parts are not: there are too many.
pub(crate) const WHOLE_ONLY: [&str; 3] = ["Phases", "Traffic", "Generator"];
/// Panels that come first, because they explain most.
const FIRST: [&str; 5] = ["Response time", "Throughput", "Errors", "Load", "Iterations"];

/// A metric on its way: what it is, and which of its rows are drawn.
struct Planned {
    id: MetricId,
    title: String,
    unit: String,
    panel: String,
    all: Vec<Series>,
    cuts: Vec<Values>,
    drawn: bool,
}

impl Document {
    /// All that there is to see of a run that was judged so.
    pub fn of(run: &Run, verdicts: &[verdict::Verdict]) -> Self {
        let planned = plan(run);
        let steps = Steps::of(seconds(run), numbers(run, &planned));
        Self::over(run, verdicts, &planned, steps)
    }

    /// Two runs, base and head, over steps of one length, in a page for both.
    pub fn pair(runs: [(&Run, &[verdict::Verdict]); 2]) -> [Self; 2] {
        let planned = runs.map(|(run, _)| plan(run));
        let all = runs.iter().zip(&planned).map(|((run, _), planned)| numbers(run, planned)).sum();
        let longest = runs.iter().map(|(run, _)| seconds(run)).max().unwrap_or_default();
        let Steps { seconds: each, .. } = Steps::of(longest, all);
        let [base, head] = &planned;
        [(runs[0], base), (runs[1], head)].map(|((run, verdicts), planned)| {
            let count = seconds(run).div_ceil(each).max(1);
            Self::over(run, verdicts, planned, Steps { seconds: each, count })
        })
    }

    fn over(run: &Run, verdicts: &[verdict::Verdict], planned: &[Planned], steps: Steps) -> Self {
        let wanted: Vec<Wanted> = planned.iter().flat_map(|one| one.wanted(run)).collect();
        let answers = response_time(run.schema());
        let mut before = 0;
        let mut keep = None;
        for one in planned {
            if Some(one.id) == answers {
                keep = Some(before);
            }
            before += one.wanted(run).count();
        }
        let found = courses(run, steps, &wanted, keep);
        let mut drawn = found.rows.into_iter();
        let metrics: Vec<Metric> = planned.iter().map(|one| one.metric(run, &mut drawn)).collect();
        let place = |id: MetricId| planned.iter().position(|one| one.id == id);
        let spread = answers.and_then(|id| {
            let total = run.select::<&str, &str>(id, &[])?;
            heat(place(id)?, total.as_trend()?, &found.kept)
        });
        let failures = Failures::of(run);
        Self {
            version: VERSION,
            name: run.meta.name.clone(),
            started_unix_ms: run.meta.started_unix_ms,
            duration_ms: (run.duration.as_secs_f64() * 1_000.0).round(),
            step_s: steps.seconds,
            steps: steps.count,
            verdict: whole(run, verdicts),
            facts: facts(run),
            warnings: warnings(run).into_iter().chain(metrics_left_out(run)).collect(),
            requirements: verdicts.iter().map(|one| requirement(run, one, place)).collect(),
            panels: panels(planned.iter().map(|one| one.panel.as_str())),
            metrics,
            heat: spread,
            checks: failures.checks,
            failures: failures.requests,
            failures_left_out: failures.left_out,
            events: events(run, run.duration),
            events_left_out: run.meta.events.left_out(),
            ledger: ledger(run),
            limit: limit(run).map(|limit| told::limit_words(&limit)).unwrap_or_default(),
        }
    }
}

/// Endpoints whose time is told; the page would grow without end.
const MOST_ENDPOINTS: usize = 200;

/// Where the time of requests went.
fn ledger(run: &Run) -> Vec<Ledger> {
    let one = |reading: Reading| Ledger {
        words: reading
            .gap
            .as_ref()
            .and_then(told::gap_words)
            .or_else(|| told::whole_words(&reading))
            .unwrap_or_default(),
        notes: told::notes(&reading),
        reading,
    };
    ledger_readings(run).into_iter().take(MOST_ENDPOINTS).map(one).collect()
}

/// Seconds that a run has something of, from its start.
fn seconds(run: &Run) -> u64 {
    run.newest_second().map_or(0, |newest| newest + 1)
}

/// Numbers that are shown of each step.
fn numbers(run: &Run, planned: &[Planned]) -> u64 {
    planned.iter().flat_map(|one| one.wanted(run)).map(|one| one.columns.len() as u64).sum()
}

fn plan(run: &Run) -> Vec<Planned> {
    let endpoints = Endpoints::of_texts(&run.meta.endpoints);
    let router = Router::new(&endpoints);
    let mut by_metric: BTreeMap<MetricId, Vec<(Series, &TagSet)>> = BTreeMap::new();
    for (series, tags, _) in run.series() {
        by_metric.entry(series.metric).or_default().push((series, tags));
    }
    let by_metric = most_telling(run, by_metric);
    let metrics = by_metric.into_iter().filter_map(|(id, series)| {
        let metric = run.schema().metric(id);
        if !is_shown(&metric.name) {
            return None;
        }
        let description = run.description(&metric);
        let cuts = cuts(run, &series, &router);
        let drawn = !WHOLE_ONLY.contains(&description.panel.as_str());
        let all = series.into_iter().map(|(one, _)| one).collect();
        let panel = panel_of(&description).to_owned();
        let (title, unit) = (description.title, description.unit);
        Some(Planned { id, title, unit, panel, all, cuts, drawn })
    });
    metrics.collect()
}

/// The metrics that a page has room for: those that are described, then those with most samples.
fn most_telling<'r>(
    run: &Run,
    by_metric: BTreeMap<MetricId, Vec<(Series, &'r TagSet)>>,
) -> BTreeMap<MetricId, Vec<(Series, &'r TagSet)>> {
    if by_metric.len() <= MOST_METRICS {
        return by_metric;
    }
    let samples = |series: &[(Series, &TagSet)]| -> u64 {
        series.iter().filter_map(|(one, _)| run.total(*one)).map(Sink::count).sum()
    };
    let is_described = |id: MetricId| {
        let name = run.schema().metric(id).name;
        Builtin::is_name(&name) || run.meta.descriptions.contains_key(&name)
    };
    let mut ranked: Vec<_> = by_metric.into_iter().collect();
    ranked.sort_by_cached_key(|(id, series)| (!is_described(*id), Reverse(samples(series))));
    ranked.truncate(MOST_METRICS);
    ranked.into_iter().collect()
}

/// What of a run's metrics a page has no room for.
fn metrics_left_out(run: &Run) -> Option<String> {
    let all: BTreeSet<MetricId> = run.series().map(|(series, ..)| series.metric).collect();
    let more = all.len().checked_sub(MOST_METRICS).filter(|more| *more > 0)?;
    Some(format!("{} metrics with few samples are not in this page", count(more as u64)))
}

/// Whether a metric is drawn: what a run says of itself in figures stands among its warnings.
pub(crate) fn is_shown(metric: &str) -> bool {
    metric != MISSING
}

/// The panel of a metric: its own where it has no other.
pub(crate) fn panel_of(description: &Description) -> &str {
    if description.panel.is_empty() { &description.title } else { &description.panel }
}

impl Planned {
    /// What is drawn of it: the whole, then rows of its cuts.
    fn wanted<'p>(&'p self, run: &Run) -> impl Iterator<Item = Wanted> + 'p {
        let kind = run.schema().metric(self.id).kind;
        let whole = Wanted { series: self.all.clone(), columns: columns(kind) };
        let rows = self.cuts.iter().take(if self.drawn { DRAWN_CUTS } else { 0 });
        let rows = rows.flat_map(|cut| cut.rows.iter().take(DRAWN));
        std::iter::once(whole)
            .chain(rows.map(move |(_, series)| Wanted { series: series.clone(), columns: few_columns(kind) }))
    }

    /// The metric with its figures; the courses come in the order of [`Self::wanted`].
    fn metric(&self, run: &Run, courses: &mut impl Iterator<Item = Course>) -> Metric {
        let metric = run.schema().metric(self.id);
        let all = row(run, String::new(), &self.all, courses.next());
        let mut made = Vec::new();
        for (at, cut) in self.cuts.iter().enumerate() {
            let drawn = if self.drawn && at < DRAWN_CUTS { DRAWN } else { 0 };
            let rows = cut.rows.iter().enumerate().map(|(number, (value, series))| {
                let course = if number < drawn { courses.next() } else { None };
                row(run, value.clone(), series, course)
            });
            made.push(Cut { by: cut.by.clone(), rows: rows.collect(), left_out: cut.left_out });
        }
        Metric {
            name: metric.name,
            title: self.title.clone(),
            kind: metric.kind.name(),
            unit: self.unit.clone(),
            all,
            cuts: made,
        }
    }
}

fn row(run: &Run, value: String, series: &[Series], course: Option<Course>) -> Row {
    let mut sum: Option<Sink> = None;
    for sink in series.iter().filter_map(|one| run.total(*one)) {
        match &mut sum {
            Some(sum) => sum.merge(sink),
            None => sum = Some(sink.clone()),
        }
    }
    let seconds = run.duration.as_secs_f64();
    Row {
        value,
        samples: sum.as_ref().map_or(0, Sink::count),
        figures: sum.map(|sink| figures(&sink, seconds)).unwrap_or_default(),
        course: course.unwrap_or_default(),
    }
}

/// The panels of metrics, given the panel of each.
pub(crate) fn panels<'p>(titles: impl Iterator<Item = &'p str>) -> Vec<Panel> {
    let mut panels: Vec<Panel> = Vec::new();
    for (at, title) in titles.enumerate() {
        if let Some(panel) = panels.iter_mut().find(|panel| panel.title == title) {
            panel.metrics.push(at);
        } else {
            let first = FIRST.contains(&title);
            panels.push(Panel { title: title.to_owned(), first, metrics: vec![at] });
        }
    }
    let rank = |title: &str| FIRST.iter().position(|first| *first == title).unwrap_or(FIRST.len());
    panels.sort_by_key(|panel| rank(&panel.title));
    panels
}

/// The run's verdict in a sentence.
pub(crate) fn whole(run: &Run, verdicts: &[verdict::Verdict]) -> Verdict {
    let all = verdicts.len() as u64;
    let of = |wanted: verdict::Outcome| verdicts.iter().filter(|one| one.outcome == wanted).count() as u64;
    let failed = verdicts.iter().filter(|one| one.fails).count() as u64;
    let requirements = if all == 1 { "requirement" } else { "requirements" };
    let (outcome, words) = if all == 0 {
        let found = run.meta.answer().map(headline);
        (Outcome::NoData, found.unwrap_or_else(|| "Nothing was required of this run".to_owned()))
    } else if failed > 0 {
        let are = if failed == 1 { "is" } else { "are" };
        (Outcome::Fail, format!("{} of {} {requirements} {are} not met", count(failed), count(all)))
    } else if of(verdict::Outcome::Inconclusive) > 0 {
        let open = of(verdict::Outcome::Inconclusive);
        (Outcome::Inconclusive, format!("{} of {} {requirements} can’t be told", count(open), count(all)))
    } else if of(verdict::Outcome::NoData) > 0 {
        let none = of(verdict::Outcome::NoData);
        (
            Outcome::Pass,
            format!("{} of {} {requirements} met, the rest without data", count(all - none), count(all)),
        )
    } else if all == 1 {
        (Outcome::Pass, "The requirement is met".to_owned())
    } else {
        (Outcome::Pass, format!("All {} requirements are met", count(all)))
    };
    let words = match &run.meta.saturation {
        Some(_) => format!("{words} – {}", Saturation::WORDS),
        None => words,
    };
    match run.incomplete() {
        // What held of a part is no pass.
        Some(what) if outcome == Outcome::Pass => {
            Verdict { outcome: Outcome::Inconclusive, words: format!("{words}, but the run {what}") }
        }
        Some(what) => Verdict { outcome, words: format!("{words}; the run {what}") },
        None => Verdict { outcome, words },
    }
}

/// What a sentence begins with, as a headline: its evidence and its doubts are among the facts.
fn headline(sentence: &str) -> String {
    let mut characters = sentence.split("; ").next().unwrap_or_default().chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

pub(crate) fn requirement(
    run: &Run,
    judged: &verdict::Verdict,
    place: impl Fn(MetricId) -> Option<usize>,
) -> Requirement {
    let words = Worded::new(&format!("{} {}", judged.selector, judged.aggregate), run, judged);
    let metric = run.schema().find(&judged.metric);
    let kind = metric.map(|id| run.schema().metric(id).kind);
    let is_drawn = match kind {
        Some(MetricKind::Trend) => judged.aggregate.starts_with('p') || judged.aggregate == "max",
        Some(MetricKind::Gauge) => judged.aggregate == "value" || judged.aggregate == "max",
        Some(MetricKind::Rate) => judged.limit <= 1.0,
        Some(MetricKind::Counter) => judged.aggregate == "rate",
        None => false,
    };
    let certainty = match judged.certainty {
        Some(Certainty::Certain) => "another run would come to the same",
        Some(Certainty::Likely) => "another run would likely come to the same",
        Some(Certainty::Open) => "chance may have decided",
        None => "",
    };
    Requirement {
        words: words.words,
        limit: words.limit,
        observed: words.observed,
        samples: judged.values,
        outcome: outcome(judged.outcome),
        fails: judged.fails,
        certainty: certainty.to_owned(),
        evidence: judged.evidence.clone(),
        metric: metric.and_then(place),
        line: (is_drawn && judged.limit.is_finite()).then_some(judged.limit),
    }
}

/// What happened to a run until a time. What it did not come to is in its plan, and happened to nobody.
pub(crate) fn events(run: &Run, until: Duration) -> Vec<Event> {
    let until = until.as_millis();
    let happened = run.meta.events.iter().filter(|event| u128::from(event.at_ms) <= until);
    let event = |event: &RunEvent| Event {
        at_s: event.at_ms as f64 / 1_000.0,
        kind: event.kind.word(),
        words: event.words.clone(),
    };
    happened.map(event).collect()
}

pub(crate) fn facts(run: &Run) -> Vec<(String, String)> {
    let origin = &run.meta.origin;
    let machine = run.meta.machines();
    let all = [
        ("Load", origin.plan.as_str()),
        ("Target", &origin.target),
        ("Version of the target", &origin.target_version),
        ("Commit", &origin.commit),
        ("Branch", &origin.branch),
        ("Machine", machine.trim()),
        ("Loadline", &run.meta.version),
    ];
    let said = all.into_iter().filter(|(_, value)| !value.is_empty());
    let noted = run.meta.annotations.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    said.chain(noted).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
