//! What a comparison is reported from, and the words all its forms share.

use loadline_measure::FigureScale;
use loadline_units::{self as units, Scale};
use loadline_verdict::{Comparison, Outcome, worst};

/// A comparison that is over.
#[derive(Clone, Debug)]
pub struct ComparisonReport<'a> {
    /// Names the comparison; a bot finds its own comment by it.
    pub name: &'a str,
    /// What the base is: a URL, a commit, a file.
    pub base: &'a str,
    /// What the head is.
    pub head: &'a str,
    /// Every figure that was compared.
    pub comparisons: &'a [Comparison],
    /// The change that does not matter, 0.05 for 5 %.
    pub delta: f64,
    /// Rounds that were run; 1 for two single runs.
    pub rounds: usize,
    /// Whether nothing here may fail a build, and why.
    pub advisory: Option<&'a str>,
    /// Deciles of everything together: how the distribution has shifted.
    pub deciles: &'a [Comparison],
}

impl ComparisonReport<'_> {
    /// The verdict on all of it: the worst of any figure.
    pub fn outcome(&self) -> Outcome {
        worst(self.comparisons)
    }

    /// The verdict in a sentence.
    pub(super) fn sentence(&self) -> String {
        let number = |outcome| self.comparisons.iter().filter(|one| one.outcome == outcome).count();
        let all = self.comparisons.len();
        let delta = Scale::Share.exact(self.delta);
        match self.outcome() {
            Outcome::Fail => {
                format!("{} of {all} figures are worse by more than {delta}", number(Outcome::Fail))
            }
            Outcome::Pass => format!("nothing is worse by more than {delta}"),
            Outcome::Inconclusive => format!(
                "nothing is known to be worse by more than {delta}; {} of {all} figures are too noisy to tell",
                number(Outcome::Inconclusive)
            ),
            Outcome::NoData => "there is nothing to compare".to_owned(),
        }
    }
}

/// A change as people say it: `+4.2%`, or percentage points for shares.
pub(super) fn change(scale: &FigureScale, change: f64) -> String {
    if !change.is_finite() {
        "–".to_owned()
    } else if scale.by_difference() {
        format!("{:+.2} pp", change * 100.0)
    } else {
        units::percent_change(change - 1.0)
    }
}

/// The interval of a change: `-1.2% … +3.4%`.
pub(super) fn interval(comparison: &Comparison) -> String {
    if !comparison.low.is_finite() || !comparison.high.is_finite() {
        return "–".to_owned();
    }
    let low = change(&comparison.scale, comparison.low);
    let number = low.split(' ').next().unwrap_or_default();
    format!("{number} … {}", change(&comparison.scale, comparison.high))
}
