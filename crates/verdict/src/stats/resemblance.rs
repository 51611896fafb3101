//! How much a value resembles the one before it.

/// The correlation of neighbours, from the von Neumann ratio, between 0 and 0.95: alternation is no evidence of more
/// information than there is, and a series that only drifts says nothing about its noise. 0 for fewer than four values.
///
/// Source: von Neumann, Distribution of the ratio of the mean square successive difference to the variance, 1941; the
/// ratio is about 2 (1 − φ).
pub(crate) fn lag_one(values: &[f64]) -> f64 {
    if values.len() < 4 {
        return 0.0;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let spread: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    if spread <= 0.0 {
        return 0.0;
    }
    let steps: f64 = values.windows(2).map(|pair| (pair[1] - pair[0]).powi(2)).sum();
    (1.0 - steps / spread / 2.0).clamp(0.0, 0.95)
}

#[cfg(test)]
mod tests {
    use super::*;

    // numpy 2: sum(diff(y)**2) / sum((y - mean(y))**2) = 0.7246746619035467
    #[test]
    fn as_the_ratio_says() {
        let rising = [1.0, 2.0, 1.5, 2.5, 2.2, 3.1, 2.9, 3.5];
        assert!((lag_one(&rising) - (1.0 - 0.724_674_661_903_546_7 / 2.0)).abs() < 1e-12);
        assert_eq!(lag_one(&[1.0, -1.0, 1.0, -1.0, 1.0]), 0.0);
        assert_eq!(lag_one(&[2.0; 9]), 0.0);
        assert_eq!(lag_one(&[1.0, 2.0]), 0.0);
    }
}
