//! What a simulated day was like, in words and small pictures.

use loadline_capacity::told::amount;
use loadline_report::{Line, Requirement, Role, verdict_table};
use loadline_scale::simulation::{Change, LOST, Scenario};
use loadline_units as units;
use loadline_verdict::{Outcome, escape};
use serde_json::{Value, json};

use super::arguments::JudgingArguments;
use super::day::{Minute, above, clock};
use super::judged::Judged;

/// Changes that are told one by one; all of them are in the JSON.
const CHANGES: usize = 12;
/// The widest picture.
const WIDEST: usize = 96;
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The day for people.
pub(super) fn text(
    judged: &Judged,
    scenario: &Scenario,
    judging: &JudgingArguments,
    what: &str,
    width: usize,
) -> Vec<Line> {
    let minutes = judged.minutes();
    let mut lines = vec![Line::new(), Line::new().with(Role::Heading, &escape(what)), Line::new()];
    lines.extend(pictures(minutes, scenario, width));
    lines.push(Line::new());
    lines.extend(changes(judged, scenario, width));
    lines.extend(told(judged, scenario, judging));
    lines.push(Line::new());
    let rows: Vec<Requirement> = judged
        .verdicts
        .iter()
        .map(|verdict| {
            Requirement::new(&format!("{} {}", verdict.selector, verdict.aggregate), &judged.run, verdict)
        })
        .collect();
    lines.extend(verdict_table(&rows, None, width));
    lines.push(Line::new());
    lines
}

/// Its answer, which is the last line.
pub(super) fn answer(judged: &Judged, scenario: &Scenario, judging: &JudgingArguments) -> String {
    let cost = cost(judged, scenario, judging);
    let broken: Vec<String> = judged
        .verdicts
        .iter()
        .filter(|verdict| verdict.fails)
        .map(|verdict| {
            let when = match (verdict.outcome, quantile(&verdict.aggregate)) {
                (Outcome::Fail, Some(quantile)) => broken_at(judged, scenario, quantile, verdict.limit),
                _ => String::new(),
            };
            format!("{} {}{when}", verdict.selector, verdict.expression)
        })
        .collect();
    if broken.is_empty() {
        format!("it keeps the budgets, for {cost}")
    } else {
        format!("it breaks {}, for {cost}", broken.join(" and "))
    }
}

/// The percentile of an aggregate, as a share: 0.95 of `p(95)` or `p95`.
pub(super) fn quantile(aggregate: &str) -> Option<f64> {
    let number = aggregate.strip_prefix('p')?.trim_matches(['(', ')']);
    number.parse::<f64>().ok().map(|percent| percent / 100.0)
}

/// When a percentile was above its limit: ` at 09:03:00 for 8m`.
fn broken_at(judged: &Judged, scenario: &Scenario, quantile: f64, limit_ms: f64) -> String {
    let stretches = above(judged.minutes(), quantile, limit_ms);
    let Some((first, last)) = stretches.first().copied() else { return String::new() };
    let for_minutes: u64 = stretches.iter().map(|(first, last)| last - first + 1).sum();
    let more =
        if stretches.len() > 1 { format!(" and {} more times", stretches.len() - 1) } else { String::new() };
    format!(
        " from {} to {}{more} ({for_minutes}m in all)",
        clock(scenario, first * 60),
        clock(scenario, (last + 1) * 60)
    )
}

/// What a day costs, in words: money where prices are known.
pub(super) fn cost(judged: &Judged, scenario: &Scenario, judging: &JudgingArguments) -> String {
    let hours = judged.ledger.replica_hours();
    let nodes = scenario.nodes.map(|_| judged.ledger.node_hours());
    let mut words = format!("{} replica-hours", units::decimals(hours, 1));
    if let Some(nodes) = nodes {
        words += &format!(" on {} node-hours", units::decimals(nodes, 1));
    }
    match price(judged, judging) {
        Some(price) => format!("{} ({words})", units::decimals(price, 2)),
        None => format!(
            "{words}, {} vCPU-hours",
            units::decimals(hours * scenario.request_milli as f64 / 1000.0, 1)
        ),
    }
}

/// What a day costs, where prices are known.
pub(super) fn price(judged: &Judged, judging: &JudgingArguments) -> Option<f64> {
    let replicas = judging.replica_price.map(|price| price * judged.ledger.replica_hours());
    let nodes = judging.node_price.map(|price| price * judged.ledger.node_hours());
    match (replicas, nodes) {
        (None, None) => None,
        (replicas, nodes) => Some(replicas.unwrap_or(0.0) + nodes.unwrap_or(0.0)),
    }
}

/// How the largest value of a picture is said.
type InWords = fn(f64) -> String;

/// A value as a bar, beside the highest.
pub(super) fn bar(value: f64, highest: f64) -> char {
    let height = if highest > 0.0 { value / highest * BARS.len() as f64 } else { 0.0 };
    BARS[(height.ceil() as usize).saturating_sub(1).min(BARS.len() - 1)]
}

/// Traffic, replicas and the 95th percentile over the day, one above the other.
fn pictures(minutes: &[Minute], scenario: &Scenario, width: usize) -> Vec<Line> {
    const LABEL: usize = 14;
    let columns = width.saturating_sub(LABEL + 18).clamp(10, WIDEST).min(minutes.len().max(1));
    let each = minutes.len().div_ceil(columns).max(1);
    let bins = || minutes.chunks(each);
    let most = |of: &dyn Fn(&Minute) -> f64| -> Vec<f64> {
        bins().map(|bin| bin.iter().map(of).fold(0.0, f64::max)).collect()
    };
    let p95 = |minute: &Minute| minute.times.quantile(0.95).unwrap_or(0.0);
    let rows: [(&str, Vec<f64>, InWords); 3] = [
        ("requests", most(&|minute| minute.per_s), |most| units::per_second(most.round())),
        ("replicas", most(&|minute| minute.replicas), units::plain),
        ("p95", most(&p95), units::time),
    ];
    let mut lines: Vec<Line> = rows
        .iter()
        .map(|(name, values, words)| {
            let top = values.iter().copied().fold(0.0, f64::max);
            let picture: String = values.iter().map(|value| bar(*value, top)).collect();
            Line::indented(2)
                .with(Role::Dim, &format!("{name:<width$}", width = LABEL - 4))
                .with(Role::Text, &picture)
                .with(Role::Dim, &format!("  up to {}", words(top)))
        })
        .collect();
    let (from, to) = (clock(scenario, 0), clock(scenario, minutes.len() as u64 * 60));
    let gap = bins().count().saturating_sub(from.len() + to.len()).max(1);
    lines.push(Line::indented(LABEL - 2).with(Role::Dim, &format!("{from}{}{to}", " ".repeat(gap))));
    lines
}

fn changes(judged: &Judged, scenario: &Scenario, width: usize) -> Vec<Line> {
    let changes = &judged.ledger.changes;
    // The largest ones, in their order: those that say most.
    let mut told: Vec<&Change> = changes.iter().collect();
    told.sort_by_key(|change| std::cmp::Reverse((change.to - change.from).abs()));
    told.truncate(CHANGES);
    told.sort_by_key(|change| change.at_s);
    let mut lines: Vec<Line> = told
        .iter()
        .map(|change| {
            let held =
                if change.held_by.is_empty() { String::new() } else { format!("; {}", change.held_by) };
            let arrow = format!("{:>4} → {:<4}", change.from, change.to);
            let why: String =
                format!("{}{held}", change.why).chars().take(width.saturating_sub(26).max(20)).collect();
            Line::indented(2)
                .with(Role::Dim, &clock(scenario, change.at_s))
                .with(Role::Text, &format!("  {arrow}  "))
                .with(Role::Text, &escape(&why))
        })
        .collect();
    if changes.len() > told.len() {
        let words = format!("and {} smaller changes, all of them with `--json`", changes.len() - told.len());
        lines.push(Line::indented(2).with(Role::Dim, &words));
    }
    lines.push(Line::new());
    lines
}

/// What is worth saying beside the figures.
fn told(judged: &Judged, scenario: &Scenario, judging: &JudgingArguments) -> Vec<Line> {
    remarks(judged, scenario, judging).iter().map(|words| Line::indented(2).with(Role::Text, words)).collect()
}

fn remarks(judged: &Judged, scenario: &Scenario, judging: &JudgingArguments) -> Vec<String> {
    let ledger = &judged.ledger;
    let mut words = vec![format!(
        "{} requests, {} changes of replicas, at most {}; {}",
        units::count(ledger.requests),
        units::count(ledger.changes.len() as u64),
        units::count(ledger.most.max(0) as u64),
        cost(judged, scenario, judging)
    )];
    if ledger.followed < ledger.requests {
        words.push(format!(
            "{} of them were followed one by one and stand for the others; `--every-request` follows all",
            units::count(ledger.followed)
        ));
    }
    words.extend(scenario.traffic.notes.iter().map(|note| format!("traffic: {note}")));
    let lost = LOST.iter().zip(ledger.lost).filter(|(_, times)| *times > 0);
    let lost: Vec<String> = lost.map(|(why, times)| format!("{}: {why}", units::count(times))).collect();
    if !lost.is_empty() {
        words.push(format!("lost: {}", lost.join("; ")));
    }
    if let Some(seconds) = ledger.slowest_scale_up_s() {
        words.push(format!("from asking for more to having it took up to {seconds} s"));
    }
    let unready = ledger
        .changes
        .iter()
        .filter(|change| change.to > change.from && change.ready_after_s.is_none())
        .count();
    if unready > 0 {
        words.push(format!(
            "{} times more was asked for before the last was there: the load rises faster than replicas come",
            units::count(unready as u64)
        ));
    }
    if ledger.flaps() > 0 {
        words.push(format!(
            "it flaps: {} times it went back on itself within five minutes",
            units::count(ledger.flaps() as u64)
        ));
    }
    if ledger.at_most_s > 0 {
        words.push(format!("maxReplicas held it back for {} s", units::count(ledger.at_most_s)));
    }
    if ledger.blind_looks > 0 {
        words.push(format!(
            "at {} of the autoscaler's looks there were no metrics to go by",
            units::count(ledger.blind_looks)
        ));
    }
    if let Some(measured) = scenario.service.measured_up_to_per_s
        && ledger.highest_per_replica_s > measured
    {
        words.push(format!(
            "a replica had up to {}/s, and the service was measured up to {}/s only: what is beyond is a guess",
            amount(ledger.highest_per_replica_s),
            amount(measured)
        ));
    }
    words
}

/// The day for programs.
pub(super) fn json(judged: &Judged, scenario: &Scenario, judging: &JudgingArguments, what: &str) -> Value {
    let ledger = &judged.ledger;
    let lost: serde_json::Map<String, Value> =
        LOST.iter().zip(ledger.lost).map(|(why, times)| (why.word().to_owned(), times.into())).collect();
    let changes: Vec<Value> = ledger
        .changes
        .iter()
        .map(|change| {
            json!({
                "at_s": change.at_s, "at": clock(scenario, change.at_s), "from": change.from, "to": change.to,
                "why": change.why, "held_by": change.held_by, "ready_after_s": change.ready_after_s,
            })
        })
        .collect();
    json!({
        "policy": what,
        "passes": !judged.fails(),
        "answer": answer(judged, scenario, judging),
        "requests": ledger.requests,
        "requests_followed": ledger.followed,
        "lost": lost,
        "replica_hours": ledger.replica_hours(),
        "node_hours": scenario.nodes.map(|_| ledger.node_hours()),
        "vcpu_hours": ledger.replica_hours() * scenario.request_milli as f64 / 1000.0,
        "price": price(judged, judging),
        "most_replicas": ledger.most,
        "flaps": ledger.flaps(),
        "slowest_scale_up_s": ledger.slowest_scale_up_s(),
        "remarks": remarks(judged, scenario, judging),
        "changes": changes,
        "verdicts": loadline_report::verdicts_json(&judged.run, &judged.verdicts),
    })
}
