//! A statement as tokens, without white space and comments.

use loadline_pg::shape::{Kind, Token, Tokens};

/// Words that end an expression.
const ENDS: [&str; 35] = [
    "and",
    "or",
    "order",
    "group",
    "limit",
    "having",
    "returning",
    "union",
    "except",
    "intersect",
    "offset",
    "fetch",
    "for",
    "window",
    "then",
    "else",
    "when",
    "end",
    "as",
    "asc",
    "desc",
    "is",
    "in",
    "between",
    "like",
    "ilike",
    "not",
    "similar",
    "from",
    "where",
    "on",
    "using",
    "join",
    "nulls",
    "collate",
];

/// A statement's text, and its tokens.
#[derive(Clone, Debug)]
pub(super) struct Source<'t> {
    pub(super) text: &'t str,
    pub(super) tokens: Vec<Token>,
}

impl<'t> Source<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let tokens =
            Tokens::of(text).filter(|token| !matches!(token.kind, Kind::Space | Kind::Comment)).collect();
        Self { text, tokens }
    }

    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    pub(super) fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    /// The token's text; empty behind the end.
    pub(super) fn word(&self, at: usize) -> &'t str {
        self.tokens.get(at).map_or("", |token| &self.text[token.range.clone()])
    }

    /// Whether a token is this key word or plain name.
    pub(super) fn is(&self, at: usize, word: &str) -> bool {
        self.kind(at) == Some(Kind::Word) && self.word(at).eq_ignore_ascii_case(word)
    }

    pub(super) fn is_any(&self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(at, word))
    }

    pub(super) fn is_sign(&self, at: usize, sign: char) -> bool {
        self.kind(at) == Some(Kind::Sign(sign))
    }

    /// The text of tokens from one to another, without the second.
    pub(super) fn between(&self, from: usize, to: usize) -> &'t str {
        match (self.tokens.get(from), self.tokens.get(to.wrapping_sub(1))) {
            (Some(first), Some(last)) if from < to => &self.text[first.range.start..last.range.end],
            _ => "",
        }
    }

    /// The statement with these tokens replaced.
    pub(super) fn replaced(&self, from: usize, to: usize, by: &str) -> String {
        let start = self.tokens.get(from).map_or(self.text.len(), |token| token.range.start);
        let end = self.tokens.get(to.wrapping_sub(1)).map_or(start, |token| token.range.end);
        let before = &self.text[..start];
        let gap = |left: &str, right: &str| {
            let is_part = |letter: char| letter.is_alphanumeric() || "_$\"'".contains(letter);
            left.ends_with(is_part) && right.starts_with(is_part)
        };
        let after = &self.text[end.max(start)..];
        let (first, second) = (if gap(before, by) { " " } else { "" }, if gap(by, after) { " " } else { "" });
        format!("{before}{first}{by}{second}{after}")
    }

    /// Where what opens here is closed.
    pub(super) fn close(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for at in open..self.len() {
            match self.tokens[at].kind {
                Kind::Sign('(' | '[') => depth += 1,
                Kind::Sign(')' | ']') => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(at);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// The places from one to another that stand in no parentheses opened there.
    pub(super) fn outside(&self, from: usize, to: usize) -> Vec<usize> {
        let (mut depth, mut places) = (0_usize, Vec::new());
        for at in from..to.min(self.len()) {
            if matches!(self.tokens[at].kind, Kind::Sign(')' | ']')) {
                depth = depth.saturating_sub(1);
            } else {
                if depth == 0 {
                    places.push(at);
                }
                depth += usize::from(matches!(self.tokens[at].kind, Kind::Sign('(' | '[')));
            }
        }
        places
    }

    /// What stands between commas.
    pub(super) fn listed(&self, from: usize, to: usize) -> Vec<(usize, usize)> {
        self.split(from, to, |source, at| source.is_sign(at, ','))
    }

    /// What stands between these, in no parentheses.
    pub(super) fn split(
        &self,
        from: usize,
        to: usize,
        parts: impl Fn(&Self, usize) -> bool,
    ) -> Vec<(usize, usize)> {
        let (mut start, mut found) = (from, Vec::new());
        for at in self.outside(from, to) {
            if parts(self, at) {
                found.push((start, at));
                start = at + 1;
            }
        }
        found.push((start, to));
        found
    }

    /// Where the expression that begins here ends: before a comparison, a key word, a comma, or what closes around it.
    pub(super) fn expression(&self, from: usize) -> usize {
        let mut depth = 0_usize;
        for at in from..self.len() {
            match self.tokens[at].kind {
                Kind::Sign('(' | '[') => depth += 1,
                Kind::Sign(')' | ']' | ',' | ';') if depth == 0 => return at,
                Kind::Sign(')' | ']') => depth -= 1,
                Kind::Operator if depth == 0 && is_comparison(self.word(at)) => return at,
                Kind::Word if depth == 0 && self.is_any(at, &ENDS) => return at,
                _ => {}
            }
        }
        self.len()
    }

    /// A column, as it is written: `a`, `a.b` or `a.b.c`. Its end, and its name.
    pub(super) fn column(&self, from: usize) -> Option<(usize, String)> {
        let is_name = |at: usize| matches!(self.kind(at), Some(Kind::Word | Kind::QuotedName));
        let mut at = from;
        if !is_name(at) {
            return None;
        }
        while self.is_sign(at + 1, '.') && is_name(at + 2) {
            at += 2;
        }
        (!self.is_sign(at + 1, '(') && !self.is_sign(at + 1, '.')).then(|| (at + 1, name(self.word(at))))
    }

    /// Whether one of these words stands between, in no parentheses.
    pub(super) fn has_outside(&self, from: usize, to: usize, words: &[&str]) -> bool {
        self.outside(from, to).into_iter().any(|at| self.is_any(at, words))
    }

    /// The highest number of a parameter.
    pub(super) fn parameters(&self) -> u32 {
        loadline_pg::ghost::parameters(self.text)
    }
}

/// Whether an operator compares.
pub(super) fn is_comparison(operator: &str) -> bool {
    matches!(operator, "=" | "<" | ">" | "<=" | ">=" | "<>" | "!=")
}

/// A name as the server knows it.
pub(super) fn name(word: &str) -> String {
    match word.strip_prefix('"').and_then(|word| word.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => word.to_lowercase(),
    }
}
