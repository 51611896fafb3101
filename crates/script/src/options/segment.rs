//! `executionSegment`: this process's part of the run, when several share one.
//!
//! Work is dealt out like cards, so equal parts are what there is: `1/3:2/3` is the second of three. Parts of different
//! sizes are refused rather than rounded, because they would send another load than asked for.

use loadline_load::Stripe;
use serde_json::{Value, json};

use crate::options::{problem::Findings, setting::Setting};

/// A part of a run, as it was written and as the engine takes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Segment {
    text: String,
    /// The part.
    pub stripe: Stripe,
}

impl Segment {
    fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.split_once(':').unwrap_or(("0", text));
        let ((from, from_of), (to, to_of)) = (fraction(from)?, fraction(to)?);
        // Both over one denominator.
        let (from, to) = (from.checked_mul(to_of)?, to.checked_mul(from_of)?);
        let (whole, part) = (from_of.checked_mul(to_of)?, to.checked_sub(from)?);
        if part == 0 || to > whole || !whole.is_multiple_of(part) || !from.is_multiple_of(part) {
            return None;
        }
        Some(Self { text: text.to_owned(), stripe: Stripe::new(from / part, whole / part)? })
    }
}

/// `1/3`, `0`, `1`, `0.25` or `25%`.
fn fraction(text: &str) -> Option<(u64, u64)> {
    let text = text.trim();
    if let Some((over, under)) = text.split_once('/') {
        let (over, under) = (over.trim().parse().ok()?, under.trim().parse().ok()?);
        return (under > 0).then_some((over, under));
    }
    if let Some(percent) = text.strip_suffix('%') {
        return Some((percent.trim().parse().ok()?, 100));
    }
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let under = 10_u64.checked_pow(u32::try_from(decimals.len()).ok()?)?;
    let decimals = if decimals.is_empty() { 0 } else { decimals.parse::<u64>().ok()? };
    Some((whole.parse::<u64>().ok()?.checked_mul(under)?.checked_add(decimals)?, under))
}

impl Setting for Segment {
    const EXPECTED: &'static str = "one of several equal parts, such as `0:1/3`, `1/3:2/3` or `2/3:1`";

    fn read(value: &Value, path: &str, findings: &mut Findings) -> Option<Self> {
        let read = value.as_str().and_then(Self::parse);
        if read.is_none() {
            findings.wrong(path, value, Self::EXPECTED);
        }
        read
    }

    fn write(&self) -> Value {
        json!(self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::Segment;

    #[test]
    fn equal_parts() {
        let table = [
            ("0:1/3", Some((0, 3))),
            ("1/3:2/3", Some((1, 3))),
            ("2/3:1", Some((2, 3))),
            ("2/6:4/6", Some((1, 3))),
            ("0:1", Some((0, 1))),
            ("1/4", Some((0, 4))),
            ("25%:50%", Some((1, 4))),
            ("0.5:1", Some((1, 2))),
            ("1/3:1", None),
            ("0:2/3", None),
            ("2/3:1/3", None),
            ("1/2:1/2", None),
            ("0:4/3", None),
            ("0:1/0", None),
            ("", None),
            ("a:b", None),
        ];
        for (text, expected) in table {
            let stripe = Segment::parse(text).map(|segment| segment.stripe);
            let expected = expected.and_then(|(index, count)| loadline_load::Stripe::new(index, count));
            assert_eq!(stripe, expected, "{text}");
        }
    }
}
