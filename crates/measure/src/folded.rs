//! What is said of a key whose values were folded away.

use std::fmt;

use crate::fold_marks::{EVERYTHING, SOME_KEYS};

/// A key of tags that had too many values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldedKey {
    /// The key; empty for keys that were left out because there were too many or too long ones, `*` for everything.
    pub key: String,
    /// How many different values were kept.
    pub values: u64,
    /// How many samples of all metrics have none of these: 0 where nobody counted.
    pub samples: u64,
}

impl FoldedKey {
    /// What became of the tags, in words.
    pub fn what(&self) -> String {
        match self.key.as_str() {
            SOME_KEYS => {
                "there are too many different tags, or their names are too long: some are left out".to_owned()
            }
            EVERYTHING => "there are too many combinations of judged tags: some samples have none".to_owned(),
            key => format!(
                "`{key}` has more than {} different values, or longer ones than are kept: further ones count as \
                 `(other)`",
                count(self.values)
            ),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        match self.key.as_str() {
            "url" | "name" => {
                "give requests a name in place of their URL, as in `http.get(url, { tags: { name: \
                               'GET /items/:id' } })` or `http.url`"
                    .to_owned()
            }
            key @ ("group" | "check") => {
                format!("give each {key} a name of its own, without identifiers in it")
            }
            SOME_KEYS | EVERYTHING => {
                "put identifiers into a log or into the request, not into the names of tags".to_owned()
            }
            key => format!("leave `{key}` out of the tags, or give it fewer values"),
        }
    }
}

/// Both, in two lines.
impl fmt::Display for FoldedKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}\nhint: {}", self.what(), self.hint())
    }
}

/// A whole number with its thousands apart.
fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
