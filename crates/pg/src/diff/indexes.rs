//! Indexes that came and went, and those that nobody used.

use super::growth::name;
use super::time::in_time;
use crate::portrait::{Portrait, Relation};
use crate::shape::{Kind, Tokens};

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
            let index = then.index.as_ref().filter(|_| then.kind == 'i')?;
            let now = after.relation(&then.schema, &then.name)?;
            let scans = now.scans.abs_diff(then.scans);
            if scans > own || definition(now) != definition(then) {
                return None;
            }
            let of = table(before, then)?;
            let writes = after.relation(&of.schema, &of.name).map_or(0, |now| now.writes.abs_diff(of.writes));
            let needed = if index.is_needed {
                Some("it keeps rows unique")
            } else if serves_foreign_key(before, of, &index.definition)
                || serves_foreign_key(after, of, &index.definition)
            {
                Some("deletes in the table that its foreign key points to look rows up by it")
            } else {
                None
            };
            Some(Unused {
                name: name(then),
                table: name(of),
                bytes: then.bytes.max(now.bytes),
                scans,
                writes,
                needed,
            })
        })
        .collect();
    all.sort_by(|left, right| right.bytes.cmp(&left.bytes).then_with(|| left.name.cmp(&right.name)));
    all
}

/// Whether an index begins with the columns of a foreign key of its table.
fn serves_foreign_key(portrait: &Portrait, table: &Relation, definition: &str) -> bool {
    let Some(keys) = names_in_parentheses(definition, "") else { return false };
    portrait.schema.iter().filter(|piece| piece.kind == "FK CONSTRAINT" && piece.schema == table.schema).any(
        |piece| {
            let is_its = piece.name.strip_prefix(&table.name).is_some_and(|rest| rest.starts_with(' '));
            let columns = if is_its { names_in_parentheses(&piece.text, "KEY") } else { None };
            columns.is_some_and(|columns| {
                !columns.is_empty()
                    && columns.len() <= keys.len()
                    && columns.iter().all(|column| keys[..columns.len()].contains(column))
            })
        },
    )
}

/// The plain names in the first parentheses behind a word (behind anything, if that is empty); where something else is
/// in them, those before it.
fn names_in_parentheses(text: &str, behind: &str) -> Option<Vec<String>> {
    let mut tokens = Tokens::of(text).filter(|token| !matches!(token.kind, Kind::Space | Kind::Comment));
    if !behind.is_empty() {
        tokens.find(|token| text[token.range.clone()].eq_ignore_ascii_case(behind))?;
    }
    tokens.find(|token| token.kind == Kind::Sign('('))?;
    let (mut names, mut is_name_next) = (Vec::new(), true);
    for token in tokens {
        let word = &text[token.range];
        match word {
            ")" => return Some(names),
            "," => is_name_next = true,
            "(" => {
                // A call: what was taken for a column is a function.
                names.pop();
                return Some(names);
            }
            _ if is_name_next && token.kind != Kind::Sign('(') => {
                names.push(word.trim_matches('"').to_owned());
                is_name_next = false;
            }
            // An operator class, an order.
            _ => {}
        }
    }
    None
}
