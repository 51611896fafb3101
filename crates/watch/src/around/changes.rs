//! Answers about the time around an alert, in words: what changed, what did not, and what nobody can tell.

use jiff::Timestamp;
use loadline_prometheus::Answer;
use loadline_units as units;

use super::asked::{AroundReads, Spell};
use crate::figures::times;
use crate::ledger::Ledger;

/// So many times as much, or as little, is a change.
const MATTERS: f64 = 1.5;
/// A change of a share, in points.
const POINTS: f64 = 0.1;
/// Fewer requests in the shorter time do not show how traffic changed.
const FEWEST: f64 = 20.0;
/// So many versions are named.
const NAMED: usize = 3;

/// What changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// Sentences without a full stop, what changed first.
    pub words: Vec<String>,
    /// Requests per second lately, where that is known.
    pub per_s: Option<f64>,
}

/// What is known of one thing.
enum Seen {
    Changed(String),
    Same,
    Unknown,
}

/// What the answers and the counts of an objective say.
pub fn changes(
    answers: &[(AroundReads, Answer)],
    ledger: &Ledger,
    spell: &Spell,
    version: Option<&str>,
) -> Changes {
    let (traffic, per_s) = traffic(ledger, spell);
    let find =
        |reads: AroundReads| answers.iter().find(|(known, _)| *known == reads).map(|(_, answer)| answer);
    let mut all = Vec::new();
    if let Some(version) = version {
        all.push(("version", versions(find(AroundReads::Versions), spell, version)));
    }
    all.push(("processes", starts(find(AroundReads::Starts), spell)));
    all.push(("traffic", traffic));
    let pair = |of: &dyn Fn(bool) -> AroundReads| {
        let one = |before: bool| find(of(before)).and_then(number);
        one(true).zip(one(false))
    };
    all.push(("database", database(pair(&|before| AroundReads::Database { before }))));
    all.push(("caches", cache(pair(&|before| AroundReads::Cache { before }))));
    let mut words: Vec<String> = Vec::new();
    let (mut same, mut unknown) = (Vec::new(), Vec::new());
    for (name, seen) in all {
        match seen {
            Seen::Changed(change) => words.push(format!("changed: {change}")),
            Seen::Same => same.push(name),
            Seen::Unknown => unknown.push(name),
        }
    }
    let mut rest = Vec::new();
    if !same.is_empty() {
        rest.push(format!("as before {}: {}", clock(spell.before_s()), same.join(", ")));
    }
    if !unknown.is_empty() {
        rest.push(format!("not known: {}", unknown.join(", ")));
    }
    words.extend((!rest.is_empty()).then(|| rest.join("; ")));
    Changes { words, per_s }
}

/// The first number of an answer of one moment.
fn number(answer: &Answer) -> Option<f64> {
    let points = answer.rows.iter().flat_map(|row| &row.points);
    points.map(|(_, number)| *number).find(|number| number.is_finite())
}

fn versions(answer: Option<&Answer>, spell: &Spell, label: &str) -> Seen {
    let Some(answer) = answer else { return Seen::Unknown };
    let (mut new, mut old, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    // Where nothing is known of the time before, what was there first is not new.
    let points = answer.rows.iter().flat_map(|row| &row.points).filter(|(_, number)| *number > 0.0);
    let earliest_s = points.map(|(at_ms, _)| at_ms / 1000).min().unwrap_or(i64::MIN);
    for row in &answer.rows {
        let Some(name) = row.label(label) else { continue };
        let asked = || row.points.iter().filter(|(_, number)| *number > 0.0).map(|(at_ms, _)| at_ms / 1000);
        let (Some(first_s), Some(last_s)) = (asked().min(), asked().max()) else { continue };
        let is_here = last_s > spell.now_s - spell.lately_s as i64;
        match (first_s > spell.before_s().max(earliest_s), is_here) {
            (true, _) => new.push((first_s, name)),
            (false, true) => old.push(name),
            (false, false) => gone.push(name),
        }
    }
    new.sort_unstable();
    let list = |names: &[&str]| {
        let more =
            if names.len() > NAMED { format!(" and {} more", names.len() - NAMED) } else { String::new() };
        format!("{}{more}", names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", "))
    };
    if let Some((first_s, _)) = new.first() {
        let names: Vec<&str> = new.iter().map(|(_, name)| *name).collect();
        let beside = match (old.as_slice(), gone.as_slice()) {
            ([], []) => String::new(),
            ([], gone) => format!(", in place of {}", list(gone)),
            (old, _) => format!(", beside {}", list(old)),
        };
        let answer = if names.len() == 1 { "answers" } else { "answer" };
        return Seen::Changed(format!("{label} {} {answer} since {}{beside}", list(&names), clock(*first_s)));
    }
    match (old.as_slice(), gone.as_slice()) {
        ([], []) => Seen::Unknown,
        (_, []) => Seen::Same,
        (_, gone) => Seen::Changed(format!("{label} {} does not answer any more", list(gone))),
    }
}

fn starts(answer: Option<&Answer>, spell: &Spell) -> Seen {
    let times = answer.map(|answer| {
        let points = answer.rows.iter().flat_map(|row| &row.points);
        points.map(|(_, at_s)| *at_s as i64).collect::<Vec<i64>>()
    });
    let Some(times) = times.filter(|times| !times.is_empty()) else { return Seen::Unknown };
    let lately: Vec<i64> = times.iter().copied().filter(|at_s| *at_s > spell.before_s()).collect();
    match lately.iter().max() {
        None => Seen::Same,
        Some(last_s) => Seen::Changed(format!(
            "{} of {} processes started, the last at {}",
            units::count(lately.len() as u64),
            units::count(times.len() as u64),
            clock(*last_s)
        )),
    }
}

fn traffic(ledger: &Ledger, spell: &Spell) -> (Seen, Option<f64>) {
    let (lately, before) = (
        ledger.window(spell.now_s, spell.lately_s),
        ledger.window(spell.before_s(), spell.before_length_s()),
    );
    let rate = |total: f64, known_s: u64| if known_s > 0 { Some(total / known_s as f64) } else { None };
    let now = rate(lately.cell.total, lately.known_s);
    let Some((now, then)) = now.zip(rate(before.cell.total, before.known_s)) else {
        return (Seen::Unknown, now);
    };
    let of_before = then * lately.known_s as f64;
    if lately.cell.total.max(of_before) < FEWEST {
        return (Seen::Unknown, Some(now));
    }
    let per_s = |rate: f64| units::per_second(rounded(rate));
    let seen = match now / then {
        more if more >= MATTERS => Seen::Changed(format!(
            "it is asked {}, {} as often as before ({})",
            per_s(now),
            times(more),
            per_s(then)
        )),
        less if less <= 1.0 / MATTERS => {
            Seen::Changed(format!("it is asked {}, less often than before ({})", per_s(now), per_s(then)))
        }
        _ => Seen::Same,
    };
    (seen, Some(now))
}

fn database(pair: Option<(f64, f64)>) -> Seen {
    let Some((then, now)) = pair.filter(|(then, _)| *then > 0.0) else { return Seen::Unknown };
    let (took, before) = (units::time(now), units::time(then));
    match now / then {
        more if more >= MATTERS => Seen::Changed(format!(
            "a query of the database takes {took} on average, {} as long as before ({before})",
            times(more)
        )),
        less if less <= 1.0 / MATTERS => Seen::Changed(format!(
            "a query of the database takes {took} on average, less than before ({before})"
        )),
        _ => Seen::Same,
    }
}

fn cache(pair: Option<(f64, f64)>) -> Seen {
    let Some((then, now)) = pair else { return Seen::Unknown };
    if (now - then).abs() < POINTS {
        return Seen::Same;
    }
    Seen::Changed(format!(
        "{} of its answers come from a cache, {} did before",
        units::whole_percent(now),
        units::whole_percent(then)
    ))
}

fn rounded(rate: f64) -> f64 {
    if rate >= 10.0 { rate.round() } else { (rate * 100.0).round() / 100.0 }
}

/// As RFC 3339 has it, in UTC.
fn clock(at_s: i64) -> String {
    Timestamp::from_second(at_s).map_or_else(|_| at_s.to_string(), |at| at.to_string())
}

#[cfg(test)]
mod tests {
    use loadline_prometheus::{ResultType, Row};

    use super::*;
    use crate::ledger::Cell;

    const NOW_S: i64 = 1_783_162_800;
    const SPELL: Spell = Spell { now_s: NOW_S, lately_s: 300, ago_s: 3600 };

    fn ledger(per_minute: impl Fn(i64) -> f64) -> Ledger {
        let mut ledger = Ledger::default();
        for minute in -180..=0 {
            let total = per_minute(-minute);
            ledger.add(NOW_S + minute * 60, 60, Some(Cell { bad: 0.0, doubt: 0.0, total }));
        }
        ledger
    }

    fn one(number: f64) -> Answer {
        let rows = vec![Row { labels: Vec::new(), points: vec![(NOW_S * 1000, number)] }];
        Answer { result_type: ResultType::Vector, rows, warnings: Vec::new() }
    }

    fn by_version(all: &[(&str, std::ops::Range<i64>)]) -> Answer {
        let row = |(name, minutes): &(&str, std::ops::Range<i64>)| Row {
            labels: vec![("version".to_owned(), (*name).to_owned())],
            points: minutes.clone().map(|minute| ((NOW_S - minute * 60) * 1000, 5.0)).collect(),
        };
        let rows = all.iter().map(row).collect();
        Answer { result_type: ResultType::Matrix, rows, warnings: Vec::new() }
    }

    fn words(answers: &[(AroundReads, Answer)], ledger: &Ledger) -> Vec<String> {
        changes(answers, ledger, &SPELL, Some("version")).words
    }

    #[test]
    fn what_changed_is_said_and_what_did_not() {
        let answers = [
            (AroundReads::Versions, by_version(&[("1.3.9", 22..120), ("1.4.0", 0..22)])),
            (AroundReads::Starts, one(NOW_S as f64 - 1400.0)),
            (AroundReads::Database { before: true }, one(15.0)),
            (AroundReads::Database { before: false }, one(48.0)),
            (AroundReads::Cache { before: true }, one(0.91)),
            (AroundReads::Cache { before: false }, one(0.12)),
        ];
        let traffic = ledger(|ago| if ago < 30 { 3240.0 } else { 1020.0 });
        assert_eq!(
            words(&answers, &traffic),
            [
                "changed: version 1.4.0 answers since 2026-07-04T10:39:00Z, in place of 1.3.9",
                "changed: 1 of 1 processes started, the last at 2026-07-04T10:36:40Z",
                "changed: it is asked 54/s, 3.2× as often as before (17/s)",
                "changed: a query of the database takes 48ms on average, 3.2× as long as before (15ms)",
                "changed: 12% of its answers come from a cache, 91% did before",
            ]
        );
        let still = [
            (AroundReads::Versions, by_version(&[("1.3.9", 0..120)])),
            (AroundReads::Starts, one(NOW_S as f64 - 86_400.0)),
        ];
        assert_eq!(
            words(&still, &ledger(|_| 600.0)),
            ["as before 2026-07-04T10:00:00Z: version, processes, traffic; not known: database, caches"]
        );
        assert_eq!(
            words(&[], &Ledger::default()),
            ["not known: version, processes, traffic, database, caches"]
        );
    }

    #[test]
    fn a_canary_is_beside_the_others_and_a_version_may_go() {
        let answers = |all: &[(&str, std::ops::Range<i64>)]| vec![(AroundReads::Versions, by_version(all))];
        let beside = words(&answers(&[("1.3.9", 0..120), ("1.4.0", 0..10)]), &ledger(|_| 600.0));
        assert!(beside[0].ends_with("answers since 2026-07-04T10:51:00Z, beside 1.3.9"), "{beside:?}");
        let gone = words(&answers(&[("1.3.9", 0..120), ("1.4.0", 30..100)]), &ledger(|_| 600.0));
        assert_eq!(gone[0], "changed: version 1.4.0 does not answer any more");
        let young = words(&answers(&[("1.3.9", 5..20), ("1.4.0", 0..5)]), &ledger(|_| 600.0));
        assert!(
            young[0].ends_with("1.4.0 answers since 2026-07-04T10:56:00Z, in place of 1.3.9"),
            "{young:?}"
        );
    }
}
