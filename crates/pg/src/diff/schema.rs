//! Parts of the schema that are new, gone or others.

use std::collections::BTreeMap;

use crate::portrait::Portrait;

/// What became of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It is in the second portrait alone.
    New,
    /// It is in the first portrait alone.
    Gone,
    /// It is another one.
    Changed,
}

/// A part of the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its kind, as a dump has it: `TABLE`, `FK CONSTRAINT`.
    pub kind: String,
    /// Its name, with its schema if it is in one.
    pub name: String,
    /// What became of it.
    pub what: What,
}

impl Piece {
    pub(super) fn mirrored(mut self) -> Self {
        self.what = match self.what {
            What::New => What::Gone,
            What::Gone => What::New,
            What::Changed => What::Changed,
        };
        self
    }
}

type Texts<'a> = BTreeMap<(&'a str, &'a str, &'a str), Vec<&'a str>>;

fn texts(portrait: &Portrait) -> Texts<'_> {
    let mut texts = Texts::new();
    for piece in portrait.schema.iter().filter(|piece| !is_index(&piece.kind)) {
        let of = (piece.kind.as_str(), piece.schema.as_str(), piece.name.as_str());
        texts.entry(of).or_default().push(&piece.text);
    }
    texts
}

/// Indexes are told by themselves.
pub(super) fn is_index(kind: &str) -> bool {
    matches!(kind, "INDEX" | "INDEX ATTACH")
}

pub(super) fn changes(before: &Portrait, after: &Portrait) -> Vec<Piece> {
    let (then, now) = (texts(before), texts(after));
    let piece = |(kind, schema, name): &(&str, &str, &str), what| Piece {
        kind: (*kind).to_owned(),
        name: if schema.is_empty() { (*name).to_owned() } else { format!("{schema}.{name}") },
        what,
    };
    let gone = then.iter().filter_map(|(of, texts)| match now.get(of) {
        None => Some(piece(of, What::Gone)),
        Some(other) if other != texts => Some(piece(of, What::Changed)),
        Some(_) => None,
    });
    let new = now.keys().filter(|of| !then.contains_key(*of)).map(|of| piece(of, What::New));
    let mut all: Vec<Piece> = gone.chain(new).collect();
    all.sort_by(|left, right| (&left.kind, &left.name).cmp(&(&right.kind, &right.name)));
    all
}
