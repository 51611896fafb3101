//! A portrait after migrations: the new schema with what is known of the tables that were there before.

use std::collections::{BTreeMap, BTreeSet};

use crate::portrait::{Column, Portrait, Relation, Statistics};
use crate::size::of_definition;

/// Names of relations and columns by the numbers that stay theirs when they are renamed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Schema and name of each relation.
    pub relations: BTreeMap<u32, (String, String)>,
    /// Name of each column, and what tells its type from others.
    pub columns: BTreeMap<(u32, i16), (String, String)>,
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
        if let Some(old) = then(relation) {
            portrait.relations[place] = like(relation, old);
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
    // What was known of columns tells how large the indexes are that were not there, of another type too: it hardly is
    // another width, and there are as many values.
    portrait.statistics = statistics(before, &portrait, seen, true);
    for place in 0..portrait.relations.len() {
        let relation = &portrait.relations[place];
        let table = relation.table.and_then(|table| portrait.relations.get(table as usize));
        if then(relation).is_none() && table.is_some_and(|table| then(table).is_some()) {
            resize(&mut portrait, place, 1.0);
        }
    }
    portrait.statistics = statistics(before, &portrait, seen, false);
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

/// Gives an index, by its place, the size that it would have; `share` is that of its table's rows which it has.
pub fn resize(portrait: &mut Portrait, place: usize, share: f64) {
    let relation = &portrait.relations[place];
    let (Some(table), Some(index)) = (relation.table, &relation.index) else { return };
    let Some(size) = of_definition(portrait, table, &index.definition, share) else { return };
    let relation = &mut portrait.relations[place];
    relation.bytes = size.bytes();
    relation.pages = i32::try_from(size.pages).unwrap_or(i32::MAX);
    relation.tuples = size.rows as f32;
    if let Some(index) = &mut relation.index {
        index.height = size.height;
    }
}

/// What was found of columns that are still there and, unless `of_all`, of the same type.
fn statistics(before: &Portrait, portrait: &Portrait, seen: &Seen, of_all: bool) -> Vec<Statistics> {
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
                (of_all || then == now).then(|| Column::Name(name.clone()))?
            }
        };
        Some(Statistics { relation: *place, column, ..of.clone() })
    });
    kept.collect()
}
