//! Advice for people, and as SQL.

use std::fmt::Write as _;

use loadline_advise::advice::{Advice, Piece};
use loadline_advise::index::name;
use loadline_pg::shape::abridge;
use loadline_units as units;
use loadline_verdict::escape;

use super::found::Found;
use crate::db::source::whose;

/// Statements that are named of each index, and rejected candidates of all.
const SERVED: usize = 4;
const REJECTED: usize = 8;
/// Letters of a statement.
const LONGEST: usize = 68;

/// The page, with the answer at its end.
pub(super) fn advice_text(found: &Found) -> String {
    let Found { workload, advice, .. } = found;
    let ms = workload.ms();
    let mut text = String::new();
    for (number, piece) in advice.pieces.iter().enumerate() {
        let is_partitioned = !piece.partitions.is_empty();
        let _ = writeln!(text, "{}. {};", number + 1, escape(&piece.index.create(is_partitioned)));
        let _ = writeln!(
            text,
            "   {} · cost of the workload {} → {}{}",
            units::bytes(piece.bytes),
            cost(piece.before),
            cost(piece.after),
            if piece.writes > 0.0 {
                format!(" · writes cost {} more", cost(piece.writes))
            } else {
                String::new()
            },
        );
        let mut served: Vec<_> = piece.serves.iter().collect();
        let weight = |statement: usize| {
            workload.statements[statement].ms.unwrap_or(workload.statements[statement].calls)
        };
        served.sort_by(|a, b| weight(b.statement).total_cmp(&weight(a.statement)));
        for one in served.iter().take(SERVED) {
            let asked = &workload.statements[one.statement];
            let share =
                ms.zip(asked.ms).map(|(all, own)| format!(", {} of the time", units::percent(own / all)));
            let line = asked.text.split_whitespace().collect::<Vec<_>>().join(" ");
            let _ = writeln!(
                text,
                "     {} → {}{}: {}",
                cost(one.before),
                cost(one.after),
                share.unwrap_or_default(),
                escape(&abridge(&line, LONGEST))
            );
        }
        if served.len() > SERVED {
            let _ = writeln!(text, "     and {} more", served.len() - SERVED);
        }
        if is_partitioned {
            text += "   keeps writes out while it is built; `--sql` has the steps that do not\n";
        }
        let _ = writeln!(text, "   undo: {};\n", escape(&piece.index.rollback(is_partitioned)));
    }
    for one in &advice.unplanned {
        let line = workload.statements[one.statement].text.split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = writeln!(text, "not looked at: {}: {}", escape(&abridge(&line, LONGEST)), escape(&one.why));
    }
    for one in advice.rejected.iter().take(REJECTED) {
        let _ = writeln!(text, "not {}: {}", escape(&one.index.body()), one.why);
    }
    if advice.rejected.len() > REJECTED {
        let _ = writeln!(text, "nor {} others; `--json` lists all", advice.rejected.len() - REJECTED);
    }
    if !advice.rejected.is_empty() || !advice.unplanned.is_empty() {
        text.push('\n');
    }
    text + &answer(found)
}

fn answer(found: &Found) -> String {
    let Found { portrait, workload, advice, .. } = found;
    let of = whose(portrait);
    let planned = advice.before.iter().flatten().count();
    let statements = if planned == 1 { "1 statement".to_owned() } else { format!("{planned} statements") };
    if planned == 0 {
        return format!("no statement has a plan on the copy of {of}\n");
    }
    let looked = format!(
        "{} candidates, {} plans",
        units::count(advice.candidates as u64),
        units::count(advice.plans as u64)
    );
    if advice.pieces.is_empty() {
        return format!("no index pays for {statements} of {of} ({looked})\n");
    }
    let bytes: f64 = advice.pieces.iter().map(|piece| piece.bytes).sum();
    let (before, after) =
        totals(advice, &workload.statements.iter().map(|one| one.calls).collect::<Vec<_>>());
    let indexes = if advice.pieces.len() == 1 {
        "1 index pays".to_owned()
    } else {
        format!("{} indexes pay", advice.pieces.len())
    };
    format!(
        "{indexes} for {statements} of {of}: cost {} → {}, {} ({looked}); estimates of the planner, nothing was built\n",
        cost(before),
        cost(after),
        units::bytes(bytes)
    )
}

fn totals(advice: &Advice, calls: &[f64]) -> (f64, f64) {
    let sum = |costs: &[Option<f64>]| {
        costs.iter().zip(calls).filter_map(|(cost, calls)| Some((*cost)? * calls)).sum()
    };
    (sum(&advice.before), sum(&advice.after))
}

fn cost(cost: f64) -> String {
    if cost.abs() < 100.0 { units::decimals(cost, 1) } else { units::count(cost.max(0.0).round() as u64) }
}

/// SQL that builds all of it.
pub(super) fn advice_sql(found: &Found) -> String {
    let mut text = format!("-- {}", answer(found));
    for piece in &found.advice.pieces {
        let is_partitioned = !piece.partitions.is_empty();
        let _ = writeln!(text, "\n-- undo: {};", escape(&piece.index.rollback(is_partitioned)));
        if is_partitioned {
            text += &steps(piece);
        } else {
            let _ = writeln!(text, "{};", piece.index.create(false));
        }
    }
    text
}

/// How an index of a partitioned table is built without keeping writes out: part by part.
pub(super) fn steps(piece: &Piece) -> String {
    let (of, table) = (piece.index.name(), piece.index.quoted_table());
    let body = piece.index.body();
    let rest = body.strip_prefix(&table).unwrap_or(&body);
    let schema = name(&piece.index.schema);
    let mut text = format!("CREATE INDEX IF NOT EXISTS {} ON ONLY {table}{rest};\n", name(&of));
    for (number, part) in piece.partitions.iter().enumerate() {
        let own = name(&format!("{}_{}", of, number + 1));
        let own_schema = part.split('.').next().unwrap_or(&schema);
        let _ = writeln!(text, "CREATE INDEX CONCURRENTLY IF NOT EXISTS {own} ON {part}{rest};");
        let _ = writeln!(text, "ALTER INDEX {schema}.{} ATTACH PARTITION {own_schema}.{own};", name(&of));
    }
    text
}
