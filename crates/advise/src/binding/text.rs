//! A statement with values in the place of parameters.

use std::collections::BTreeMap;

use loadline_pg::ghost::literal;
use loadline_pg::shape::{Kind, Token, Tokens};

/// Rows of a page where nobody knows how many are asked for.
const PAGE: f64 = 20.0;

/// What stands for a parameter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Nothing.
    Null,
    /// A value, as PostgreSQL writes it.
    Text(String),
    /// Something that the server reckons each time, such as the next number of a key.
    Expression(String),
}

impl Value {
    fn sql(&self, of: &str) -> String {
        match self {
            Self::Null => format!("NULL::{of}"),
            Self::Text(text) => format!("{}::{of}", literal(text)),
            Self::Expression(text) => format!("({text})::{of}"),
        }
    }
}

/// The statement with `values` for its parameters, each as the type that the server takes it for. A parameter that has
/// no value stays.
///
/// ```
/// use loadline_advise::binding::{Value, bound};
///
/// let types = ["integer".to_owned(), "text".to_owned()];
/// let values = [Value::Text("7".to_owned()), Value::Null];
/// let text = "SELECT '$1' FROM t WHERE a = $1 AND b = $2";
/// assert_eq!(bound(text, &values, &types), "SELECT '$1' FROM t WHERE a = '7'::integer AND b = NULL::text");
/// ```
pub fn bound(text: &str, values: &[Value], types: &[String]) -> String {
    let mut bound = String::with_capacity(text.len() + 32);
    for token in Tokens::of(text) {
        let value = (token.kind == Kind::Parameter).then(|| number(&text[token.range.clone()])).flatten();
        let place = value.and_then(|number| usize::try_from(number.checked_sub(1)?).ok());
        match place.and_then(|place| Some((values.get(place)?, types.get(place)?))) {
            Some((value, of)) => bound += &value.sql(of),
            None => bound += &text[token.range],
        }
    }
    bound
}

/// The number of a parameter: 1 of `$1`.
pub(super) fn number(parameter: &str) -> Option<u32> {
    parameter.strip_prefix('$')?.parse().ok()
}

/// The statement with numbers where it limits rows by parameters: a planner that does not know how many takes a tenth
/// of all.
pub(crate) fn limited(text: &str, rows: Option<f64>) -> String {
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
pub(crate) fn numbers(text: &str) -> Vec<u32> {
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
        let number = (token.kind == Kind::Parameter).then(|| number(word)).flatten();
        let mut word = word.to_owned();
        make(number, &mut word);
        made += &word;
    }
    made
}

/// Places that stand for so many of them: the first of each part, where they are cut into `most`.
#[cfg(feature = "live")]
pub(crate) fn spread(of: usize, most: usize) -> Vec<usize> {
    let count = of.min(most);
    (0..count).map(|place| place * of / count.max(1)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn no_value_ends_its_literal(value in "(?s)[a'\\\\$1;-]{0,12}") {
            let text = bound("SELECT $1", &[Value::Text(value)], &["text".to_owned()]);
            prop_assert_eq!(loadline_pg::ghost::statements(&text).len(), 1);
            prop_assert_eq!(loadline_pg::ghost::parameters(&text), 0);
        }

        #[cfg(feature = "live")]
        #[test]
        fn places_are_different_and_in_order(of in 0_usize..100, most in 1_usize..10) {
            let places = spread(of, most);
            prop_assert_eq!(places.len(), of.min(most));
            prop_assert!(places.windows(2).all(|two| two[0] < two[1]));
            prop_assert!(places.iter().all(|place| *place < of));
        }
    }
}
