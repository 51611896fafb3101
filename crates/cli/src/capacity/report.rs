//! The answer of a search: its sentence, its picture, what models say of it, and all of it for machines.

use loadline_capacity::live::{Evidence, Found, Load};
use loadline_capacity::search::{Answer, Bound, Known};
use loadline_capacity::told::{
    Fitted, Loaded, Part, Point, Telling, amount, chart, limited_by, recovery, refuses, sentence, unseen,
};
use loadline_page::{LoadLine, LoadPoint};
use loadline_units as units;
use serde_json::{Value, json};

/// All that is said of a search.
pub(super) struct Told {
    /// The answer in a sentence.
    pub(super) sentence: String,
    /// What else there is to say, a line each.
    pub(super) lines: Vec<String>,
    pub(super) limited_by: Option<String>,
    /// What else the answer means.
    pub(super) meaning: Option<String>,
}

/// What is said of what was found.
pub(super) fn told(found: &Found, answer: &Answer, load: Load, expected: Option<f64>, width: usize) -> Told {
    let Found { known, evidence, .. } = found;
    let limited_by = limit(known, evidence, answer);
    let sentence = sentence(&Telling {
        answer,
        requirements: &known.requirements,
        load: load.words(),
        max: known.terms.max,
        requests_per_s: requests_per_s(known, evidence, answer, load),
        limited_by: limited_by.as_deref(),
    });
    let mut lines = chart(&points(known, evidence), answer.carries, width);
    if let Some(found) = &answer.recovery {
        lines.push(recovery(found, load.words()));
    } else if known.terms.burst && answer.bound == Bound::Found {
        lines.push("how it recovers was not tried, for want of time".to_owned());
    }
    lines.extend(unseen(known, evidence.iter().map(|seen| seen.requests).fold(0.0, f64::max).max(1.0)));
    if let Some(expected) = expected {
        lines.push(headroom(answer, expected, load));
    }
    Told { sentence, lines, limited_by, meaning: None }
}

/// What is drawn of it.
pub(super) fn drawing(found: &Found, answer: &Answer, told: &Told, load: Load) -> LoadLine {
    let Found { known, evidence, last } = found;
    // A limit on a part of the requests is none on the p95 of all of them.
    let p95 = known.requirements.iter().find(|one| one.name == "p95");
    let limit = p95.and_then(|one| Some((units::parse_time(&one.limit).ok()?, format!("p95 {}", one.limit))));
    let points = points(known, evidence);
    LoadLine {
        name: last.as_ref().map(|run| run.meta.name.clone()).unwrap_or_default(),
        answer: told.sentence.clone(),
        carried: answer.carries > 0.0,
        load: load.words().to_owned(),
        line: answer.carries,
        between: answer.between,
        limit,
        points: points
            .iter()
            .map(|one| LoadPoint { load: one.load, p95_ms: one.latency_ms, carried: one.carried })
            .collect(),
    }
}

/// Whether what is expected is carried, and with how much room.
fn headroom(answer: &Answer, expected: f64, load: Load) -> String {
    let room = answer.carries / expected - 1.0;
    let words = format!("{} {} expected", amount(expected), load.words());
    let percent = units::percent(room.abs());
    if matches!(answer.bound, Bound::Generator(_) | Bound::Unknown(_)) {
        format!("{words}: whether it is carried is not known")
    } else if room >= 0.0 {
        format!("{words}: carried, with {percent} room")
    } else if matches!(answer.bound, Bound::AtLeast(_) | Bound::AtLeastMax) {
        format!("{words}: whether it is carried is not known, nothing broke up to {}", amount(answer.carries))
    } else if matches!(answer.bound, Bound::AtLeastGenerator(_)) {
        format!("{words}: whether it is carried is not known, the load generator could not make so much")
    } else {
        format!("{words}: not carried, {percent} are missing")
    }
}

/// What limits, by what the steps used.
fn limit(known: &Known, evidence: &[Evidence], answer: &Answer) -> Option<String> {
    let cores = std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f64);
    let used: Vec<Vec<Part<'_>>> = evidence
        .iter()
        .map(|seen| seen.used.iter().map(|used| Part { name: &used.name, part: used.part }).collect())
        .collect();
    let statuses: Vec<Option<(u16, f64)>> =
        evidence.iter().map(|seen| seen.refused.map(|refused| (refused.status, refused.share))).collect();
    limited_by(known, &used, answer.carries, cores).or_else(|| refuses(known, &statuses))
}

/// Requests per second, where the load is a number of something else.
fn requests_per_s(known: &Known, evidence: &[Evidence], answer: &Answer, load: Load) -> Option<f64> {
    let at = known.steps.iter().zip(evidence).filter(|(step, _)| step.purpose.tells());
    let (step, seen) =
        at.min_by(|a, b| (a.0.load - answer.carries).abs().total_cmp(&(b.0.load - answer.carries).abs()))?;
    (load != Load::Requests && seen.requests > 0.0)
        .then(|| seen.requests * step.through_per_s * answer.carries / step.load)
}

fn points(known: &Known, evidence: &[Evidence]) -> Vec<Point> {
    let telling = known.steps.iter().zip(evidence).filter(|(step, _)| step.purpose.tells());
    telling
        .map(|(step, seen)| Point {
            load: step.load,
            latency_ms: seen.p95_ms,
            carried: known.call(step).is_carried(),
        })
        .collect()
}

/// What models say of the steps, a line each.
pub(super) fn models(found: &Found, load: Load) -> Vec<String> {
    let Found { known, evidence, .. } = found;
    let telling = known.steps.iter().zip(evidence).filter(|(step, _)| step.purpose.tells());
    let loads: Vec<Loaded> = telling
        .map(|(step, seen)| Loaded {
            per_s: step.through_per_s,
            took_s: seen.iteration_s,
            carried: known.call(step).is_carried(),
        })
        .collect();
    let fitted = Fitted::of(&loads);
    // Users wait for answers: their rate is no load of its own.
    let queue = (load != Load::Users).then(|| fitted.queue_line(load.words()));
    queue.into_iter().chain([fitted.law_line()]).collect()
}

/// All of it for machines.
pub(super) fn json_of(
    found: &Found,
    answer: &Answer,
    told: &Told,
    load: Load,
    expected: Option<f64>,
) -> Value {
    let Found { known, evidence, .. } = found;
    let steps: Vec<Value> = known
        .steps
        .iter()
        .zip(evidence)
        .map(|(step, seen)| {
            json!({
                "purpose": step.purpose, "load": step.load, "began_s": step.began_s, "measured_s": step.measured_s,
                "carried": known.call(step).is_carried(), "growing": step.growing,
                "through_per_s": step.through_per_s, "p50_ms": seen.p50_ms, "p95_ms": seen.p95_ms,
                "p99_ms": seen.p99_ms, "errors": seen.errors, "saturated": step.saturated,
                "used": seen.used,
            })
        })
        .collect();
    let breaks = answer.breaks.as_ref().map(|breaks| {
        let name = breaks.place.and_then(|place| known.requirements.get(place)).map(|one| &one.name);
        json!({ "budget": name, "at": breaks.at })
    });
    json!({
        "capacity": answer.carries,
        "unit": load.words(),
        "low": answer.between.map(|between| between.0),
        "high": answer.between.map(|between| between.1),
        "at_least": !matches!(answer.bound, Bound::Found | Bound::NeverCalm),
        "answer": told.sentence,
        "meaning": told.meaning,
        "breaks_first": breaks,
        "limited_by": told.limited_by,
        "expected": expected,
        "recovery_s": answer.recovery.and_then(|recovery| recovery.after_s),
        "recovered": answer.recovery.map(|recovery| recovery.after_s.is_some()),
        "budgets": known.requirements,
        "took_s": known.elapsed_s,
        "steps": steps,
    })
}
