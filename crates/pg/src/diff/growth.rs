//! Tables and indexes that grew or shrank.

use crate::portrait::{Portrait, Relation};

/// How large something is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Rows, as the planner reckons them; nothing where nobody has counted.
    pub rows: Option<f64>,
    /// Bytes of its file.
    pub bytes: u64,
}

/// A table or an index that is of another size, new, or gone.
#[derive(Clone, Debug, PartialEq)]
pub struct Growth {
    /// Its name, with its schema.
    pub name: String,
    /// As `pg_class.relkind`.
    pub kind: char,
    /// How large it is in the first portrait, if it is there.
    pub before: Option<Measured>,
    /// How large it is in the second.
    pub after: Option<Measured>,
}

impl Growth {
    /// Bytes that it has grown by; below zero, that it has shrunk by.
    pub fn bytes(&self) -> i64 {
        let bytes =
            |size: Option<Measured>| size.map_or(0, |size| i64::try_from(size.bytes).unwrap_or(i64::MAX));
        bytes(self.after).saturating_sub(bytes(self.before))
    }

    /// Whether it is an index.
    pub fn is_index(&self) -> bool {
        matches!(self.kind, 'i' | 'I')
    }

    pub(super) fn mirrored(mut self) -> Self {
        std::mem::swap(&mut self.before, &mut self.after);
        self
    }
}

/// The name that people write.
pub(super) fn name(relation: &Relation) -> String {
    format!("{}.{}", relation.schema, relation.name)
}

fn measured(relation: &Relation) -> Measured {
    // -1: nobody has counted. An index that nobody has counted has the rows of its file, which is no figure either.
    let rows = (relation.tuples >= 0.0).then_some(f64::from(relation.tuples));
    Measured { rows, bytes: relation.bytes }
}

/// What grew, what grew most first.
pub(super) fn growth(before: &Portrait, after: &Portrait) -> Vec<Growth> {
    let find = |portrait: &Portrait, relation: &Relation| {
        portrait.relation(&relation.schema, &relation.name).map(measured)
    };
    let both = before.relations.iter().map(|relation| Growth {
        name: name(relation),
        kind: relation.kind,
        before: Some(measured(relation)),
        after: find(after, relation),
    });
    let new = after
        .relations
        .iter()
        .filter(|relation| before.relation(&relation.schema, &relation.name).is_none())
        .map(|relation| Growth {
            name: name(relation),
            kind: relation.kind,
            before: None,
            after: Some(measured(relation)),
        });
    let mut all: Vec<Growth> = both.chain(new).filter(|growth| growth.before != growth.after).collect();
    all.sort_by(|left, right| {
        let size = |growth: &Growth| growth.bytes().unsigned_abs();
        size(right).cmp(&size(left)).then_with(|| left.name.cmp(&right.name))
    });
    all
}
