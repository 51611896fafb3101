//! Lists of values become one value: of a statement with five ids and one with six there is one shape.

use super::piece::{More, Piece};
use super::token::Kind;

/// How deep rows of rows are looked into.
const DEEPEST: usize = 4;

/// The pieces with one value for each list of values: `in (…)`, `array[…]`, and with one row for many equal ones behind
/// `values`. In a text that is cut, a list that goes to its end is one.
pub(super) fn shorten<'a>(pieces: &[Piece<'a>], is_cut: bool) -> Vec<Piece<'a>> {
    let mut short: Vec<Piece<'a>> = Vec::with_capacity(pieces.len());
    let mut at = 0;
    while let Some(piece) = pieces.get(at) {
        short.push(*piece);
        at += 1;
        let opens = |sign| pieces.get(at).is_some_and(|next| next.is_sign(sign));
        if piece.is_word("in") && opens('(') || piece.is_word("array") && opens('[') {
            if let Some((first_end, end)) = list(pieces, at + 1, is_cut) {
                short.extend_from_slice(&pieces[at..first_end]);
                if let Some(last) = short.last_mut()
                    && (first_end < end || last.has_more != More::None)
                {
                    last.has_more = More::Values;
                }
                at = end;
            }
        } else if piece.is_word("values") && opens('(') {
            let Some(first_end) = closed(pieces, at) else { continue };
            let first = &pieces[at..first_end];
            short.extend_from_slice(first);
            at = first_end;
            while let Some(end) = next_row(pieces, at, first, is_cut) {
                at = end;
                if let Some(last) = short.last_mut() {
                    last.has_more = More::Rows;
                }
            }
        }
    }
    short
}

/// Where the first value of a list ends and where all of them do, if there is nothing but values in it.
fn list(pieces: &[Piece<'_>], from: usize, is_cut: bool) -> Option<(usize, usize)> {
    let first_end = value(pieces, from, 0)?;
    let mut end = first_end;
    while pieces.get(end).is_some_and(|next| next.is_sign(',')) {
        match value(pieces, end + 1, 0) {
            Some(next) => end = next,
            None if is_cut && end + 1 >= pieces.len() => return Some((first_end, pieces.len())),
            None => return None,
        }
    }
    match pieces.get(end) {
        Some(next) if next.is_sign(')') || next.is_sign(']') => Some((first_end, end)),
        None if is_cut => Some((first_end, end)),
        _ => None,
    }
}

/// Where a value that begins here ends: with its type, or a row of values.
fn value(pieces: &[Piece<'_>], from: usize, depth: usize) -> Option<usize> {
    let first = pieces.get(from)?;
    let mut end = from + 1;
    if first.is_sign('(') {
        if depth == DEEPEST {
            return None;
        }
        end = value(pieces, end, depth + 1)?;
        while pieces.get(end).is_some_and(|next| next.is_sign(',')) {
            end = value(pieces, end + 1, depth + 1)?;
        }
        if !pieces.get(end)?.is_sign(')') {
            return None;
        }
        end += 1;
    } else if !first.is_value {
        return None;
    }
    while pieces.get(end).is_some_and(|next| next.text == "::") {
        end += 1;
        while pieces.get(end).is_some_and(|next| {
            matches!(next.kind, Kind::Word | Kind::QuotedName)
                || next.is_sign('.')
                || next.is_sign('[')
                || next.is_sign(']') && pieces[end - 1].is_sign('[')
        }) {
            end += 1;
        }
    }
    Some(end)
}

/// Behind the parenthesis that closes the one here.
fn closed(pieces: &[Piece<'_>], from: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (position, piece) in pieces.iter().enumerate().skip(from) {
        if piece.is_sign('(') {
            depth += 1;
        } else if piece.is_sign(')') {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return Some(position + 1);
            }
        }
    }
    None
}

/// Behind the next row, if it is like the first; the last one of a text that is cut may be a part of it.
fn next_row(pieces: &[Piece<'_>], at: usize, first: &[Piece<'_>], is_cut: bool) -> Option<usize> {
    if !pieces.get(at)?.is_sign(',') {
        return None;
    }
    let row = pieces.get(at + 1..)?;
    let row = &row[..row.len().min(first.len())];
    let is_like = row.iter().zip(first).all(|(piece, other)| piece.is_like(other));
    (is_like && (row.len() == first.len() || is_cut)).then_some(at + 1 + row.len())
}
