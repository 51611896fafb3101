//! One of the two versions: the series that have a value in a label, or all others.

use std::fmt;

use loadline_prometheus::quoted;

/// Which series are those of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// The label.
    pub label: String,
    /// Its value.
    pub value: String,
    /// Whether series have it, or have another one.
    pub has: bool,
}

/// What is wrong with the text of a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SideError {
    /// There is no label in it.
    #[error("write a label and its value: `version=1.4.0`")]
    NoLabel,
    /// The label cannot be one.
    #[error("`{0}` cannot be a label: letters, digits and `_`, such as `version`")]
    Label(String),
    /// There is no value in it.
    #[error("`{0}` has no value: write `{0}=1.4.0`")]
    NoValue(String),
}

impl Side {
    /// Reads `version=1.4.0`.
    ///
    /// # Errors
    /// Where it has no label or no value.
    pub fn parse(text: &str) -> Result<Self, SideError> {
        let (label, value) = text.split_once('=').ok_or(SideError::NoLabel)?;
        let (label, value) = (label.trim(), value.trim());
        let value = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
        let mut bytes = label.bytes();
        let begins = bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_');
        if !begins || !bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(SideError::Label(label.to_owned()));
        }
        if value.is_empty() {
            return Err(SideError::NoValue(label.to_owned()));
        }
        Ok(Self { label: label.to_owned(), value: value.to_owned(), has: true })
    }

    /// All series that are of another version.
    #[must_use]
    pub fn others(&self) -> Self {
        Self { has: !self.has, ..self.clone() }
    }

    /// As a matcher of the query language.
    pub(crate) fn matcher(&self) -> String {
        format!("{}{}{}", self.label, if self.has { "=" } else { "!=" }, quoted(&self.value))
    }
}

impl fmt::Display for Side {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.has { "=" } else { "≠" };
        write!(formatter, "{}{sign}{}", self.label, self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_a_label_and_a_value() {
        let side = Side::parse("version=1.4.0-rc=\"x\"").unwrap();
        assert_eq!(side.matcher(), "version=\"1.4.0-rc=\\\"x\\\"\"");
        assert_eq!(side.others().matcher(), "version!=\"1.4.0-rc=\\\"x\\\"\"");
        assert_eq!(Side::parse("track=\"canary\"").unwrap().to_string(), "track=canary");
        for (text, words) in
            [("1.4.0", "label and its value"), ("a-b=1", "cannot be a label"), ("version=", "has no value")]
        {
            assert!(Side::parse(text).unwrap_err().to_string().contains(words), "{text}");
        }
    }
}
