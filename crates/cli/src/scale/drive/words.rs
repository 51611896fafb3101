//! What a drive was like, in words and small pictures, beside what was predicted.

use std::io::IsTerminal;
use std::time::Duration;

use anyhow::Result;
use loadline_measure::{Run, Trend, response_time};
use loadline_report::{Line, Requirement, Role, render, verdict_table, verdicts_json, wrap};
use loadline_scale::drive::Prediction;
use loadline_scale::simulation::Change;
use loadline_units as units;
use loadline_verdict::{Verdict, escape};
use serde_json::{Value, json};

use super::super::words::bar;
use super::arguments::DriveArguments;
use super::drove::Drove;
use super::plan::Planned;
use crate::common::{json_text, print, screen};

/// The widest picture.
const WIDEST: usize = 96;
/// What pictures are called takes so many columns.
const LABEL: usize = 12;
const INDENT: usize = 2;

/// What is said before the load begins.
pub(super) fn begins(planned: &Planned, prediction: &Prediction, start: Duration, url: &str) -> String {
    let most = prediction.wanted.iter().max().copied().unwrap_or(0);
    let p95 = prediction.p95_ms.map_or_else(String::new, |ms| format!(", p95 {}", units::time(ms)));
    format!(
        "{} at {url}, each answers {} at most and takes {} to be ready, which is {} of the policy's time\npredicted: \
         up to {}{p95}",
        many(planned.scenario.initial.max(0) as u64, "replica"),
        units::per_second(planned.capacity_per_s()),
        units::time_of(start),
        units::time_of(Duration::from_secs_f64(planned.pace.policy_s(start).round())),
        many(most.max(0) as u64, "replica"),
    )
}

/// A number of them, in words.
fn many(number: u64, one: &str) -> String {
    format!("{} {one}{}", units::count(number), if number == 1 { "" } else { "s" })
}

/// Prints what came of it.
pub(super) fn report(arguments: &DriveArguments, drove: &Drove<'_>) -> Result<()> {
    if arguments.json {
        return print(json_text(&in_json(drove))?.as_bytes());
    }
    let width = screen::result_width();
    let theme = screen::theme(arguments.no_color, std::io::stdout().is_terminal());
    let mut lines =
        vec![Line::new(), Line::new().with(Role::Heading, &escape(&drove.planned.what)), Line::new()];
    lines.extend(pictures(drove, width));
    lines.push(Line::new());
    lines.extend(drove.driven.course.changes.iter().map(|change| told(change, drove, width)));
    lines.push(Line::new());
    for words in remarks(drove) {
        let parts = wrap(&words, width.saturating_sub(INDENT + 2));
        let hanging = |index: usize| if index == 0 { INDENT } else { INDENT + 2 };
        lines.extend(
            parts
                .iter()
                .enumerate()
                .map(|(index, part)| Line::indented(hanging(index)).with(Role::Text, part)),
        );
    }
    lines.push(Line::new());
    let run = &drove.finished.run;
    let rows: Vec<Requirement> = drove
        .finished
        .verdicts
        .iter()
        .map(|verdict| Requirement::new(&name(verdict), run, verdict))
        .collect();
    lines.extend(verdict_table(&rows, run.meta.saturation.as_ref(), width));
    lines.push(Line::new());
    print(render(&lines, &theme).as_bytes())
}

/// A fact is named in words; a budget says what it limits.
fn name(verdict: &Verdict) -> String {
    if verdict.metric.is_empty() {
        verdict.selector.clone()
    } else {
        format!("{} {}", verdict.selector, verdict.aggregate)
    }
}

/// A second of the load.
#[derive(Debug, Clone, Default)]
struct Second {
    per_s: f64,
    ready: f64,
    predicted: f64,
    busy: f64,
    times: Trend,
}

fn seconds(run: &Run) -> Vec<Second> {
    let schema = run.schema();
    let find = |name: &str| schema.find(name);
    let (requests, times) = (find("http_reqs"), response_time(schema));
    let (ready, predicted, busy) = (find("replicas_ready"), find("replicas_predicted"), find("workers_busy"));
    let mut seconds = vec![Second::default(); usize::try_from(run.duration.as_secs()).unwrap_or(0)];
    for (at, window) in run.seconds() {
        let Some(second) = usize::try_from(at).ok().and_then(|at| seconds.get_mut(at)) else { continue };
        for (series, sink) in window.iter() {
            let is = |metric| metric == Some(series.metric);
            let level = || sink.as_gauge().map_or(0.0, |gauge| gauge.last);
            if is(requests) {
                second.per_s += sink.as_counter().map_or(0.0, |counter| counter.sum);
            } else if is(ready) {
                second.ready = level();
            } else if is(predicted) {
                second.predicted = level();
            } else if is(busy) {
                second.busy = level();
            } else if is(times)
                && let Some(trend) = sink.as_trend()
            {
                second.times.merge(trend);
            }
        }
    }
    seconds
}

/// How the largest value of a picture is said.
type InWords = fn(f64) -> String;

fn pictures(drove: &Drove<'_>, width: usize) -> Vec<Line> {
    let seconds = seconds(&drove.finished.run);
    let columns = width.saturating_sub(INDENT + LABEL + 18).clamp(10, WIDEST).min(seconds.len().max(1));
    let each = seconds.len().div_ceil(columns).max(1);
    let most = |of: &dyn Fn(&Second) -> f64| -> Vec<f64> {
        seconds.chunks(each).map(|bin| bin.iter().map(of).fold(0.0, f64::max)).collect()
    };
    let per_s: InWords = |most| units::per_second(most.round());
    let (ready, predicted) = (most(&|one| one.ready), most(&|one| one.predicted));
    let highest = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
    // Both curves of replicas have one scale, or they could not be compared.
    let replicas = highest(&ready).max(highest(&predicted));
    let rows: [(&str, Vec<f64>, f64, InWords); 5] = [
        ("requests", most(&|one| one.per_s), 0.0, per_s),
        ("replicas", ready, replicas, units::plain),
        ("predicted", predicted, replicas, units::plain),
        ("busy", most(&|one| one.busy), 100.0, |most| format!("{} %", units::plain(most.round()))),
        ("p95", most(&|one| one.times.quantile(0.95).unwrap_or(0.0)), 0.0, units::time),
    ];
    let mut lines: Vec<Line> = rows
        .iter()
        .map(|(name, values, scale, words)| {
            let most = highest(values);
            let picture: String = values.iter().map(|value| bar(*value, scale.max(most))).collect();
            Line::indented(INDENT)
                .with(Role::Dim, &format!("{name:<LABEL$}"))
                .with(Role::Text, &picture)
                .with(Role::Dim, &format!("  up to {}", words(most)))
        })
        .collect();
    let end = units::time_of(Duration::from_secs(seconds.len() as u64));
    let gap = " ".repeat(seconds.chunks(each).count().saturating_sub(2 + end.len()).max(1));
    lines.push(Line::indented(INDENT + LABEL).with(Role::Dim, &format!("0s{gap}{end}")));
    lines
}

fn told(change: &Change, drove: &Drove<'_>, width: usize) -> Line {
    let at = drove.planned.pace.by_clock(change.at_s as f64).as_secs_f64();
    let held = if change.held_by.is_empty() { String::new() } else { format!("; {}", change.held_by) };
    let line = Line::indented(INDENT)
        .with(Role::Dim, &format!("{at:>6.1} s"))
        .with(Role::Text, &format!("  {:>3} → {:<3}  ", change.from, change.to))
        .with(Role::Text, &escape(&format!("{}{held}", change.why)));
    line.truncated(width)
}

/// What is worth saying beside the table.
fn remarks(drove: &Drove<'_>) -> Vec<String> {
    let Drove { planned, driven, .. } = drove;
    let pace = planned.pace;
    let requests = &driven.requests;
    let mut words = vec![agreement(drove)];
    words.push(format!(
        "{}; {} in all, up to {} at a time, {}; {} of the policy's time in each second",
        many(requests.came, "request"),
        many(driven.fates.asked, "replica"),
        driven.course.most(),
        many(driven.course.changes.len() as u64, "change"),
        units::time_of(Duration::from_secs_f64(pace.factor())),
    ));
    let stated = pace.by_clock(planned.scenario.pods.start_s as f64);
    // A fifth of a second is what looking after replicas takes.
    if driven.fates.slowest > stated + Duration::from_millis(200) {
        words.push(format!(
            "a replica took {} to be ready, stated are {}: the machine is too busy for more of them at once",
            units::time_of(driven.fates.slowest),
            units::time_of(stated)
        ));
    }
    let lost = [
        (requests.no_replica, "no replica was ready"),
        (requests.cut_off - requests.cut_off_draining, "with a replica that was gone"),
        (requests.cut_off_draining, "with a replica that drained"),
    ];
    let lost: Vec<String> = lost
        .iter()
        .filter(|(times, _)| *times > 0)
        .map(|(times, why)| format!("{}: {why}", units::count(*times)))
        .collect();
    if !lost.is_empty() {
        words.push(format!("lost: {}", lost.join("; ")));
    }
    let fates = &driven.fates;
    let bad = fates.died.iter().chain(&fates.hung).chain(&fates.never_ready);
    words.extend(bad.map(|one| escape(one).into_owned()));
    if driven.blind_looks > 0 {
        words.push(format!(
            "at {} of the policy's {} looks there were no metrics to go by",
            units::count(driven.blind_looks),
            units::count(driven.looks)
        ));
    }
    words
}

/// How it agrees with what was predicted.
fn agreement(drove: &Drove<'_>) -> String {
    let Some(agreement) = drove.driven.course.agreement(drove.prediction, drove.planned.pace) else {
        return "no request came, so nothing was scaled".to_owned();
    };
    let mut words = format!(
        "no more than one replica from the simulation for {} of the time, {} at the furthest",
        units::percent(agreement.within_one),
        agreement.furthest
    );
    if let Some((measured, predicted)) = p95(&drove.finished.run).zip(drove.prediction.p95_ms) {
        words += &format!("; p95 {}, predicted {}", units::time(measured), units::time(predicted));
    }
    words
}

fn p95(run: &Run) -> Option<f64> {
    let metric = response_time(run.schema())?;
    run.select::<&str, &str>(metric, &[])?.as_trend()?.quantile(0.95)
}

fn in_json(drove: &Drove<'_>) -> Value {
    let Drove { planned, prediction, driven, finished } = drove;
    let pace = planned.pace;
    let agreement = driven.course.agreement(prediction, pace);
    let by_clock = |policy_s: u64| pace.by_clock(policy_s as f64).as_secs_f64();
    let changes: Vec<Value> = driven
        .course
        .changes
        .iter()
        .map(|change| {
            json!({
                "at_s": by_clock(change.at_s), "from": change.from, "to": change.to, "why": change.why,
                "held_by": change.held_by, "ready_after_s": change.ready_after_s.map(by_clock),
            })
        })
        .collect();
    let mut json = verdicts_json(&finished.run, &finished.verdicts);
    json["policy"] = planned.what.clone().into();
    json["faster"] = pace.factor().into();
    json["replica"] = json!({
        "answers_per_s": planned.capacity_per_s(), "workers": planned.scenario.service.concurrency,
        "start_s": by_clock(planned.scenario.pods.start_s), "slowest_start_s": driven.fates.slowest.as_secs_f64(),
    });
    json["replicas"] = json!({
        "initial": planned.scenario.initial, "most": driven.course.most(),
        "last": driven.course.points.last().map(|point| point.wanted), "asked": driven.fates.asked,
        "flaps": driven.course.flaps(), "died": driven.fates.died,
        "hung": driven.fates.hung, "never_ready": driven.fates.never_ready,
    });
    json["requests"] = json!({
        "came": driven.requests.came, "no_replica": driven.requests.no_replica,
        "cut_off": driven.requests.cut_off, "cut_off_draining": driven.requests.cut_off_draining,
        "of_drained": driven.requests.of_drained,
    });
    json["prediction"] = json!({
        "most": prediction.wanted.iter().max(), "p95_ms": prediction.p95_ms, "measured_p95_ms": p95(&finished.run),
        "within_one": agreement.map(|agreement| agreement.within_one),
        "furthest": agreement.map(|agreement| agreement.furthest),
    });
    json["looks"] = driven.looks.into();
    json["blind_looks"] = driven.blind_looks.into();
    json["changes"] = changes.into();
    json
}
