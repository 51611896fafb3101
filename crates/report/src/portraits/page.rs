//! The whole page.

use loadline_pg::diff::{Flip, Growth, Measured, Share, Unplanned, What};
use loadline_pg::shape::{Shape, abridge};
use loadline_units as units;

use super::grid::{Row, grid};
use super::report::DiffReport;
use super::words::{apart, cause, no_plan_at_all, window_words};
use crate::text::{Line, Role, wrap};

/// A change of a share that is told, and of a mean.
const SHARE: f64 = 0.005;
const MEAN: f64 = 0.1;
/// From so many times as much on it is told as such.
const MANY: f64 = 10.0;

/// The page for a terminal of `width` columns.
pub fn diff_text(report: &DiffReport, width: usize) -> Vec<Line> {
    let changes = &report.changes;
    let mut page = Page { lines: Vec::new(), width, most: report.most };
    let heading = format!("from {} to {}, {}", report.before, report.after, apart(changes.later_ms));
    page.say(2, Role::Text, &heading);
    page.lines.push(Line::new());
    if let Some(flips) = &report.flips {
        page.part("plans that are others", flips.flips.len(), |page, at| {
            flip(page, report, &flips.flips[at]);
        });
        let one_sided: Vec<&Unplanned> = flips.one_sided().collect();
        page.part("with a plan in one of the two alone", one_sided.len(), |page, at| {
            let of = one_sided[at];
            page.cut(2, Role::Text, &Shape::of(&of.text).text);
            for (when, why) in [("before", &of.before), ("after", &of.after)] {
                if let Some(why) = why {
                    page.say(4, Role::Dim, &format!("{when}: {why}"));
                }
            }
        });
    }
    let growth: Vec<Row> = changes.growth.iter().map(grown).collect();
    page.table("what grew", &["rows", "change", "bytes", "change", "table or index"], growth);
    let statements = changes.statements.iter().filter(|change| {
        let mean = |share: Option<Share>| share.map_or(0.0, |share| share.mean_ms);
        let (then, now) = (mean(change.before), mean(change.after));
        change.moved().abs() >= SHARE
            || (then - now).abs() > MEAN * then.max(now)
            || change.before.is_none()
            || change.after.is_none()
    });
    let statements: Vec<Row> = statements
        .map(|change| {
            let share =
                |share: Option<Share>| share.map_or("–".to_owned(), |share| units::percent(share.share));
            let mean =
                |share: Option<Share>| share.map_or("–".to_owned(), |share| units::time(share.mean_ms));
            let figures =
                vec![mean(change.before), mean(change.after), share(change.before), share(change.after)];
            Row { figures, name: abridge(&change.text, width), role: Role::Text }
        })
        .collect();
    page.table("statements", &["mean", "now", "share", "now", "statement"], statements);
    page.part("indexes", changes.indexes.len(), |page, at| {
        let index = &changes.indexes[at];
        let (what, text) = match (&index.before, &index.after) {
            (None, Some(after)) => ("new", after),
            (Some(before), None) => ("gone", before),
            (_, Some(after)) => ("changed", after),
            (None, None) => return,
        };
        page.say(2, Role::Text, &format!("{what}: {text}"));
        if let (Some(before), Some(_)) = (&index.before, &index.after) {
            page.say(4, Role::Dim, &format!("before: {before}"));
        }
    });
    page.part("indexes that nobody used meanwhile", changes.unused.len(), |page, at| {
        let index = &changes.unused[at];
        let size = units::bytes(index.bytes as f64);
        let writes = units::count(index.writes);
        page.say(
            2,
            Role::Text,
            &format!("{} of {}: {size}, {writes} rows written to its table", index.name, index.table),
        );
        if let Some(needed) = index.needed {
            page.say(4, Role::Dim, &format!("still needed: {needed}"));
        }
    });
    page.part("settings and versions", changes.settings.len(), |page, at| {
        let setting = &changes.settings[at];
        let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".to_owned());
        page.say(
            2,
            Role::Text,
            &format!("{}: {} → {}", setting.name, value(&setting.before), value(&setting.after)),
        );
    });
    page.part("schema", changes.schema.len(), |page, at| {
        let piece = &changes.schema[at];
        let what = match piece.what {
            What::New => "new",
            What::Gone => "gone",
            What::Changed => "changed",
        };
        page.say(2, Role::Text, &format!("{what}: {} {}", piece.kind.to_lowercase(), piece.name));
    });
    let use_is_unknown = changes.use_was_reset.then(|| {
        "the counts of scans were reset between the two, so it is not known which indexes were used"
            .to_owned()
    });
    let scanned = changes.unused.iter().any(|index| index.scans > 0);
    let own = if scanned { "; up to two scans of each are the first portrait's own" } else { "" };
    let unused = (!changes.unused.is_empty()).then(|| {
        format!("what replicas use is counted on them alone: ask them before an index is dropped{own}")
    });
    let neither = report.flips.as_ref().and_then(no_plan_at_all);
    let notes = window_words(&changes.window).into_iter().chain(use_is_unknown).chain(unused).chain(neither);
    let notes: Vec<String> = notes.chain(report.notes.iter().cloned()).collect();
    for note in &notes {
        page.say(2, Role::Warning, &format!("! {note}"));
    }
    if !notes.is_empty() {
        page.lines.push(Line::new());
    }
    page.lines
}

struct Page {
    lines: Vec<Line>,
    width: usize,
    most: usize,
}

impl Page {
    fn say(&mut self, indent: usize, role: Role, text: &str) {
        for (at, text) in wrap(text, self.width.saturating_sub(indent + 2)).iter().enumerate() {
            let indent = if at == 0 { indent } else { indent + 2 };
            self.lines.push(Line::indented(indent).with(role, text));
        }
    }

    /// A statement in a line.
    fn cut(&mut self, indent: usize, role: Role, text: &str) {
        let text = abridge(text, self.width.saturating_sub(indent));
        self.lines.push(Line::indented(indent).with(role, &text).truncated(self.width));
    }

    fn heading(&mut self, title: &str) {
        self.lines.push(Line::indented(2).with(Role::Heading, title));
    }

    fn more(&mut self, count: usize) {
        if count > self.most {
            let words = format!("… {} more", units::count((count - self.most) as u64));
            self.lines.push(Line::indented(2).with(Role::Dim, &words));
        }
        self.lines.push(Line::new());
    }

    /// A part with a heading, if there is anything in it.
    fn part(&mut self, title: &str, count: usize, write: impl Fn(&mut Self, usize)) {
        if count == 0 {
            return;
        }
        self.heading(title);
        for at in 0..count.min(self.most) {
            write(self, at);
        }
        self.more(count);
    }

    fn table(&mut self, title: &str, titles: &[&str], mut rows: Vec<Row>) {
        let count = rows.len();
        if count == 0 {
            return;
        }
        self.heading(title);
        rows.truncate(self.most);
        self.lines.extend(grid(titles, &rows, self.width));
        self.more(count);
    }
}

fn grown(growth: &Growth) -> Row {
    let rows = |size: Option<Measured>| size.and_then(|size| size.rows);
    let bytes = |size: Option<Measured>| size.map(|size| size.bytes as f64);
    let change = |then: Option<f64>, now: Option<f64>| match (then, now) {
        (Some(then), Some(now)) if (then - now).abs() < f64::EPSILON => "same".to_owned(),
        (Some(then), Some(now)) if then > 0.0 && now / then >= MANY => {
            format!("×{}", units::count((now / then).round() as u64))
        }
        (Some(then), Some(now)) if then > 0.0 => units::percent_change(now / then - 1.0),
        _ => "–".to_owned(),
    };
    let (then, now) = (growth.before, growth.after);
    let there = now.or(then);
    let figures = vec![
        rows(there).map_or("–".to_owned(), |rows| units::count(rows.round() as u64)),
        change(rows(then), rows(now)),
        bytes(there).map_or("–".to_owned(), units::bytes),
        match (then, now) {
            (None, _) => "new".to_owned(),
            (_, None) => "gone".to_owned(),
            _ => change(bytes(then), bytes(now)),
        },
    ];
    let role = if growth.is_index() { Role::Dim } else { Role::Text };
    Row { figures, name: growth.name.clone(), role }
}

fn flip(page: &mut Page, report: &DiffReport, flip: &Flip) {
    let text = Shape::of(&flip.text).text;
    match report.share(&flip.text) {
        Some(share) => page.cut(2, Role::Value, &format!("{} of the time: {text}", units::percent(share))),
        None => page.cut(2, Role::Value, &text),
    }
    let (before, after) = (&flip.before, &flip.after);
    for (when, plan) in [("before", before), ("after", after)] {
        let cost = units::plain(plan.root.total_cost);
        page.say(4, Role::Text, &format!("{when}: {}, cost {cost}", plan.short()));
    }
    page.say(4, Role::Warning, &format!("why: {}", cause(&flip.cause)));
}
