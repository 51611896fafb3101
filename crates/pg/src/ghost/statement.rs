//! Statements as they can be explained: one at a time, with parameters that a server can tell the types of.

use crate::shape::{Kind, Token, Tokens};

/// Types that are written before a literal, which a parameter cannot be.
const BEFORE_LITERALS: [&str; 36] = [
    "interval",
    "date",
    "timestamp",
    "timestamptz",
    "time",
    "timetz",
    "point",
    "box",
    "circle",
    "polygon",
    "path",
    "line",
    "lseg",
    "inet",
    "cidr",
    "macaddr",
    "uuid",
    "json",
    "jsonb",
    "jsonpath",
    "numeric",
    "text",
    "bytea",
    "bool",
    "tsquery",
    "tsvector",
    "xml",
    "int4range",
    "int8range",
    "numrange",
    "tsrange",
    "tstzrange",
    "daterange",
    "geometry",
    "geography",
    "regconfig",
];

/// The statements of a text, parted by semicolons, without those that are nothing.
///
/// ```
/// let statements = loadline_pg::ghost::statements("SELECT ';'; -- one\n; SELECT $$;$$;");
/// assert_eq!(statements, ["SELECT ';'", "SELECT $$;$$"]);
/// ```
pub fn statements(text: &str) -> Vec<&str> {
    let mut statements = Vec::new();
    let (mut from, mut has_words) = (0, false);
    let mut ends: Vec<(usize, usize, bool)> = Vec::new();
    for token in Tokens::of(text) {
        match token.kind {
            Kind::Sign(';') => {
                ends.push((from, token.range.start, has_words));
                (from, has_words) = (token.range.end, false);
            }
            Kind::Space | Kind::Comment => {}
            _ => has_words = true,
        }
    }
    ends.push((from, text.len(), has_words));
    for (from, to, has_words) in ends {
        if has_words {
            statements.push(text[from..to].trim());
        }
    }
    statements
}

/// How many parameters a statement has: the highest number.
pub fn parameters(statement: &str) -> u32 {
    let numbers = Tokens::of(statement).filter(|token| token.kind == Kind::Parameter);
    numbers.filter_map(|token| statement[token.range].trim_start_matches('$').parse().ok()).max().unwrap_or(0)
}

/// The statement with parameters where PostgreSQL takes them: `interval $1` becomes `$1::interval`, and
/// `extract($1 from t)` a call of the function that it stands for.
///
/// ```
/// use loadline_pg::ghost::with_plain_parameters;
///
/// assert_eq!(with_plain_parameters("SELECT now() - interval $1"), "SELECT now() - $1::interval");
/// assert_eq!(with_plain_parameters("SELECT extract($1 FROM t.c)"), "SELECT pg_catalog.extract($1, t.c)");
/// assert_eq!(with_plain_parameters("ORDER BY c <-> point $1"), "ORDER BY c <-> $1::point");
/// assert_eq!(with_plain_parameters("SELECT 'interval $1'"), "SELECT 'interval $1'");
/// ```
pub fn with_plain_parameters(statement: &str) -> String {
    let tokens: Vec<Token> = Tokens::of(statement).collect();
    let next = |from: usize| {
        (from..tokens.len()).find(|at| !matches!(tokens[*at].kind, Kind::Space | Kind::Comment))
    };
    let text = |at: usize| &statement[tokens[at].range.clone()];
    let mut plain = String::with_capacity(statement.len() + 16);
    let mut at = 0;
    while at < tokens.len() {
        let word = text(at).to_ascii_lowercase();
        let parameter = |at: usize| next(at).filter(|at| tokens[*at].kind == Kind::Parameter);
        if tokens[at].kind == Kind::Word
            && BEFORE_LITERALS.contains(&word.as_str())
            && let Some(literal) = parameter(at + 1)
        {
            plain += &format!("{}::{word}", text(literal));
            at = literal + 1;
        } else if tokens[at].kind == Kind::Word
            && word == "extract"
            && let Some(open) = next(at + 1).filter(|at| tokens[*at].kind == Kind::Sign('('))
            && let Some(field) = parameter(open + 1)
            && let Some(from) = next(field + 1).filter(|at| text(*at).eq_ignore_ascii_case("from"))
        {
            plain += &format!("pg_catalog.extract({},", text(field));
            at = from + 1;
        } else {
            plain += text(at);
            at += 1;
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_counted_where_they_are_some() {
        assert_eq!(parameters("SELECT $1, '$7', $3 -- $9"), 3);
        assert_eq!(parameters("SELECT 1"), 0);
    }
}
