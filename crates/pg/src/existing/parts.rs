//! What an index is of, out of the text by which PostgreSQL says how it was made.

use crate::shape::{Kind, Token, Tokens};

/// The parts of `CREATE INDEX name ON table USING method (keys) INCLUDE (…) WITH (…) WHERE …`, each as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    /// `btree`.
    pub(crate) method: String,
    /// A column or an expression, with its collation, class and order.
    pub(crate) keys: Vec<String>,
    /// Columns that are carried along.
    pub(crate) include: Vec<String>,
    /// The rest: parameters and the predicate.
    pub(crate) rest: String,
}

impl Parts {
    /// Of `pg_get_indexdef`; nothing when it is something else.
    pub(crate) fn of(definition: &str) -> Option<Self> {
        let tokens: Vec<Token> = Tokens::of(definition)
            .filter(|token| !matches!(token.kind, Kind::Space | Kind::Comment))
            .collect();
        let text = |at: usize| tokens.get(at).map_or("", |token| &definition[token.range.clone()]);
        let is_word = |at: usize, word: &str| {
            tokens.get(at).is_some_and(|token| token.kind == Kind::Word)
                && text(at).eq_ignore_ascii_case(word)
        };
        let using = (0..tokens.len()).find(|at| is_word(*at, "using"))?;
        let method = text(using + 1).to_ascii_lowercase();
        let (keys, mut next) = list(definition, &tokens, using + 2)?;
        let mut include = Vec::new();
        if is_word(next, "include") {
            (include, next) = list(definition, &tokens, next + 1)?;
        }
        let rest = tokens.get(next).map_or("", |token| &definition[token.range.start..]);
        Some(Self { method, keys, include, rest: rest.trim().to_owned() })
    }
}

/// What stands between brackets, parted by commas, and where it goes on behind them.
fn list(text: &str, tokens: &[Token], open: usize) -> Option<(Vec<String>, usize)> {
    if tokens.get(open)?.kind != Kind::Sign('(') {
        return None;
    }
    let mut items = Vec::new();
    let (mut depth, mut from) = (0_u32, tokens.get(open + 1)?.range.start);
    for (at, token) in tokens.iter().enumerate().skip(open + 1) {
        match token.kind {
            Kind::Sign('(' | '[') => depth += 1,
            Kind::Sign(')') if depth == 0 => {
                items.push(text[from..token.range.start].trim().to_owned());
                return Some((items, at + 1));
            }
            Kind::Sign(')' | ']') => depth = depth.saturating_sub(1),
            Kind::Sign(',') if depth == 0 => {
                items.push(text[from..token.range.start].trim().to_owned());
                from = token.range.end;
            }
            _ => {}
        }
    }
    None
}
