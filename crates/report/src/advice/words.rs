//! Numbers, reasons and the answer in words.

use loadline_advise::advice::Piece;
use loadline_advise::binding::{Binding, Kind};
use loadline_advise::candidate::{Cut, MOST_CANDIDATES};
use loadline_advise::statistics::Rule;
use loadline_advise::workload::Omission;
use loadline_pg::existing::{Drop, Reason};
use loadline_pg::ghost::{literal, parameters};
use loadline_units as units;

use super::report::AdviceReport;

/// What it all comes to, in one line.
pub fn advice_answer(report: &AdviceReport) -> String {
    let advice = &report.advice;
    let planned = advice.before.iter().flatten().count();
    let statements = number(planned, "statement");
    let of = &report.of;
    if planned == 0 {
        return format!("no statement has a plan on the copy of {of}");
    }
    let looked = format!("{}, {}", number(advice.candidates, "candidate"), number(advice.plans, "plan"));
    let drops = match report.drops.len() {
        0 => String::new(),
        1 => "; 1 that is there could go".to_owned(),
        count => format!("; {} that are there could go", units::count(count as u64)),
    };
    let better = match report.remarks.proposals.proposals.len() {
        0 => String::new(),
        count => format!("; {} could be written better", number(count, "statement")),
    };
    let drops = format!("{drops}{better}");
    if advice.pieces.is_empty() {
        return format!("no index pays for {statements} of {of} ({looked}){drops}");
    }
    let bytes: f64 = advice.pieces.iter().map(|piece| piece.bytes).sum();
    let (before, after) = report.costs();
    let pay = if advice.pieces.len() == 1 { "pays" } else { "pay" };
    let indexes = match advice.pieces.len() {
        1 => "1 index".to_owned(),
        count => format!("{} indexes", units::count(count as u64)),
    };
    format!(
        "{indexes} {pay} for {statements} of {of}: cost {} → {}, {} ({looked}){drops}; estimates of the planner, nothing was built",
        cost(before),
        cost(after),
        units::bytes(bytes)
    )
}

/// A cost as people read it.
pub(super) fn cost(cost: f64) -> String {
    if cost.abs() < 100.0 { units::decimals(cost, 1) } else { units::count(cost.max(0.0).round() as u64) }
}

/// `1 statement`, `2 statements`.
pub(super) fn number(count: usize, of: &str) -> String {
    format!("{} {of}{}", units::count(count as u64), if count == 1 { "" } else { "s" })
}

/// What the story's rule says: a prior, and no advice.
pub(super) fn story_rule(rule: Rule) -> String {
    format!(
        "story rule: {} ({} different values, correlation {}); a prior, no advice",
        if rule.holds() { "yes" } else { "no" },
        units::count(rule.distinct.round().max(0.0) as u64),
        units::decimals(rule.correlation, 2)
    )
}

/// What an index does to updates in place.
pub(super) fn ends_hot(piece: &Piece) -> String {
    format!(
        "ends HOT for {} of the updates of {}: they write every index of the table, which is in the cost of writes",
        units::percent(piece.ends_hot),
        piece.index.quoted_table()
    )
}

/// The values that a statement was explained with: `typical values, 50% of the executions, 240 rows: $1 = 'failed'`.
pub(super) fn values(binding: &Binding) -> String {
    let kind = kind(binding.kind);
    let values: Vec<String> =
        binding.values.iter().map(|(number, value)| format!("${number} = {}", literal(value))).collect();
    format!(
        "{kind} values, {} of the executions, {} expected: {}",
        units::percent(binding.share),
        number(binding.rows.round().max(0.0) as usize, "row"),
        values.join(", ")
    )
}

/// Which values, in a word.
pub(super) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Any => "any",
        Kind::Typical => "typical",
        Kind::Common => "common",
        Kind::Rare => "rare",
    }
}

/// How statements with parameters were explained; nothing if there are none.
pub(super) fn explained(report: &AdviceReport) -> Option<String> {
    let (mut chosen, mut several, mut any) = (0, 0, 0);
    for (asked, bindings) in report.workload.statements.iter().zip(&report.advice.bindings) {
        if parameters(&asked.text) == 0 || bindings.is_empty() {
            continue;
        }
        match &bindings[..] {
            // Nothing but its limits are parameters.
            [one] if parameters(&one.text) == 0 && one.values.is_empty() => {}
            [one] if one.kind == Kind::Any => any += 1,
            [_] => chosen += 1,
            _ => several += 1,
        }
    }
    let mut parts = Vec::new();
    for (count, words) in [
        (chosen, "explained with values of the portrait that leave about as many rows as came"),
        (several, "explained with typical, common and rare values of the portrait, because it matters which"),
        (
            any,
            "explained for any value (the generic plan), because no column that the portrait has values of is compared with a parameter",
        ),
    ] {
        if count > 0 {
            parts.push(format!(
                "{} {} {words}",
                number(count, "statement"),
                if count == 1 { "is" } else { "are" }
            ));
        }
    }
    (!parts.is_empty()).then(|| {
        format!("{}; limits that are parameters are the rows of an execution, or 20", parts.join("; "))
    })
}

/// Why an index could go.
pub(super) fn reason(drop: &Drop, is_planned: impl Fn(&str) -> bool) -> String {
    let which = |name: &str| {
        if is_planned(name) { format!("`{name}`, which is advised,") } else { format!("`{name}`") }
    };
    match &drop.reason {
        Reason::Invalid => "building it failed: every change writes it, and nothing reads it".to_owned(),
        Reason::Duplicate(name) => format!("{} is the same", which(name)),
        Reason::Covered(name) => format!("{} begins with the same keys and does its work", which(name)),
        Reason::Unused => "no statement has used it since uses are counted, nor does a plan here".to_owned(),
    }
}

/// What was not tried of a statement.
pub(super) fn not_tried(cut: Cut) -> String {
    let mut words = Vec::new();
    if cut.candidates > 0 {
        let more = number(cut.candidates, "more candidate");
        let were = if cut.candidates == 1 { "was" } else { "were" };
        words.push(format!("{more} for one statement {were} not tried: {MOST_CANDIDATES} of each table are"));
    }
    if cut.keys > 0 {
        let columns = number(cut.keys, "column");
        let are = if cut.keys == 1 { "is" } else { "are" };
        words.push(format!("{columns} that a statement compares for equality {are} in no candidate"));
    }
    words.join("; ")
}

/// What is left out, behind its number.
pub fn omitted(what: Omission, count: u64) -> String {
    let (one, many) = match what {
        Omission::NoRows => {
            ("statement neither reads nor writes rows", "statements neither read nor write rows")
        }
        Omission::Catalogs => {
            ("statement asks the system's own tables", "statements ask the system's own tables")
        }
        Omission::TooMany => (
            "statement weighs less than the thousand that are looked at",
            "statements weigh less than the thousand that are looked at",
        ),
        Omission::NotKept => (
            "statement is not in the portrait, because it defines or administers",
            "statements are not in the portrait, because they define or administer",
        ),
        Omission::Cut => ("execution is cut off in the log", "executions are cut off in the log"),
        Omission::EverNew => (
            "execution has a text beyond the different ones that are kept of a log",
            "executions have texts beyond the different ones that are kept of a log",
        ),
        Omission::NoText => (
            "statement has a shortened name in the run, and neither the portrait nor a file has its text",
            "statements have shortened names in the run, and neither the portrait nor a file has their texts",
        ),
        Omission::Together => (
            "execution was counted together with others in the run",
            "executions were counted together in the run, without their texts",
        ),
    };
    format!("{} {}", units::count(count), if count == 1 { one } else { many })
}
