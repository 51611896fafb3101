//! The part of the page that is not about indexes.

use loadline_advise::rewrite::Proposal;
use loadline_units as units;

use super::parts::Page;
use super::report::AdviceReport;
use super::words::{cost, number};
use crate::text::Role;

/// Things of each kind that are shown.
const LISTED: usize = 5;

pub(super) fn remarks(page: &mut Page, report: &AdviceReport) {
    let remarks = &report.remarks;
    let most = report.most(LISTED);
    let proposals = &remarks.proposals.proposals;
    if !proposals.is_empty() {
        page.heading("statements that could be written better");
        page.gap();
        for (at, one) in proposals.iter().enumerate().take(most) {
            proposal(page, report, at + 1, one);
        }
        page.more(2, proposals.len(), most);
    }
    if !remarks.correlated.is_empty() {
        page.heading("statistics that are likely to be missing (inferred)");
        for one in remarks.correlated.iter().take(most) {
            page.say(2, Role::Value, &format!("{};", one.create));
            let why = format!(
                "{} expected, {} came: values of these columns seem to go together",
                rows(one.expected),
                units::count(one.counted.round() as u64)
            );
            page.told(5, "why", Role::Text, &why);
            for statement in one.statements.iter().take(2) {
                page.cut(7, "", &report.workload.statements[*statement].text);
            }
            page.told(5, "then", Role::Text, &format!("ANALYZE {};", one.table));
            page.told(5, "undo", Role::Dim, &format!("{};", one.rollback));
        }
        page.more(2, remarks.correlated.len(), most);
        page.gap();
    }
    if !remarks.stale.is_empty() {
        page.heading("tables whose statistics are old");
        for one in remarks.stale.iter().take(most) {
            let changed = units::count(one.changed.unsigned_abs());
            let words = match one.rows {
                Some(rows) => format!(
                    "{changed} rows changed since the last time, when there were {}",
                    units::count(rows as u64)
                ),
                None => format!("it was never analyzed, and {changed} rows changed"),
            };
            page.say(2, Role::Value, &format!("{};", one.statement));
            page.told(5, "why", Role::Text, &words);
        }
        page.more(2, remarks.stale.len(), most);
        page.gap();
    }
    if !remarks.unprepared.is_empty() {
        page.heading("statements to prepare once (inferred)");
        for one in remarks.unprepared.iter().take(most) {
            page.cut(2, "", &report.workload.statements[one.statement].text);
            let words = format!(
                "reading and planning it took {}, executing it {}: a prepared statement is planned once",
                units::time(one.preparation_ms),
                units::time(one.ms)
            );
            page.told(5, "why", Role::Text, &words);
        }
        page.more(2, remarks.unprepared.len(), most);
        page.gap();
    }
}

fn proposal(page: &mut Page, report: &AdviceReport, at: usize, one: &Proposal) {
    page.say(2, Role::Value, &format!("{at}. {}", one.rewrite.change.words()));
    let share = report.share(one.statement).map(|share| format!("{}  ", units::percent(share)));
    page.cut(
        5,
        &format!("now      {}", share.unwrap_or_default()),
        &report.workload.statements[one.statement].text,
    );
    page.told(5, "better", Role::Text, &format!("{};", one.rewrite.text));
    let mut words =
        format!("{} → {} of one execution, estimated on an empty copy", cost(one.before), cost(one.after));
    let known: Vec<String> = one
        .indexes
        .iter()
        .filter_map(|piece| Some(format!("index {} above", report.number_of(&piece.index)?)))
        .collect();
    if one.indexes.is_empty() {
        words += ", without another index";
    }
    if !known.is_empty() {
        words += &format!(", with {}", known.join(" and "));
    }
    page.told(5, "cost", Role::Text, &words);
    for piece in one.indexes.iter().filter(|piece| report.number_of(&piece.index).is_none()) {
        let is_partitioned = piece.is_partitioned();
        let size = units::bytes(piece.bytes);
        page.told(5, "with", Role::Text, &format!("{}; ({size})", piece.index.create(is_partitioned)));
        if piece.ends_hot > 0.0 {
            page.told(5, "mind", Role::Warning, &super::words::ends_hot(piece));
        }
    }
    for caution in &one.rewrite.cautions {
        page.told(5, "mind", Role::Warning, caution);
    }
    page.gap();
}

fn rows(expected: f64) -> String {
    number(expected.round().max(0.0) as usize, "row")
}
