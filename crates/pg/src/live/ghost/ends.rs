//! The present ends of indexed columns, as bytes: what a planner finds in an index that it asks.
//!
//! Which bytes a value is written in is PostgreSQL's to say, so the superuser lets it write them: into a table for each
//! type, whose file is read once the server has written it out. The tables are gone before anybody looks.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use tokio_postgres::SimpleQueryMessage;

use super::numbers::Numbers;
use crate::ghost::{entry, literal, values};
use crate::live::connect::{Session, explain};
use crate::portrait::{Column, Portrait};

/// Where the tables are.
const SCHEMA: &str = "loadline_ends";
/// A type that indexes write in another way than tables.
const OTHERWISE: &str = "name";

/// What there is to know of a B-tree of the ghost.
struct Tree {
    index: u32,
    table: u32,
    /// The first key: a column's number, or 0 for an expression.
    key: i16,
    has_more_columns: bool,
    is_falling: bool,
}

/// Ends of columns, in tables whose files are still to be read.
#[derive(Default)]
pub(super) struct Ends {
    /// For each type: the file of its table, and whether its values are of any length.
    files: Vec<(String, bool)>,
    /// For each index: the type, and the place of the smaller value in its table; the larger one is behind it.
    places: Vec<(Tree, usize, usize)>,
}

/// What a column begins and ends with, as it stands in a row.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    small: Vec<u8>,
    large: Vec<u8>,
    is_of_any_length: bool,
}

impl Edge {
    /// The entries of an index over the column, in its order.
    pub(super) fn entries(&self, is_falling: bool, has_more_columns: bool) -> Option<Vec<Vec<u8>>> {
        let order = if is_falling { [&self.large, &self.small] } else { [&self.small, &self.large] };
        let made = order.into_iter().zip(1..);
        made.map(|(value, row)| entry(value, row, has_more_columns, self.is_of_any_length)).collect()
    }
}

/// Entries of indexes, by the index's number, and the tables that have any.
#[derive(Default)]
pub(super) struct Entries {
    pub(super) of: HashMap<u32, Vec<Vec<u8>>>,
    pub(super) tables: HashSet<u32>,
    /// What they are of, by table and column.
    pub(super) edges: HashMap<(u32, i16), Edge>,
}

/// Has the ends written.
pub(super) async fn write(session: &Session, portrait: &Portrait, numbers: &Numbers) -> Result<Ends, String> {
    let trees = trees(session).await?;
    let mut by_type: BTreeMap<String, Vec<(String, String, Vec<usize>)>> = BTreeMap::new();
    let mut used: Vec<Option<Tree>> = trees.into_iter().map(Some).collect();
    for statistics in portrait.statistics.iter().filter(|statistics| !statistics.inherited) {
        let with_ends = statistics.figures.slots.iter().find(|slot| slot.ends.is_some());
        let Some((slot, relation)) = with_ends.zip(portrait.relations.get(statistics.relation as usize))
        else {
            continue;
        };
        let Some((ends, values)) = slot.ends.as_ref().zip(slot.values.as_ref()) else { continue };
        let Some(here) = numbers.relation(&relation.schema, &relation.name) else { continue };
        let column = match &statistics.column {
            Column::Name(name) => numbers.column(here, name),
            Column::Number(_) => Some(0),
        };
        let is_its = |tree: &Tree| {
            let of = if tree.key == 0 { tree.index } else { tree.table };
            of == here && Some(tree.key) == column
        };
        let places: Vec<usize> =
            (0..used.len()).filter(|place| used[*place].as_ref().is_some_and(is_its)).collect();
        if !places.is_empty() && values.of != OTHERWISE && numbers.of_type(&values.of).is_some() {
            let all = by_type.entry(values.of.clone()).or_default();
            all.push((ends.0.clone(), ends.1.clone(), places));
        }
    }
    let mut ends = Ends::default();
    if by_type.is_empty() {
        return Ok(ends);
    }
    say(session, &format!("CREATE SCHEMA {SCHEMA}")).await?;
    for (name, all) in by_type {
        let Some(of) = numbers.of_type(&name) else { continue };
        let table = format!("{SCHEMA}.of_{}", of.number);
        let rows: Vec<String> = all
            .iter()
            .map(|(small, large, _)| format!("({}), ({})", literal(small), literal(large)))
            .collect();
        // The type's name stands here as the server writes it, not as the portrait does.
        let made = make(session, &table, of.number, &rows.join(", ")).await;
        let Ok(file) = made else { continue };
        ends.files.push((file, of.bytes < 0));
        for (place, (_, _, trees)) in all.into_iter().enumerate() {
            for tree in trees {
                let Some(tree) = used[tree].take() else { continue };
                ends.places.push((tree, ends.files.len() - 1, place * 2));
            }
        }
    }
    Ok(ends)
}

async fn make(session: &Session, table: &str, of: u32, rows: &str) -> Result<String, String> {
    let name = first(session, &format!("SELECT format_type({of}, NULL)")).await?;
    say(session, &format!("CREATE TABLE {table} (value {name}); INSERT INTO {table} VALUES {rows}")).await?;
    first(session, &format!("SELECT pg_relation_filepath('{table}')")).await
}

async fn say(session: &Session, text: &str) -> Result<(), String> {
    session.batch_execute(text).await.map_err(|error| explain(&error))
}

async fn first(session: &Session, query: &str) -> Result<String, String> {
    let messages = session.simple_query(query).await.map_err(|error| explain(&error))?;
    let value = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    value.ok_or_else(|| format!("`{query}` gave nothing"))
}

/// Those that a planner asks: over all rows, in the usual order of the type.
async fn trees(session: &Session) -> Result<Vec<Tree>, String> {
    let query = "SELECT i.indexrelid, i.indrelid, i.indkey[0], i.indnatts > 1, i.indoption[0] & 1 = 1 FROM pg_index i \
         JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam \
         JOIN pg_opclass o ON o.oid = i.indclass[0] \
         WHERE m.amname = 'btree' AND c.relkind = 'i' AND i.indpred IS NULL AND o.opcdefault AND o.opckeytype = 0 \
         AND i.indexrelid >= 16384";
    let messages = session.simple_query(query).await.map_err(|error| explain(&error))?;
    let trees = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(Tree {
            index: row.get(0)?.parse().ok()?,
            table: row.get(1)?.parse().ok()?,
            key: row.get(2)?.parse().ok()?,
            has_more_columns: row.get(3)? == "t",
            is_falling: row.get(4)? == "t",
        }),
        _ => None,
    });
    Ok(trees.collect())
}

/// Reads what was written, and removes the tables.
pub(super) async fn read(ends: Ends, session: &Session, data: &Path) -> Result<Entries, String> {
    let mut entries = Entries::default();
    if ends.files.is_empty() {
        return Ok(entries);
    }
    say(session, "CHECKPOINT").await?;
    let mut found = Vec::new();
    for (file, is_of_any_length) in &ends.files {
        let table = std::fs::read(data.join(file)).map_err(|error| error.to_string())?;
        found.push((values(&table), *is_of_any_length));
    }
    for (tree, of, place) in ends.places {
        let (values, is_of_any_length) = &found[of];
        let value = |place: usize| values.get(place).cloned().flatten();
        let Some((small, large)) = value(place).zip(value(place + 1)) else { continue };
        let edge = Edge { small, large, is_of_any_length: *is_of_any_length };
        if let Some(made) = edge.entries(tree.is_falling, tree.has_more_columns) {
            entries.of.insert(tree.index, made);
            entries.tables.insert(tree.table);
        }
        if tree.key > 0 {
            entries.edges.insert((tree.table, tree.key), edge);
        }
    }
    say(session, &format!("DROP SCHEMA {SCHEMA} CASCADE")).await?;
    Ok(entries)
}
