//! A statement with values in the place of parameters.

use std::collections::BTreeMap;

use loadline_pg::ghost::literal;
use loadline_pg::shape::{Kind, Token, Tokens};

/// Rows of a page where nobody knows how many are asked for.
const PAGE: f64 = 20.0;

/// The statement with numbers where it limits rows by parameters: a planner that does not know how many takes a tenth
/// of all.
pub(super) fn limited(text: &str, rows: Option<f64>) -> String {
    let mut before = String::new();
    put(text, |number, word| {
        if before.eq_ignore_ascii_case("limit") && number.is_some() {
            word.clear();
            *word += &format!("{:.0}", rows.filter(|rows| *rows >= 1.0).unwrap_or(PAGE).ceil());
        } else if before.eq_ignore_ascii_case("offset") && number.is_some() {
            "0".clone_into(word);
        }
        word.clone_into(&mut before);
    })
}

/// The statement with these values for its parameters, as literals whose types the server finds out as it does those of
/// parameters; parameters that have none are numbered anew.
pub fn with_values(text: &str, values: &BTreeMap<u32, String>) -> String {
    let mut numbers: BTreeMap<u32, usize> = BTreeMap::new();
    put(text, |number, word| {
        let Some(number) = number else { return };
        if let Some(value) = values.get(&number) {
            *word = literal(value);
        } else {
            let next = numbers.len() + 1;
            *word = format!("${}", numbers.entry(number).or_insert(next));
        }
    })
}

/// The numbers of a statement's parameters as they come: without values, [`with_values`] numbers them so.
pub(super) fn numbers(text: &str) -> Vec<u32> {
    let mut all = Vec::new();
    put(text, |number, _| {
        if let Some(number) = number.filter(|number| !all.contains(number)) {
            all.push(number);
        }
    });
    all
}

/// The statement with each word as it is made; of parameters the number is said.
fn put(text: &str, mut make: impl FnMut(Option<u32>, &mut String)) -> String {
    let tokens: Vec<Token> = Tokens::of(text).collect();
    let mut made = String::with_capacity(text.len());
    for token in tokens {
        let word = &text[token.range];
        if matches!(token.kind, Kind::Space | Kind::Comment) {
            made += word;
            continue;
        }
        let number = (token.kind == Kind::Parameter).then(|| word[1..].parse().ok()).flatten();
        let mut word = word.to_owned();
        make(number, &mut word);
        made += &word;
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_numbers() {
        let text = "SELECT $1 FROM t WHERE a = $2 LIMIT $3 OFFSET $4";
        assert_eq!(limited(text, None), "SELECT $1 FROM t WHERE a = $2 LIMIT 20 OFFSET 0");
        assert_eq!(limited("SELECT 1 LIMIT /* few */ $1", Some(2.5)), "SELECT 1 LIMIT /* few */ 3");
        assert_eq!(limited("SELECT 'limit $1', $1", None), "SELECT 'limit $1', $1");
    }

    #[test]
    fn values_are_literals_and_what_has_none_is_numbered_anew() {
        let values = [(2, "it's".to_owned()), (3, "a\\b".to_owned())].into();
        let text =
            with_values("SELECT $5 FROM t WHERE a=$2 AND b = $4 AND c = $5 AND d LIKE $3 -- $2", &values);
        assert_eq!(numbers("SELECT $5, $2 WHERE a = $5 LIMIT $1"), [5, 2, 1]);
        assert_eq!(text, "SELECT $1 FROM t WHERE a='it''s' AND b = $2 AND c = $1 AND d LIKE E'a\\\\b' -- $2");
    }
}
