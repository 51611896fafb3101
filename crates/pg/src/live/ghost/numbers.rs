//! The numbers that a ghost has for what a portrait names: relations, columns, types, operators, collations, labels.

use std::collections::HashMap;

use tokio_postgres::SimpleQueryMessage;

use crate::ghost::{Dimension, literal};
use crate::live::connect::{Session, explain};
use crate::portrait::Portrait;

/// A type whose values may be read.
const SAFE_TYPES: &str = "\
WITH RECURSIVE parts(of, part) AS (
    SELECT oid, oid FROM pg_type
    UNION SELECT p.of, q.part FROM parts p JOIN pg_type t ON t.oid = p.part
    CROSS JOIN LATERAL (
        SELECT t.typelem AS part WHERE t.typelem <> 0
        UNION ALL SELECT a.atttypid FROM pg_attribute a
            WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL SELECT r.rngsubtype FROM pg_range r WHERE r.rngtypid = t.oid
        UNION ALL SELECT r.rngtypid FROM pg_range r WHERE r.rngmultitypid = t.oid) AS q)
SELECT t.oid, t.typlen, t.typbyval, t.typtype = 'e' FROM pg_type t
WHERE t.oid = WANTED AND NOT EXISTS (
    SELECT FROM parts p JOIN pg_type q ON q.oid = p.part WHERE p.of = t.oid AND q.typtype IN ('d', 'p'))";

/// The ghost's own numbers for what a portrait names.
pub(super) struct Numbers {
    /// By schema and name.
    pub(super) relations: HashMap<(String, String), u32>,
    /// By relation and name.
    pub(super) columns: HashMap<(u32, String), i16>,
    pub(super) types: HashMap<String, Option<Dimension>>,
    pub(super) operators: HashMap<String, Option<u32>>,
    pub(super) collations: HashMap<String, Option<u32>>,
    pub(super) labels: HashMap<(String, String), u32>,
}

pub(super) type Rows = Vec<Vec<Option<String>>>;

pub(super) async fn rows(session: &Session, query: &str) -> Result<Rows, String> {
    let messages = session.simple_query(query).await.map_err(|error| explain(&error))?;
    let rows = messages.into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect())
        }
        _ => None,
    });
    Ok(rows.collect())
}

pub(super) fn number<T: std::str::FromStr + Default>(row: &[Option<String>], column: usize) -> T {
    row.get(column).and_then(Option::as_deref).and_then(|text| text.parse().ok()).unwrap_or_default()
}

pub(super) fn text(row: &[Option<String>], column: usize) -> String {
    row.get(column).cloned().flatten().unwrap_or_default()
}

impl Numbers {
    pub(super) fn relation(&self, schema: &str, name: &str) -> Option<u32> {
        self.relations.get(&(schema.to_owned(), name.to_owned())).copied()
    }

    pub(super) fn column(&self, relation: u32, name: &str) -> Option<i16> {
        self.columns.get(&(relation, name.to_owned())).copied()
    }

    pub(super) fn of_type(&self, name: &str) -> Option<&Dimension> {
        self.types.get(name)?.as_ref()
    }

    pub(super) async fn read(session: &Session, portrait: &Portrait) -> Result<Self, String> {
        let relations = rows(
            session,
            "SELECT n.nspname, c.relname, c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relkind IN ('r', 'p', 'i', 'I', 'm')",
        )
        .await?;
        let columns = rows(
            session,
            "SELECT a.attrelid, a.attname, a.attnum FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
             WHERE c.relkind IN ('r', 'p', 'm') AND a.attnum > 0 AND NOT a.attisdropped",
        )
        .await?;
        let labels = if portrait.labels.is_empty() {
            Vec::new()
        } else {
            rows(session, "SELECT format_type(enumtypid, NULL), enumlabel, oid FROM pg_enum").await?
        };
        Ok(Self {
            relations: relations.iter().map(|row| ((text(row, 0), text(row, 1)), number(row, 2))).collect(),
            columns: columns.iter().map(|row| ((number(row, 0), text(row, 1)), number(row, 2))).collect(),
            types: HashMap::new(),
            operators: HashMap::new(),
            collations: HashMap::new(),
            labels: labels.iter().map(|row| ((text(row, 0), text(row, 1)), number(row, 2))).collect(),
        })
    }

    /// Looks up every type, operator and collation that is named, each once.
    pub(super) async fn resolve(&mut self, session: &Session, portrait: &Portrait) -> Result<(), String> {
        let of_expressions =
            portrait.extended.iter().flat_map(|extended| extended.expressions.iter().flatten().flatten());
        let all = portrait.statistics.iter().map(|statistics| &statistics.figures).chain(of_expressions);
        for slot in all.flat_map(|figures| &figures.slots) {
            if let Some(values) = &slot.values
                && !self.types.contains_key(&values.of)
            {
                let found = dimension(session, &values.of).await?;
                self.types.insert(values.of.clone(), found);
            }
            if !slot.operator.is_empty() && !self.operators.contains_key(&slot.operator) {
                let found = one(session, "to_regoperator", &slot.operator).await?;
                self.operators.insert(slot.operator.clone(), found);
            }
            if !slot.collation.is_empty() && !self.collations.contains_key(&slot.collation) {
                let found = one(session, "to_regcollation", &slot.collation).await?;
                self.collations.insert(slot.collation.clone(), found);
            }
        }
        let of_combinations = portrait.extended.iter().filter_map(|extended| extended.common.as_ref());
        for name in of_combinations.flat_map(|(_, types)| types) {
            if !self.types.contains_key(name) {
                let found = dimension(session, name).await?;
                self.types.insert(name.clone(), found);
            }
        }
        Ok(())
    }
}

/// A number by a name that a system function looks up; nothing where the name has no meaning.
async fn one(session: &Session, function: &str, name: &str) -> Result<Option<u32>, String> {
    let found = rows(session, &format!("SELECT {function}({})::oid", literal(name))).await;
    if session.is_closed() {
        return found.map(|_| None);
    }
    Ok(found.ok().and_then(|rows| rows.first()?.first()?.as_ref()?.parse().ok()))
}

async fn dimension(session: &Session, name: &str) -> Result<Option<Dimension>, String> {
    let Some(of) = one(session, "to_regtype", name).await? else { return Ok(None) };
    let found = rows(session, &SAFE_TYPES.replace("WANTED", &of.to_string())).await?;
    Ok(found.first().map(|row| Dimension {
        name: name.to_owned(),
        number: number(row, 0),
        bytes: number(row, 1),
        by_value: text(row, 2) == "t",
        is_enumeration: text(row, 3) == "t",
    }))
}
