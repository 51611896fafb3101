//! Tables of a file: typed looks at their values, which collect what is wrong instead of stopping at it.

use std::ops::Range;

use loadline_verdict::{Problem, Problems};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::source::Source;

/// Everything that is wrong so far.
pub type Wrong = Problems;

/// A table and where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a> {
    /// The file it is in.
    pub source: Source<'a>,
    /// What it is called in messages: `[target]`.
    pub name: &'a str,
    /// Its keys and values.
    pub entries: &'a DeTable<'a>,
}

/// A text and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// What it says.
    pub text: String,
    /// Where, without its quotes.
    pub span: Range<usize>,
}

impl Table<'_> {
    /// Names the keys that the table does not have, and what was meant by them.
    pub fn only(&self, known: &[&str], wrong: &mut Wrong) {
        for (key, _) in self.entries {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                let message = format!("{} has no key `{name}`", self.name);
                wrong.add(|| Problem {
                    hint: Some(suggestion(name, known)),
                    ..self.source.problem(key.span(), message)
                });
            }
        }
    }

    /// A text, if it is there and one.
    pub fn text(&self, key: &str, wrong: &mut Wrong) -> Option<Text> {
        let value = self.entries.get(key)?;
        if let DeValue::String(text) = value.get_ref() {
            return Some(Text { text: text.clone().into_owned(), span: inside(value) });
        }
        wrong.add(|| self.kind(value, key, "a text in quotes"));
        None
    }

    /// One text or a list of them.
    pub fn texts(&self, key: &str, wrong: &mut Wrong) -> Vec<String> {
        let Some(value) = self.entries.get(key) else { return Vec::new() };
        let listed = match value.get_ref() {
            DeValue::Array(list) => list
                .iter()
                .map(|item| match item.get_ref() {
                    DeValue::String(text) => Some(text.clone().into_owned()),
                    _ => None,
                })
                .collect(),
            DeValue::String(text) => Some(vec![text.clone().into_owned()]),
            _ => None,
        };
        listed.unwrap_or_else(|| {
            wrong.add(|| self.kind(value, key, "a text in quotes, or a list of them"));
            Vec::new()
        })
    }

    /// A whole number of at least `least`, if it is there and one.
    pub fn count(&self, key: &str, least: u64, wrong: &mut Wrong) -> Option<u64> {
        let value = self.entries.get(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse::<u64>().ok(),
            _ => None,
        };
        let number = number.filter(|number| *number >= least);
        if number.is_none() {
            wrong.add(|| self.kind(value, key, &format!("a whole number of at least {least}")));
        }
        number
    }

    /// Yes or no, if it is there.
    pub fn switch(&self, key: &str, wrong: &mut Wrong) -> bool {
        match self.entries.get(key).map(|value| (value, value.get_ref())) {
            None => false,
            Some((_, DeValue::Boolean(switch))) => *switch,
            Some((value, _)) => {
                wrong.add(|| self.kind(value, key, "`true` or `false`"));
                false
            }
        }
    }

    /// What is wrong with a value of another kind than is wanted.
    pub fn kind(&self, value: &Spanned<DeValue<'_>>, key: &str, wanted: &str) -> Problem {
        self.source.problem(value.span(), format!("`{key}` of {} takes {wanted}", self.name))
    }
}

/// Where the text of a value stands, without its quotes.
pub fn inside(value: &Spanned<DeValue<'_>>) -> Range<usize> {
    let span = value.span();
    if span.len() >= 2 { span.start + 1..span.end - 1 } else { span }
}

/// What was meant by a key, or which there are.
pub fn suggestion(written: &str, known: &[&str]) -> String {
    let closest = known
        .iter()
        // Longer than any key, and no slip of the keyboard.
        .filter(|_| written.len() <= 200)
        .map(|known| (strsim::jaro_winkler(written, known), *known))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|left, right| left.0.total_cmp(&right.0));
    if let Some((_, meant)) = closest {
        return format!("did you mean `{meant}`?");
    }
    let all: Vec<String> = known.iter().map(|known| format!("`{known}`")).collect();
    format!("there are {}", all.join(", "))
}
