//! What a comparison is reported from, and the words all its forms share.

use loadline_ledger::{Difference, told};
use loadline_measure::FigureScale;
use loadline_units::{self as units, Scale};
use loadline_verdict::{Comparison, Ended, Outcome, Rounds, worst};

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
    /// How the rounds went; nothing for two single runs.
    pub course: Option<Course<'a>>,
    /// Where the time of requests went in both, endpoint by endpoint, all together first; empty of what has no
    /// requests.
    pub ledger: &'a [Difference],
}

/// How the rounds of a comparison went: all that its result was worked out from.
#[derive(Clone, Debug)]
pub struct Course<'a> {
    /// Every figure of every round.
    pub figures: &'a [Rounds],
    /// After how many rounds there was to be a look, and the chance of a false answer that each may spend.
    pub looks: &'a [(usize, f64)],
    /// A difference of shares up to this does not matter.
    pub share_delta: f64,
    /// The seed of the order.
    pub seed: u64,
    /// Whether the base went first, by round.
    pub base_first: &'a [bool],
    /// Why there were no more rounds.
    pub ended: Ended,
    /// What stopped it, where something did.
    pub stopped: Option<&'a str>,
}

impl Course<'_> {
    /// Why there were no more rounds than these, in words; nothing where that goes without saying.
    fn why(&self, rounds: usize) -> Option<String> {
        let most = self.looks.last().map_or(rounds, |(rounds, _)| *rounds);
        match self.ended {
            Ended::Futile => Some(format!(
                "ended after {rounds} of at most {most} rounds: more of them are unlikely to settle what is open"
            )),
            Ended::Stopped => Some(format!(
                "stopped after {rounds} rounds, before a verdict: {}",
                self.stopped.unwrap_or("interrupted")
            )),
            Ended::Decided | Ended::Over => None,
        }
    }
}

impl ComparisonReport<'_> {
    /// The verdict on all of it: the worst of any figure.
    pub fn outcome(&self) -> Outcome {
        worst(self.comparisons)
    }

    /// The verdict in a sentence.
    pub fn sentence(&self) -> String {
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

    /// Where differences come from, endpoint by endpoint: names with words. Nothing where none is more than chance.
    pub fn sources(&self) -> Vec<(&str, String)> {
        // An endpoint that is all there is would say everything twice.
        let named = self.ledger.get(if self.ledger.len() > 1 { 1.. } else { 0.. }).unwrap_or_default();
        let mut sources = Vec::new();
        for one in named {
            sources
                .extend(told::change_words(&one.whole, "on average").map(|words| (one.name.as_str(), words)));
            let slow =
                one.slow.as_ref().filter(|slow| slow.change_ms().abs() > 2.0 * one.whole.change_ms().abs());
            sources.extend(
                slow.and_then(|slow| told::change_words(slow, "of the slowest 5 %"))
                    .map(|words| (one.name.as_str(), words)),
            );
        }
        sources
    }

    /// Why it ended when it did, where that has to be said.
    pub fn why(&self) -> Option<String> {
        self.course.as_ref()?.why(self.rounds)
    }
}

/// A change as people say it: `+4.2%`, or percentage points for shares; `–` where there is none.
pub fn change(scale: &FigureScale, change: f64) -> String {
    if !change.is_finite() {
        "–".to_owned()
    } else if scale.by_difference() {
        format!("{:+.2} pp", change * 100.0)
    } else {
        units::percent_change(change - 1.0)
    }
}

/// The interval of a change: `-1.2% … +3.4%`.
pub fn interval(comparison: &Comparison) -> String {
    if !comparison.low.is_finite() || !comparison.high.is_finite() {
        return "–".to_owned();
    }
    let low = change(&comparison.scale, comparison.low);
    let number = low.split(' ').next().unwrap_or_default();
    format!("{number} … {}", change(&comparison.scale, comparison.high))
}
