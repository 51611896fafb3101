//! What a statement is called in a Run: its text without values, short, and the same wherever it is run.
//!
//! The server's number of a statement depends on the oids of tables, so a database that was made anew has others. A
//! name made of the text is the same in each run, which is what budgets, baselines and trends need.

use crate::shape::Shape;

/// All statements that have no name of their own.
pub const OTHER: &str = "other statements";
/// What is left out of a text that the role may not see.
const HIDDEN: &str = "<insufficient privilege>";

/// Characters of a text that are a name as they are.
const SHORT: usize = 96;
/// Characters that are left of a longer one.
const CUT: usize = 72;
/// Digits of the shape's identity behind these.
const DIGITS: usize = 8;

/// A statement's name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StatementName(String);

impl StatementName {
    /// The name of the statement with this text; the number stands for a text that the role may not see.
    ///
    /// ```
    /// use loadline_pg::cost::StatementName;
    ///
    /// let name = StatementName::of("SELECT *\n  FROM shows /* route='/' */ WHERE id = $1", 7);
    /// assert_eq!(name.as_str(), "SELECT * FROM shows WHERE id = $1");
    /// let long = format!("SELECT {} FROM shows", ["title"; 40].join(", "));
    /// assert!(StatementName::of(&long, 7).as_str().ends_with("…"));
    /// assert_eq!(StatementName::of("<insufficient privilege>", 7).as_str(), "statement 7");
    /// ```
    pub fn of(text: &str, query: i64) -> Self {
        if text == HIDDEN || text.is_empty() {
            return Self(format!("statement {query}"));
        }
        let shape = Shape::of(text);
        let whole = shape.text.trim_end_matches([';', ' ']);
        if whole.chars().count() <= SHORT && !shape.is_cut {
            return Self(whole.to_owned());
        }
        let front: String = whole.chars().take(CUT).collect();
        let identity = shape.id.to_string();
        // The mark is in front of the dots: a name may be cut again where a table is narrow.
        Self(format!("{} #{}…", front.trim_end(), &identity[..DIGITS.min(identity.len())]))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_that_differ_at_their_ends_have_two_names() {
        let text = |last: &str| format!("SELECT {} FROM shows ORDER BY {last}", ["title"; 40].join(", "));
        let [by_title, by_price] = ["title", "price"].map(|last| StatementName::of(&text(last), 1));
        assert_ne!(by_title, by_price);
        assert_eq!(by_title, StatementName::of(&text("title").replace(' ', "\n "), 99));
    }

    #[test]
    fn no_value_is_in_a_name() {
        let name = StatementName::of("CREATE ROLE app PASSWORD 'hunter2'", 1);
        assert!(!name.as_str().contains("hunter2"), "{name:?}");
    }
}
