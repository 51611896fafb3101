//! What an index is there for besides being fast.
//!
//! Newer portraits were told by the server. Older ones have the schema's text alone, which says of foreign keys what
//! columns they have.

use crate::portrait::{Portrait, Purpose, Relation};
use crate::shape::{Kind, Tokens};

/// Why an index is needed, whether a statement scans it or not; of several reasons, the strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// It keeps rows unique, or is of a constraint.
    Unique,
    /// Replication tells rows apart by it.
    Replication,
    /// It is a part of a partitioned index, which goes as a whole.
    Partition,
    /// It finds the rows that refer to one that is deleted elsewhere: without it the whole table is read.
    ForeignKey,
}

impl Need {
    /// In words: a sentence without a capital and a stop.
    pub fn words(self) -> &'static str {
        match self {
            Self::Unique => "it keeps rows unique",
            Self::Replication => "replication tells rows apart by it",
            Self::Partition => "it is a part of an index that is dropped as a whole",
            Self::ForeignKey => "deletes in the table that its foreign key points to look rows up by it",
        }
    }

    /// Whether the index has to stay: without it the database would be another, and not just slower.
    pub fn holds(self) -> bool {
        self != Self::ForeignKey
    }
}

/// What the index of this name is needed for.
pub fn need(portrait: &Portrait, schema: &str, name: &str) -> Option<Need> {
    let of = |relation: &Relation| (relation.schema.as_str(), relation.name.as_str()).cmp(&(schema, name));
    let place = portrait.relations.binary_search_by(of).ok()?;
    need_of(portrait, place, &portrait.relations[place])
}

/// What an index is needed for, by its place; of one that is not there yet, what its definition says.
pub(super) fn need_of(portrait: &Portrait, place: usize, relation: &Relation) -> Option<Need> {
    let index = relation.index.as_ref()?;
    if index.is_needed {
        return Some(Need::Unique);
    }
    if let Some(usage) = &portrait.usage {
        let purposes = usage.of.get(place).map_or(&[][..], |of| of.purposes.as_slice());
        return purposes.iter().filter_map(|purpose| of_purpose(*purpose)).min();
    }
    let table = portrait.relations.get(relation.table? as usize)?;
    serves_foreign_key(portrait, table, &index.definition).then_some(Need::ForeignKey)
}

fn of_purpose(purpose: Purpose) -> Option<Need> {
    match purpose {
        Purpose::Unique | Purpose::Constraint | Purpose::Referenced => Some(Need::Unique),
        Purpose::ReplicaIdentity => Some(Need::Replication),
        Purpose::Partition => Some(Need::Partition),
        Purpose::ForeignKey => Some(Need::ForeignKey),
        Purpose::Cluster => None,
    }
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
