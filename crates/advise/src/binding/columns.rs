//! What a portrait tells of columns, by table and column.

use std::collections::HashMap;

use loadline_pg::portrait::{Column, Figures, Portrait};

use super::known::Known;
use crate::catalogue::{Catalogue, Table};

/// Statistics by table and column.
#[derive(Debug)]
pub struct Columns<'p> {
    by_name: HashMap<(&'p str, &'p str, &'p str), &'p Figures>,
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

    /// What values of a column there are; `table` is its place in the catalogue.
    pub fn known(&self, table: usize, column: &str, catalogue: &Catalogue) -> Option<Known> {
        let whole = &catalogue.tables[table];
        let of = |table: &Table| self.figures(&table.schema, &table.name, column);
        // Nobody analyzes a partitioned table but by hand; then its largest partition stands for it.
        let parts = catalogue.tables.iter().filter(|part| part.root == Some(table));
        let of_parts = || {
            parts
                .filter_map(|part| Some((part.rows, of(part)?)))
                .max_by(|a, b| a.0.total_cmp(&b.0))
                .map(|one| one.1)
        };
        of(whole).or_else(of_parts).map(|figures| Known::of(figures, whole.rows))
    }
}
