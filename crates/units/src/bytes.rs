//! Amounts of data: printed in powers of 1000, as networks count them; read in those of 1024 as well.

use crate::error::UnitError;
use crate::number::{EXPONENT_FROM, NOT_A_VALUE, cut_decimals, decimals, read};

const UNITS: [&str; 9] = ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];

/// A unit in which an amount of data is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteUnit {
    /// `B`
    Bytes,
    /// `kB`, 1000 bytes
    Kilobytes,
    /// `MB`
    Megabytes,
    /// `GB`
    Gigabytes,
    /// `KiB`, 1024 bytes
    Kibibytes,
    /// `MiB`
    Mebibytes,
    /// `GiB`
    Gibibytes,
}

impl ByteUnit {
    /// All units.
    pub const ALL: [Self; 7] = [
        Self::Bytes,
        Self::Kilobytes,
        Self::Megabytes,
        Self::Gigabytes,
        Self::Kibibytes,
        Self::Mebibytes,
        Self::Gibibytes,
    ];

    /// Reads the name of a unit; `KB` is `kB`, as it is often written.
    pub fn parse(text: &str) -> Option<Self> {
        let kilobytes = (text == "KB").then_some(Self::Kilobytes);
        Self::ALL.into_iter().find(|unit| unit.text() == text).or(kilobytes)
    }

    /// How many bytes it is.
    pub fn bytes(self) -> f64 {
        match self {
            Self::Bytes => 1.0,
            Self::Kilobytes => 1e3,
            Self::Megabytes => 1e6,
            Self::Gigabytes => 1e9,
            Self::Kibibytes => 1024.0,
            Self::Mebibytes => 1024.0 * 1024.0,
            Self::Gibibytes => 1024.0 * 1024.0 * 1024.0,
        }
    }

    /// As it is written.
    pub fn text(self) -> &'static str {
        match self {
            Self::Bytes => "B",
            Self::Kilobytes => "kB",
            Self::Megabytes => "MB",
            Self::Gigabytes => "GB",
            Self::Kibibytes => "KiB",
            Self::Mebibytes => "MiB",
            Self::Gibibytes => "GiB",
        }
    }
}

/// Reads an amount of data with its unit, in bytes: `0B`, `64MB`, `1.5GiB`.
///
/// # Errors
/// When it has no unit of [`ByteUnit`], or no number that is finite and not negative.
pub fn parse_bytes(text: &str) -> Result<f64, UnitError> {
    let trimmed = text.trim();
    let digits = trimmed.trim_end_matches(char::is_alphabetic);
    let unit = ByteUnit::parse(&trimmed[digits.len()..]);
    read(digits.trim_end())
        .zip(unit)
        .map(|(number, unit)| number * unit.bytes())
        .ok_or_else(|| UnitError::form("an amount of data with its unit, such as `0B` or `64MB`", text))
}

/// Reads an amount of memory, in whole bytes; a number without a unit is bytes: `512MiB`, `1.5GB`, `4096`.
///
/// # Errors
/// When it is not a number in digits with a unit of [`ByteUnit`] or none, or too large.
pub fn parse_size(text: &str) -> Result<u64, UnitError> {
    whole_bytes(text.trim())
        .ok_or_else(|| UnitError::form("a size such as `512MiB`, or a number of bytes", text))
}

fn whole_bytes(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(char::is_alphabetic);
    let unit = match &text[digits.len()..] {
        "" => 1.0,
        unit => ByteUnit::parse(unit)?.bytes(),
    };
    let digits = digits.trim_end();
    // Whole numbers stay exact.
    if let Ok(number) = digits.parse::<u64>() {
        return number.checked_mul(unit as u64);
    }
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, decimals) = digits.split_once('.')?;
    let number: f64 = digits.parse().ok().filter(|_| are_digits(whole) && are_digits(decimals))?;
    let bytes = number * unit;
    (bytes < 2_f64.powi(63)).then_some(bytes as u64)
}

/// An amount that somebody chose: in powers of 1024 where it is whole in these alone (`512 MiB`), else as [`bytes`].
pub fn size(bytes: u64) -> String {
    binary(bytes as f64).unwrap_or_else(|| self::bytes(bytes as f64))
}

/// `64 MiB`, when that is shorter than megabytes.
pub(crate) fn binary(value: f64) -> Option<String> {
    let whole = |unit: &ByteUnit| value >= unit.bytes() && value % unit.bytes() == 0.0;
    let unit = [ByteUnit::Gibibytes, ByteUnit::Mebibytes, ByteUnit::Kibibytes].into_iter().find(whole)?;
    (value % 1000.0 != 0.0).then(|| format!("{} {}", decimals(value / unit.bytes(), 0), unit.text()))
}

/// Bytes with a unit and two decimals at most, cut off: `7 B`, `1.23 MB`, `34 kB`.
pub fn bytes(value: f64) -> String {
    bytes_with(value, 2)
}

pub(crate) fn bytes_with(value: f64, places: i32) -> String {
    if !value.is_finite() {
        return NOT_A_VALUE.to_owned();
    }
    let sign = if value < 0.0 { "-" } else { "" };
    let mut amount = value.abs();
    let mut unit = 0;
    while amount >= 1000.0 && unit + 1 < UNITS.len() {
        amount /= 1000.0;
        unit += 1;
    }
    let number = if amount >= EXPONENT_FROM { decimals(amount, 0) } else { cut_decimals(amount, places) };
    let sign = if number == "0" { "" } else { sign };
    format!("{sign}{number} {}", UNITS[unit])
}
