//! The sizes by which values are counted while a run goes on: the same whatever comes, because what is counted cannot
//! be told apart further when larger values come.

/// Levels in which a value grows tenfold.
const IN_TEN: f64 = 20.0;
/// The smallest size that is told apart, a hundredth.
const LEAST: f64 = 0.01;
/// Levels of all sizes, eight powers of ten: from a hundredth to a million.
const LEVELS: u64 = 160;

/// The level of a value.
pub(crate) fn level(value: f64) -> u64 {
    let level = ((value.max(LEAST) / LEAST).log10() * IN_TEN).floor();
    (level as u64).min(LEVELS - 1)
}

/// The edges of the levels, ascending.
pub(crate) fn edges() -> Vec<f64> {
    (0..=LEVELS).map(|level| LEAST * 10_f64.powf(level as f64 / IN_TEN)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_lies_between_its_edges() {
        let edges = edges();
        for value in [0.0101, 0.5, 1.0, 17.0, 999.0, 123_456.0] {
            let level = level(value) as usize;
            assert!(
                edges[level] <= value * (1.0 + 1e-9) && value <= edges[level + 1] * (1.0 + 1e-9),
                "{value}"
            );
        }
        assert_eq!((level(0.0), level(-3.0), level(f64::INFINITY), level(f64::NAN)), (0, 0, LEVELS - 1, 0));
    }
}
