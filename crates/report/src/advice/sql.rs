//! SQL that builds what is advised, each statement with its undoing.

use std::fmt::Write as _;

use loadline_advise::advice::Piece;
use loadline_advise::index::name;
use loadline_verdict::escape;

use super::report::AdviceReport;
use super::words::{advice_answer, reason};

/// SQL that builds all of it. What could go is in comments: whoever drops an index has read why.
pub fn advice_sql(report: &AdviceReport) -> String {
    let mut text = format!("-- {}\n", escape(&advice_answer(report)));
    for piece in &report.advice.pieces {
        let is_partitioned = !piece.partitions.is_empty();
        let _ = writeln!(text, "\n-- undo: {};", escape(&piece.index.rollback(is_partitioned)));
        if is_partitioned {
            text += &advice_steps(piece);
        } else {
            let _ = writeln!(text, "{};", piece.index.create(false));
        }
    }
    for drop in &report.drops {
        let why = reason(drop, |name| report.is_advised(name));
        let _ = writeln!(text, "\n-- could go: {}", escape(&why));
        for caution in &drop.cautions {
            let _ = writeln!(text, "-- {}", escape(caution));
        }
        let _ = writeln!(text, "-- {};", escape(&drop.statement));
    }
    text
}

/// How an index of a partitioned table is built without keeping writes out: on each part beside everybody's work, and
/// then, in one short transaction, on the table itself with all parts attached. So it is never seen without some of
/// them, which is invalid.
pub fn advice_steps(piece: &Piece) -> String {
    let (of, table) = (piece.index.name(), piece.index.quoted_table());
    let body = piece.index.body();
    let rest = body.strip_prefix(&table).unwrap_or(&body);
    let schema = name(&piece.index.schema);
    let (mut text, mut attached) = (String::new(), String::new());
    for (number, part) in piece.partitions.iter().enumerate() {
        let own = name(&format!("{}_{}", of, number + 1));
        let own_schema = part.split('.').next().unwrap_or(&schema);
        let _ = writeln!(text, "CREATE INDEX CONCURRENTLY IF NOT EXISTS {own} ON {part}{rest};");
        let _ = writeln!(attached, "ALTER INDEX {schema}.{} ATTACH PARTITION {own_schema}.{own};", name(&of));
    }
    let _ = writeln!(text, "BEGIN;\nCREATE INDEX IF NOT EXISTS {} ON ONLY {table}{rest};", name(&of));
    text + &attached + "COMMIT;\n"
}
