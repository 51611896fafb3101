//! Which statements run once for each row of another, from what a server counted in the parts of a window.
//!
//! Statistics know no order, so it is told by number: in every part the child ran as often as the parent gave rows, and
//! gave a row at the most each time. A request that is under way when a part ends is counted in two, so a part may be
//! off by some; over the whole window hardly anything is. Of several that might be the parent the closest is named.

use super::pair::{Evidence, RowByRow};
use super::statement::Statement;
use crate::cost::{Difference, StatementKey};
use crate::shape::Class;

/// Parts in which something must have run.
const PARTS: usize = 3;
/// How far executions may be from rows, in a part and in all.
const PART: f64 = 0.15;
const WHOLE: f64 = 0.05;
/// Executions and rows from which on this is told.
const ENOUGH: f64 = 30.0;
/// Rows of an execution of the parent.
const ROWS: f64 = 2.0;

/// Executions and rows of a statement in each part.
struct Course {
    calls: Vec<f64>,
    rows: Vec<f64>,
}

pub(super) fn row_by_row(
    parts: &[Difference],
    keys: &[StatementKey],
    statements: &[Statement],
) -> Vec<RowByRow> {
    if parts.len() < PARTS {
        return Vec::new();
    }
    let courses: Vec<Course> = keys
        .iter()
        .map(|key| {
            let in_parts = || parts.iter().map(|part| part.statements.get(key));
            Course {
                calls: in_parts().map(|spent| spent.map_or(0.0, |spent| spent.calls as f64)).collect(),
                rows: in_parts().map(|spent| spent.map_or(0.0, |spent| spent.rows as f64)).collect(),
            }
        })
        .collect();
    let classes: Vec<Class> = statements.iter().map(Statement::class).collect();
    let parents: Vec<usize> = (0..keys.len())
        .filter(|at| classes[*at] == Class::Reads)
        .filter(|at| sum(&courses[*at].rows) >= ROWS * sum(&courses[*at].calls))
        .collect();
    let mut found: Vec<RowByRow> = (0..keys.len())
        .filter(|child| classes[*child].is_work())
        .filter_map(|child| {
            let course = &courses[child];
            let calls = sum(&course.calls);
            if calls < ENOUGH || sum(&course.rows) > 1.05 * calls {
                return None;
            }
            let closest = parents
                .iter()
                .copied()
                .filter(|parent| *parent != child && keys[*parent].user == keys[child].user)
                .filter_map(|parent| Some((parent, distance(&courses[parent], course)?)))
                .min_by(|left, right| left.1.total_cmp(&right.1));
            let (parent, _) = closest?;
            Some(RowByRow {
                parent,
                child,
                times: sum(&courses[parent].calls) as u64,
                executions: calls as u64,
                range: None,
                evidence: Evidence::Windows,
            })
        })
        .collect();
    found.sort_by_key(|pair| (std::cmp::Reverse(pair.executions), pair.child));
    found
}

/// How far the child's executions are from the parent's rows over the whole window; nothing when they are too far from
/// them anywhere.
fn distance(parent: &Course, child: &Course) -> Option<f64> {
    let (rows, calls) = (sum(&parent.rows), sum(&child.calls));
    let whole = (calls - rows).abs() / rows.max(1.0);
    if rows < ENOUGH || whole > WHOLE || calls < ROWS * sum(&parent.calls) {
        return None;
    }
    let mut alike = 0;
    for (rows, calls) in parent.rows.iter().zip(&child.calls) {
        if rows + calls == 0.0 {
            continue;
        }
        // A few of any part are another's.
        if (calls - rows).abs() > PART * rows.max(*calls) + 2.0 {
            return None;
        }
        alike += usize::from(rows.min(*calls) >= ENOUGH / PARTS as f64);
    }
    (alike >= PARTS).then_some(whole)
}

fn sum(values: &[f64]) -> f64 {
    values.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::Spent;
    use crate::slow::{StatementNames, of_window};

    const POSTS: (i64, &str) = (1, "select id from posts");
    const USERS: (i64, &str) = (2, "select name from users where id = $1");
    const TAGS: (i64, &str) = (3, "select tag from tags where id = $1");

    /// Calls and rows of each statement in each part.
    fn found(parts: &[[(i64, u64, u64); 3]]) -> Vec<(String, String, u64, u64)> {
        let key = |query| StatementKey { user: 10, database: 5, query, top_level: true };
        let parts: Vec<Difference> = parts
            .iter()
            .map(|statements| {
                let spent = |calls, rows| Spent { calls, rows, time_ms: calls as f64, ..Spent::default() };
                let counted = statements.iter().filter(|(_, calls, _)| *calls > 0);
                Difference {
                    seconds: 5.0,
                    statements: counted
                        .map(|(query, calls, rows)| (key(*query), spent(*calls, *rows)))
                        .collect(),
                    ..Difference::default()
                }
            })
            .collect();
        let texts = [POSTS, USERS, TAGS].map(|(query, text)| (query, Some(text.to_owned())));
        let names = StatementNames { texts: texts.into(), ..StatementNames::default() };
        let listing = of_window(&parts, &names);
        let text = |at: usize| listing.statements[at].text.clone();
        let pairs = listing.row_by_row.iter();
        pairs.map(|pair| (text(pair.parent), text(pair.child), pair.times, pair.executions)).collect()
    }

    #[test]
    fn as_many_executions_as_rows_are_told() {
        let parts = [
            [(1, 10, 240), (2, 236, 236), (3, 500, 500)],
            [(1, 20, 480), (2, 484, 484), (3, 500, 500)],
            [(1, 5, 120), (2, 118, 118), (3, 500, 500)],
            [(1, 0, 0), (2, 2, 2), (3, 0, 0)],
        ];
        assert_eq!(found(&parts), [(POSTS.1.to_owned(), USERS.1.to_owned(), 35, 840)]);
        // Two parts are chance.
        assert_eq!(found(&parts[..2]), []);
    }

    #[test]
    fn what_only_comes_to_the_same_in_all_is_not_told() {
        let parts = [
            [(1, 10, 240), (2, 480, 480), (3, 0, 0)],
            [(1, 20, 480), (2, 240, 240), (3, 0, 0)],
            [(1, 10, 240), (2, 240, 240), (3, 0, 0)],
        ];
        assert_eq!(found(&parts), []);
        // A child that gives many rows is no lookup of one.
        let many = [[(1, 10, 240), (2, 240, 2_400), (3, 0, 0)]; 3];
        assert_eq!(found(&many), []);
        // A statement of one row each, and one that runs as often.
        let one = [[(1, 240, 240), (2, 240, 240), (3, 0, 0)]; 3];
        assert_eq!(found(&one), []);
    }
}
