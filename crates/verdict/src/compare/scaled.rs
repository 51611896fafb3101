//! Figures on a common scale of badness, on which more is worse whatever the figure is.
//!
//! What is compared by its ratio is on a logarithmic scale, shares are as they are; where more is better the sign is
//! turned.

use loadline_measure::{Better, FigureScale};

/// Arithmetic with the figures of a scale.
pub(crate) trait Scaled {
    /// How bad a figure is; not finite when the scale has no place for it, as a ratio's has none for 0.
    fn badness(&self, figure: f64) -> f64;

    /// The figure that is so bad.
    fn of_badness(&self, badness: f64) -> f64;

    /// By how much `head` is worse than `base`.
    fn worse(&self, base: f64, head: f64) -> f64 {
        self.badness(head) - self.badness(base)
    }

    /// The change, head's figure to base's as a ratio, or their difference, of a head that is worse by so much.
    fn change(&self, worse: f64) -> f64;
}

fn sign(scale: &FigureScale) -> f64 {
    if scale.better == Better::Higher { -1.0 } else { 1.0 }
}

impl Scaled for FigureScale {
    fn badness(&self, figure: f64) -> f64 {
        sign(self) * if self.by_difference() { figure } else { figure.ln() }
    }

    fn of_badness(&self, badness: f64) -> f64 {
        let signed = sign(self) * badness;
        if self.by_difference() { signed } else { signed.exp() }
    }

    fn change(&self, worse: f64) -> f64 {
        self.of_badness(worse)
    }
}

#[cfg(test)]
mod tests {
    use loadline_measure::FigureUnit;

    use super::*;

    #[test]
    fn more_is_worse_on_every_scale() {
        let hits = FigureScale { unit: FigureUnit::Share, better: Better::Higher };
        for (scale, base, head) in [
            (FigureScale::LATENCY, 10.0, 12.0),
            (FigureScale::THROUGHPUT, 100.0, 90.0),
            (FigureScale::ERRORS, 0.0, 0.1),
            (hits, 0.9, 0.7),
        ] {
            assert!(scale.worse(base, head) > 0.0, "{scale}");
            assert!((scale.of_badness(scale.badness(head)) - head).abs() < 1e-12, "{scale}");
        }
        assert!((FigureScale::LATENCY.change(1.2_f64.ln()) - 1.2).abs() < 1e-12);
        assert!(
            (FigureScale::THROUGHPUT.change(FigureScale::THROUGHPUT.worse(100.0, 90.0)) - 0.9).abs() < 1e-12
        );
        assert!((FigureScale::ERRORS.change(0.02) - 0.02).abs() < 1e-12);
    }
}
