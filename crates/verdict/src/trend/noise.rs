//! How far a series strays from its levels, and how much a value resembles the one before it.

/// The standard deviation of a normal distribution to its median absolute deviation: 1 / Φ⁻¹(3/4).
const OF_MAD: f64 = 1.482_602_218_505_602;
/// The same to its mean absolute deviation: √(π/2).
const OF_MEAN: f64 = 1.253_314_137_315_500_3;
/// A resemblance beyond this is not told from a level that wanders.
const MOST: f64 = 0.9;

/// The standard deviation, by the median distance from `centre`; where more than half of the values are there exactly,
/// by the mean distance. 0 without values.
///
/// Source: Rousseeuw and Croux, Alternatives to the median absolute deviation, JASA 1993.
pub(crate) fn spread(values: &[f64], centre: f64) -> f64 {
    let mut distances: Vec<f64> = values.iter().map(|value| (value - centre).abs()).collect();
    let mean = distances.iter().sum::<f64>() / distances.len().max(1) as f64;
    match crate::slope::median(&mut distances) {
        Some(middle) if middle > 0.0 => OF_MAD * middle,
        _ => OF_MEAN * mean,
    }
}

/// The correlation of neighbours in what levels leave of a series: `levels` of them were fitted, which takes some of it
/// away (Marriott and Pope, Bias in the estimation of autocorrelations, Biometrika 1954). One standard error more, so
/// that a series that shows a little less than it has makes no false alarm. What is `None` is left out.
pub(super) fn resemblance(residuals: &[Option<f64>], levels: usize) -> f64 {
    let (mut squares, mut count) = (0.0, 0_usize);
    for residual in residuals.iter().flatten() {
        squares += residual * residual;
        count += 1;
    }
    if count < 4 || squares <= 0.0 {
        return 0.0;
    }
    let (mut products, mut pairs) = (0.0, 0_usize);
    for pair in residuals.windows(2) {
        if let [Some(one), Some(other)] = pair {
            products += one * other;
            pairs += 1;
        }
    }
    let raw = products / pairs.max(1) as f64 / (squares / count as f64);
    let length = count as f64 / levels.max(1) as f64;
    let unbiased = if length > 8.0 { (raw + 1.0 / length) / (1.0 - 3.0 / length) } else { raw };
    let unbiased = unbiased.clamp(0.0, MOST);
    (unbiased + ((1.0 - unbiased * unbiased) / count as f64).sqrt()).min(MOST)
}

/// The variance of a mean of many values that resemble their neighbours, to that of as many independent ones.
pub(super) fn inflation(resemblance: f64) -> f64 {
    (1.0 + resemblance) / (1.0 - resemblance)
}

/// The variance of the mean of `count` values that resemble their neighbours, to that of one.
pub(super) fn variance_of_mean(count: usize, resemblance: f64) -> f64 {
    let n = count.max(1) as f64;
    let mut sum = 1.0;
    let mut power = 1.0;
    for lag in 1..count {
        power *= resemblance;
        sum += 2.0 * (1.0 - lag as f64 / n) * power;
        if power < 1e-12 {
            break;
        }
    }
    sum / n
}

#[cfg(test)]
mod tests {
    use super::*;

    const WILD: [f64; 10] = [1.2, 0.7, 2.9, 1.4, 1.1, 0.2, 1.9, 1.3, 55.0, 0.8];

    // scipy 1.16.3: median_abs_deviation(x, scale="normal"); statsmodels 0.15.0: robust.scale.mad(x)
    #[test]
    fn the_spread_is_scipys() {
        assert!((spread(&WILD, 1.25) - 0.741_301_109_252_801).abs() < 1e-12);
        let mut tame = WILD;
        tame[8] = 1.5;
        assert!(spread(&tame, 1.25) >= 0.5 * spread(&WILD, 1.25), "an outlier is worth little");
        // More than half of them are the same: the mean distance, as a normal one's.
        assert!((spread(&[0.0, 0.0, 0.0, 0.4], 0.0) - 0.1 * OF_MEAN).abs() < 1e-12);
        assert_eq!(spread(&[], 0.0), 0.0);
    }

    // statsmodels 0.15.0: acf(y, nlags=1)[1] = 0.2873052351631833, a sum of 11 products over one of 12 squares.
    #[test]
    fn the_resemblance_is_statsmodels_unbiased_and_a_standard_error_more() {
        let values = [1.0, 2.0, 1.5, 2.5, 2.2, 3.1, 2.9, 3.5, 1.1, 0.4, 1.7, 2.6];
        let mean = values.iter().sum::<f64>() / 12.0;
        let residuals: Vec<Option<f64>> = values.iter().map(|value| Some(value - mean)).collect();
        let unbiased = (0.287_305_235_163_183_3 * 12.0 / 11.0 + 1.0 / 12.0) / (1.0 - 3.0 / 12.0);
        let expected = unbiased + ((1.0 - unbiased * unbiased) / 12.0_f64).sqrt();
        assert!((resemblance(&residuals, 1) - expected).abs() < 1e-12);
        assert_eq!(resemblance(&[Some(0.0); 9], 1), 0.0);
    }

    // numpy 2.2.0: the mean of φ ** |i − j| over all i and j below n
    #[test]
    fn the_variance_of_a_mean_is_that_of_the_matrix() {
        for (count, resemblance, expected) in [
            (8, 0.5, 0.312_744_140_625),
            (3, 0.2, 0.431_111_111_111_111_1),
            (50, 0.7, 0.107_111_111_223_015_59),
        ] {
            assert!((variance_of_mean(count, resemblance) - expected).abs() < 1e-10);
        }
    }
}
