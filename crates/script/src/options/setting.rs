//! How values are read from JSON and from the text of a variable or flag, and written back.
//!
//! Scripts are forgiving places: `vus: __ENV.VUS` is text, so a number may be written as text, as k6 allows.

use std::time::Duration;

use indexmap::IndexMap;
use loadline_units as units;
use serde_json::{Value, json};

use crate::options::problem::Findings;

/// A type that an option can have.
pub(crate) trait Setting: Sized {
    /// What it takes, completing "takes …".
    const EXPECTED: &'static str;

    /// Reads a value; what is wrong goes to `findings`. `Null` never gets here: it means "not set".
    fn read(value: &Value, path: &str, findings: &mut Findings) -> Option<Self>;

    /// Reads the texts of a variable, or of a flag that may be repeated: the last one counts.
    fn read_texts(texts: &[String], path: &str, findings: &mut Findings) -> Option<Self> {
        Self::read(&Value::from(texts.last()?.as_str()), path, findings)
    }

    /// The value as k6 writes it.
    fn write(&self) -> Value;
}

impl Setting for bool {
    const EXPECTED: &'static str = "`true` or `false`";

    fn read(value: &Value, path: &str, findings: &mut Findings) -> Option<Self> {
        match value {
            Value::Bool(value) => Some(*value),
            Value::String(text) if text == "true" || text == "1" => Some(true),
            Value::String(text) if text == "false" || text == "0" => Some(false),
            other => {
                findings.wrong(path, other, Self::EXPECTED);
                None
            }
        }
    }

    fn write(&self) -> Value {
        json!(self)
    }
}

macro_rules! whole_numbers {
    ($($type:ty),*) => { $(
        impl Setting for $type {
            const EXPECTED: &'static str = "a whole number from 0";

            fn read(value: &Value, path: &str, findings: &mut Findings) -> Option<Self> {
                let read = whole_number(value).and_then(|number| number.try_into().ok());
                if read.is_none() {
                    findings.wrong(path, value, Self::EXPECTED);
                }
                read
            }

            fn write(&self) -> Value {
                json!(self)
            }
        }
    )* };
}

whole_numbers!(u32, u64, usize);

/// A number, or text that is one; `1e3` and `5.0` are whole, too.
fn whole_number(value: &Value) -> Option<u64> {
    let whole = |number: f64| {
        (number >= 0.0 && number.fract() == 0.0 && number <= 9_007_199_254_740_992.0).then_some(number as u64)
    };
    match value {
        Value::Number(number) => number.as_u64().or_else(|| number.as_f64().and_then(whole)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

impl Setting for String {
    const EXPECTED: &'static str = "a text";

    fn read(value: &Value, path: &str, findings: &mut Findings) -> Option<Self> {
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(value) => Some(value.to_string()),
            other => {
                findings.wrong(path, other, Self::EXPECTED);
                None
            }
        }
    }

    fn write(&self) -> Value {
        json!(self)
    }
}

impl Setting for Duration {
    const EXPECTED: &'static str = "a duration such as `1m30s`, or a number of milliseconds";

    fn read(value: &Value, path: &str, findings: &mut Findings) -> Option<Self> {
        let read = match value {
            Value::Number(number) => number.as_f64().and_then(units::from_ms),
            Value::String(text) => units::parse_duration_or_ms(text).ok(),
            _ => None,
        };
        if read.is_none() {
            findings.wrong(path, value, Self::EXPECTED);
        }
        read
    }

    fn write(&self) -> Value {
        json!(units::duration_text(*self))
    }
}

impl Setting for Vec<String> {
    const EXPECTED: &'static str = "a list of texts";

    fn read(value: &Value, path: &str, findings: &mut Findings) -> Option<Self> {
        match value {
            Value::Array(items) => Some(
                items
                    .iter()
                    .enumerate()
                    .filter_map(|(index, item)| String::read(item, &format!("{path}[{index}]"), findings))
                    .collect(),
            ),
            Value::String(text) => Some(split(text)),
            other => {
                findings.wrong(path, other, Self::EXPECTED);
                None
            }
        }
    }

    fn read_texts(texts: &[String], _path: &str, _findings: &mut Findings) -> Option<Self> {
        Some(texts.iter().flat_map(|text| split(text)).collect())
    }

    fn write(&self) -> Value {
        json!(self)
    }
}

impl Setting for IndexMap<String, String> {
    const EXPECTED: &'static str = "an object of texts";

    fn read(value: &Value, path: &str, findings: &mut Findings) -> Option<Self> {
        let Value::Object(entries) = value else {
            findings.wrong(path, value, Self::EXPECTED);
            return None;
        };
        Some(
            entries
                .iter()
                .filter(|(_, value)| !value.is_null())
                .filter_map(|(key, value)| {
                    Some((key.clone(), String::read(value, &format!("{path}.{key}"), findings)?))
                })
                .collect(),
        )
    }

    /// `name=value`, once per text.
    fn read_texts(texts: &[String], path: &str, findings: &mut Findings) -> Option<Self> {
        let mut map = Self::new();
        for text in texts {
            match text.split_once('=') {
                Some((name, value)) if !name.is_empty() => {
                    map.insert(name.to_owned(), value.to_owned());
                }
                _ => findings.wrong(path, &json!(text), "`NAME=VALUE`"),
            }
        }
        Some(map)
    }

    fn write(&self) -> Value {
        json!(self)
    }
}

/// The parts of a list written with commas.
pub(crate) fn split(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The fields of an object of options; `Null` counts as not there.
pub(crate) struct Fields<'v, 'f> {
    pub(crate) entries: &'v serde_json::Map<String, Value>,
    pub(crate) path: &'f str,
    pub(crate) findings: &'f mut Findings,
}

impl<'v> Fields<'v, '_> {
    /// The path of a field.
    pub(crate) fn at(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    pub(crate) fn get<T: Setting>(&mut self, name: &str) -> Option<T> {
        let (written, value) = self.entry(name)?;
        T::read(value, &self.at(written), self.findings)
    }

    /// A field that must be there.
    pub(crate) fn need<T: Setting>(&mut self, name: &str) -> Option<T> {
        if self.entry(name).is_none() {
            self.findings.missing(&self.at(name), T::EXPECTED);
            return None;
        }
        self.get(name)
    }

    /// Warns of fields that are none of `known`.
    pub(crate) fn only(&mut self, known: &[&str]) {
        for (path, near) in self.unknown(known) {
            self.findings.unknown(&path, near.map(|near| format!("did you mean `{near}`?")));
        }
    }

    /// Refuses fields that are none of `known`, which `owner` takes.
    pub(crate) fn nothing_but(&mut self, owner: &str, known: &[&str]) {
        for (path, near) in self.unknown(known) {
            let all = || {
                let all = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
                format!("{owner} takes {all}")
            };
            let hint = near.map_or_else(all, |near| format!("did you mean `{near}`?"));
            self.findings.problem_with_hint(&path, "is not an option".to_owned(), hint);
        }
    }

    /// The paths of fields that are none of `known`, each with the one that is near; and what is there twice is told.
    fn unknown<'k>(&mut self, known: &[&'k str]) -> Vec<(String, Option<&'k str>)> {
        let mut unknown = Vec::new();
        for name in self.entries.keys() {
            if !known.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                unknown.push((self.at(name), crate::compile::nearest(name, known.iter().copied())));
            } else if let Some(other) = twin(self.entries, name) {
                let path = self.at(name);
                self.findings.twice(&path, other);
            }
        }
        unknown
    }

    /// A field that is set, and its name as it is written, in any case.
    fn entry(&self, name: &str) -> Option<(&'v str, &'v Value)> {
        let entries = self.entries;
        let exact = entries.get_key_value(name);
        let any = || entries.iter().find(|(written, _)| written.eq_ignore_ascii_case(name));
        let (written, value) = exact.or_else(any)?;
        (!value.is_null()).then_some((written.as_str(), value))
    }
}

/// An entry before this one with the same name but for the case.
pub(crate) fn twin<'e>(entries: &'e serde_json::Map<String, Value>, name: &str) -> Option<&'e str> {
    let before = entries.keys().take_while(|other| *other != name);
    before.map(String::as_str).find(|other| other.eq_ignore_ascii_case(name))
}
