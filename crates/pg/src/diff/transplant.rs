//! A portrait with one difference of another: what a planner makes of it tells whether the difference matters.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::part::Kind;
use super::schema::is_index;
use crate::ghost::Counts;
use crate::portrait::{Extended, Piece, Portrait, Relation, Statistics};

/// A relation's schema and name.
type Name = (String, String);

/// A portrait whose relations are known by name and not by place.
struct Apart {
    relations: BTreeMap<Name, (Relation, Option<Name>)>,
    statistics: BTreeMap<Name, Vec<Statistics>>,
    /// What GIN indexes count of themselves.
    counts: BTreeMap<Name, Counts>,
}

fn name(relation: &Relation) -> Name {
    (relation.schema.clone(), relation.name.clone())
}

impl Apart {
    fn of(portrait: &Portrait) -> Self {
        let named = |at: u32| portrait.relations.get(at as usize).map(name);
        let relations = portrait
            .relations
            .iter()
            .map(|relation| (name(relation), (relation.clone(), relation.table.and_then(named))))
            .collect();
        let mut statistics: BTreeMap<Name, Vec<Statistics>> = BTreeMap::new();
        for of in &portrait.statistics {
            if let Some(relation) = named(of.relation) {
                statistics.entry(relation).or_default().push(of.clone());
            }
        }
        let counts = portrait.counts.iter().filter_map(|(at, counts)| Some((named(*at)?, *counts))).collect();
        Self { relations, statistics, counts }
    }

    /// The table that something is of: itself, or an index's.
    fn table(&self, of: &Name) -> Option<&Name> {
        let (name, (relation, table)) = self.relations.get_key_value(of)?;
        if relation.index.is_some() { table.as_ref() } else { Some(name) }
    }

    fn into(self, portrait: &mut Portrait) {
        let places: BTreeMap<Name, u32> = self.relations.keys().cloned().zip(0..).collect();
        portrait.relations = self
            .relations
            .into_values()
            .map(|(mut relation, table)| {
                relation.table = table.and_then(|table| places.get(&table).copied());
                relation
            })
            .collect();
        let counts = self.counts.into_iter();
        portrait.counts = counts.filter_map(|(of, counts)| Some((*places.get(&of)?, counts))).collect();
        portrait.statistics = Vec::new();
        for (of, all) in self.statistics {
            let Some(place) = places.get(&of) else { continue };
            portrait.statistics.extend(all.into_iter().map(|mut one| {
                one.relation = *place;
                one
            }));
        }
    }
}

/// The kinds in which two portraits differ.
pub fn differing(one: &Portrait, other: &Portrait) -> Vec<Kind> {
    let differs = |kind: &Kind| match kind {
        Kind::Settings => one.settings != other.settings,
        Kind::Version => one.server.major() != other.server.major(),
        Kind::Schema => {
            let tables = |portrait: &Portrait| -> Vec<Name> {
                portrait.relations.iter().filter(|relation| relation.index.is_none()).map(name).collect()
            };
            rest(one).ne(rest(other)) || one.extensions != other.extensions || tables(one) != tables(other)
        }
        kind => !tables_that_differ(one, other, *kind).is_empty(),
    };
    Kind::ALL.into_iter().filter(differs).collect()
}

/// The tables in both whose statistics, sizes or indexes are others, with their schemas.
pub fn tables_that_differ(one: &Portrait, other: &Portrait, kind: Kind) -> BTreeSet<(String, String)> {
    let (of_one, of_other) = (Apart::of(one), Apart::of(other));
    let tables = of_one
        .relations
        .iter()
        .filter(|(name, (relation, _))| relation.index.is_none() && of_other.relations.contains_key(*name));
    let differs = |table: &Name| match kind {
        Kind::Statistics => {
            let figures = |apart: &Apart| -> Vec<(Name, Vec<_>)> {
                let its = apart.statistics.iter().filter(|(of, _)| apart.table(of) == Some(table));
                its.map(|(of, all)| {
                    (
                        of.clone(),
                        all.iter()
                            .map(|one| (one.column.clone(), one.inherited, one.figures.clone()))
                            .collect(),
                    )
                })
                .collect()
            };
            figures(&of_one) != figures(&of_other) || extended(one, table) != extended(other, table)
        }
        Kind::Size => {
            let sizes = |apart: &Apart| -> BTreeMap<Name, _> {
                let its = apart.relations.iter().filter(|(of, _)| apart.table(of) == Some(table));
                its.map(|(of, (relation, _))| (of.clone(), size(relation))).collect()
            };
            let (then, now) = (sizes(&of_one), sizes(&of_other));
            then.iter().any(|(of, size)| now.get(of).is_some_and(|now| now != size))
        }
        Kind::Indexes => {
            let indexes = |apart: &Apart| -> BTreeMap<Name, String> {
                let its = apart.relations.iter().filter(|(of, _)| apart.table(of) == Some(table));
                its.filter_map(|(of, (relation, _))| {
                    Some((of.clone(), relation.index.as_ref()?.definition.clone()))
                })
                .collect()
            };
            indexes(&of_one) != indexes(&of_other)
        }
        _ => false,
    };
    tables.map(|(table, _)| table).filter(|table| differs(table)).cloned().collect()
}

type Size = (i32, u32, i32, i32, u64, u32);

fn size(relation: &Relation) -> Size {
    let height = relation.index.as_ref().map_or(0, |index| index.height);
    let Relation { pages, tuples, all_visible, all_frozen, bytes, .. } = *relation;
    (pages, tuples.to_bits(), all_visible, all_frozen, bytes, height)
}

/// Statistics over several columns of a table. Their object says which it is of, at the end of its definition.
fn extended<'a>(portrait: &'a Portrait, table: &Name) -> Vec<&'a Extended> {
    portrait.extended.iter().filter(|extended| is_of(portrait, extended, table)).collect()
}

fn is_of(portrait: &Portrait, extended: &Extended, table: &Name) -> bool {
    let piece = portrait.schema.iter().find(|piece| {
        piece.kind == "STATISTICS" && piece.schema == extended.schema && piece.name == extended.name
    });
    let quoted = format!("{}.{}", crate::ghost::quoted(&table.0), crate::ghost::quoted(&table.1));
    piece.is_some_and(|piece| {
        let plain = |text: &str| text.trim_end_matches(';').replace('"', "");
        plain(&piece.text).ends_with(&format!(" FROM {}", plain(&quoted)))
    })
}

/// The first portrait with what the second has of a kind, for these tables or for all that differ.
#[must_use]
pub fn transplant(
    onto: &Portrait,
    from: &Portrait,
    kind: Kind,
    tables: Option<&BTreeSet<(String, String)>>,
) -> Portrait {
    let mut made = onto.clone();
    match kind {
        Kind::Settings => made.settings.clone_from(&from.settings),
        Kind::Version => made.server = from.server.clone(),
        Kind::Schema => {
            made.schema = rest(from).cloned().collect();
            let theirs: HashSet<&Piece> = rest(onto).collect();
            let indexes: Vec<Piece> =
                onto.schema.iter().filter(|piece| !theirs.contains(piece)).cloned().collect();
            insert(&mut made.schema, indexes);
            made.extensions.clone_from(&from.extensions);
            made.roles.clone_from(&from.roles);
            new_tables(&mut made, onto, from);
        }
        _ => {
            let all = tables_that_differ(onto, from, kind);
            let tables = tables.unwrap_or(&all);
            of_tables(&mut made, onto, from, kind, tables);
        }
    }
    made
}

fn of_tables(made: &mut Portrait, onto: &Portrait, from: &Portrait, kind: Kind, tables: &BTreeSet<Name>) {
    let (mut here, there) = (Apart::of(onto), Apart::of(from));
    let is_theirs = |apart: &Apart, of: &Name| apart.table(of).is_some_and(|table| tables.contains(table));
    match kind {
        Kind::Statistics => {
            let old: Vec<Name> = here.statistics.keys().filter(|of| is_theirs(&here, of)).cloned().collect();
            for of in &old {
                here.statistics.remove(of);
            }
            let new = there
                .statistics
                .iter()
                .filter(|(of, _)| is_theirs(&there, of) && here.relations.contains_key(*of));
            let new: Vec<_> = new.map(|(of, all)| (of.clone(), all.clone())).collect();
            here.statistics.extend(new);
            let of_these =
                |portrait: &Portrait, one: &Extended| tables.iter().any(|table| is_of(portrait, one, table));
            made.extended.retain(|one| !of_these(onto, one));
            made.extended.extend(from.extended.iter().filter(|one| of_these(from, one)).cloned());
            made.labels.clone_from(&from.labels);
        }
        Kind::Size => {
            let theirs: Vec<Name> =
                here.relations.keys().filter(|of| is_theirs(&here, of)).cloned().collect();
            for of in theirs {
                let (Some((relation, _)), Some((other, _))) =
                    (here.relations.get_mut(&of), there.relations.get(&of))
                else {
                    continue;
                };
                let Relation { pages, tuples, all_visible, all_frozen, bytes, .. } = *other;
                *relation = Relation { pages, tuples, all_visible, all_frozen, bytes, ..relation.clone() };
                if let (Some(index), Some(other)) = (&mut relation.index, &other.index) {
                    index.height = other.height;
                }
                here.counts.remove(&of);
                here.counts.extend(there.counts.get(&of).map(|counts| (of.clone(), *counts)));
            }
        }
        Kind::Indexes => {
            let is_index = |apart: &Apart, of: &Name| {
                is_theirs(apart, of)
                    && apart.relations.get(of).is_some_and(|(relation, _)| relation.index.is_some())
            };
            let definition = |apart: &Apart, of: &Name| {
                apart.relations.get(of)?.0.index.as_ref().map(|index| index.definition.clone())
            };
            let names: BTreeSet<Name> = here
                .relations
                .keys()
                .filter(|of| is_index(&here, of))
                .chain(there.relations.keys().filter(|of| is_index(&there, of)))
                .cloned()
                .collect();
            // Those that are the same keep their own sizes.
            let others: Vec<Name> =
                names.into_iter().filter(|of| definition(&here, of) != definition(&there, of)).collect();
            for of in others {
                here.relations.remove(&of);
                here.counts.remove(&of);
                here.statistics.remove(&of);
                made.schema.retain(|piece| !makes(piece, &of));
                if let Some(new) = there.relations.get(&of) {
                    here.relations.insert(of.clone(), new.clone());
                    here.counts.extend(there.counts.get(&of).map(|counts| (of.clone(), *counts)));
                    here.statistics.extend(there.statistics.get(&of).map(|all| (of.clone(), all.clone())));
                    insert(
                        &mut made.schema,
                        from.schema.iter().filter(|piece| makes(piece, &of)).cloned().collect(),
                    );
                }
            }
        }
        Kind::Settings | Kind::Schema | Kind::Version => {}
    }
    here.into(made);
}

/// The pieces of a schema that make no index.
fn rest(portrait: &Portrait) -> impl Iterator<Item = &Piece> {
    let indexes: HashSet<(&str, &str)> = portrait
        .relations
        .iter()
        .filter(|relation| relation.index.is_some())
        .map(|relation| (relation.schema.as_str(), relation.name.as_str()))
        .collect();
    portrait.schema.iter().filter(move |piece| {
        let is_of_one = || {
            let mut spaces = piece.name.match_indices(' ');
            spaces.any(|(at, _)| indexes.contains(&(piece.schema.as_str(), &piece.name[at + 1..])))
        };
        !(is_index(&piece.kind) || piece.kind == "CONSTRAINT" && is_of_one())
    })
}

/// Adds pieces that make indexes where foreign keys that need them are still to come.
fn insert(schema: &mut Vec<Piece>, pieces: Vec<Piece>) {
    let at = schema.iter().position(|piece| piece.kind == "FK CONSTRAINT").unwrap_or(schema.len());
    schema.splice(at..at, pieces);
}

/// Tables that one of the two alone has come and go with the schema, with all that is known of them.
fn new_tables(made: &mut Portrait, onto: &Portrait, from: &Portrait) {
    let (mut here, there) = (Apart::of(onto), Apart::of(from));
    let gone: Vec<Name> = here
        .relations
        .keys()
        .filter(|of| here.table(of).is_none_or(|table| !there.relations.contains_key(table)))
        .cloned()
        .collect();
    for of in gone {
        made.schema.retain(|piece| !makes(piece, &of));
        here.relations.remove(&of);
        here.statistics.remove(&of);
    }
    let known: HashSet<Name> = here.relations.keys().cloned().collect();
    for (of, relation) in &there.relations {
        if there.table(of).is_some_and(|table| !known.contains(table)) {
            here.relations.insert(of.clone(), relation.clone());
            here.counts.extend(there.counts.get(of).map(|counts| (of.clone(), *counts)));
            here.statistics.extend(there.statistics.get(of).map(|all| (of.clone(), all.clone())));
            insert(&mut made.schema, from.schema.iter().filter(|piece| makes(piece, of)).cloned().collect());
        }
    }
    here.into(made);
}

/// Whether a piece of a schema makes this index: by itself, or as a constraint, whose name stands behind its table's.
fn makes(piece: &Piece, index: &Name) -> bool {
    piece.schema == index.0
        && match piece.kind.as_str() {
            "INDEX" => piece.name == index.1,
            "CONSTRAINT" => piece.name.strip_suffix(&index.1).is_some_and(|table| table.ends_with(' ')),
            _ => false,
        }
}
