//! What is asked for in a body: JSON:API's `{"data":{"attributes":{…}}}`, or the attributes alone.

use http::StatusCode;
use serde_json::{Map, Value};

use crate::answer::Answer;

/// The attributes that a body sets, and nothing that was left open.
#[derive(Debug)]
pub(crate) struct Asked(Map<String, Value>);

impl Asked {
    /// Reads a body. What is `null` is as good as not there: k6 sends all that it knows.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Answer> {
        let wrong = |why: &str| Answer::error(StatusCode::BAD_REQUEST, why);
        let value: Value =
            serde_json::from_slice(body).map_err(|error| wrong(&format!("the body is no JSON: {error}")))?;
        let form = "the body is `{\"data\":{\"attributes\":{…}}}`, or the attributes alone";
        let Value::Object(mut object) = value else { return Err(wrong(form)) };
        let attributes = match object.remove("data") {
            Some(Value::Object(mut data)) => match data.remove("attributes") {
                Some(Value::Object(attributes)) => attributes,
                _ => return Err(wrong(form)),
            },
            Some(_) => return Err(wrong(form)),
            None => object,
        };
        Ok(Self(attributes.into_iter().filter(|(_, value)| !value.is_null()).collect()))
    }

    /// Refuses names that mean nothing here, which are slips.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Answer> {
        let Some(name) = self.0.keys().find(|name| !known.contains(&name.as_str())) else { return Ok(()) };
        let name: String = name.chars().take(40).collect();
        let known = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        Err(Answer::error(StatusCode::BAD_REQUEST, &format!("`{name}` cannot be set; there are {known}")))
    }

    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Answer> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        value.as_bool().map(Some).ok_or_else(|| Self::wrong(name, "`true` or `false`"))
    }

    pub(crate) fn whole(&self, name: &str) -> Result<Option<u64>, Answer> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        value.as_u64().map(Some).ok_or_else(|| Self::wrong(name, "a whole number, 0 or more"))
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Answer> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        value.as_str().map(Some).ok_or_else(|| Self::wrong(name, "a text"))
    }

    pub(crate) fn wrong(name: &str, form: &str) -> Answer {
        Answer::error(StatusCode::BAD_REQUEST, &format!("`{name}` must be {form}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies() {
        let k6 = br#"{"data":{"type":"status","id":"default","attributes":{"status":0,"paused":true,"vus":null}}}"#;
        let asked = Asked::read(k6).unwrap();
        assert_eq!((asked.flag("paused").unwrap(), asked.whole("vus").unwrap()), (Some(true), None));
        assert_eq!(Asked::read(br#"{"vus":20}"#).unwrap().whole("vus").unwrap(), Some(20));
        for wrong in ["", "[]", "7", "{\"data\":7}", "{\"data\":{}}", "{\"vus\":", "\u{0}"] {
            assert!(Asked::read(wrong.as_bytes()).is_err(), "{wrong}");
        }
        for wrong in ["-1", "1.5", "\"20\"", "true", "1e3", "99999999999999999999"] {
            let asked = Asked::read(format!("{{\"vus\":{wrong}}}").as_bytes()).unwrap();
            assert!(asked.whole("vus").is_err(), "{wrong}");
        }
        assert!(asked.only(&["status", "paused"]).is_ok() && asked.only(&["paused"]).is_err());
    }
}
