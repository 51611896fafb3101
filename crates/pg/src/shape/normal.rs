//! The shape of a statement: its text with `$1`, `$2` … for every value.
//!
//! Two texts have one shape when they differ in values, white space, comments, the case of key words and names, and in
//! how many values a list has. Values are numbered as they come, also those that were parameters before, so that a
//! statement has one shape whether its client sends values or parameters, and a shape is its own shape. What is left is
//! a statement that a server can plan.

use std::fmt::{self, Write as _};

use sha2::{Digest, Sha256};

use super::lists::shorten;
use super::piece::{MORE, More, Piece, pieces};
use super::token::Kind;
use super::values::mark_values;

/// Bytes of a shape's text that are kept; what tells shapes apart is taken of all of it.
const LONGEST: usize = 8 << 10;

/// A statement without its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The statement with `$1`, `$2` … for its values, in one line; `…` ends one that is too long to be kept.
    pub text: String,
    /// The same for every text of this shape.
    pub id: ShapeId,
    /// Whether the text ended within something: it was cut, and others may look like it.
    pub is_cut: bool,
}

/// What tells shapes apart: the beginning of a SHA-256, written as sixteen digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShapeId([u8; 16]);

impl fmt::Display for ShapeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..8].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ShapeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ShapeId({self})")
    }
}

impl Shape {
    /// The shape of a statement.
    ///
    /// ```
    /// use loadline_pg::shape::Shape;
    ///
    /// let shape = Shape::of("SELECT *  FROM t -- all\n WHERE a IN (1, 2, 3) AND b = 'it''s'");
    /// assert_eq!(shape.text, "SELECT * FROM t WHERE a IN ($1 /*, ... */) AND b = $2");
    /// assert_eq!(shape.id, Shape::of("select * from t where a in ($1) and b = $2").id);
    /// assert_ne!(shape.id, Shape::of("select * from t where a in ($1) and c = $2").id);
    /// ```
    pub fn of(text: &str) -> Self {
        let (mut pieces, is_cut) = pieces(text);
        mark_values(&mut pieces);
        let pieces = shorten(&pieces, is_cut);
        Self { text: written(&pieces), id: id(&pieces), is_cut }
    }
}

fn written(pieces: &[Piece<'_>]) -> String {
    let mut text = String::new();
    let mut number = 0_u32;
    for piece in pieces {
        if text.len() > LONGEST {
            text.push('…');
            break;
        }
        // `date'2026-01-01'` is two words.
        let runs_into = piece.is_value
            && text.ends_with(|last: char| {
                !last.is_ascii() || last.is_ascii_alphanumeric() || "_$".contains(last)
            });
        if (piece.is_apart || runs_into) && !text.is_empty() {
            text.push(' ');
        }
        if piece.is_value {
            // Written to a string: it cannot fail.
            number += 1;
            let _ = write!(text, "${number}");
        } else {
            let mut shown = piece.text;
            if shown.len() > LONGEST {
                shown = &shown[..shown.floor_char_boundary(LONGEST)];
            }
            text.extend(shown.chars().map(|character| in_line(piece.kind, character)));
        }
        if piece.has_more != More::None {
            text.push(' ');
            text.push_str(MORE);
        }
    }
    text
}

/// A quoted name may have a line break in it; a word stays one.
fn in_line(kind: Kind, character: char) -> char {
    match kind {
        _ if !character.is_control() => character,
        Kind::Word => char::REPLACEMENT_CHARACTER,
        _ => ' ',
    }
}

fn id(pieces: &[Piece<'_>]) -> ShapeId {
    let mut hash = Sha256::new();
    let mut lower = String::new();
    for piece in pieces {
        if piece.is_value {
            hash.update(b"$");
        } else if piece.kind == Kind::Word {
            lower.clear();
            lower.extend(piece.text.chars().map(|character| in_line(piece.kind, character)));
            lower.make_ascii_lowercase();
            hash.update(lower.as_bytes());
        } else if piece.text.contains(char::is_control) {
            let shown = piece.text.chars().map(|character| in_line(piece.kind, character));
            hash.update(shown.collect::<String>().as_bytes());
        } else {
            hash.update(piece.text.as_bytes());
        }
        hash.update(if piece.has_more == More::Rows { [1] } else { [0] });
    }
    let digest = hash.finalize();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    ShapeId(id)
}
