//! Loads and times in words: three figures are as many as a search has.

use loadline_units as units;

/// A load: `1,240`, `98.4`, `0.5`.
pub fn amount(load: f64) -> String {
    let places = match load.abs() {
        large if large >= 100.0 => 0,
        middle if middle >= 10.0 => 1,
        _ => 2,
    };
    units::decimals(load, places)
}

/// A time in seconds: `41s`, `5m`.
pub fn seconds(seconds: f64) -> String {
    units::duration_text(std::time::Duration::from_secs(seconds.max(0.0).round() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loads_have_the_figures_that_a_search_has() {
        assert_eq!([1240.4, 98.44, 5.0, 0.5].map(amount), ["1,240", "98.4", "5", "0.5"]);
        assert_eq!((seconds(41.2), seconds(300.0)), ("41s".to_owned(), "5m".to_owned()));
    }
}
