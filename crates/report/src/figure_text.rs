//! A figure with its unit, the same in trends, baselines and comparisons.

use loadline_measure::{FigureScale, FigureUnit};
use loadline_units as units;

/// A figure as people read it: `12.5ms`, `151.3/s`, `0.04%`, `3 replicas`; `–` when there is none.
pub fn figure_text(value: f64, scale: &FigureScale) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    match &scale.unit {
        FigureUnit::Milliseconds => units::time(value),
        FigureUnit::PerSecond => units::per_second(rounded(value)),
        FigureUnit::Share => units::percent(value),
        FigureUnit::Bytes => units::bytes(value),
        FigureUnit::Plain => units::plain(rounded(value)),
        FigureUnit::Of(what) => format!("{} {what}", units::plain(rounded(value))),
    }
}

/// Four digits: the rest is noise.
pub(crate) fn rounded(value: f64) -> f64 {
    if value == 0.0 {
        return value;
    }
    let scale = 10_f64.powi(3 - value.abs().log10().floor() as i32);
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_unit_has_its_form() {
        for (value, scale, text) in [
            (12.5, "ms", "12.5ms"),
            (151.2849, "/s", "151.3/s"),
            (0.0004, "share", "0.04%"),
            (3.0, "replicas", "3 replicas"),
            (-1234.56, "", "-1,235"),
            (0.0, "", "0"),
            (f64::NAN, "ms", "–"),
        ] {
            assert_eq!(figure_text(value, &FigureScale::of(scale)), text);
        }
    }
}
