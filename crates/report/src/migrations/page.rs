//! The whole page.

use loadline_pg::migration::Checked;
use loadline_pg::shape::{Shape, abridge};
use loadline_units as units;

use super::report::CheckReport;
use super::words::{and_rows, duration, number, table, work};
use crate::text::{Line, Role, wrap};

/// The page for a terminal of `width` columns.
pub fn check_text(report: &CheckReport, width: usize) -> Vec<Line> {
    let mut page = Page { lines: Vec::new(), width };
    let files: std::collections::BTreeSet<&str> =
        report.steps.iter().map(|step| step.file.as_str()).collect();
    let statements = number(report.steps.len(), "statement");
    page.say(2, Role::Text, &format!("{statements} of {}, on {}", number(files.len(), "file"), report.of));
    page.lines.push(Line::new());
    locks(&mut page, report);
    plans(&mut page, report);
    if !report.broken.is_empty() {
        page.heading("broken budgets");
        for broken in report.broken.iter().take(report.most) {
            page.cut(2, Role::Bad, &format!("{}: {}", broken.budget, one_line(&broken.what)));
            page.say(4, Role::Text, &broken.why);
        }
        page.more(report.broken.len(), report.most);
    }
    for note in &report.notes {
        page.say(2, Role::Warning, &format!("! {note}"));
    }
    if !report.notes.is_empty() {
        page.lines.push(Line::new());
    }
    page.lines
}

fn locks(page: &mut Page, report: &CheckReport) {
    let blocking = report.blocking();
    if blocking.is_empty() {
        return;
    }
    page.heading("who has to wait");
    for step in blocking.iter().take(report.most) {
        page.cut(2, Role::Value, &format!("{}: {}", step.file, one_line(&step.statement)));
        for touched in CheckReport::waited_for(step) {
            let seconds = touched.seconds(&report.before, report.rate);
            let mut text = format!(
                "{} of {} ({}), {}",
                touched.lock.blocks(),
                table(&touched.table),
                touched.lock,
                duration(seconds)
            );
            let work = work(touched);
            if !work.is_empty() {
                text += &format!(": {work}");
            }
            page.say(4, Role::Text, &text);
        }
    }
    page.more(blocking.len(), report.most);
    let held = report.held();
    page.heading("for how long in all, until each transaction ends");
    for held in held.iter().take(report.most) {
        let time = duration(held.seconds);
        let who = format!("{} of {} ({})", held.blocks, table(&held.table), held.file);
        page.say(2, Role::Text, &format!("{time}{}: {who}", and_rows(held)));
    }
    page.more(held.len(), report.most);
}

fn plans(page: &mut Page, report: &CheckReport) {
    let changed = report.changed();
    if changed.is_empty() {
        return;
    }
    page.heading("plans that are others");
    for checked in changed.iter().take(report.most) {
        page.cut(2, Role::Value, &Shape::of(&checked.text).text);
        for (when, text) in both(checked) {
            page.say(4, Role::Text, &format!("{when}: {text}"));
        }
    }
    page.more(changed.len(), report.most);
}

/// Both plans in words.
pub(super) fn both(checked: &Checked) -> [(&'static str, String); 2] {
    [("before", &checked.before), ("after", &checked.after)].map(|(when, plan)| {
        let text = match plan {
            Ok(plan) => format!("{}, cost {}", plan.short(), units::plain(plan.root.total_cost)),
            Err(why) => format!("no plan: {why}"),
        };
        (when, text)
    })
}

/// A statement without line breaks.
pub(super) fn one_line(statement: &str) -> String {
    statement.split_whitespace().collect::<Vec<_>>().join(" ")
}

struct Page {
    lines: Vec<Line>,
    width: usize,
}

impl Page {
    fn say(&mut self, indent: usize, role: Role, text: &str) {
        for (at, text) in wrap(text, self.width.saturating_sub(indent + 2)).iter().enumerate() {
            let indent = if at == 0 { indent } else { indent + 2 };
            self.lines.push(Line::indented(indent).with(role, text));
        }
    }

    fn cut(&mut self, indent: usize, role: Role, text: &str) {
        let text = abridge(text, self.width.saturating_sub(indent));
        self.lines.push(Line::indented(indent).with(role, &text).truncated(self.width));
    }

    fn heading(&mut self, title: &str) {
        self.lines.push(Line::indented(2).with(Role::Heading, title));
    }

    fn more(&mut self, count: usize, most: usize) {
        if count > most {
            let words = format!("… {} more", units::count((count - most) as u64));
            self.lines.push(Line::indented(2).with(Role::Dim, &words));
        }
        self.lines.push(Line::new());
    }
}
