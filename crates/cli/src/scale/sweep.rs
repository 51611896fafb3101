//! Many policies over the same day: the cheapest that keeps the budgets, and what it would take to spend less.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, bail};
use loadline_report::plain;
use loadline_runner::{Ending, Ends, Failure};
use loadline_scale::manifests::Deployed;
use loadline_scale::simulation::Scenario;
use loadline_units as units;
use serde_json::{Value, json};

use super::arguments::SimulateArguments;
use super::day::minutes;
use super::judged::{Judged, judged};
use super::policy::Tried;
use super::words;
use crate::common::{json_text, print, told};

/// The most policies of a sweep.
const MOST: usize = 10_000;
/// Policies that are shown; all of them are in the JSON.
const SHOWN: usize = 20;

/// What is varied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Knob {
    Target,
    Min,
    Max,
    DownWindow,
}

/// What came of one policy, without its Run.
struct Row {
    name: String,
    cost: f64,
    cost_words: String,
    worst_p95_ms: f64,
    lost: u64,
    flaps: usize,
    keeps: bool,
    json: Value,
}

/// Tries all combinations.
pub(super) fn sweep(
    arguments: &SimulateArguments,
    tried: &Tried,
    scenario: &Scenario,
    deployed: Option<&Deployed>,
) -> Result<Ending, Failure> {
    if arguments.output.is_some() {
        let message = "`--output` is for one policy: simulate the one you choose again, with `-o`";
        return Err(Failure::new(Ending::Configuration, message));
    }
    let candidates = candidates(arguments, tried, scenario, deployed).ends(Ending::Configuration)?;
    let mut rows = all(&candidates, arguments).ends(Ending::CouldNotRun)?;
    rows.sort_by(|one, other| one.cost.total_cmp(&other.cost));
    let best = rows.iter().find(|row| row.keeps);
    let answer = answer(&rows, best);
    let text = if arguments.json {
        let best = best.map(|row| row.name.clone());
        let all: Vec<&Value> = rows.iter().map(|row| &row.json).collect();
        json_text(&json!({"answer": answer, "best": best, "policies": all})).ends(Ending::CouldNotRun)?
    } else {
        plain(&format!("\n{}\n{answer}\n", table(&rows, best)))
    };
    let ending = if best.is_some() { Ending::Passed } else { Ending::Failed };
    Ok(told(print(text.as_bytes()), ending))
}

type Candidate = (String, Tried, Scenario);

fn candidates(
    arguments: &SimulateArguments,
    tried: &Tried,
    scenario: &Scenario,
    deployed: Option<&Deployed>,
) -> Result<Vec<Candidate>> {
    let mut candidates: Vec<(Vec<String>, Tried)> = vec![(Vec::new(), tried.clone())];
    for text in &arguments.sweep {
        let (knob, values) = knob(text)?;
        if candidates.len() * values.len() > MOST {
            bail!("these are more than {MOST} policies: leave some values out");
        }
        let mut more = Vec::with_capacity(candidates.len() * values.len());
        for (name, tried) in &candidates {
            for (word, value) in &values {
                let (mut name, mut tried) = (name.clone(), tried.clone());
                name.push(word.clone());
                turn(&mut tried, knob, *value)?;
                more.push((name, tried));
            }
        }
        candidates = more;
    }
    let mut all = Vec::new();
    for (name, tried) in candidates {
        let name = name.join(" ");
        let mut scenario = scenario.clone();
        tried.autoscaler(&scenario).with_context(|| format!("the policy `{name}` cannot work"))?;
        if arguments.scenario.initial.is_none() {
            scenario.initial = tried.initial(&scenario, deployed);
        }
        all.push((name, tried, scenario));
    }
    Ok(all)
}

fn turn(tried: &mut Tried, knob: Knob, value: i64) -> Result<()> {
    let mut change = super::arguments::PolicyArguments::default();
    let number = i32::try_from(value).context("the value is too large")?;
    match knob {
        Knob::Target => change.target = Some(number),
        Knob::Min => change.min = Some(number),
        Knob::Max => change.max = Some(number),
        Knob::DownWindow => {
            tried.set_down_window_ms(value);
            return Ok(());
        }
    }
    tried.change(&change)
}

/// What is varied, and each value with its name.
fn knob(text: &str) -> Result<(Knob, Vec<(String, i64)>)> {
    let (name, values) = text.split_once('=').with_context(|| {
        format!("`--sweep {text}` has no values: write `target=50..90:10` or `min=2,4,8`")
    })?;
    let knob = match name.trim() {
        "target" => Knob::Target,
        "min" => Knob::Min,
        "max" => Knob::Max,
        "down-window" => Knob::DownWindow,
        other => bail!("`{other}` cannot be varied: use `target`, `min`, `max` or `down-window`"),
    };
    let mut all = Vec::new();
    for part in values.split(',') {
        match (knob, part.split_once("..")) {
            (Knob::DownWindow, _) => {
                let window = units::parse_duration(part).with_context(|| format!("in `--sweep {text}`"))?;
                all.push((format!("{name}={part}"), window.as_millis() as i64));
            }
            (_, None) => {
                let value = part
                    .trim()
                    .parse()
                    .with_context(|| format!("`{part}` of `--sweep {text}` is no number"))?;
                all.push((format!("{name}={value}"), value));
            }
            (_, Some((from, to))) => {
                let (to, step) = to.split_once(':').unwrap_or((to, "1"));
                let number = |part: &str| {
                    part.trim()
                        .parse::<i64>()
                        .with_context(|| format!("`{part}` of `--sweep {text}` is no number"))
                };
                let (from, to, step) = (number(from)?, number(to)?, number(step)?);
                if step <= 0 || from > to || (to - from) / step >= MOST as i64 {
                    bail!("`--sweep {text}` goes nowhere: write `FROM..TO:STEP`, upwards");
                }
                all.extend(
                    (from..=to).step_by(step as usize).map(|value| (format!("{name}={value}"), value)),
                );
            }
        }
    }
    Ok((knob, all))
}

/// All candidates, on all cores.
fn all(candidates: &[Candidate], arguments: &SimulateArguments) -> Result<Vec<Row>> {
    let (next, rows) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(candidates.len())));
    let threads = thread::available_parallelism().map_or(1, usize::from).min(candidates.len().max(1));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((name, tried, scenario)) = candidates.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    let row = judged(tried, scenario, &arguments.judging)
                        .map(|judged| row(name, &judged, scenario, arguments));
                    rows.lock().unwrap_or_else(PoisonError::into_inner).push(row);
                }
            });
        }
    });
    rows.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().collect()
}

fn row(name: &str, judged: &Judged, scenario: &Scenario, arguments: &SimulateArguments) -> Row {
    let judging = &arguments.judging;
    let hours = judged.ledger.replica_hours();
    let worst =
        minutes(&judged.run).iter().filter_map(|minute| minute.times.quantile(0.95)).fold(0.0, f64::max);
    let mut json = words::json(judged, scenario, judging, name);
    if let Some(object) = json.as_object_mut() {
        object.remove("changes");
        object.insert("worst_minute_p95_ms".to_owned(), worst.into());
    }
    Row {
        name: name.to_owned(),
        cost: words::price(judged, judging).unwrap_or(hours),
        cost_words: words::price(judged, judging)
            .map_or_else(|| units::decimals(hours, 1), |price| units::decimals(price, 2)),
        worst_p95_ms: worst,
        lost: judged.ledger.all_lost(),
        flaps: judged.ledger.flaps(),
        keeps: !judged.fails(),
        json,
    }
}

fn table(rows: &[Row], best: Option<&Row>) -> String {
    let name = rows.iter().map(|row| row.name.len()).max().unwrap_or(6).max(6);
    let mut text = format!(
        "  {:<name$}  {:>10}  {:>12}  {:>8}  {:>5}  budgets\n",
        "policy", "cost", "worst p95", "lost", "flaps"
    );
    // Those around the best say what is at stake.
    let at = best.and_then(|best| rows.iter().position(|row| row.name == best.name)).unwrap_or(rows.len());
    let from = at.saturating_sub(SHOWN / 2).min(rows.len().saturating_sub(SHOWN));
    for row in rows.iter().skip(from).take(SHOWN) {
        let mark = if best.is_some_and(|best| best.name == row.name) { "▸" } else { " " };
        text += &format!(
            "{mark} {:<name$}  {:>10}  {:>12}  {:>8}  {:>5}  {}\n",
            row.name,
            row.cost_words,
            units::time(row.worst_p95_ms),
            units::count(row.lost),
            row.flaps,
            if row.keeps { "kept" } else { "broken" }
        );
    }
    if rows.len() > SHOWN {
        text += &format!("  and {} more, all of them with `--json`\n", rows.len() - SHOWN);
    }
    text
}

fn answer(rows: &[Row], best: Option<&Row>) -> String {
    let number = units::count(rows.len() as u64);
    let Some(best) = best else {
        return format!(
            "none of {number} policies keeps the budgets: allow more replicas, a lower target, or a higher minimum"
        );
    };
    let cheaper = rows.iter().filter(|row| row.cost < best.cost).count();
    let next = if cheaper == 0 {
        "nothing cheaper was tried".to_owned()
    } else {
        format!("{} cheaper ones break a budget", units::count(cheaper as u64))
    };
    format!(
        "of {number} policies {} is the cheapest that keeps the budgets, at {}; {next}",
        best.name, best.cost_words
    )
}
