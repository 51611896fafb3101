//! A portrait after migrations: the new schema with what is known of the tables that were there before.

use std::collections::{BTreeMap, BTreeSet};

use crate::portrait::{Column, Portrait, Relation, Statistics};
use crate::shape::{Kind, Tokens};

/// Bytes of a page that rows are put in, and how full a new B-tree's are.
const PAGE: f64 = 8192.0;
const FULL: f64 = 0.9;
/// Bytes of an entry beside its values: its header and its place in the page.
const ENTRY: f64 = 12.0;
/// What a column is taken to have where nothing is known of it.
const WIDTH: f64 = 8.0;

/// Names of relations and columns by the numbers that stay theirs when they are renamed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Schema and name of each relation.
    pub relations: BTreeMap<u32, (String, String)>,
    /// Name and type of each column.
    pub columns: BTreeMap<(u32, i16), (String, u32)>,
}

/// Names before and after.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Before all migrations.
    pub before: Names,
    /// After them.
    pub after: Names,
}

impl Seen {
    /// What a relation was called before, if it was there.
    fn old(&self) -> BTreeMap<&(String, String), &(String, String)> {
        let both = self.after.relations.iter();
        both.filter_map(|(number, name)| Some((name, self.before.relations.get(number)?))).collect()
    }
}

/// The portrait after migrations. `made` is that of the ghost on which they were run: its schema is right, and its
/// sizes are those of nothing.
pub fn after(before: &Portrait, made: &Portrait, seen: &Seen) -> Portrait {
    let old = seen.old();
    let mut portrait = Portrait {
        schema: made.schema.clone(),
        extensions: made.extensions.clone(),
        relations: made.relations.clone(),
        statistics: Vec::new(),
        ..before.clone()
    };
    let then = |relation: &Relation| {
        let name = old.get(&(relation.schema.clone(), relation.name.clone()))?;
        before.relation(&name.0, &name.1)
    };
    for place in 0..portrait.relations.len() {
        let relation = &portrait.relations[place];
        let sized = match then(relation) {
            Some(old) => Some(like(relation, old)),
            None => relation.index.is_some().then(|| new_index(relation, &portrait, before, &old)),
        };
        if let Some(sized) = sized {
            portrait.relations[place] = sized;
        }
    }
    let counts = portrait.relations.iter().zip(0..).filter_map(|(relation, place)| {
        let old = then(relation)?;
        let of = before
            .counts
            .iter()
            .find(|(at, _)| before.relations.get(*at as usize).is_some_and(|it| std::ptr::eq(it, old)))?;
        Some((place, of.1))
    });
    portrait.counts = counts.collect();
    portrait.statistics = statistics(before, &portrait, seen);
    let kept: BTreeSet<(&str, &str)> = portrait
        .schema
        .iter()
        .filter(|piece| piece.kind == "STATISTICS")
        .map(|piece| (piece.schema.as_str(), piece.name.as_str()))
        .collect();
    portrait.extended.retain(|extended| kept.contains(&(extended.schema.as_str(), extended.name.as_str())));
    portrait
}

fn like(relation: &Relation, old: &Relation) -> Relation {
    let Relation { pages, tuples, all_visible, all_frozen, bytes, scans, writes, .. } = *old;
    let mut relation =
        Relation { pages, tuples, all_visible, all_frozen, bytes, scans, writes, ..relation.clone() };
    if let (Some(index), Some(old)) = (&mut relation.index, &old.index) {
        (index.height, index.height_is_known) = (old.height, old.height_is_known);
    }
    relation
}

type Old<'a> = BTreeMap<&'a (String, String), &'a (String, String)>;

/// An index that was not there, with the size that it would have.
fn new_index(relation: &Relation, made: &Portrait, before: &Portrait, old: &Old<'_>) -> Relation {
    let table = relation.table.and_then(|table| made.relations.get(table as usize));
    let table = table.and_then(|table| {
        let name = old.get(&(table.schema.clone(), table.name.clone()))?;
        before.relation(&name.0, &name.1)
    });
    let mut relation = relation.clone();
    let (Some(table), Some(index)) = (table, &mut relation.index) else { return relation };
    let (bytes, height) = index_size(before, table, &index.definition);
    index.height = height;
    relation.bytes = bytes;
    relation.pages = i32::try_from(bytes / PAGE as u64).unwrap_or(i32::MAX);
    relation.tuples = table.tuples;
    relation
}

/// Bytes and height of an index on a table, by the widths of the columns that it names.
pub(crate) fn index_size(portrait: &Portrait, table: &Relation, definition: &str) -> (u64, u32) {
    let words: BTreeSet<String> = Tokens::of(definition.split_once('(').map_or("", |(_, rest)| rest))
        .filter(|token| matches!(token.kind, Kind::Word | Kind::QuotedName))
        .map(|token| {
            definition.split_once('(').map_or("", |(_, rest)| rest)[token.range].trim_matches('"').to_owned()
        })
        .collect();
    let place = portrait.relations.iter().position(|relation| std::ptr::eq(relation, table));
    let widths = portrait.statistics.iter().filter(|of| {
        Some(of.relation as usize) == place
            && !of.inherited
            && matches!(&of.column, Column::Name(name) if words.contains(name))
    });
    let width: f64 = widths.map(|of| f64::from(of.figures.width)).sum();
    let width = if width > 0.0 { width } else { WIDTH };
    let entry = ((width + 8.0) / 8.0).ceil() * 8.0 + ENTRY - 8.0;
    let rows = f64::from(table.tuples.max(0.0));
    let pages = (rows * entry / (PAGE * FULL)).ceil().max(1.0) + 1.0;
    let fan_out = (PAGE * FULL / (entry + 8.0)).max(2.0);
    let height = if pages <= 2.0 { 0.0 } else { (pages.ln() / fan_out.ln()).ceil().max(1.0) };
    ((pages * PAGE) as u64, height as u32)
}

/// What was found of columns that are still there and of the same type.
fn statistics(before: &Portrait, portrait: &Portrait, seen: &Seen) -> Vec<Statistics> {
    let numbers: BTreeMap<&(String, String), u32> =
        seen.before.relations.iter().map(|(number, name)| (name, *number)).collect();
    let places: BTreeMap<(&str, &str), u32> = (0..)
        .zip(&portrait.relations)
        .map(|(place, relation)| ((relation.schema.as_str(), relation.name.as_str()), place))
        .collect();
    let kept = before.statistics.iter().filter_map(|of| {
        let relation = before.relations.get(of.relation as usize)?;
        let number = numbers.get(&(relation.schema.clone(), relation.name.clone()))?;
        let now = seen.after.relations.get(number)?;
        let place = places.get(&(now.0.as_str(), now.1.as_str()))?;
        let column = match &of.column {
            Column::Number(number) => Column::Number(*number),
            Column::Name(name) => {
                let mut columns = seen.before.columns.range((*number, i16::MIN)..=(*number, i16::MAX));
                let (key, (_, then)) = columns.find(|(_, (column, _))| column == name)?;
                let (name, now) = seen.after.columns.get(key)?;
                // Another type: the server forgets what it knew.
                (then == now).then(|| Column::Name(name.clone()))?
            }
        };
        Some(Statistics { relation: *place, column, ..of.clone() })
    });
    kept.collect()
}
