//! Which pieces of a statement are values.

use super::piece::Piece;
use super::token::Kind;

/// Words after which a `-` is a number's sign.
const BEFORE_A_VALUE: [&str; 22] = [
    "and",
    "or",
    "not",
    "between",
    "by",
    "case",
    "when",
    "then",
    "else",
    "in",
    "like",
    "ilike",
    "limit",
    "offset",
    "on",
    "return",
    "select",
    "where",
    "having",
    "set",
    "values",
    "returning",
];
/// Words that end a list of what is sorted or grouped by.
const AFTER_BY: [&str; 11] =
    ["limit", "offset", "having", "order", "union", "intersect", "except", "window", "fetch", "for", "range"];

/// Says of each piece whether it is a value.
pub(super) fn mark_values(pieces: &mut Vec<Piece<'_>>) {
    let names_something = says_a_name(pieces);
    let mut kept: Vec<Piece<'_>> = Vec::with_capacity(pieces.len());
    let mut depth = 0_usize;
    let (mut by, mut size) = (None, None);
    for (position, piece) in pieces.iter().enumerate() {
        let mut piece = *piece;
        match piece.kind {
            Kind::Sign('(' | '[') => {
                depth += 1;
                if size.is_none() && is_size(&kept) {
                    size = Some(depth);
                }
            }
            Kind::Sign(')' | ']') => {
                if size == Some(depth) {
                    size = None;
                }
                depth = depth.saturating_sub(1);
                if by.is_some_and(|by| by > depth) {
                    by = None;
                }
            }
            Kind::Word if piece.is_word("by") => by = Some(depth),
            Kind::Word if by == Some(depth) && piece.is_word_of(&AFTER_BY) => by = None,
            // The second column, and not the number two.
            Kind::Number
                if by == Some(depth)
                    && kept.last().is_some_and(|last| last.is_word("by") || last.is_sign(','))
                    && stands_alone(pieces.get(position + 1)) => {}
            Kind::Number if size.is_some() => {}
            Kind::Text | Kind::Number | Kind::Parameter => piece.is_value = true,
            Kind::Word if piece.is_word_of(&["true", "false", "null"]) => {
                let after = kept.last();
                piece.is_value = !after.is_some_and(|last| {
                    last.is_word_of(&["is", "not", "set", "default"]) || last.is_sign('.')
                });
            }
            Kind::Word | Kind::QuotedName if Some(position) == names_something => piece.is_value = true,
            _ => {}
        }
        if piece.is_value && piece.kind == Kind::Number {
            let length = kept.len();
            if kept.last().is_some_and(is_sign_of_number)
                && length.checked_sub(2).and_then(|before| kept.get(before)).is_none_or(expects_a_value)
                && let Some(sign) = kept.pop()
            {
                piece.is_apart = sign.is_apart;
            }
        }
        kept.push(piece);
    }
    *pieces = kept;
}

fn is_sign_of_number(piece: &Piece<'_>) -> bool {
    piece.kind == Kind::Operator && matches!(piece.text, "-" | "+")
}

/// Whether a value comes after this, so that a `-` between them is its sign.
fn expects_a_value(piece: &Piece<'_>) -> bool {
    match piece.kind {
        Kind::Operator => true,
        Kind::Sign(sign) => !matches!(sign, ')' | ']' | '.'),
        Kind::Word => piece.is_word_of(&BEFORE_A_VALUE),
        _ => false,
    }
}

fn stands_alone(next: Option<&Piece<'_>>) -> bool {
    next.is_none_or(|next| {
        matches!(next.kind, Kind::Sign(',' | ')' | ';'))
            || next.is_word_of(&["asc", "desc", "nulls"])
            || next.is_word_of(&AFTER_BY)
    })
}

/// Whether a parenthesis after these is a type's size: `::numeric(10, 2)`, `as varchar(20)`.
fn is_size(before: &[Piece<'_>]) -> bool {
    let words =
        before.iter().rev().take(3).take_while(|piece| piece.kind == Kind::Word && !piece.is_word("as"));
    let count = words.count();
    count > 0
        && before
            .len()
            .checked_sub(count + 1)
            .and_then(|at| before.get(at))
            .is_some_and(|start| start.text == "::" || start.is_word("as"))
}

/// Where a statement of the session says a name that is made up each time: a savepoint's, a prepared statement's.
fn says_a_name(pieces: &[Piece<'_>]) -> Option<usize> {
    let last = pieces.len().checked_sub(1).filter(|last| *last > 0)?;
    let first = pieces.first()?;
    let says = first.is_word_of(&["savepoint", "release"])
        || first.is_word("deallocate") && !pieces[last].is_word("all")
        || first.is_word("rollback") && pieces.iter().any(|piece| piece.is_word("to"));
    (says && pieces.len() <= 5).then_some(last)
}
