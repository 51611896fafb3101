//! `-H 'Name: value'`.

use std::str::FromStr;

use http::{HeaderName, HeaderValue};

/// A header as typed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Header {
    pub(crate) name: HeaderName,
    pub(crate) value: HeaderValue,
}

impl FromStr for Header {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((name, value)) = text.split_once(':') else {
            return Err("has no colon: write `Name: value`".to_owned());
        };
        let name = name.trim();
        let name = name.parse().map_err(|_| format!("`{name}` can't be the name of a header"))?;
        let value = value.trim().parse().map_err(|_| format!("the value of `{name}` can't be sent"))?;
        Ok(Self { name, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_as_typed() {
        let header: Header = "X-Trace:  a: b ".parse().unwrap();
        assert_eq!((header.name.as_str(), header.value.to_str().unwrap()), ("x-trace", "a: b"));
        assert_eq!("Empty:".parse::<Header>().unwrap().value, "");
        for (text, fragment) in
            [("plain", "no colon"), ("a b: c", "`a b` can't be"), ("a: b\nc: d", "value of `a`")]
        {
            let error = text.parse::<Header>().unwrap_err();
            assert!(error.contains(fragment), "{error}");
        }
    }
}
