//! What statistics tell of a column or an expression, wherever they are from.

use loadline_pg::portrait::{Figures, Slot};

use super::literals::elements;
use super::text::Value;

/// Kinds of slots, as in `pg_statistic.h`.
const COMMON: i16 = 1;
const HISTOGRAM: i16 = 2;
const ELEMENTS: i16 = 4;

const NUMBERS: [&str; 6] = ["smallint", "integer", "bigint", "real", "double precision", "numeric"];
const TEXTS: [&str; 5] = ["text", "character varying", "character", "name", "citext"];
const TIMES: [&str; 4] =
    ["date", "timestamp without time zone", "timestamp with time zone", "time without time zone"];

/// A value and about how many of the rows it leaves, as a share.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The value, as PostgreSQL writes it.
    pub value: String,
    /// The share.
    pub share: f64,
}

/// What is known of the values of a column or an expression.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    /// Its type, as PostgreSQL writes it; empty where it is not known.
    pub of: String,
    /// Rows of its table.
    pub rows: f64,
    /// The share of them that has none.
    pub nulls: f64,
    /// Different values.
    pub distinct: f64,
    /// The most common values, the most common one first.
    pub common: Vec<Choice>,
    /// Bounds of a histogram, or values of some rows, in order.
    pub bounds: Vec<String>,
    /// The most common elements of arrays, or words of texts, the most common one first.
    pub elements: Vec<Choice>,
}

impl Known {
    /// What a portrait has of a column of a table with so many rows.
    pub fn of(figures: &Figures, rows: f64) -> Self {
        let distinct = f64::from(figures.distinct);
        let found = figures.slots.iter().find_map(|slot| Some(slot.values.as_ref()?.of.clone()));
        Self {
            of: found.unwrap_or_default(),
            rows,
            nulls: f64::from(figures.nulls),
            distinct: different(distinct, rows),
            common: counted(figures, COMMON),
            bounds: values(figures, HISTOGRAM),
            elements: counted(figures, ELEMENTS),
        }
    }

    /// Whether a value of it is one of this type, too.
    pub(super) fn fits(&self, of: &str) -> bool {
        let both = |all: &[&str]| all.contains(&self.of.as_str()) && all.contains(&of);
        self.of == of || both(&NUMBERS) || both(&TEXTS) || both(&TIMES[..3])
    }

    /// The share of the rows that one value has which is not among the common ones.
    pub(super) fn rare_share(&self) -> f64 {
        let common: f64 = self.common.iter().map(|one| one.share).sum();
        (1.0 - self.nulls - common).max(0.0) / (self.distinct - self.common.len() as f64).max(1.0)
    }
}

/// Different values as a number: below zero, they are a share of the rows.
pub(crate) fn different(distinct: f64, rows: f64) -> f64 {
    if distinct < 0.0 { -distinct * rows } else { distinct }
}

fn slot(figures: &Figures, kind: i16) -> Option<&Slot> {
    figures.slots.iter().find(|slot| slot.kind == kind)
}

fn values(figures: &Figures, kind: i16) -> Vec<String> {
    let text = slot(figures, kind).and_then(|slot| Some(slot.values.as_ref()?.text.as_str()));
    text.and_then(elements).unwrap_or_default().into_iter().flatten().collect()
}

fn counted(figures: &Figures, kind: i16) -> Vec<Choice> {
    let numbers = slot(figures, kind).and_then(|slot| slot.numbers.clone()).unwrap_or_default();
    most_common(values(figures, kind), numbers.into_iter().map(f64::from))
}

/// Values with their shares, the most common first.
pub(crate) fn most_common(values: Vec<String>, shares: impl IntoIterator<Item = f64>) -> Vec<Choice> {
    let mut all: Vec<Choice> =
        values.into_iter().zip(shares).map(|(value, share)| Choice { value, share }).collect();
    all.sort_by(|a, b| b.share.total_cmp(&a.share));
    all
}

/// Values for a parameter of which nothing but its type is known, the most usual one first.
pub fn of_type(of: &str) -> Vec<&'static str> {
    let texts: &[&str] = match of {
        "boolean" => &["true", "false"],
        "smallint" | "integer" | "bigint" => &["10", "1", "100", "1000"],
        "real" | "double precision" | "numeric" => &["1000", "100", "10", "10000", "1"],
        "interval" => &["1 day", "30 days", "1 hour"],
        "uuid" => &["00000000-0000-0000-0000-000000000000"],
        "json" | "jsonb" => &["{}"],
        of if of.ends_with("[]") => &["{}"],
        of if TIMES.contains(&of) => &["now"],
        of if TEXTS.contains(&of) => &["a"],
        _ => &[],
    };
    texts.to_vec()
}

/// A value that no row of a unique column has, where one can be made.
pub fn unused(table: &str, column: &str, of: &str) -> Option<Value> {
    let text = match of {
        "smallint" | "integer" | "bigint" | "numeric" => {
            format!("SELECT coalesce(max({column}), 0) + 1 FROM {table}")
        }
        "uuid" => "md5(random()::text)".to_owned(),
        "bytea" => "decode(md5(random()::text), 'hex')".to_owned(),
        of if TEXTS.contains(&of) => "md5(random()::text)".to_owned(),
        _ => return None,
    };
    Some(Value::Expression(text))
}
