//! A statement with values in the place of its parameters, so that it can be run.

use std::ops::Range;

use loadline_pg::ghost::literal;
use loadline_pg::shape::{Kind, Tokens};

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
/// use loadline_advise::verify::{Value, bound};
///
/// let types = ["integer".to_owned(), "text".to_owned()];
/// let values = [Value::Text("7".to_owned()), Value::Null];
/// let text = "SELECT '$1' FROM t WHERE a = $1 AND b = $2";
/// assert_eq!(bound(text, &values, &types), "SELECT '$1' FROM t WHERE a = '7'::integer AND b = NULL::text");
/// ```
pub fn bound(text: &str, values: &[Value], types: &[String]) -> String {
    let mut bound = String::with_capacity(text.len() + 32);
    for token in Tokens::of(text) {
        let value = (token.kind == Kind::Parameter).then(|| place(&text[token.range.clone()])).flatten();
        match value.and_then(|place| Some((values.get(place)?, types.get(place)?))) {
            Some((value, of)) => bound += &value.sql(of),
            None => bound += &text[token.range],
        }
    }
    bound
}

/// The place of a parameter, from 0: that of `$1`.
pub(super) fn place(parameter: &str) -> Option<usize> {
    parameter.strip_prefix('$')?.parse::<usize>().ok()?.checked_sub(1)
}

/// Values of several executions that stand for all of them: the first of each part, where they are cut into so many.
///
/// ```
/// assert_eq!(loadline_advise::verify::spread(10, 4), [0, 2, 5, 7]);
/// assert_eq!(loadline_advise::verify::spread(2, 4), [0, 1]);
/// ```
pub fn spread(of: usize, most: usize) -> Vec<usize> {
    let count = of.min(most);
    let places: Range<usize> = 0..count;
    places.map(|place| place * of / count.max(1)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_value_ends_its_literal(value in "(?s)[a'\\\\$1;-]{0,12}") {
            let text = bound("SELECT $1", &[Value::Text(value)], &["text".to_owned()]);
            prop_assert_eq!(loadline_pg::ghost::statements(&text).len(), 1);
            prop_assert_eq!(loadline_pg::ghost::parameters(&text), 0);
        }

        #[test]
        fn places_are_different_and_in_order(of in 0_usize..100, most in 1_usize..10) {
            let places = spread(of, most);
            prop_assert_eq!(places.len(), of.min(most));
            prop_assert!(places.windows(2).all(|two| two[0] < two[1]));
            prop_assert!(places.iter().all(|place| *place < of));
        }
    }
}
