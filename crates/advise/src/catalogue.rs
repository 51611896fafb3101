//! What there is in a database: tables with columns and indexes, the operators that indexes are for, and the keys that
//! refer to other tables.

use std::collections::HashMap;

use crate::index::Method;
use crate::verify::Tree;

/// A column and what its statistics say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type, as PostgreSQL writes it, without a length.
    pub of: String,
    /// The kind of type: `b`, `e`, `r`, `d`…, and `a` for an array.
    pub kind: char,
    /// Whether it is never null.
    pub not_null: bool,
    /// The share that is null.
    pub nulls: f64,
    /// The mean width in bytes.
    pub width: f64,
    /// Different values, as a number.
    pub distinct: f64,
    /// How well values follow the place of rows, from -1 to 1.
    pub correlation: f64,
    /// The share of rows that have the most common value.
    pub common: f64,
}

/// An index that is there.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of the catalogue")]
pub struct Existing {
    /// Its name.
    pub name: String,
    /// The access method.
    pub method: String,
    /// Its keys, as PostgreSQL writes them.
    pub keys: Vec<String>,
    /// Whether keys are all in natural order and of default classes.
    pub is_plain: bool,
    /// Columns behind the keys.
    pub include: Vec<String>,
    /// Which rows it has.
    pub predicate: Option<String>,
    /// Whether it keeps rows unique.
    pub is_unique: bool,
    /// Whether it is of the primary key.
    pub is_primary: bool,
    /// Whether it is used.
    pub is_valid: bool,
}

/// A table, or a partitioned one, or a materialised view.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The partitioned table that it is a part of, the topmost one.
    pub root: Option<usize>,
    /// As `pg_class.relkind`: `r` table, `p` partitioned, `m` materialised view.
    pub kind: char,
    /// Its rows, those of its partitions too.
    pub rows: f64,
    /// Its bytes, likewise.
    pub bytes: f64,
    /// Its leaves, or one.
    pub leaves: usize,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its indexes.
    pub indexes: Vec<Existing>,
}

impl Table {
    /// A column by name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// An operator that an operator class answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The access method.
    pub method: Method,
    /// The operator class, as it is written in an index.
    pub class: String,
    /// Whether it is the default one of its type.
    pub is_default: bool,
    /// The type that it is for.
    pub of: String,
    /// Whether it orders by the operator, and does not only search.
    pub orders: bool,
}

/// Columns that refer to another table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The table that refers.
    pub from: usize,
    /// Its columns.
    pub columns: Vec<String>,
    /// The table that is referred to.
    pub to: usize,
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    /// Tables.
    pub tables: Vec<Table>,
    /// Classes by operator; B-trees and hashes are not in it.
    pub answers: HashMap<String, Vec<Answer>>,
    /// Classes there are, by name.
    pub classes: Vec<String>,
    /// References.
    pub references: Vec<Reference>,
    /// The parts of each partitioned table, by its place.
    pub trees: HashMap<usize, Tree>,
    /// Whether B-trees keep equal values of `character(n)` apart, where they merge those of other types.
    pub keeps_padded_apart: bool,
}

impl Catalogue {
    /// The place of a table.
    pub fn table(&self, schema: &str, name: &str) -> Option<usize> {
        self.tables
            .iter()
            .position(|table| table.name == name && (table.schema == schema || schema.is_empty()))
    }

    /// The table that indexes are made on: the topmost one of partitions.
    pub fn root(&self, table: usize) -> usize {
        self.tables.get(table).and_then(|table| table.root).unwrap_or(table)
    }

    /// A table and its partitions, also those of partitions; one that has none is nothing.
    pub fn tree(&self, table: usize) -> Tree {
        self.trees.get(&table).cloned().unwrap_or_default()
    }

    /// Classes that answer an operator on a type.
    pub fn answers<'c>(
        &'c self,
        operator: &str,
        of: &'c str,
        kind: char,
    ) -> impl Iterator<Item = &'c Answer> {
        let answers = self.answers.get(operator).map_or(&[][..], Vec::as_slice);
        answers.iter().filter(move |answer| fits(&answer.of, of, kind))
    }
}

/// Whether a class for one type takes another.
fn fits(class: &str, of: &str, kind: char) -> bool {
    class == of
        || match class {
            "text" => of == "character varying",
            "inet" => of == "cidr",
            "anyarray" => kind == 'a',
            "anyrange" => kind == 'r',
            "anymultirange" => kind == 'm',
            "anyenum" => kind == 'e',
            _ => false,
        }
}
