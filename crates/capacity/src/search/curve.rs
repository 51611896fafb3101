//! How the share that is bad rises with the load, through what is permitted at the line.
//!
//! Times that pass a limit follow a logistic curve in the logarithm of the load, near the line. What refuses does
//! something else: of what it cannot take it takes none, so that beyond the line `1 - c/x` is refused, steep where it
//! begins and flat soon after. How sharply it begins depends on how much room there is for what comes in heaps.

/// The slopes that are tried of a logistic curve: a gentle one, and a cliff.
const SLOPES: [f64; 10] = [3.0, 5.0, 8.0, 12.0, 18.0, 27.0, 40.0, 70.0, 130.0, 300.0];
/// How sharply refusing may begin.
const SHARP: [f64; 5] = [12.0, 25.0, 50.0, 100.0, 300.0];
/// However far from the line, something odd may happen once in a thousand times.
const ODD: f64 = 1e-3;

/// A curve, but for where its line is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Curve {
    /// `logit q = logit permitted + slope · ln(x / line)`.
    Logistic {
        /// The logit of what is permitted.
        permitted: f64,
        slope: f64,
    },
    /// `1 - q = exp(-softplus(sharp · ln(x / c)) / sharp)`, which is `min(1, c / x)` with a rounded corner.
    Refusing {
        /// By how much the line is beyond the corner, `ln(line / c)`.
        beyond: f64,
        sharp: f64,
    },
}

impl Curve {
    /// All that are tried, where such a share is permitted.
    pub(super) fn all(permitted: f64) -> Vec<Self> {
        let logit = (permitted / (1.0 - permitted)).ln();
        let logistic = SLOPES.map(|slope| Self::Logistic { permitted: logit, slope });
        let refusing = SHARP.map(|sharp| {
            // `ln(eʸ - 1)`, whose eʸ may be more than a number holds.
            let admitted = -sharp * (1.0 - permitted).ln();
            let beyond = (admitted + (-(-admitted).exp_m1()).ln()) / sharp;
            Self::Refusing { beyond, sharp }
        });
        logistic.into_iter().chain(refusing).collect()
    }

    /// The share that is bad so far beyond the line, in the logarithm of the load.
    pub(super) fn share(self, apart: f64) -> f64 {
        let share = match self {
            Self::Logistic { permitted, slope } => 1.0 / (1.0 + (-permitted - slope * apart).exp()),
            Self::Refusing { beyond, sharp } => 1.0 - (-softplus(sharp * (apart + beyond)) / sharp).exp(),
        };
        share.clamp(ODD, 1.0 - ODD)
    }
}

/// `ln(1 + eˣ)`.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_curve_passes_through_what_is_permitted_at_the_line_and_rises() {
        for permitted in [0.002, 0.01, 0.05, 0.5, 0.95] {
            for curve in Curve::all(permitted) {
                assert!((curve.share(0.0) / permitted - 1.0).abs() < 1e-9, "{curve:?} {permitted}");
                let shares: Vec<f64> = (-40..40).map(|at| curve.share(f64::from(at) / 40.0)).collect();
                assert!(shares.is_sorted(), "{curve:?} {permitted}");
            }
        }
    }

    #[test]
    fn a_sharp_corner_refuses_what_is_too_much_and_nothing_else() {
        let sharpest = Curve::all(0.01).pop().unwrap();
        // The line is 1 % beyond what is admitted.
        let load = |apart: f64| sharpest.share((0.99_f64 * apart).ln());
        assert!((load(1.25) - 0.2).abs() < 2e-3, "{}", load(1.25));
        assert!((load(2.0) - 0.5).abs() < 2e-3, "{}", load(2.0));
        assert_eq!(load(0.97), 1e-3);
    }
}
