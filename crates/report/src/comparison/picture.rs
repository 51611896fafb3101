//! An interval as a picture in one line: `·──┼──·` with the change in it.

use loadline_verdict::Comparison;

/// Columns on each side of no change.
const HALF: i32 = 7;
/// How many times the change that does not matter fits on each side.
const REACH: f64 = 3.0;

/// The interval of a change around none, `│`, with the limits of what does not matter, `┊`. What lies beyond the
/// picture ends in an arrow.
pub(super) fn picture(comparison: &Comparison, delta: f64, share_delta: f64) -> String {
    let position = |change: f64| {
        if comparison.scale.by_difference() {
            change / share_delta.max(1e-6)
        } else {
            change.ln() / delta.ln_1p().max(1e-6)
        }
    };
    let column = |change: f64| (position(change) / REACH * f64::from(HALF)).round();
    let (low, at, high) = (column(comparison.low), column(comparison.change), column(comparison.high));
    if !(low.is_finite() && at.is_finite() && high.is_finite()) {
        return String::new();
    }
    let limit = (f64::from(HALF) / REACH).round() as i32;
    let edge = f64::from(HALF);
    (-HALF..=HALF)
        .map(|here| {
            let place = f64::from(here);
            let inside = low <= place && place <= high;
            match here {
                _ if at.clamp(-edge, edge) == place => '●',
                _ if here == -HALF && low < place && inside => '◀',
                _ if here == HALF && high > place && inside => '▶',
                _ if place == low => '├',
                _ if place == high => '┤',
                _ if inside => '─',
                0 => '│',
                _ if here.abs() == limit => '┊',
                _ => ' ',
            }
        })
        .collect()
}
