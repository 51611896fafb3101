//! A statement in few columns: what it selects gives way, what it selects from and by stays.

use super::token::{Kind, Tokens};

/// The statement with `…` for the columns it selects and for those it inserts into, if it is longer than this many
/// characters; it may still be longer then.
///
/// ```
/// use loadline_pg::shape::abridge;
///
/// let text = "SELECT a.name, a.age, (SELECT max(b) FROM c) FROM a WHERE a.id = $1";
/// assert_eq!(abridge(text, 40), "SELECT … FROM a WHERE a.id = $1");
/// assert_eq!(abridge(text, 80), text);
/// assert_eq!(abridge("INSERT INTO t (a, b, c, d) VALUES ($1, $2, $3, $4)", 30), "INSERT INTO t (…) VALUES ($1, $2, $3, $4)");
/// ```
pub fn abridge(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let tokens: Vec<_> = Tokens::of(text).collect();
    let is = |position: usize, word: &str| {
        tokens[position].kind == Kind::Word && text[tokens[position].range.clone()].eq_ignore_ascii_case(word)
    };
    let mut depth = 0_usize;
    // Where the list begins, and how deep it lies.
    let mut list: Option<(usize, usize)> = None;
    let mut inserts = false;
    for (position, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Sign('(') => {
                if inserts && list.is_none() {
                    list = Some((token.range.end, depth + 1));
                }
                depth += 1;
            }
            Kind::Sign(')') => {
                if let Some((start, deep)) = list
                    && inserts
                    && deep == depth
                {
                    return with_gap(text, start, token.range.start, "");
                }
                depth = depth.saturating_sub(1);
            }
            Kind::Word if is(position, "insert") && list.is_none() => inserts = true,
            Kind::Word if is(position, "values") => inserts = false,
            Kind::Word if is(position, "select") && list.is_none() && !inserts => {
                list = Some((token.range.end, depth));
            }
            Kind::Word if is(position, "from") && !inserts => {
                if let Some((start, deep)) = list
                    && deep == depth
                {
                    return with_gap(text, start, token.range.start, " ");
                }
            }
            _ => {}
        }
    }
    text.to_owned()
}

fn with_gap(text: &str, start: usize, end: usize, around: &str) -> String {
    format!("{}{around}…{around}{}", &text[..start], &text[end..])
}
