//! A condition as `EXPLAIN` writes it, taken apart.

use loadline_pg::shape::{Kind, Token, Tokens};

/// One side of an operator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Operand {
    /// Its text without aliases: as it would stand in an index.
    pub text: String,
    /// As it was written.
    pub whole: String,
    /// The columns that it has, each with its alias.
    pub columns: Vec<(String, String)>,
    /// If it is one column and nothing else: which one, and the type that it was cast to.
    pub column: Option<(String, String, Option<String>)>,
    /// Whether it is a value that is written out.
    pub is_literal: bool,
    /// Its parameter, if it is one: `$1`.
    pub parameter: Option<u32>,
    /// The function that it calls and the arguments, if it is a call and nothing else.
    pub call: Option<(String, Vec<String>)>,
}

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// All of them.
    All(Vec<Self>),
    /// One of them.
    Any(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// Whether something is null.
    Null(Operand, bool),
    /// Two sides; whether the right one is a list of which one must hold, or all.
    Compare(Box<Operand>, String, Box<Operand>, Option<bool>),
    /// Something that is true or not.
    Holds(Operand),
}

impl Condition {
    /// Reads a condition.
    pub fn parse(text: &str) -> Self {
        let tokens: Vec<Token> =
            Tokens::of(text).filter(|token| !matches!(token.kind, Kind::Space | Kind::Comment)).collect();
        Part { text, tokens: &tokens }.condition(64)
    }

    /// The conditions that all have to hold.
    pub fn conjuncts(self) -> Vec<Self> {
        match self {
            Self::All(all) => all.into_iter().flat_map(Self::conjuncts).collect(),
            other => vec![other],
        }
    }
}

impl Operand {
    /// Reads an expression.
    pub fn parse(text: &str) -> Self {
        let tokens: Vec<Token> =
            Tokens::of(text).filter(|token| !matches!(token.kind, Kind::Space | Kind::Comment)).collect();
        Part { text, tokens: &tokens }.operand()
    }

    /// The alias that all columns are of, if it is one.
    pub fn alias(&self) -> Option<&str> {
        let first = self.columns.first()?.0.as_str();
        self.columns.iter().all(|(alias, _)| alias == first).then_some(first)
    }
}

/// The parts of a list: `a, f(b, c)` has two.
pub(super) fn listed(text: &str) -> Vec<String> {
    let tokens: Vec<Token> =
        Tokens::of(text).filter(|token| !matches!(token.kind, Kind::Space | Kind::Comment)).collect();
    let part = Part { text, tokens: &tokens };
    part.split(|part, at| part.tokens[at].kind == Kind::Sign(','))
        .iter()
        .map(|part| part.source().to_owned())
        .collect()
}

#[derive(Clone, Copy)]
struct Part<'t> {
    text: &'t str,
    tokens: &'t [Token],
}

impl<'t> Part<'t> {
    fn word(&self, at: usize) -> &'t str {
        self.tokens.get(at).map_or("", |token| &self.text[token.range.clone()])
    }

    fn is(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.kind == Kind::Word) && self.word(at) == word
    }

    fn source(&self) -> &'t str {
        match (self.tokens.first(), self.tokens.last()) {
            (Some(first), Some(last)) => &self.text[first.range.start..last.range.end],
            _ => "",
        }
    }

    fn of(&self, from: usize, to: usize) -> Self {
        Self { text: self.text, tokens: &self.tokens[from.min(to)..to] }
    }

    /// Where something is that is in no parentheses.
    fn outside(&self) -> impl Iterator<Item = usize> {
        let mut depth = 0_usize;
        let places: Vec<usize> = (0..self.tokens.len())
            .filter(|at| {
                let was = depth;
                match self.tokens[*at].kind {
                    Kind::Sign('(' | '[') => depth += 1,
                    Kind::Sign(')' | ']') => depth = depth.saturating_sub(1),
                    Kind::Word if self.word(*at) == "CASE" => depth += 1,
                    Kind::Word if self.word(*at) == "END" => depth = depth.saturating_sub(1),
                    _ => {}
                }
                was == 0
            })
            .collect();
        places.into_iter()
    }

    fn split(&self, parts: impl Fn(&Self, usize) -> bool) -> Vec<Self> {
        let mut from = 0;
        let mut found = Vec::new();
        for at in self.outside() {
            if parts(self, at) {
                found.push(self.of(from, at));
                from = at + 1;
            }
        }
        found.push(self.of(from, self.tokens.len()));
        found
    }

    /// Without parentheses around all of it.
    fn bare(self) -> Self {
        let mut part = self;
        while part.tokens.len() > 2
            && part.tokens[0].kind == Kind::Sign('(')
            && part.closing(0) == Some(part.tokens.len() - 1)
        {
            part = part.of(1, part.tokens.len() - 1);
        }
        part
    }

    fn closing(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for at in open..self.tokens.len() {
            match self.tokens[at].kind {
                Kind::Sign('(' | '[') => depth += 1,
                Kind::Sign(')' | ']') => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Some(at);
                    }
                }
                _ => {}
            }
        }
        None
    }

    fn condition(self, deepest: usize) -> Condition {
        let part = self.bare();
        if deepest == 0 {
            return Condition::Holds(part.operand());
        }
        for (word, make) in
            [("OR", Condition::Any as fn(Vec<Condition>) -> Condition), ("AND", Condition::All)]
        {
            let parts = part.split(|part, at| part.is(at, word));
            if parts.len() > 1 {
                return make(parts.into_iter().map(|part| part.condition(deepest - 1)).collect());
            }
        }
        let length = part.tokens.len();
        if part.is(0, "NOT") {
            return Condition::Not(Box::new(part.of(1, length).condition(deepest - 1)));
        }
        if length > 2 && part.is(length - 1, "NULL") {
            if part.is(length - 2, "IS") {
                return Condition::Null(part.of(0, length - 2).operand(), true);
            }
            if length > 3 && part.is(length - 2, "NOT") && part.is(length - 3, "IS") {
                return Condition::Null(part.of(0, length - 3).operand(), false);
            }
        }
        let Some((from, to, operator)) = part.operator() else { return Condition::Holds(part.operand()) };
        let (left, right) = (part.of(0, from), part.of(to, length));
        let list = if right.is(0, "ANY") || right.is(0, "ALL") { Some(right.is(0, "ANY")) } else { None };
        let right = if list.is_some() { right.of(1, right.tokens.len()) } else { right };
        Condition::Compare(Box::new(left.operand()), operator, Box::new(right.operand()), list)
    }

    /// The operator between two sides.
    fn operator(&self) -> Option<(usize, usize, String)> {
        self.outside().filter(|at| *at > 0).find_map(|at| match self.tokens[at].kind {
            Kind::Operator => Some((at, at + 1, self.word(at).to_owned())),
            // OPERATOR(schema.=)
            Kind::Word if self.word(at) == "OPERATOR" => {
                let close = self.closing(at + 1)?;
                let inner = (at + 1..close).find(|at| self.tokens[*at].kind == Kind::Operator)?;
                Some((at, close + 1, self.word(inner).to_owned()))
            }
            _ => None,
        })
    }

    fn operand(self) -> Operand {
        let part = self.bare();
        let mut operand = Operand { whole: part.source().to_owned(), ..Operand::default() };
        let (mut text, mut last, mut at) =
            (String::new(), part.tokens.first().map_or(0, |token| token.range.start), 0);
        while at < part.tokens.len() {
            let token = &part.tokens[at];
            text += &part.text[last..token.range.start];
            if part.is_reference(at) {
                operand.columns.push((name(part.word(at)), name(part.word(at + 2))));
                text += part.word(at + 2);
                last = part.tokens[at + 2].range.end;
                at += 3;
            } else {
                text += &part.text[token.range.clone()];
                last = token.range.end;
                at += 1;
            }
        }
        operand.text = text;
        operand.column = part.column();
        operand.is_literal = part.is_literal();
        operand.parameter = match part.tokens {
            [first, ..] if first.kind == Kind::Parameter && part.is_cast_from(1) => {
                part.word(0)[1..].parse().ok()
            }
            _ => None,
        };
        operand.call = part.call();
        operand
    }

    /// `alias.column`, and no function or type.
    fn is_reference(&self, at: usize) -> bool {
        let is_name = |at: usize| {
            self.tokens.get(at).is_some_and(|token| matches!(token.kind, Kind::Word | Kind::QuotedName))
        };
        let is_sign =
            |at: usize, sign: char| self.tokens.get(at).is_some_and(|token| token.kind == Kind::Sign(sign));
        is_name(at)
            && is_sign(at + 1, '.')
            && is_name(at + 2)
            && !is_sign(at + 3, '(')
            && !is_sign(at + 3, '.')
            && !(at > 0
                && (is_sign(at - 1, '.') || self.word(at - 1) == "::" || self.word(at - 1) == "COLLATE"))
    }

    fn column(&self) -> Option<(String, String, Option<String>)> {
        let part = self.bare();
        if part.tokens.len() == 3 && part.is_reference(0) {
            return Some((name(part.word(0)), name(part.word(2)), None));
        }
        // (a.b)::text
        if part.tokens.first()?.kind == Kind::Sign('(') {
            let close = part.closing(0)?;
            if part.word(close + 1) == "::" && part.is_cast_from(close + 1) {
                let (alias, column, _) = part.of(1, close).column()?;
                return Some((
                    alias,
                    column,
                    Some(part.of(close + 2, part.tokens.len()).source().to_owned()),
                ));
            }
        }
        None
    }

    /// Whether all from here on is casts.
    fn is_cast_from(&self, from: usize) -> bool {
        from >= self.tokens.len()
            || self.word(from) == "::"
                && self.tokens[from..].iter().all(|token| {
                    matches!(token.kind, Kind::Word | Kind::QuotedName | Kind::Number)
                        || matches!(token.kind, Kind::Sign(sign) if matches!(sign, ':' | '.' | '(' | ')' | ',' | '[' | ']'))
                })
    }

    fn is_literal(&self) -> bool {
        let part = self.bare();
        match part.tokens.first() {
            Some(first) if matches!(first.kind, Kind::Text | Kind::Number) => part.is_cast_from(1),
            Some(first) if first.kind == Kind::Operator && part.word(0) == "-" => {
                part.tokens.get(1).is_some_and(|token| token.kind == Kind::Number) && part.is_cast_from(2)
            }
            Some(first) if first.kind == Kind::Word && matches!(part.word(0), "true" | "false") => {
                part.tokens.len() == 1
            }
            Some(first) if first.kind == Kind::Sign('(') => part.closing(0).is_some_and(|close| {
                close + 1 < part.tokens.len()
                    && part.is_cast_from(close + 1)
                    && part.of(1, close).is_literal()
            }),
            _ => false,
        }
    }

    fn call(&self) -> Option<(String, Vec<String>)> {
        let open = self.tokens.iter().position(|token| token.kind == Kind::Sign('('))?;
        let is_name = self.tokens[..open]
            .iter()
            .all(|token| matches!(token.kind, Kind::Word | Kind::QuotedName | Kind::Sign('.')));
        if open == 0 || !is_name || self.closing(open) != Some(self.tokens.len() - 1) {
            return None;
        }
        let inner = self.of(open + 1, self.tokens.len() - 1);
        let arguments = inner.split(|part, at| part.tokens[at].kind == Kind::Sign(','));
        Some((name(self.word(open - 1)), arguments.iter().map(|part| part.source().to_owned()).collect()))
    }
}

/// A name without its quotes.
fn name(word: &str) -> String {
    match word.strip_prefix('"').and_then(|word| word.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => word.to_owned(),
    }
}
