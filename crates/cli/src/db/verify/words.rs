//! What was verified, for people and for programs.

use loadline_advise::replay::{Fate, Piece, Replayed, Statement, Values, Verified, Withdrawal};
use loadline_advise::verify::{Change, Course, Way, Ways};
use loadline_pg::shape::abridge;
use loadline_units as units;
use loadline_verdict::escape;
use serde_json::{Value, json};

use super::rounds::Proven;

/// Characters of a statement in a line.
const LONGEST: usize = 76;
/// Columns before what belongs to a line above.
const UNDER: &str = "           ";

/// The page.
pub(super) fn words(proven: &Proven, verified: &Verified, within: Option<f64>, test: &str) -> String {
    let mut text = String::new();
    for earlier in &proven.earlier {
        for piece in earlier.pieces.iter().filter(|piece| !matches!(piece.fate, Fate::Confirmed(_))) {
            text += &piece_text(piece, earlier);
        }
    }
    if !proven.earlier.is_empty() {
        text += "\nsearched again with what that taught:\n\n";
    }
    for piece in &verified.pieces {
        text += &piece_text(piece, verified);
    }
    text += "\n";
    for statement in &verified.statements {
        let said = match &statement.replayed {
            Replayed::Not(why) => format!("not measured: {}", escape(why)),
            Replayed::Untouched => "as before: its plan is the same".to_owned(),
            Replayed::Measured { change, is_cut, .. } => {
                let cut = if *is_cut { ", broken off: it takes longer" } else { "" };
                format!("{}, {}{cut}{}", times(change), course(change), values(statement.values))
            }
        };
        text += &format!("{}\n{UNDER}{said}\n", short(&statement.text));
    }
    text + "\n" + &conclusion(verified, within, test)
}

/// Whose values it was measured with.
fn values(values: Values) -> String {
    match values {
        Values::Own => String::new(),
        Values::Kept(count) => format!("; with the values of {}", counted(count, "execution")),
        Values::Chosen(count) => {
            format!(
                "; with {} chosen from the statistics there",
                if count == 1 { "1 set of values".to_owned() } else { format!("{count} sets of values") }
            )
        }
    }
}

fn piece_text(piece: &Piece, verified: &Verified) -> String {
    let (word, why) = match &piece.fate {
        Fate::Confirmed(served) => {
            ("confirmed", format!("{} faster with it", are(served.len(), "statement")))
        }
        Fate::Idle => ("of no use", "no statement is certainly faster with it".to_owned()),
        Fate::Withdrawn(withdrawal) => ("withdrawn", withdrawn(withdrawal, verified)),
        Fate::NotBuilt(why) => ("not built", escape(why).into_owned()),
    };
    let size = match piece.fate {
        Fate::NotBuilt(_) => String::new(),
        _ => format!("{}, built in {}; ", units::bytes(piece.bytes as f64), units::time_of(piece.built)),
    };
    format!("{word}  {}\n{UNDER}{size}{why}\n", escape(&piece.definition.given))
}

fn withdrawn(withdrawal: &Withdrawal, verified: &Verified) -> String {
    let statement = verified.statements.get(withdrawal.statement).map_or("", |one| one.text.as_str());
    let cause = if withdrawal.is_used { "whose plan took it" } else { "which has to keep it up" };
    let change = &withdrawal.change;
    let how = match change.course {
        Course::Open => format!("{}, though that is {}", by(change.comparison.change), course(change)),
        _ => course(change),
    };
    format!("it makes `{}`, {cause}, {how}: {}", short(statement), times(change))
}

pub(crate) fn short(statement: &str) -> String {
    let one_line = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    let abridged = abridge(&one_line, LONGEST);
    let cut = abridged.char_indices().nth(LONGEST).map(|(at, _)| format!("{}…", &abridged[..at]));
    escape(&cut.unwrap_or(abridged)).into_owned()
}

fn times(change: &Change) -> String {
    format!("{} → {}", units::time(change.comparison.base), units::time(change.comparison.head))
}

/// In which direction, by how much, and how sure that is.
pub(crate) fn course(change: &Change) -> String {
    let one = &change.comparison;
    let range = format!("between {} and {}", by(one.low), by(one.high));
    match change.course {
        Course::Faster => format!("{} (at least {})", by(one.change), by(one.high)),
        Course::Slower => format!("{} (at least {})", by(one.change), by(one.low)),
        Course::Same => format!("as before ({range})"),
        Course::Open => format!("not certain ({range})"),
        Course::Unknown => "not measured".to_owned(),
    }
}

fn by(ratio: f64) -> String {
    if ratio >= 1.0 {
        format!("{} slower", units::percent(ratio - 1.0))
    } else if ratio > 0.5 {
        format!("{} faster", units::percent(1.0 - ratio))
    } else {
        format!("{} times faster", units::decimals(1.0 / ratio, usize::from(ratio > 0.1)))
    }
}

fn counted(count: usize, of: &str) -> String {
    format!("{count} {of}{}", if count == 1 { "" } else { "s" })
}

fn are(count: usize, of: &str) -> String {
    format!("{} {}", counted(count, of), if count == 1 { "is" } else { "are" })
}

fn conclusion(verified: &Verified, within: Option<f64>, test: &str) -> String {
    let went = |course: Course| {
        let is = |replayed: &Replayed| match replayed {
            Replayed::Measured { change, .. } => change.course == course,
            Replayed::Untouched => course == Course::Same,
            Replayed::Not(_) => false,
        };
        verified.statements.iter().filter(|one| is(&one.replayed)).count()
    };
    let confirmed = verified.pieces.iter().filter(|piece| matches!(piece.fate, Fate::Confirmed(_))).count();
    let all = verified.pieces.len();
    let head = match (confirmed, all) {
        (1, 1) => "the index is confirmed".to_owned(),
        (0, 1) => "the index is not confirmed".to_owned(),
        (some, all) if some == all => format!("all {all} indexes are confirmed"),
        (0, all) => format!("none of {all} indexes is confirmed"),
        (some, all) => format!("{some} of {all} indexes {} confirmed", if some == 1 { "is" } else { "are" }),
    };
    let mut parts = Vec::new();
    for (course, word) in [
        (Course::Faster, "faster"),
        (Course::Same, "as before"),
        (Course::Slower, "slower"),
        (Course::Open, "not certain"),
    ] {
        let count = went(course);
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    let not = verified.statements.iter().filter(|one| matches!(one.replayed, Replayed::Not(_))).count();
    if not > 0 {
        parts.push(format!("{not} not measured"));
    }
    format!(
        "{head}: {}: {}, with what is left of the set\n{}{}measured in {} on `{}`, where nothing stayed\n",
        counted(verified.statements.len(), "statement"),
        parts.join(", "),
        room(verified.confirmed_bytes(), within),
        as_said(&verified.ways()),
        counted(verified.rounds, "round"),
        escape(test),
    )
}

/// Whether what was confirmed has the bytes that it may have.
fn room(bytes: u64, within: Option<f64>) -> String {
    let Some(within) = within else { return String::new() };
    let more = if bytes as f64 > within { ", more than" } else { " of" };
    format!("{}{more} the {} that indexes may have\n", units::bytes(bytes as f64), units::bytes(within))
}

/// How often the planner's costs pointed to the right side.
fn as_said(ways: &Ways) -> String {
    let Some(share) = ways.share() else { return String::new() };
    let told = counted(ways.as_said + ways.otherwise, "statement");
    format!(
        "{} of {told} went the way that the planner's costs said ({})\n",
        ways.as_said,
        units::percent(share)
    )
}

/// The same for programs.
pub(crate) fn json(proven: &Proven, verified: &Verified) -> Value {
    let mut json = json_of(verified);
    json["earlier"] = proven.earlier.iter().map(json_of).collect();
    json["notSearchedAgain"] = proven.unsearched.as_deref().into();
    json
}

fn json_of(verified: &Verified) -> Value {
    let indexes: Vec<Value> = verified
        .pieces
        .iter()
        .map(|piece| {
            let (fate, more) = match &piece.fate {
                Fate::Confirmed(served) => ("confirmed", json!({"faster": served})),
                Fate::Idle => ("idle", json!({})),
                Fate::NotBuilt(why) => ("notBuilt", json!({"why": why})),
                Fate::Withdrawn(one) => (
                    "withdrawn",
                    json!({"statement": one.statement, "used": one.is_used, "change": change_json(&one.change)}),
                ),
            };
            json!({
                "statement": piece.definition.given, "fate": fate, "because": more, "bytes": piece.bytes,
                "builtMs": units::to_ms(piece.built),
            })
        })
        .collect();
    let statements: Vec<Value> = verified
        .statements
        .iter()
        .map(|one| {
            let mut json = statement_json(one);
            json["cost"] =
                one.costs.map_or(Value::Null, |costs| json!({"without": costs.without, "with": costs.with}));
            json["asCostSaid"] = match one.way() {
                Some(Way::AsSaid) => true.into(),
                Some(Way::Otherwise) => false.into(),
                Some(Way::Untold) | None => Value::Null,
            };
            json["values"] = match one.values {
                Values::Own => Value::Null,
                Values::Kept(count) => json!({"from": "executions", "sets": count}),
                Values::Chosen(count) => json!({"from": "statistics", "sets": count}),
            };
            json
        })
        .collect();
    json!({
        "indexes": indexes, "statements": statements, "rounds": verified.rounds, "invalid": verified.invalid,
        "swept": verified.swept, "confirmedBytes": verified.confirmed_bytes(), "asCostSaid": ways_json(&verified.ways()),
    })
}

fn statement_json(one: &Statement) -> Value {
    match &one.replayed {
        Replayed::Not(why) => json!({"statement": one.text, "notMeasured": why}),
        Replayed::Untouched => json!({"statement": one.text, "untouched": true}),
        Replayed::Measured { change, suspicion, is_cut } => json!({
            "statement": one.text, "change": change_json(change), "uses": suspicion.uses,
            "keepsUp": suspicion.keeps_up, "brokenOff": is_cut,
        }),
    }
}

fn ways_json(ways: &Ways) -> Value {
    json!({"asSaid": ways.as_said, "otherwise": ways.otherwise, "untold": ways.untold, "share": ways.share()})
}

fn change_json(change: &Change) -> Value {
    let one = &change.comparison;
    let course = match change.course {
        Course::Faster => "faster",
        Course::Same => "same",
        Course::Slower => "slower",
        Course::Open => "open",
        Course::Unknown => "unknown",
    };
    json!({
        "course": course, "withoutMs": one.base, "withMs": one.head, "ratio": one.change, "low": one.low,
        "high": one.high, "confidence": one.confidence, "rounds": one.rounds,
    })
}
