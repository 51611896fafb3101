//! Figures that no more rounds will settle.
//!
//! At each look that is left, what the rounds so far predict for the mean is held against what that look would want for
//! a fail or a pass. For a fail the prediction is Student's around the mean of the rounds, as unsure as that mean is.
//! For a pass the rounds to come are taken for those of a build that did not change, or of one that is faster where the
//! rounds say so: nobody waits for a build to turn out faster than its noise. Where the noise of the machine is known
//! from rounds of a build against itself, it is part of the variance. When all looks together are less likely than
//! [`FUTILE`] to decide, the figure stops asking for rounds and stays open. That can only take verdicts away, never add
//! one, so the chances of a false fail and of a false pass are at most what the plan of looks spends.
//!
//! Source: Spiegelhalter, Freedman and Blackburn, Monitoring clinical trials: conditional or predictive power?,
//! Controlled Clinical Trials 1986.

use loadline_measure::Figure;

use super::evidence::evidence;
use super::rounds::Gate;
use super::row::Rounds;
use crate::stats::{Spending, t_cdf, t_quantile};

/// Below this chance of a verdict at any later look no more rounds are run.
pub const FUTILE: f64 = 0.1;

/// What may still come, at a look of a plan.
pub(super) struct Prospects<'a> {
    pub(super) plan: &'a Spending,
    pub(super) gate: &'a Gate,
    pub(super) look: usize,
    /// How many figures are asked about.
    pub(super) family: usize,
}

impl Prospects<'_> {
    /// Whether no later look is likely to settle a figure.
    pub(super) fn is_futile(&self, figure: &Rounds, floor: Option<&Figure>) -> bool {
        self.chance(figure, floor).is_some_and(|chance| chance < FUTILE)
    }

    /// The chance that a later look decides a figure, at the most; `None` for a figure of fewer than two rounds.
    fn chance(&self, figure: &Rounds, floor: Option<&Figure>) -> Option<f64> {
        let paired = evidence(figure)?;
        let run = paired.count as f64;
        let (mut variance, mut freedom) = (paired.error * paired.error * run, run - 1.0);
        if let Some(floor) = floor.filter(|floor| floor.values > 1 && floor.value.is_finite()) {
            let more = floor.values as f64 - 1.0;
            variance = (variance * freedom + floor.value * floor.value * more) / (freedom + more);
            freedom += more;
        }
        let deviation = variance.sqrt();
        if deviation <= 0.0 {
            return None;
        }
        let margin = self.gate.margin(&figure.scale);
        let later = self.plan.looks().iter().enumerate().skip(self.look + 1);
        let chances = later.map(|(look, rounds)| {
            let rounds = *rounds as f64;
            let level = self.plan.share(look, self.gate.level);
            let reach = |level: f64| t_quantile(1.0 - level, rounds - 1.0) * deviation / rounds.sqrt();
            let more = (rounds - run).max(0.0);
            // The first fail of a comparison has to stand Holm's correction for all figures.
            let worst = margin + reach(level / self.family.max(1) as f64);
            let fails = t_cdf((paired.mean - worst) / (deviation * (more / (run * rounds)).sqrt()), freedom);
            let truth = (paired.mean + deviation / run.sqrt()).min(0.0);
            let expected = (run * paired.mean + more * truth) / rounds;
            let passes = (margin - reach(level) - expected) / (deviation * more.sqrt() / rounds);
            fails + t_cdf(passes, freedom)
        });
        Some(chances.sum::<f64>().min(1.0))
    }
}

#[cfg(test)]
mod tests {
    use loadline_measure::FigureScale;

    use super::*;

    fn rounds(mean: f64, deviation: f64) -> Rounds {
        let wobble = |round: usize| if round.is_multiple_of(2) { deviation } else { -deviation };
        Rounds {
            base: vec![100.0; 12],
            head: (0..12).map(|round| 100.0 * (mean + wobble(round)).exp()).collect(),
            ..Rounds::new("search", "p99", &FigureScale::LATENCY)
        }
    }

    fn chance(figure: &Rounds, floor: Option<f64>) -> f64 {
        let (plan, gate) = (Spending::new(12, 48), Gate::default());
        let floor = floor.map(|value| Figure {
            subject: "search".to_owned(),
            quantity: "p99".to_owned(),
            value,
            scale: FigureScale::LATENCY,
            values: 24,
        });
        Prospects { plan: &plan, gate: &gate, look: 0, family: 5 }.chance(figure, floor.as_ref()).unwrap()
    }

    #[test]
    fn noise_that_hides_everything_asks_for_nothing() {
        assert!(chance(&rounds(0.0, 0.3), None) < FUTILE);
        assert!(chance(&rounds(0.0, 0.05), None) > FUTILE);
        assert!(chance(&rounds(0.2, 0.3), None) > FUTILE, "a change may still be found");
        assert!(chance(&rounds(-0.2, 0.3), None) > FUTILE, "a build that is faster may still pass");
    }

    #[test]
    fn the_noise_floor_of_the_machine_is_part_of_it() {
        let calm_by_chance = rounds(0.0, 0.05);
        assert!(chance(&calm_by_chance, Some(0.5)) < chance(&calm_by_chance, Some(0.05)));
        assert!(chance(&calm_by_chance, Some(0.5)) < FUTILE);
    }
}
