//! Sizes of memory: `512MiB`, `2GB`, or a number of bytes.

use loadline_units as units;
use serde_json::{Value, json};

use crate::options::problem::Findings;
use crate::options::setting::Setting;

/// A number of bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Size {
    /// The bytes.
    pub bytes: u64,
}

impl Size {
    /// Reads a size: `512MiB`, `1.5GB`, `4096`; `None` when the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        units::parse_size(text).ok().map(|bytes| Self { bytes })
    }
}

impl Setting for Size {
    const EXPECTED: &'static str = "a size such as `512MiB`, or a number of bytes";

    fn read(value: &Value, path: &str, findings: &mut Findings) -> Option<Self> {
        let read = match value {
            Value::Number(number) => number.as_u64().map(|bytes| Self { bytes }),
            Value::String(text) => Self::parse(text),
            _ => None,
        };
        if read.is_none() {
            findings.wrong(path, value, Self::EXPECTED);
        }
        read
    }

    fn write(&self) -> Value {
        json!(self.bytes)
    }
}
