//! Indexes that came and went, and those that nobody used.

use super::growth::name;
use super::time::in_time;
use crate::existing::{Need, need};
use crate::portrait::{Portrait, Relation};

/// Scans that a portrait makes itself, after it has read the counts: one for each end of an index. Without values it
/// makes none.
const OWN_SCANS: u64 = 2;

/// An index that is new, gone, or of another definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexChange {
    /// Its name, with its schema.
    pub name: String,
    /// Its table.
    pub table: String,
    /// Its definition in the first portrait, if it is there.
    pub before: Option<String>,
    /// Its definition in the second.
    pub after: Option<String>,
}

/// An index that nobody used between the two portraits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unused {
    /// Its name, with its schema.
    pub name: String,
    /// Its table.
    pub table: String,
    /// Its bytes, in the larger of the two.
    pub bytes: u64,
    /// Scans meanwhile, which may all be the earlier portrait's own: it asks an index for its two ends.
    pub scans: u64,
    /// Rows that were written to its table meanwhile.
    pub writes: u64,
    /// Why it is needed without being scanned, if it is.
    pub needed: Option<&'static str>,
}

impl IndexChange {
    pub(super) fn mirrored(mut self) -> Self {
        std::mem::swap(&mut self.before, &mut self.after);
        self
    }
}

fn table<'a>(portrait: &'a Portrait, relation: &Relation) -> Option<&'a Relation> {
    portrait.relations.get(relation.table? as usize)
}

fn table_name(portrait: &Portrait, relation: &Relation) -> String {
    table(portrait, relation).map(name).unwrap_or_default()
}

fn definition(relation: &Relation) -> Option<&str> {
    relation.index.as_ref().map(|index| index.definition.as_str())
}

/// Indexes that are in one of the two alone, or in both with different definitions.
pub(super) fn changes(before: &Portrait, after: &Portrait) -> Vec<IndexChange> {
    let mut changes = Vec::new();
    for relation in &before.relations {
        let Some(then) = definition(relation) else { continue };
        let now = after.relation(&relation.schema, &relation.name).and_then(definition);
        if now != Some(then) {
            changes.push(IndexChange {
                name: name(relation),
                table: table_name(before, relation),
                before: Some(then.to_owned()),
                after: now.map(str::to_owned),
            });
        }
    }
    for relation in &after.relations {
        let Some(now) = definition(relation) else { continue };
        if before.relation(&relation.schema, &relation.name).and_then(definition).is_none() {
            changes.push(IndexChange {
                name: name(relation),
                table: table_name(after, relation),
                before: None,
                after: Some(now.to_owned()),
            });
        }
    }
    changes.sort_by(|left, right| (&left.table, &left.name).cmp(&(&right.table, &right.name)));
    changes
}

/// Whether the counts of scans and writes went on from the earlier portrait to the later one: none went back.
pub(super) fn counts_went_on(before: &Portrait, after: &Portrait) -> bool {
    let (earlier, later) = in_time(before, after);
    if earlier.made_ms == later.made_ms {
        return true;
    }
    earlier.relations.iter().all(|then| {
        let now = later.relation(&then.schema, &then.name);
        now.is_none_or(|now| now.scans >= then.scans && now.writes >= then.writes)
    })
}

/// Indexes in both that nobody used meanwhile, the largest first; nothing when the counts were reset.
pub(super) fn unused(before: &Portrait, after: &Portrait) -> Vec<Unused> {
    if !counts_went_on(before, after) {
        return Vec::new();
    }
    let own = if in_time(before, after).0.has_values { OWN_SCANS } else { 0 };
    let mut all: Vec<Unused> = before
        .relations
        .iter()
        .filter_map(|then| {
            then.index.as_ref().filter(|_| then.kind == 'i')?;
            let now = after.relation(&then.schema, &then.name)?;
            let scans = now.scans.abs_diff(then.scans);
            if scans > own || definition(now) != definition(then) {
                return None;
            }
            let of = table(before, then)?;
            let writes = after.relation(&of.schema, &of.name).map_or(0, |now| now.writes.abs_diff(of.writes));
            let needed =
                need(before, &then.schema, &then.name).or_else(|| need(after, &now.schema, &now.name));
            Some(Unused {
                name: name(then),
                table: name(of),
                bytes: then.bytes.max(now.bytes),
                scans,
                writes,
                needed: needed.map(Need::words),
            })
        })
        .collect();
    all.sort_by(|left, right| right.bytes.cmp(&left.bytes).then_with(|| left.name.cmp(&right.name)));
    all
}
