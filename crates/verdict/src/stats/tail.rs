//! How much two values resemble each other in their tails, given how much they resemble each other at all.

use super::normal_quantile;

/// Nodes and weights of Gauss and Legendre's rule on −1 to 1, by their distance from the middle (Abramowitz and Stegun,
/// table 25.4). The integrand is smooth, so that eight of them are exact to seven digits.
const NODES: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_3),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_5),
    (0.960_289_856_497_536_3, 0.101_228_536_290_376_3),
];

/// The correlation of "lies beyond" of two standard normal values that are correlated by `correlation` (from 0 to below
/// 1), for a limit that a share of `beyond` (above 0 and below 1) of the values exceeds.
///
/// Source: Plackett, A reduction formula for normal multivariate integrals, 1954: the probability that both lie beyond
/// grows with the correlation as the bivariate density at the limit does. The integral is taken over the arcsine.
pub(crate) fn tail_correlation(beyond: f64, correlation: f64) -> f64 {
    let limit = normal_quantile(beyond).powi(2);
    let half = correlation.clamp(0.0, 0.999).asin() / 2.0;
    let density = |at: f64| (-limit / (1.0 + at.sin())).exp();
    let weighed =
        |(node, weight): &(f64, f64)| weight * (density(half - half * node) + density(half + half * node));
    let both = half * NODES.iter().map(weighed).sum::<f64>() / std::f64::consts::TAU;
    (both / (beyond * (1.0 - beyond))).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    // The same as an integral over what both have in common, by the trapezoid rule with 200,000 steps.
    #[test]
    fn as_a_common_level_gives_it() {
        for (beyond, correlation, expected) in [
            (0.05, 0.2, 0.057_798_941_385_811_51),
            (0.01, 0.2, 0.024_133_048_391_255_907),
            (0.01, 0.04, 0.003_195_833_543_228_06),
            (0.001, 0.5, 0.053_312_480_675_239_04),
        ] {
            let found = tail_correlation(beyond, correlation);
            assert!((found - expected).abs() < 1e-7, "{beyond} {correlation}: {found} is not {expected}");
        }
    }

    // Sheppard's formula for the median: 2/π times the arcsine.
    #[test]
    fn at_the_median_it_is_the_arcsine() {
        let found = tail_correlation(0.5, 0.4);
        assert!((found - 0.4_f64.asin() * std::f64::consts::FRAC_2_PI).abs() < 1e-9, "{found}");
        assert_eq!(tail_correlation(0.01, 0.0), 0.0);
    }
}
