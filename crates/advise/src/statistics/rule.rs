//! A rule of thumb: a column with many different values whose rows lie in no order is worth an index.
//!
//! It is a prior and no advice: it knows neither statements nor writes. It is shown beside what was tried, so that who
//! goes by it sees where it agrees.

use crate::binding::Columns;
use crate::index::Index;

/// More different values than this, and a correlation with the place of rows below this.
const DISTINCT: f64 = 100.0;
const CORRELATION: f64 = 0.1;
/// As in `pg_statistic.h`: how well values follow the place of rows.
const SLOT: i16 = 3;

/// What the rule says of a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// Different values.
    pub distinct: f64,
    /// How well they follow the place of rows, from -1 to 1.
    pub correlation: f64,
}

impl Rule {
    /// Whether it is for an index.
    ///
    /// ```
    /// use loadline_advise::statistics::Rule;
    ///
    /// assert!(Rule { distinct: 20_000.0, correlation: -0.02 }.holds());
    /// assert!(!Rule { distinct: 20_000.0, correlation: -0.98 }.holds());
    /// ```
    pub fn holds(self) -> bool {
        self.distinct > DISTINCT && self.correlation.abs() < CORRELATION
    }
}

/// The rule for the first column of an index over so many rows; nothing where nobody has looked at it, or where it is
/// an expression.
pub fn story_rule(columns: &Columns<'_>, index: &Index, rows: f64) -> Option<Rule> {
    let first = index.keys.first().filter(|key| !key.is_expression)?;
    let figures = columns.figures(&index.schema, &index.table, &first.text)?;
    let slot = figures.slots.iter().find(|slot| slot.kind == SLOT)?;
    let distinct = f64::from(figures.distinct);
    let distinct = if distinct < 0.0 { -distinct * rows } else { distinct };
    Some(Rule { distinct, correlation: f64::from(*slot.numbers.as_ref()?.first()?) })
}
