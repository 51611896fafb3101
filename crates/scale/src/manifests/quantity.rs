//! Quantities as Kubernetes writes them: `500m`, `1.5`, `2k`, `64Mi`, `1e3`.

use serde::Deserialize;

/// Thousandths of what a quantity says, rounded up: 500 of `500m`; none where it is no quantity.
pub fn parse_milli(text: &str) -> Option<i64> {
    Quantity::Text(text.to_owned()).milli()
}

/// A quantity as it stands in a manifest, where YAML may have made a number of it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Quantity {
    Whole(i64),
    Fraction(f64),
    Text(String),
}

const SUFFIXES: [(&str, f64); 14] = [
    ("Ki", 1024.0),
    ("Mi", 1_048_576.0),
    ("Gi", 1_073_741_824.0),
    ("Ti", 1_099_511_627_776.0),
    ("Pi", 1_125_899_906_842_624.0),
    ("n", 1e-9),
    ("u", 1e-6),
    ("m", 1e-3),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
    ("", 1.0),
];

impl Quantity {
    /// Its value; none where it is no quantity.
    pub(crate) fn value(&self) -> Option<f64> {
        match self {
            Self::Whole(number) => Some(*number as f64),
            Self::Fraction(number) => Some(*number),
            Self::Text(text) => {
                let text = text.trim();
                let (number, factor) = SUFFIXES
                    .iter()
                    .find_map(|(suffix, factor)| Some((text.strip_suffix(suffix)?, *factor)))?;
                number.parse::<f64>().ok().map(|number| number * factor)
            }
        }
        .filter(|value| value.is_finite())
    }

    /// Thousandths of it, rounded up as Kubernetes does.
    pub(crate) fn milli(&self) -> Option<i64> {
        let exact = match self {
            Self::Whole(number) => Some(number.saturating_mul(1000)),
            Self::Fraction(_) => None,
            Self::Text(text) => exact_milli(text.trim()),
        };
        // A thousandth of a thousandth is the rounding of the double, not of the quantity.
        exact.or_else(|| self.value().map(|value| (value * 1000.0 - 1e-6).ceil() as i64))
    }
}

/// Thousandths without the rounding of a double, of which a large number has less than thousandths; none where it is no
/// plain decimal number (`1e3`) or has more digits than can be.
fn exact_milli(text: &str) -> Option<i64> {
    let (number, factor) =
        SUFFIXES.iter().find_map(|(suffix, factor)| Some((text.strip_suffix(suffix)?, *factor)))?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    // Factors are whole, or one by a power of ten that is.
    let (times, by) = if factor >= 1.0 { (factor as i128, 1) } else { (1, (1.0 / factor).round() as i128) };
    let divisor = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?.checked_mul(by)?;
    let thousandths = digits.checked_mul(times)?.checked_mul(1000)?;
    i64::try_from(-(-thousandths).div_euclid(divisor)).ok()
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole(number) => number.fmt(f),
            Self::Fraction(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_kubernetes_reads_them() {
        let milli = |text: &str| Quantity::Text(text.to_owned()).milli();
        let read: Vec<_> = ["500m", "1", "1.5", "2k", "1Ki", "1e3", "100u", "0"].map(milli).to_vec();
        assert_eq!(
            read,
            [
                Some(500),
                Some(1000),
                Some(1500),
                Some(2_000_000),
                Some(1_024_000),
                Some(1_000_000),
                Some(1),
                Some(0)
            ]
        );
        assert_eq!((milli("much"), milli("5x"), milli("")), (None, None, None));
        assert_eq!((Quantity::Whole(2).milli(), Quantity::Fraction(0.25).milli()), (Some(2000), Some(250)));
    }
}
