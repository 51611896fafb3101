//! The file of tests: for each budget a course that breaks it and one that keeps it, and what is gone.

use loadline_prometheus::{length, quoted};
use loadline_watch::{BurnWindow, Indicator, Settings};
use loadline_yaml::Node;

use super::course::{Course, Fault, Stretch};
use super::model::on;
use super::series::{failed_status, series};
use crate::document;
use crate::rules::{ALERTS, BURNS, NO_BUDGET, NO_SERVICE, WITHOUT_BUDGET_S, WITHOUT_SERVICE_S, group_name};
use crate::source::{Counted, Source};

/// How far from an instant it is asked: Prometheus 2 has both ends of a window in it and Prometheus 3 one.
const CLEAR: usize = 2;
/// Slots of a course before anything goes wrong.
const BEFORE: u64 = 20;
/// The longest that a fault goes on.
const FAULT: u64 = 200;
/// The longest that it is waited for an alert to be over: slower ones are only seen to begin.
const AFTER: u64 = 60;
/// Prometheus takes the last value of a series for so many seconds.
const LOOKBACK_S: u64 = 300;

/// The tests; `None` where the windows are no multiples of the step, or the histogram is a native one, which promtool
/// cannot make up.
pub(crate) fn document(source: &Source) -> Option<String> {
    let settings = &source.settings;
    let fits = |length_s: &u64| length_s.is_multiple_of(settings.step_s) && *length_s >= 2 * settings.step_s;
    if settings.names.native || !source.lengths_s().iter().all(fits) {
        return None;
    }
    let failed = failed_status(settings);
    let mut tests = Vec::new();
    for budgets in source.endpoints() {
        for (number, counted) in budgets.iter().enumerate() {
            if counted.objective.indicator == Indicator::Failed && failed.is_none() {
                continue;
            }
            // What tells nothing is tried once for an endpoint: it takes promtool its time.
            let most = if number == 0 { usize::MAX } else { 1 };
            for (what, course) in courses(settings, counted).into_iter().take(most) {
                let name = format!("{} {what}", counted.objective.key());
                tests.push(burning(settings, budgets, &name, &course, failed.unwrap_or_default()));
            }
        }
        tests.extend(gone(settings, budgets));
    }
    let order: Vec<Node> = source
        .endpoints()
        .filter_map(|budgets| Some(Node::from(group_name(&budgets.first()?.objective.endpoint))))
        .chain([Node::from(ALERTS)])
        .collect();
    let node = Node::map([
        ("rule_files", vec![Node::from("loadline.rules.yaml")].into()),
        ("evaluation_interval", length(settings.step_s).into()),
        ("group_eval_order", order.into()),
        ("tests", tests.into()),
    ]);
    Some(document::document("Tests of the rules: `promtool test rules loadline.rules.test.yaml`.", &node))
}

/// What a budget is tried with.
fn courses(settings: &Settings, counted: &Counted) -> Vec<(&'static str, Course)> {
    let permitted = counted.objective.permitted;
    let fault = Fault::of(counted);
    // So many that half the budget is some requests.
    let total = (4.0 / permitted.max(1e-4)).ceil().max(1000.0) as u64;
    let half = (total as f64 * permitted / 2.0).floor() as u64;
    // Four bad ones of as many as have to come, if those are a share that burns; otherwise of four.
    let enough = settings.min_requests.div_ceil(4).max(1);
    let fastest = settings.windows.iter().map(|window| window.factor).fold(0.0, f64::max);
    let few = if 1.0 / enough as f64 > fastest * permitted { enough } else { 1 };
    vec![
        ("is broken, and kept again", broken(settings, counted, total)),
        ("is half used up", Course { stretches: vec![Stretch { slots: BEFORE, total, bad: half }], fault }),
        (
            "is broken by four requests, which tells nothing",
            Course {
                stretches: vec![
                    Stretch { slots: 4, total: few, bad: 1 },
                    Stretch { slots: 8, total: 0, bad: 0 },
                ],
                fault,
            },
        ),
    ]
}

/// Everything is bad until each pair of windows has seen it that can, and then well until all is over.
fn broken(settings: &Settings, counted: &Counted, total: u64) -> Course {
    let course = |bad: u64, after: u64| Course {
        stretches: vec![
            Stretch { slots: BEFORE, total, bad: 0 },
            Stretch { slots: bad, total, bad: total },
            Stretch { slots: after, total, bad: 0 },
        ],
        fault: Fault::of(counted),
    };
    let longest = course(FAULT, 0);
    let first = |window: &BurnWindow| {
        on(settings, counted, window, &longest).iter().position(|is_on| *is_on).unwrap_or(0) as u64
    };
    let seen = settings.windows.iter().map(first).max().unwrap_or(0).saturating_sub(BEFORE) + 5;
    // After its short window no pair burns, and then it is held for a while.
    let over =
        |window: &BurnWindow| (window.short_s + settings.rules.resolve_after_s).div_ceil(settings.step_s) + 5;
    let after = settings.windows.iter().map(over).filter(|slots| *slots <= AFTER).max();
    course(seen, after.unwrap_or(AFTER))
}

/// A test of which alerts are on, shortly before and shortly after each instant at which that changes.
fn burning(settings: &Settings, budgets: &[Counted], name: &str, course: &Course, failed: &str) -> Node {
    let alerts: Vec<(String, Vec<bool>)> = budgets
        .iter()
        .flat_map(|counted| settings.windows.iter().map(move |window| (counted, window)))
        .map(|(counted, window)| (labels(counted, window), on(settings, counted, window, course)))
        .collect();
    let slots = course.slots() as usize;
    let is_on = |slot: usize| alerts.iter().map(move |(_, states)| states[slot]);
    let changes = |slot: usize| slot > 0 && !is_on(slot).eq(is_on(slot - 1));
    let clear = |slot: &usize| {
        (slot.saturating_sub(CLEAR) + 1..=(slot + CLEAR).min(slots)).all(|slot| !changes(slot))
    };
    let mut asked = vec![slots / 2, slots];
    for slot in (1..=slots).filter(|slot| changes(*slot)) {
        asked.extend((0..slot).rev().find(clear));
        asked.extend((slot..=slots).find(clear));
    }
    asked.retain(clear);
    asked.sort_unstable();
    asked.dedup();
    let endpoint = budgets.first().map_or("", |counted| &counted.objective.endpoint);
    let expression = firing(BURNS, &[("endpoint", endpoint)]);
    let samples = |slot: usize| {
        let on = alerts.iter().filter(move |(_, states)| states[slot]);
        on.map(|(labels, _)| sample(labels)).collect::<Vec<_>>()
    };
    let tests = asked.into_iter().map(|slot| asks(&expression, slot as u64 * settings.step_s, samples(slot)));
    test(settings, name, series(settings, budgets, course, failed), tests.collect())
}

/// Tests of what is said when nothing comes any more.
fn gone(settings: &Settings, budgets: &[Counted]) -> Option<Node> {
    const LAST: u64 = 20;
    let step_s = settings.step_s;
    let course = Course {
        stretches: vec![Stretch { slots: LAST, total: 10, bad: 0 }],
        fault: Fault::Slow { beyond: 0.0 },
    };
    let endpoint = &budgets.first()?.objective.endpoint;
    let shortest = settings.windows.iter().map(|window| window.short_s).min()?;
    let clear = CLEAR as u64 * step_s;
    let mut tests = Vec::new();
    // An increase needs two values.
    let missing_s = LAST * step_s + shortest;
    let on_s = missing_s + WITHOUT_BUDGET_S;
    let named = |alert: &str, more: &[(&str, &str)]| firing(alert, more);
    let of_budget = named(NO_BUDGET, &[("endpoint", endpoint)]);
    let all = budgets.iter().filter(|counted| !counted.objective.allow_no_data).map(|counted| {
        let condition = &counted.objective.condition;
        sample(&firing(NO_BUDGET, &[("budget", condition), ("endpoint", endpoint), ("severity", "ticket")]))
    });
    tests.push(asks(&of_budget, on_s - step_s - clear, Vec::new()));
    tests.push(asks(&of_budget, on_s + clear, all.collect()));
    if step_s <= LOOKBACK_S {
        let on_s = LAST * step_s + LOOKBACK_S + WITHOUT_SERVICE_S;
        let mut labels: Vec<(&str, &str)> =
            settings.labels.iter().map(|(label, value)| (label.as_str(), value.as_str())).collect();
        labels.push(("severity", "page"));
        let of_service = named(NO_SERVICE, &[]);
        tests.push(asks(&of_service, on_s - clear, Vec::new()));
        tests.push(asks(&of_service, on_s + step_s + clear, vec![sample(&firing(NO_SERVICE, &labels))]));
    }
    let name = format!("nothing comes from {endpoint} any more");
    Some(test(settings, &name, series(settings, budgets, &course, ""), tests))
}

/// The series of an alert that is on.
fn labels(counted: &Counted, window: &BurnWindow) -> String {
    let objective = &counted.objective;
    firing(
        BURNS,
        &[
            ("budget", &objective.condition),
            ("endpoint", &objective.endpoint),
            ("long", &length(window.long_s)),
            ("severity", window.severity.name()),
            ("short", &length(window.short_s)),
        ],
    )
}

fn firing(alert: &str, more: &[(&str, &str)]) -> String {
    let always = [("alertname", alert), ("alertstate", "firing")];
    let all = always.iter().chain(more).map(|(label, value)| format!("{label}={}", quoted(value)));
    format!("ALERTS{{{}}}", all.collect::<Vec<_>>().join(","))
}

fn sample(labels: &str) -> Node {
    Node::map([("labels", labels.into()), ("value", 1_u64.into())])
}

fn asks(expression: &str, at_s: u64, samples: Vec<Node>) -> Node {
    let mut asked = Node::map([("expr", expression.into()), ("eval_time", length(at_s).into())]);
    if !samples.is_empty() {
        asked.set("exp_samples", samples);
    }
    asked
}

fn test(settings: &Settings, name: &str, series: Vec<Node>, asked: Vec<Node>) -> Node {
    Node::map([
        ("name", name.into()),
        ("interval", length(settings.step_s).into()),
        ("input_series", series.into()),
        ("promql_expr_test", asked.into()),
    ])
}
