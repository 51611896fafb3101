//! Statements whose share of the time or mean is another one, that are new, or that are gone.

use std::collections::BTreeMap;

use super::catalogs::is_of_catalogs;
use super::time::in_time;
use crate::portrait::{Portrait, Statement, Workload};
use crate::shape::{Shape, ShapeId};

/// What a statement took in one of the two windows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Share {
    /// Executions.
    pub calls: f64,
    /// What they took, in milliseconds.
    pub time_ms: f64,
    /// Of all statements' time.
    pub share: f64,
    /// Mean time of one, in milliseconds.
    pub mean_ms: f64,
}

/// A statement in both windows.
#[derive(Clone, Debug, PartialEq)]
pub struct StatementChange {
    /// Its shape, with `$1` for values, in one line.
    pub text: String,
    /// What it took in the first portrait's window, if it ran.
    pub before: Option<Share>,
    /// What it took in the second's.
    pub after: Option<Share>,
}

/// The statements of the time between two portraits.
#[derive(Clone, Debug, PartialEq)]
pub enum Window {
    /// One of the two has no statements: nothing was counted.
    Uncounted,
    /// The later portrait's statistics began after the earlier one: its window is what it counted by itself.
    Reset,
    /// What was counted from the earlier to the later portrait.
    Between {
        /// The statements.
        statements: Vec<Statement>,
        /// How often entries were evicted meanwhile, if that is known: unless never, figures are lower bounds.
        evictions: Option<i64>,
        /// Statements whose entry went back or away, so that their figures are not known.
        lost: usize,
        /// How long it is, in milliseconds.
        ms: i64,
    },
}

/// What was counted between two portraits, whichever is the later one.
///
/// ```
/// use loadline_pg::diff::{Window, window};
/// use loadline_pg::portrait::{Portrait, Statement, Workload};
///
/// let at = |made_ms, calls: i64| Portrait {
///     made_ms,
///     workload: Some(Workload {
///         since_ms: Some(0),
///         statements: vec![Statement { text: "SELECT 1".into(), calls, total_ms: calls as f64, ..Statement::default() }],
///         ..Workload::default()
///     }),
///     ..Portrait::default()
/// };
/// let Window::Between { statements, .. } = window(&at(1, 10), &at(2, 14)) else { panic!() };
/// assert_eq!((statements[0].calls, statements[0].mean_ms), (4, 1.0));
/// // Fewer than before: the entry went away meanwhile.
/// let Window::Between { lost, .. } = window(&at(1, 10), &at(2, 4)) else { panic!() };
/// assert_eq!(lost, 1);
/// ```
pub fn window(one: &Portrait, other: &Portrait) -> Window {
    let (earlier, later) = in_time(one, other);
    let (Some(then), Some(now)) = (&earlier.workload, &later.workload) else { return Window::Uncounted };
    if then.since_ms != now.since_ms {
        return Window::Reset;
    }
    if earlier.made_ms == later.made_ms {
        return Window::Between { statements: Vec::new(), evictions: Some(0), lost: 0, ms: 0 };
    }
    let key = |statement: &Statement| (statement.id, statement.role.clone(), statement.text.clone());
    let mut old: BTreeMap<_, &Statement> =
        then.statements.iter().map(|statement| (key(statement), statement)).collect();
    let (mut statements, mut lost) = (Vec::new(), 0);
    for statement in &now.statements {
        match old.remove(&key(statement)) {
            None => statements.push(statement.clone()),
            Some(then) if statement.calls < then.calls || statement.total_ms + 1e-6 < then.total_ms => {
                lost += 1;
            }
            Some(then) if statement.calls == then.calls => {}
            Some(then) => statements.push(between(then, statement)),
        }
    }
    // What is not among the later one's most expensive, or was evicted: what it took meanwhile is not known.
    lost += old.len();
    statements.sort_by(|left, right| {
        right.total_ms.total_cmp(&left.total_ms).then_with(|| left.text.cmp(&right.text))
    });
    let evictions = then.evictions.zip(now.evictions).map(|(then, now)| now.saturating_sub(then));
    Window::Between { statements, evictions, lost, ms: later.made_ms - earlier.made_ms }
}

fn between(then: &Statement, now: &Statement) -> Statement {
    let calls = now.calls - then.calls;
    let total_ms = (now.total_ms - then.total_ms).max(0.0);
    let mean_ms = total_ms / calls as f64;
    let squares = |statement: &Statement| {
        statement.calls as f64 * (statement.deviation_ms.powi(2) + statement.mean_ms.powi(2))
    };
    let variance = (squares(now) - squares(then)) / calls as f64 - mean_ms.powi(2);
    Statement {
        id: now.id,
        role: now.role.clone(),
        text: now.text.clone(),
        calls,
        total_ms,
        mean_ms,
        deviation_ms: variance.max(0.0).sqrt(),
        rows: (now.rows - then.rows).max(0),
        hits: (now.hits - then.hits).max(0),
        reads: (now.reads - then.reads).max(0),
        spilled: (now.spilled - then.spilled).max(0),
        wal_bytes: (now.wal_bytes - then.wal_bytes).max(0.0),
    }
}

impl StatementChange {
    /// How far its share of the time moved.
    pub fn moved(&self) -> f64 {
        let share = |share: Option<Share>| share.map_or(0.0, |share| share.share);
        share(self.after) - share(self.before)
    }

    pub(super) fn mirrored(mut self) -> Self {
        std::mem::swap(&mut self.before, &mut self.after);
        self
    }
}

fn shares(portrait: &Portrait, mut statements: Vec<Statement>) -> BTreeMap<ShapeId, (String, Share)> {
    statements.retain(|statement| !is_of_catalogs(portrait, &statement.text));
    let all: f64 = statements.iter().map(|statement| statement.total_ms).sum();
    let mut shares: BTreeMap<ShapeId, (String, Share)> = BTreeMap::new();
    for statement in statements {
        let shape = Shape::of(&statement.text);
        let (_, share) = shares.entry(shape.id).or_insert((shape.text, Share::default()));
        share.calls += statement.calls as f64;
        share.time_ms += statement.total_ms;
    }
    for (_, share) in shares.values_mut() {
        share.share = if all > 0.0 { share.time_ms / all } else { 0.0 };
        share.mean_ms = if share.calls > 0.0 { share.time_ms / share.calls } else { 0.0 };
    }
    shares
}

/// The statements whose figures are not the same, those whose share moved most first.
pub(super) fn changes(before: &Portrait, after: &Portrait) -> Vec<StatementChange> {
    let between = window(before, after);
    let of = |portrait: &Portrait| -> Vec<Statement> {
        let own = portrait
            .workload
            .as_ref()
            .map(|workload: &Workload| workload.statements.clone())
            .unwrap_or_default();
        match &between {
            // The later one counted on: what it says of itself is what came after the earlier one.
            Window::Between { statements, ms, .. }
                if *ms > 0 && std::ptr::eq(in_time(before, after).1, portrait) =>
            {
                statements.clone()
            }
            _ => own,
        }
    };
    let (then, mut now) = (shares(before, of(before)), shares(after, of(after)));
    let mut changes = Vec::new();
    for (id, (text, share)) in then {
        let other = now.remove(&id);
        // Which of two texts of one shape is shown must not depend on their order.
        let text = other.as_ref().map_or(text.clone(), |(other, _)| other.clone().min(text));
        changes.push(StatementChange { text, before: Some(share), after: other.map(|(_, share)| share) });
    }
    changes.extend(now.into_values().map(|(text, share)| StatementChange {
        text,
        before: None,
        after: Some(share),
    }));
    changes.retain(|change| change.before != change.after);
    changes.sort_by(|left, right| {
        right.moved().abs().total_cmp(&left.moved().abs()).then_with(|| left.text.cmp(&right.text))
    });
    changes
}
