//! The summary, top-down: thresholds, the whole run, and in full mode each group and each scenario.

use std::collections::BTreeSet;

use loadline_ledger::{Reading, limit, told};
use loadline_measure::{CacheMetrics, Run, Sink, response_time};
use loadline_verdict::Verdict;

use super::blocks::{Section, hides_generator, is_judged, is_shown, rows};
use super::checks;
use super::grid::{Layout, Row};
use super::options::{SummaryMode, SummaryOptions};
use super::thresholds::thresholds;
use crate::caches::{cache_figures, cache_lines};
use crate::data::{Group, Measured, groups, measured, worst};
use crate::folded::folded_lines;
use crate::ledger::{ledger_lines, ledger_readings};
use crate::slowest::slow_lines;
use crate::text::{Line, Role, wrap};
use crate::trust::{generator_matters, steered_lines, trust_lines};
use crate::verdict_text::mark;

const INDENT: usize = 4;

/// The end-of-test summary of a run.
///
/// ```no_run
/// # fn show(run: &loadline_measure::Run, verdicts: &[loadline_verdict::Verdict]) {
/// use loadline_report::{SummaryOptions, Theme, render, summary};
///
/// let lines = summary(run, verdicts, &SummaryOptions::default());
/// let text: String = render(&lines, &Theme::plain());
/// # }
/// ```
pub fn summary(run: &Run, verdicts: &[Verdict], options: &SummaryOptions) -> Vec<Line> {
    if options.mode == SummaryMode::Legacy {
        return legacy(run, verdicts, options);
    }
    let mut lines = Vec::new();
    if !verdicts.is_empty() {
        title(&mut lines, "THRESHOLDS");
        untrusted(&mut lines, run, options);
        lines.extend(thresholds(run, verdicts, options));
        lines.push(Line::new());
    }
    title(&mut lines, "TOTAL RESULTS");
    if verdicts.is_empty() {
        untrusted(&mut lines, run, options);
    }
    let root = groups(run, &[]);
    block(&mut lines, run, &for_people(run, verdicts, &[]), checks::tree(&root, INDENT), options);
    if let Some(figures) = cache_figures(run) {
        lines.push(Line::new());
        title(&mut lines, "CACHES");
        lines.extend(cache_lines(&figures, INDENT, options.width));
    }
    let readings = ledger_readings(run);
    let is_red = |reading: &Reading| {
        options.mode == SummaryMode::Full
            || verdicts.iter().any(|verdict| verdict.fails && verdict.is_of_times(&reading.name))
    };
    let mut went = ledger_lines(&readings, &is_red, INDENT, options.width);
    if let Some(limit) = limit(run) {
        let words = wrap(&told::limit_words(&limit), options.width.saturating_sub(INDENT).max(20));
        went.extend(words.iter().map(|part| Line::indented(INDENT).with(Role::Text, part)));
    }
    if !went.is_empty() {
        lines.push(Line::new());
        title(&mut lines, "WHERE THE TIME WENT");
        lines.extend(went);
    }
    let slowest = slow_lines(run, INDENT, options.width);
    if !slowest.is_empty() {
        lines.push(Line::new());
        title(&mut lines, "SLOWEST REQUESTS");
        lines.extend(slowest);
    }
    if options.mode == SummaryMode::Full {
        for group in root.descendants() {
            group_block(&mut lines, run, group, options);
        }
        let scenarios: BTreeSet<String> =
            run.series().filter_map(|(_, tags, _)| tags.get("scenario").map(str::to_owned)).collect();
        // The only scenario of a run would say what the total says.
        for scenario in scenarios.iter().filter(|_| scenarios.len() > 1) {
            lines.push(Line::new());
            title(&mut lines, &format!("SCENARIO: {scenario}"));
            let part = [("scenario", scenario.as_str())];
            let tree = checks::tree(&groups(run, &part), INDENT);
            block(&mut lines, run, &for_people(run, verdicts, &part), tree, options);
        }
    }
    lines
}

fn group_block(lines: &mut Vec<Line>, run: &Run, group: &Group, options: &SummaryOptions) {
    let metrics = for_people(run, &[], &[("group", group.path.as_str())]);
    if metrics.is_empty() {
        return;
    }
    lines.push(Line::new());
    let path = group.path.trim_start_matches("::").replace("::", " › ");
    title(lines, &format!("GROUP: {path}"));
    block(lines, run, &metrics, checks::own(group, INDENT), options);
}

fn title(lines: &mut Vec<Line>, text: &str) {
    lines.push(Line::indented(2).with(Role::Heading, &format!("█ {text}")));
    lines.push(Line::new());
}

/// Says that nothing below can be trusted, which tags are not told apart, and that somebody steered the run, if so.
fn untrusted(lines: &mut Vec<Line>, run: &Run, options: &SummaryOptions) {
    let folded = folded_lines(run, INDENT, options.width);
    if !folded.is_empty() {
        lines.extend(folded);
        lines.push(Line::new());
    }
    if let Some(saturation) = &run.meta.saturation {
        lines.extend(trust_lines(saturation, INDENT, options.width));
        lines.push(Line::new());
    }
    let steered = steered_lines(run.meta.steered.as_ref(), INDENT, options.width);
    if !steered.is_empty() {
        lines.extend(steered);
        lines.push(Line::new());
    }
}

/// Checks, then the metrics by section.
fn block(
    lines: &mut Vec<Line>,
    run: &Run,
    metrics: &[Measured<'_>],
    check_lines: Vec<Line>,
    options: &SummaryOptions,
) {
    if let Some(checks) = metrics.iter().find(|metric| metric.name == "checks") {
        lines.extend(checks::totals(run, checks, options.width));
        if !check_lines.is_empty() {
            lines.push(Line::new());
            lines.extend(check_lines);
        }
    }
    let generator = options.mode == SummaryMode::Full || generator_matters(run);
    let sections: Vec<(Section, Vec<Row>)> = Section::ALL
        .into_iter()
        .map(|section| {
            let shown = metrics.iter().filter(|metric| {
                Section::of(metric) == Some(section)
                    && is_shown(metric, options.mode, generator)
                    && !(options.mode == SummaryMode::Compact && is_said_of_caches(run, metric))
            });
            (section, shown.flat_map(|metric| rows(metric, run.duration, options, INDENT)).collect())
        })
        .filter(|(_, rows): &(Section, Vec<Row>)| !rows.is_empty())
        .collect();
    if metrics.is_empty() {
        lines.push(Line::indented(INDENT).with(Role::Warning, "no data: nothing was measured"));
    }
    let layout = Layout::of(sections.iter().flat_map(|(_, rows)| rows), options.width);
    for (section, rows) in &sections {
        // Whatever is above, a section begins after an empty line; below a title there is one already.
        if lines.last().is_some_and(|last| last.width() > 0) {
            lines.push(Line::new());
        }
        lines.push(Line::indented(INDENT).with(Role::Heading, section.title()));
        lines.extend(rows.iter().flat_map(|row| layout.lines(row)));
    }
}

/// Whether a metric is one of caches, of which a block of its own speaks, and nothing is judged by it.
fn is_said_of_caches(run: &Run, metric: &Measured<'_>) -> bool {
    CacheMetrics::is_ours(run.schema(), &metric.name) && !is_judged(metric)
}

/// All checks, then all metrics by name, each with the mark of its thresholds.
fn legacy(run: &Run, verdicts: &[Verdict], options: &SummaryOptions) -> Vec<Line> {
    let mut lines = Vec::new();
    untrusted(&mut lines, run, options);
    let tree = checks::tree(&groups(run, &[]), INDENT);
    if !tree.is_empty() {
        lines.extend(tree);
        lines.push(Line::new());
    }
    let mut all: Vec<Row> = Vec::new();
    let generator = generator_matters(run);
    let metrics = for_people(run, verdicts, &[]);
    for metric in metrics.iter().filter(|metric| generator || !hides_generator(metric)) {
        let mut rows = rows(metric, run.duration, options, INDENT);
        let own = (!metric.resource).then_some(metric);
        for (row, shown) in rows.iter_mut().zip(own.into_iter().chain(&metric.submetrics)) {
            row.mark = worst(&shown.verdicts).map(mark);
        }
        all.extend(rows);
    }
    let layout = Layout::of(all.iter(), options.width);
    lines.extend(all.iter().flat_map(|row| layout.lines(row)));
    lines
}

/// The metrics, without the parts that nobody looks at.
fn for_people<'a>(run: &Run, verdicts: &'a [Verdict], part: &[(&str, &str)]) -> Vec<Measured<'a>> {
    let mut all: Vec<Measured<'a>> =
        measured(run, verdicts, part).into_iter().map(Measured::for_people).collect();
    let Some(id) = response_time(run.schema()) else { return all };
    let name = run.schema().metric(id).name;
    if let Some(at) = all.iter().position(|metric| metric.name == name) {
        // Where nothing had a schedule it says what `http_req_duration` says, once is enough. Where something had, it
        // is what users felt, and comes first.
        let response_time = all.remove(at);
        let durations =
            all.iter().find(|metric| metric.name == "http_req_duration").and_then(|it| it.sink.as_ref());
        if !is_same(response_time.sink.as_ref(), durations) || is_judged(&response_time) {
            let first = all.iter().position(|metric| metric.name.starts_with("http_")).unwrap_or(all.len());
            all.insert(first, response_time);
        }
    }
    all
}

/// Whether the first has nothing to say that the second does not say.
fn is_same(one: Option<&Sink>, other: Option<&Sink>) -> bool {
    match (one.and_then(Sink::as_trend), other.and_then(Sink::as_trend)) {
        (None, _) => true,
        (Some(one), Some(other)) => {
            one.count() == other.count() && (one.sum() - other.sum()).abs() <= 1e-9 * other.sum().abs()
        }
        (Some(_), None) => false,
    }
}
