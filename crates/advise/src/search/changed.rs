//! Which columns an update changes, as its text says.

use std::collections::BTreeSet;

use loadline_pg::shape::{Kind, Token, Tokens};

/// Words that end what is set.
const ENDS: [&str; 5] = ["from", "where", "returning", "when", "on"];

/// The columns that are set by all updates in a statement, `INSERT … ON CONFLICT DO UPDATE` and `MERGE` among them.
pub(super) fn changed(text: &str) -> BTreeSet<String> {
    let tokens: Vec<Token> =
        Tokens::of(text).filter(|token| !matches!(token.kind, Kind::Space | Kind::Comment)).collect();
    let word = |at: usize| tokens.get(at).map_or("", |token| &text[token.range.clone()]);
    let mut found = BTreeSet::new();
    for (at, token) in tokens.iter().enumerate() {
        if token.kind == Kind::Word && word(at).eq_ignore_ascii_case("set") && at > 0 {
            set(&tokens[at + 1..], text, &mut found);
        }
    }
    found
}

/// `a = …, (b, c) = …`, to its end.
fn set(tokens: &[Token], text: &str, found: &mut BTreeSet<String>) {
    let mut depth = 0_usize;
    // Names that stand left of the next `=`.
    let mut names = Some(Vec::new());
    for token in tokens {
        let word = &text[token.range.clone()];
        match token.kind {
            Kind::Sign('(' | '[') => depth += 1,
            Kind::Sign(')' | ']') if depth == 0 => return,
            Kind::Sign(')' | ']') => depth -= 1,
            Kind::Sign(',') if depth == 0 => names = Some(Vec::new()),
            Kind::Sign(';') => return,
            Kind::Operator if word == "=" && depth == 0 => found.extend(names.take().unwrap_or_default()),
            Kind::Word if depth == 0 && ENDS.iter().any(|end| word.eq_ignore_ascii_case(end)) => return,
            Kind::Word => names.iter_mut().for_each(|names| names.push(word.to_ascii_lowercase())),
            Kind::QuotedName => names.iter_mut().for_each(|names| {
                names.push(word.trim_matches('"').replace("\"\"", "\""));
            }),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_are_set_are_read() {
        let columns = |text: &str| changed(text).into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(columns("UPDATE t SET a = b + 1, \"C d\" = f(e, g) WHERE h = 1"), "C d a");
        assert_eq!(
            columns("UPDATE t SET (a, b) = (SELECT c, d FROM u WHERE e = 1) FROM v WHERE f = 2"),
            "a b"
        );
        assert_eq!(
            columns("INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET n = t.n + 1 RETURNING b"),
            "n"
        );
        assert_eq!(columns("WITH x AS (UPDATE t SET a[1] = 2 WHERE b = 1) SELECT 1"), "a");
        assert_eq!(columns("SELECT 'update t set a = 1'"), "");
    }
}
