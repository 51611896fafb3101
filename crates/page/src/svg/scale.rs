//! Axes of a picture: round numbers between zero and the top, written with their unit.

use loadline_units as units;

/// Round numbers on an axis from zero, about so many, and the end of the axis.
pub(super) fn ticks(top: f64, about: f64) -> Vec<f64> {
    if !(top.is_finite() && top > 0.0) {
        return vec![0.0];
    }
    let rough = top / about;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|digit| digit * power).find(|step| *step >= rough);
    let step = step.unwrap_or(rough);
    let count = (top / step).floor() as u32;
    (0..=count).map(|tick| f64::from(tick) * step).collect()
}

/// A round number of a unit: `500ms`, `1.2 MB/s`, `12`.
pub(super) fn figure(value: f64, unit: &str, per: &str) -> String {
    let text = match unit {
        "ms" => units::time(value),
        "bytes" => units::bytes(value),
        "%" => format!("{}%", plain(value * 100.0)),
        _ => plain(value),
    };
    format!("{text}{per}")
}

/// A tick: a step of a fraction has no whole multiples.
fn plain(value: f64) -> String {
    units::plain((value * 1e9).round() / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_reach_no_further_than_the_top() {
        assert_eq!(ticks(640.0, 3.0), [0.0, 500.0]);
        assert_eq!(ticks(1.0, 4.0), [0.0, 0.5, 1.0]);
        assert_eq!(ticks(7.0, 4.0), [0.0, 2.0, 4.0, 6.0]);
        for nothing in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(ticks(nothing, 3.0), [0.0]);
        }
        for top in [f64::MIN_POSITIVE, 1e-9, 3.3, 1e300, f64::MAX] {
            let all = ticks(top, 4.0);
            assert!(all.len() <= 9 && all.iter().all(|tick| *tick <= top), "{top}: {all:?}");
        }
    }

    #[test]
    fn numbers_have_their_unit() {
        assert_eq!(figure(500.0, "ms", ""), "500ms");
        assert_eq!(figure(0.5, "%", ""), "50%");
        assert_eq!(figure(1_200.0, "requests", "/s"), "1,200/s");
        assert_eq!(figure(0.1 + 0.2, "", ""), "0.3");
    }
}
