//! The whole page, with the answer at its end.

use loadline_advise::advice::Piece;
use loadline_advise::binding::Kind;
use loadline_advise::statistics::Rule;
use loadline_units as units;

use super::parts::Page;
use super::remarks::remarks;
use super::report::{AdviceReport, weight};
use super::words::{cost, ends_hot, explained, not_tried, number, omitted, reason, story_rule, values};
use crate::text::{Line, Role};

/// Statements that are shown of each index, rejected candidates, and other lists.
const SERVED: usize = 4;
const REJECTED: usize = 6;
const LISTED: usize = 8;

/// The page for a terminal of `width` columns.
pub fn advice_text(report: &AdviceReport, width: usize) -> Vec<Line> {
    let mut page = Page { lines: Vec::new(), width };
    if !report.advice.pieces.is_empty() {
        page.heading("indexes that pay");
        page.gap();
    }
    let indexes: Vec<_> = report.advice.pieces.iter().map(|piece| &piece.index).collect();
    let rules = report.rules(&indexes);
    for (number, (piece, rule)) in report.advice.pieces.iter().zip(rules).enumerate() {
        advised(&mut page, report, (number + 1, piece), rule);
    }
    remarks(&mut page, report);
    drops(&mut page, report);
    rejected(&mut page, report);
    unplanned(&mut page, report);
    left_out(&mut page, report);
    if let Some(words) = explained(report) {
        page.heading("how parameters were taken");
        page.say(2, Role::Text, &words);
        page.gap();
    }
    page.lines
}

fn advised(page: &mut Page, report: &AdviceReport, (number, piece): (usize, &Piece), rule: Option<Rule>) {
    let is_partitioned = piece.is_partitioned();
    page.say(2, Role::Value, &format!("{number}. {};", piece.index.create(is_partitioned)));
    let write = if piece.writes > 0.0 {
        format!("; writes cost {} more", cost(piece.writes))
    } else {
        "; no write of these statements pays for it".to_owned()
    };
    let words = format!(
        "{} → {} of the statements it serves, estimated on an empty copy{write}",
        cost(piece.before),
        cost(piece.after)
    );
    page.told(5, "cost", Role::Text, &words);
    page.told(5, "size", Role::Text, &units::bytes(piece.bytes));
    let mut served: Vec<_> = piece.serves.iter().collect();
    served.sort_by(|a, b| {
        let weight = |statement: usize| report.workload.statements.get(statement).map_or(0.0, weight);
        weight(b.statement).total_cmp(&weight(a.statement)).then(a.statement.cmp(&b.statement))
    });
    let share = report.share_served(piece);
    let share = share.map(|share| format!(", {} of the time", units::percent(share))).unwrap_or_default();
    page.told(5, "serves", Role::Text, &format!("{}{share}", self::number(served.len(), "statement")));
    let endpoints = report.endpoints(piece);
    if !endpoints.is_empty() {
        page.told(5, "of", Role::Text, &endpoints.join(", "));
    }
    let most = report.most(SERVED);
    for one in served.iter().take(most) {
        let share = report.share(one.statement).map(|share| format!("{}  ", units::percent(share)));
        let figures = format!("{} → {}  {}", cost(one.before), cost(one.after), share.unwrap_or_default());
        page.cut(7, &figures, &report.workload.statements[one.statement].text);
        if report.full {
            for binding in report.bindings(one.statement).iter().filter(|one| one.kind != Kind::Any) {
                page.say(9, Role::Dim, &values(binding));
            }
        }
    }
    page.more(7, served.len(), most);
    if let Some(rule) = rule {
        page.told(5, "rule", Role::Dim, &story_rule(rule));
    }
    if piece.ends_hot > 0.0 {
        page.told(5, "mind", Role::Warning, &ends_hot(piece));
    }
    if is_partitioned {
        let words = "building it on a partitioned table keeps writes out; `--sql` has the steps that do not";
        page.told(5, "mind", Role::Warning, words);
    }
    page.told(5, "undo", Role::Dim, &format!("{};", piece.index.rollback(is_partitioned)));
    page.gap();
}

fn drops(page: &mut Page, report: &AdviceReport) {
    if report.drops.is_empty() {
        return;
    }
    page.heading("indexes that could go");
    let most = report.most(LISTED);
    for drop in report.drops.iter().take(most) {
        let name = format!("{}.{}", drop.schema, drop.name);
        page.say(2, Role::Value, &format!("{name} of {}, {}", drop.table, units::bytes(drop.bytes as f64)));
        page.told(5, "why", Role::Text, &reason(drop, |name| report.is_advised(name)));
        for caution in &drop.cautions {
            page.told(5, "mind", Role::Warning, caution);
        }
        page.told(5, "drop", Role::Text, &format!("{};", drop.statement));
        if let Some(rollback) = &drop.rollback {
            page.told(5, "undo", Role::Dim, &format!("{rollback};"));
        }
    }
    page.more(2, report.drops.len(), most);
    page.gap();
}

fn rejected(page: &mut Page, report: &AdviceReport) {
    let rejected = &report.advice.rejected;
    if rejected.is_empty() {
        return;
    }
    page.heading("not advised");
    let most = report.most(REJECTED);
    for one in rejected.iter().take(most) {
        page.cut(2, "", &one.index.body());
        page.say(5, Role::Dim, &one.why.to_string());
    }
    page.more(2, rejected.len(), most);
    page.gap();
}

fn unplanned(page: &mut Page, report: &AdviceReport) {
    let unplanned = &report.advice.unplanned;
    if unplanned.is_empty() {
        return;
    }
    page.heading(&format!("{} without a plan", number(unplanned.len(), "statement")));
    let most = report.most(LISTED);
    for one in unplanned.iter().take(most) {
        page.cut(2, "", &report.workload.statements[one.statement].text);
        page.say(5, Role::Warning, &one.why);
    }
    page.more(2, unplanned.len(), most);
    page.gap();
}

fn left_out(page: &mut Page, report: &AdviceReport) {
    if report.workload.omitted.is_empty() && report.advice.cut.is_empty() {
        return;
    }
    page.heading("not looked at");
    for (what, count) in &report.workload.omitted {
        page.say(2, Role::Text, &omitted(*what, *count));
    }
    let most = report.most(LISTED);
    for (statement, cut) in report.advice.cut.iter().take(most) {
        page.say(2, Role::Text, &not_tried(*cut));
        page.cut(4, "", &report.workload.statements[*statement].text);
    }
    page.more(2, report.advice.cut.len(), most);
    page.gap();
}
