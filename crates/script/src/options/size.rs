//! Sizes of memory: `512MiB`, `2GB`, or a number of bytes.

use serde_json::{Value, json};

use crate::options::{problem::Findings, setting::Setting};

/// Units and their bytes, longer names first where one ends with another.
const UNITS: &[(&str, u64)] = &[
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("kB", 1_000),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("B", 1),
    ("", 1),
];

/// A number of bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Size {
    /// The bytes.
    pub bytes: u64,
}

impl Size {
    /// Reads a size: `512MiB`, `1.5GB`, `4096`; `None` when the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (number, unit) =
            UNITS.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?.trim_end(), *unit)))?;
        // Whole numbers stay exact.
        if let Ok(number) = number.parse::<u64>() {
            return Some(Self { bytes: number.checked_mul(unit)? });
        }
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let (whole, decimals) = number.split_once('.')?;
        let number: f64 = number.parse().ok().filter(|_| digits(whole) && digits(decimals))?;
        let bytes = number * unit as f64;
        (bytes < 2_f64.powi(63)).then_some(Self { bytes: bytes as u64 })
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

#[cfg(test)]
mod tests {
    use super::Size;

    #[test]
    fn sizes_and_what_is_none() {
        let cases = [
            ("4096", Some(4096)),
            ("512MiB", Some(512 << 20)),
            ("1.5 GB", Some(1_500_000_000)),
            ("64kB", Some(64_000)),
            ("0", Some(0)),
            ("", None),
            ("-1", None),
            ("1e3MB", None),
            ("MiB", None),
            ("12 parsecs", None),
            ("99999999999GiB", None),
        ];
        for (text, bytes) in cases {
            assert_eq!(Size::parse(text).map(|size| size.bytes), bytes, "{text}");
        }
    }
}
