//! A column of an index, as its statistics describe it.

use crate::portrait::{Column, Figures, Portrait, Slot};

/// `pg_statistic.h`: most common values, and the histogram of how many elements rows have.
const COMMON: i16 = 1;
const COMMON_ELEMENTS: i16 = 4;
const ELEMENT_COUNTS: i16 = 5;
const HISTOGRAM: i16 = 2;
/// Bytes of a value that nobody has looked at.
const UNKNOWN_BYTES: f64 = 16.0;
/// Different values of a column that nobody has looked at (`DEFAULT_NUM_DISTINCT`).
const UNKNOWN_DISTINCT: f64 = 200.0;

/// What is known of a column or an expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Mean bytes of a value that is not null.
    pub bytes: f64,
    /// Different values, as a count.
    pub distinct: f64,
    /// The share of rows that have none, 0 to 1.
    pub nulls: f64,
    /// The shares of rows that have the most common values.
    pub common: Vec<f64>,
    /// Elements of a value that has several: an array, a document, a text in words or in trigrams.
    pub elements: Option<f64>,
    /// The shares of rows that have the most common elements.
    pub common_elements: Vec<f64>,
    /// Some values as they are written, those that are known: common ones and bounds of the histogram.
    pub sample: Vec<String>,
    /// Whether equal values have equal bytes, so that a B-tree keeps them once. Not so of `numeric`, `float8`, `jsonb`,
    /// and of collations that call different texts equal.
    pub can_merge: bool,
}

impl Key {
    /// A column of a relation by its place in the portrait, of so many rows.
    pub fn of_column(portrait: &Portrait, relation: u32, column: &str, rows: f64) -> Self {
        let named = |of: &Column| matches!(of, Column::Name(name) if name == column);
        let found = portrait
            .statistics
            .iter()
            .find(|one| one.relation == relation && named(&one.column) && !one.inherited);
        let found = found.or_else(|| {
            portrait.statistics.iter().find(|one| one.relation == relation && named(&one.column))
        });
        found.map_or_else(|| Self::unknown(rows), |found| Self::of(&found.figures, "", rows))
    }

    /// The same of figures that were found otherwise, those of an expression, of this type; without its name the type
    /// of the values that are known stands for it.
    pub fn of(figures: &Figures, of: &str, rows: f64) -> Self {
        let distinct = f64::from(figures.distinct);
        let slot = |kind| figures.slots.iter().find(|slot| slot.kind == kind);
        let found = figures.slots.iter().find_map(|slot| Some(slot.values.as_ref()?.of.as_str()));
        let of = if of.is_empty() { found.unwrap_or_default() } else { of };
        Self {
            bytes: f64::from(figures.width.max(1)),
            distinct: if distinct < 0.0 { -distinct * rows } else { distinct }.max(1.0),
            nulls: f64::from(figures.nulls).clamp(0.0, 1.0),
            common: slot(COMMON).map(numbers).unwrap_or_default(),
            elements: slot(ELEMENT_COUNTS).map(numbers).and_then(|counts| counts.last().copied()),
            common_elements: slot(COMMON_ELEMENTS).map(elements).unwrap_or_default(),
            sample: [COMMON, HISTOGRAM].into_iter().filter_map(slot).flat_map(written).collect(),
            can_merge: !differs(of),
        }
    }

    /// One of which nothing is known.
    pub fn unknown(rows: f64) -> Self {
        Self {
            bytes: UNKNOWN_BYTES,
            distinct: UNKNOWN_DISTINCT.min(rows.max(1.0)),
            nulls: 0.0,
            common: Vec::new(),
            elements: None,
            common_elements: Vec::new(),
            sample: Vec::new(),
            can_merge: true,
        }
    }

    /// Bytes that a value begins at a multiple of: those of numbers and moments; whatever has another length has none.
    pub(super) fn alignment(&self) -> f64 {
        [8.0, 4.0, 2.0].into_iter().find(|bytes| (self.bytes - bytes).abs() < f64::EPSILON).unwrap_or(1.0)
    }
}

/// The smallest and the largest share stand behind the shares, and of arrays that of null elements.
fn elements(slot: &Slot) -> Vec<f64> {
    let mut shares = numbers(slot);
    let extra = if slot.operator.contains("tsvector") { 2 } else { 3 };
    shares.truncate(shares.len().saturating_sub(extra));
    shares
}

/// Values as an array has them: `{a,"b c",NULL}`.
fn written(slot: &Slot) -> Vec<String> {
    let text = slot.values.as_ref().map_or("", |values| values.text.as_str());
    let inside = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or_default();
    let (mut values, mut value) = (Vec::new(), String::new());
    let (mut is_quoted, mut is_escaped) = (false, false);
    for character in inside.chars() {
        match character {
            _ if is_escaped => {
                value.push(character);
                is_escaped = false;
            }
            '\\' => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => values.push(std::mem::take(&mut value)),
            _ => value.push(character),
        }
    }
    if !inside.is_empty() {
        values.push(value);
    }
    values
}

fn numbers(slot: &Slot) -> Vec<f64> {
    slot.numbers.iter().flatten().map(|number| f64::from(*number)).collect()
}

/// Types of which equal values can have different bytes (`btree/…` without `equalimage`).
fn differs(of: &str) -> bool {
    of.ends_with("[]")
        || of.ends_with("range")
        || matches!(of, "numeric" | "real" | "double precision" | "jsonb" | "interval" | "record")
}
