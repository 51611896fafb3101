//! How a level may wander beneath averages, as far as they show it.
//!
//! What a second shows is the level of that second and the noise of its values. The level is an autoregression of order
//! 1; neither how far it wanders nor how long it stays is known, and a short series leaves much open. So neither is
//! estimated: each level of a grid is given the probability that the series leaves it, and whoever asks can be as
//! careful as there is doubt.
//!
//! Source: the likelihood is the Kalman filter's (Durbin and Koopman, Time Series Analysis by State Space Methods,
//! 2012, chapter 2), restricted because the mean is not known either (Harville, Maximum likelihood approaches to
//! variance component estimation and to related problems, 1977).

/// Correlations of a level with the one before it.
const PERSISTENCE: [f64; 7] = [0.0, 0.4, 0.7, 0.85, 0.93, 0.97, 0.99];
/// Besides no level at all, its variance is that of a value times a power of two, from this one to 1/2.
const SMALLEST: i32 = -10;

/// One way in which a level may wander.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Level {
    /// The correlation of the level with the one before it.
    pub(crate) persistence: f64,
    /// The variance of the level to that of the noise of one value.
    pub(crate) ratio: f64,
    /// The variance of the noise of one value.
    pub(crate) noise: f64,
    /// How probable it was before anything was seen: each ratio alike, and so each persistence.
    pub(crate) before: f64,
    /// How probable it is, of all of them 1.
    pub(crate) probability: f64,
}

/// All levels, as probable as averages of so many values leave them. The values should have the variance 1, so that
/// level and noise together have no less; they may have more, because seconds may differ without that lasting.
pub(crate) fn levels(averages: &[f64], counts: &[f64]) -> Vec<Level> {
    let each = 1.0 / f64::from(1 - SMALLEST);
    let none = std::iter::once((0.0, 0.0, each));
    let each = each / PERSISTENCE.len() as f64;
    let some = (SMALLEST..0)
        .flat_map(|power| PERSISTENCE.map(|persistence| (persistence, 2_f64.powi(power), each)).into_iter());
    let mut levels: Vec<Level> = none
        .chain(some)
        .map(|(persistence, ratio, before)| {
            let (likelihood, noise) = likelihood(averages, counts, persistence, ratio);
            Level { persistence, ratio, noise, before, probability: likelihood + before.ln() }
        })
        .collect();
    let most = levels.iter().map(|level| level.probability).fold(f64::NEG_INFINITY, f64::max);
    for level in &mut levels {
        level.probability = (level.probability - most).exp();
    }
    let sum: f64 = levels.iter().map(|level| level.probability).sum();
    for level in &mut levels {
        level.probability /= sum;
    }
    levels
}

/// The logarithm of the likelihood, but for a constant, and the variance of the noise at which it is largest.
fn likelihood(averages: &[f64], counts: &[f64], persistence: f64, ratio: f64) -> (f64, f64) {
    let lasting = persistence * persistence;
    let fresh = ratio * (1.0 - lasting);
    // Of the level: what is not known of it, its value if the mean is 0, and how that falls with the mean.
    let (mut doubt, mut level, mut slope) = (ratio, 0.0, 0.0);
    let (mut squares, mut cross, mut ones) = (0.0, 0.0, 0.0);
    // A logarithm takes longer than all the rest, so variances are multiplied first.
    let (mut product, mut logarithm) = (1.0_f64, 0.0);
    for (average, count) in averages.iter().zip(counts) {
        let variance = doubt + 1.0 / count;
        let inverse = 1.0 / variance;
        let (surprise, by_mean) = (average - level, 1.0 - slope);
        squares += surprise * surprise * inverse;
        cross += surprise * by_mean * inverse;
        ones += by_mean * by_mean * inverse;
        product *= variance;
        if !(1e-100..1e100).contains(&product) {
            logarithm += product.ln();
            product = 1.0;
        }
        let gain = doubt * inverse;
        level = persistence * (level + gain * surprise);
        slope = persistence * (slope + gain * by_mean);
        doubt = lasting * doubt * (1.0 - gain) + fresh;
    }
    logarithm += product.ln() + ones.ln();
    let freedom = (averages.len() as f64 - 1.0).max(1.0);
    let rest = (squares - cross * cross / ones).max(0.0);
    let noise = (rest / freedom).max(1.0 / (1.0 + ratio));
    (-0.5 * (logarithm + freedom * noise.ln() + rest / noise), noise)
}

#[cfg(test)]
mod tests {
    use super::*;

    // From the definition: the determinant and the inverse of the matrix of covariances, by elimination.
    #[test]
    fn the_likelihood_is_that_of_the_matrix() {
        let counts = [2.0, 3.0, 1.0, 4.0];
        let (found, noise) = likelihood(&[0.5, 1.2, -0.3, 0.1], &counts, 0.7, 0.25);
        assert_eq!(noise, 0.8);
        assert!((found + 0.886_578_718_275_800_3).abs() < 1e-12, "{found}");
        let (found, noise) = likelihood(&[2.5, 6.0, -1.5, 0.5], &counts, 0.7, 0.25);
        assert!((noise - 17.567_359_973_575_318).abs() < 1e-10, "{noise}");
        assert!((found + 5.702_805_997_159_239).abs() < 1e-12, "{found}");
    }

    #[test]
    fn a_level_that_stays_is_told_from_noise() {
        // A wave of a hundred seconds, and the same values in turn.
        let wave: Vec<f64> = (0..300).map(|at| (f64::from(at) * 0.0628).sin()).collect();
        let counts = vec![10.0; 300];
        let of = |averages: &[f64], long: fn(&Level) -> bool| -> f64 {
            levels(averages, &counts).iter().filter(|level| long(level)).map(|level| level.probability).sum()
        };
        assert!(of(&wave, |level| level.persistence > 0.9 && level.ratio > 0.1) > 0.99);
        let turns: Vec<f64> = (0..300).map(|at| if at % 2 == 0 { 0.3 } else { -0.3 }).collect();
        assert!(of(&turns, |level| level.persistence > 0.9 && level.ratio > 0.01) < 0.01);
        assert!((of(&turns, |_| true) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn nothing_seen_leaves_everything_open() {
        let open = levels(&[0.0], &[1.0]);
        let of =
            |ratio: f64| open.iter().filter(move |level| level.ratio == ratio).map(|level| level.probability);
        assert!((of(0.0).sum::<f64>() - 1.0 / 11.0).abs() < 0.05);
        assert!((of(0.5).sum::<f64>() - 1.0 / 11.0).abs() < 0.05);
    }
}
