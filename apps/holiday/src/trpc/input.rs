//! A procedure's input, read field by field so that every error can name the field.

use std::{fmt::Display, ops::RangeInclusive, str::FromStr};

use serde_json::{Map, Value};

use super::{CallError, Code};

/// An object of named values; unknown fields are ignored, as tRPC's validators do.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Input(Map<String, Value>);

impl Input {
    /// Reads `{"json":{…}}` or a bare `{…}`; nothing at all is an input without fields.
    ///
    /// # Errors
    /// The bytes are no JSON, or no object.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Input, CallError> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Input::default());
        }
        let value = serde_json::from_slice(bytes).map_err(|error| {
            CallError::new(Code::ParseError, format!("the input is not valid JSON: {error}"))
        })?;
        Input::from_value(value)
    }

    /// Reads a value that was part of a batch.
    pub(crate) fn from_value(value: Value) -> Result<Input, CallError> {
        let bad = || CallError::new(Code::BadRequest, "the input must be an object, like `{\"json\":{…}}`");
        match value {
            Value::Object(mut fields) => match fields.remove("json") {
                Some(Value::Object(inner)) => Ok(Input(inner)),
                Some(Value::Null) => Ok(Input::default()),
                Some(_) => Err(bad()),
                None => Ok(Input(fields)),
            },
            Value::Null => Ok(Input::default()),
            _ => Err(bad()),
        }
    }

    /// A text that must be there.
    pub(crate) fn text(&self, field: &'static str) -> Result<&str, CallError> {
        self.optional_text(field)?.ok_or_else(|| CallError::field(field, "is missing"))
    }

    /// A text that may be missing or null.
    pub(crate) fn optional_text(&self, field: &'static str) -> Result<Option<&str>, CallError> {
        match self.0.get(field) {
            None | Some(Value::Null) => Ok(None),
            // A database may refuse it, and no name, place or price has it.
            Some(Value::String(text)) if text.contains('\0') => {
                Err(CallError::field(field, "must not contain the character NUL"))
            }
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(CallError::field(field, "must be a text")),
        }
    }

    /// A text of a form of its own that may be missing.
    pub(crate) fn parsed<T: FromStr<Err: Display>>(
        &self,
        field: &'static str,
    ) -> Result<Option<T>, CallError> {
        let text = self.optional_text(field)?;
        text.map(|text| text.parse().map_err(|problem| CallError::field(field, problem))).transpose()
    }

    /// A number within a range; `unit` is said in errors.
    pub(crate) fn number(
        &self,
        field: &'static str,
        unit: &str,
        range: &RangeInclusive<f64>,
        default: f64,
    ) -> Result<f64, CallError> {
        let number = match self.0.get(field) {
            None | Some(Value::Null) => return Ok(default),
            Some(value) => value.as_f64().filter(|number| range.contains(number)),
        };
        number.ok_or_else(|| {
            let (least, most) = (range.start(), range.end());
            CallError::field(field, format_args!("must be a number of {unit} between {least} and {most}"))
        })
    }

    /// A whole number within a range; `None` when it is missing.
    pub(crate) fn integer(
        &self,
        field: &'static str,
        range: &RangeInclusive<i64>,
    ) -> Result<Option<i64>, CallError> {
        let number = match self.0.get(field) {
            None | Some(Value::Null) => return Ok(None),
            Some(value) => value.as_i64().filter(|number| range.contains(number)),
        };
        number.map(Some).ok_or_else(|| {
            let (least, most) = (range.start(), range.end());
            CallError::field(field, format_args!("must be a whole number between {least} and {most}"))
        })
    }

    /// True or false; false when it is missing.
    pub(crate) fn flag(&self, field: &'static str) -> Result<bool, CallError> {
        match self.0.get(field) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(CallError::field(field, "must be `true` or `false`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn input(text: &str) -> Input {
        Input::decode(text.as_bytes()).unwrap()
    }

    #[test]
    fn wrapped_bare_and_absent() {
        for text in [r#"{"json":{"a":"b"}}"#, r#"{"a":"b"}"#, r#"{"json":{"a":"b"},"meta":{"values":{}}}"#] {
            assert_eq!(input(text).text("a").unwrap(), "b", "{text}");
        }
        for text in ["", " \n", "null", r#"{"json":null}"#, "{}"] {
            assert_eq!(input(text), Input::default(), "{text}");
        }
        for (text, code) in
            [("{", Code::ParseError), ("[1]", Code::BadRequest), (r#"{"json":7}"#, Code::BadRequest)]
        {
            assert_eq!(Input::decode(text.as_bytes()).unwrap_err().code, code, "{text}");
        }
    }

    #[test]
    fn every_error_names_its_field() {
        let input = input(r#"{"t":1,"n":"10","big":1e9,"i":1.5,"f":"yes","none":null,"z":"a\u0000"}"#);
        let range = 0.5..=10.0;
        let errors = [
            input.text("t").err(),
            input.text("none").err(),
            input.number("n", "km", &range, 1.0).err(),
            input.number("big", "km", &range, 1.0).err(),
            input.integer("i", &(1..=5)).err(),
            input.flag("f").err(),
            input.text("z").err(),
        ];
        for (error, field) in errors.into_iter().zip(["t", "none", "n", "big", "i", "f", "z"]) {
            let error = error.unwrap_or_else(|| panic!("{field} passed"));
            assert_eq!((error.field, error.code), (Some(field), Code::BadRequest));
            assert!(error.message.starts_with(&format!("`{field}` ")), "{}", error.message);
        }
        assert_eq!(input.number("none", "km", &range, 1.0).unwrap(), 1.0);
        assert_eq!(input.integer("gone", &(1..=5)).unwrap(), None);
        assert!(!input.flag("none").unwrap());
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Input::decode(&bytes);
        }

        #[test]
        fn no_json_is_too_strange(text in r#"\{"(json|a)":(\{"a":)?(null|true|-?[0-9]{1,30}|"[a-z']{0,5}"|\[\{\}\])\}?\}"#) {
            if let Ok(input) = Input::decode(text.as_bytes()) {
                let _ = (input.text("a"), input.flag("a"), input.integer("a", &(1..=9)));
                let _ = input.number("a", "km", &(0.0..=1.0), 0.5);
            }
        }
    }
}
