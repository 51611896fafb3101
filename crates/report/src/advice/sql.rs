//! SQL that builds what is advised, each statement with its undoing.

use std::fmt::Write as _;

use loadline_advise::advice::Piece;
use loadline_verdict::escape;

use super::report::AdviceReport;
use super::words::{advice_answer, reason};

/// SQL that builds all of it. What could go is in comments: whoever drops an index has read why.
pub fn advice_sql(report: &AdviceReport) -> String {
    let mut text = format!("-- {}\n", escape(&advice_answer(report)));
    for piece in &report.advice.pieces {
        let _ = writeln!(text, "\n-- undo: {};", escape(&piece.index.rollback(piece.is_partitioned())));
        text += &advice_steps(piece);
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

/// How an index is built without keeping writes out: of a partitioned table, on each part beside everybody's work, and
/// then, in one short transaction, on what has parts, with all of them attached. So it is never seen without some of
/// them, which is invalid. Where another server has a part that cannot be, and it is said.
pub fn advice_steps(piece: &Piece) -> String {
    let mut text = String::new();
    if let Some(part) = piece.foreign() {
        let _ = writeln!(
            text,
            "-- keeps writes waiting until it is built: partition {} is another server's table, which gets no index",
            escape(&part.name)
        );
    }
    for statement in piece.steps().script() {
        let _ = writeln!(text, "{statement};");
    }
    text
}
