//! Values that a column has, as its statistics tell: rare ones, common ones, and what lies between.

use std::collections::HashMap;

use loadline_pg::portrait::{Column, Figures, Portrait, Slot};

use super::literals::{array, elements};
use super::place::Place;
use crate::catalogue::{Catalogue, Table};

/// Kinds of slots, as in `pg_statistic.h`.
const COMMON: i16 = 1;
const HISTOGRAM: i16 = 2;
const ELEMENTS: i16 = 4;

/// Shares of the rows that a range is tried with.
const SHARES: [f64; 6] = [0.0005, 0.005, 0.03, 0.15, 0.5, 0.95];
/// Values that a list is tried with.
const LENGTHS: [usize; 5] = [1, 3, 10, 30, 100];
/// Letters of a pattern.
const LETTERS: [usize; 8] = [12, 9, 7, 6, 5, 4, 3, 2];
/// Common values that are tried.
const MOST_COMMON: usize = 5;
/// Bytes of a value that is tried.
const LONGEST: usize = 400;

/// Statistics by table and column.
#[derive(Debug)]
pub struct Columns<'p> {
    by_name: HashMap<(&'p str, &'p str, &'p str), &'p Figures>,
}

/// A value and about how many of the rows it leaves, as a share.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The value, as PostgreSQL writes it.
    pub value: String,
    /// The share.
    pub share: f64,
}

impl<'p> Columns<'p> {
    /// What a portrait has. Statistics of a whole partitioned table go before those of itself alone, which has no rows.
    pub fn of(portrait: &'p Portrait) -> Self {
        let mut by_name = HashMap::new();
        for one in &portrait.statistics {
            let Some(relation) = portrait.relations.get(one.relation as usize) else { continue };
            let Column::Name(column) = &one.column else { continue };
            let key = (relation.schema.as_str(), relation.name.as_str(), column.as_str());
            if one.inherited || !by_name.contains_key(&key) {
                by_name.insert(key, &one.figures);
            }
        }
        Self { by_name }
    }

    /// What there is of a column.
    pub fn figures(&self, schema: &str, table: &str, column: &str) -> Option<&'p Figures> {
        self.by_name.get(&(schema, table, column)).copied()
    }

    /// Values for a parameter at this place, those that leave fewest rows first; none where nothing is known.
    /// `is_between` says that another parameter bounds the same column on the other side.
    pub fn choices(&self, place: &Place, is_between: bool, catalogue: &Catalogue) -> Vec<Choice> {
        let table = &catalogue.tables[place.table];
        let of = |table: &Table| self.figures(&table.schema, &table.name, &place.column);
        // Nobody analyzes a partitioned table but by hand; then its largest partition stands for it.
        let parts = catalogue.tables.iter().filter(|part| part.root == Some(place.table));
        let of_parts = || {
            parts
                .filter_map(|part| Some((part.rows, of(part)?)))
                .max_by(|a, b| a.0.total_cmp(&b.0))
                .map(|one| one.1)
        };
        let Some(figures) = of(table).or_else(of_parts) else { return Vec::new() };
        let mut choices = match place.operator.as_str() {
            "=" if place.is_list => lists(figures, table),
            "=" => equals(figures, table, place.nth),
            "<" | "<=" => ranges(figures, true, is_between),
            ">" | ">=" => ranges(figures, false, is_between),
            "~~" => patterns(figures, ""),
            "~~*" => patterns(figures, "%"),
            // Documents hold what they are.
            "@>" if slot(figures, ELEMENTS).is_none() => equals(figures, table, place.nth),
            "@>" | "&&" => parts_of(figures)
                .into_iter()
                .map(|one| Choice { value: array([one.value.as_str()]), ..one })
                .collect(),
            "@@" => parts_of(figures)
                .into_iter()
                .map(|one| Choice { value: format!("'{}'", one.value.replace('\'', "''")), ..one })
                .collect(),
            _ => Vec::new(),
        };
        choices.retain(|choice| choice.value.len() <= LONGEST && !choice.value.contains('\0'));
        choices.sort_by(|a, b| a.share.total_cmp(&b.share).then_with(|| a.value.cmp(&b.value)));
        choices.dedup_by(|a, b| a.value == b.value);
        choices
    }
}

fn slot(figures: &Figures, kind: i16) -> Option<&Slot> {
    figures.slots.iter().find(|slot| slot.kind == kind)
}

fn values(figures: &Figures, kind: i16) -> Vec<String> {
    let text = slot(figures, kind).and_then(|slot| Some(slot.values.as_ref()?.text.as_str()));
    text.and_then(elements).unwrap_or_default().into_iter().flatten().collect()
}

/// Common values with their shares, the most common first.
fn common(figures: &Figures, kind: i16) -> Vec<Choice> {
    let numbers = slot(figures, kind).and_then(|slot| slot.numbers.clone()).unwrap_or_default();
    let values = values(figures, kind).into_iter();
    let mut all: Vec<Choice> =
        values.zip(numbers).map(|(value, share)| Choice { value, share: f64::from(share) }).collect();
    all.sort_by(|a, b| b.share.total_cmp(&a.share));
    all
}

/// The share of the rows that one value has which is not among the common ones.
fn rare_share(figures: &Figures, common: &[Choice], table: &Table) -> f64 {
    let distinct = f64::from(figures.distinct);
    let distinct = if distinct < 0.0 { -distinct * table.rows } else { distinct };
    let rest = 1.0 - f64::from(figures.nulls) - common.iter().map(|one| one.share).sum::<f64>();
    rest.max(0.0) / (distinct - common.len() as f64).max(1.0)
}

/// A few out of many, evenly apart, with the first and the last.
fn few<T: Clone>(all: &[T], most: usize) -> Vec<T> {
    if all.len() <= most || most < 2 {
        return all.iter().take(most).cloned().collect();
    }
    (0..most).map(|at| all[at * (all.len() - 1) / (most - 1)].clone()).collect()
}

/// A value from the middle of those that are not common, with its share.
fn rare(figures: &Figures, common: &[Choice], table: &Table, nth: usize) -> Option<Choice> {
    let bounds = values(figures, HISTOGRAM);
    let value = bounds.get((bounds.len() / 2 + nth) % bounds.len().max(1))?.clone();
    Some(Choice { value, share: rare_share(figures, common, table) })
}

fn equals(figures: &Figures, table: &Table, (nth, of): (usize, usize)) -> Vec<Choice> {
    let common = common(figures, COMMON);
    // Parameters of one list have no value in common.
    let own: Vec<Choice> = common.iter().skip(nth).step_by(of.max(1)).cloned().collect();
    let mut choices = few(&own, MOST_COMMON);
    choices.extend(rare(figures, &common, table, nth));
    choices
}

fn lists(figures: &Figures, table: &Table) -> Vec<Choice> {
    let common = common(figures, COMMON);
    let share = rare_share(figures, &common, table);
    let bounds = values(figures, HISTOGRAM);
    // Values that are rare, or else those that are least common.
    let mut all: Vec<Choice> = bounds.into_iter().map(|value| Choice { value, share }).collect();
    all.extend(common.into_iter().rev());
    let lengths = LENGTHS.iter().filter(|length| **length <= all.len().max(1));
    lengths
        .filter(|_| !all.is_empty())
        .map(|length| {
            let chosen = if *length == 1 { vec![all[all.len() / 2].clone()] } else { few(&all, *length) };
            Choice {
                value: array(chosen.iter().map(|one| one.value.as_str())),
                share: chosen.iter().map(|one| one.share).sum(),
            }
        })
        .collect()
}

fn ranges(figures: &Figures, is_below: bool, is_between: bool) -> Vec<Choice> {
    let bounds = values(figures, HISTOGRAM);
    if bounds.len() < 2 {
        // Without a histogram there are few values, and each is a bound.
        return few(&common(figures, COMMON), MOST_COMMON);
    }
    let at = |part: f64| bounds[(part * (bounds.len() - 1) as f64).round() as usize].clone();
    SHARES
        .iter()
        .map(|share| {
            let part = match (is_between, is_below) {
                (true, true) => 0.5 + share / 2.0,
                (true, false) => 0.5 - share / 2.0,
                (false, true) => *share,
                (false, false) => 1.0 - share,
            };
            Choice { value: at(part), share: *share }
        })
        .collect()
}

/// Beginnings of values, or with `%` in front whatever holds them.
fn patterns(figures: &Figures, front: &str) -> Vec<Choice> {
    let mut all = values(figures, HISTOGRAM);
    if all.is_empty() {
        all = values(figures, COMMON);
    }
    let Some(value) = all.get(all.len() / 2) else { return Vec::new() };
    let plain: String = value.chars().filter(|letter| !"%_\\".contains(*letter)).collect();
    let length = plain.chars().count();
    LETTERS
        .iter()
        .filter(|letters| **letters <= length)
        .enumerate()
        .map(|(at, letters)| {
            let part: String = plain.chars().take(*letters).collect();
            Choice { value: format!("{front}{part}%"), share: 1e-4 * 10_f64.powi(at as i32) }
        })
        .collect()
}

/// Elements of arrays, or words of texts.
fn parts_of(figures: &Figures) -> Vec<Choice> {
    few(&common(figures, ELEMENTS), MOST_COMMON)
}
