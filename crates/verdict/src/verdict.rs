//! What a judgement says: whether a requirement was kept, by which figures, and how sure that is.

use loadline_measure::Unit;
use serde::{Deserialize, Serialize};

use crate::share::Certainty;

/// What came out of judging a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The condition holds.
    Pass,
    /// The condition does not hold.
    Fail,
    /// There is nothing to judge.
    NoData,
    /// There is no fact to state, and too little evidence either way; only slopes and comparisons come to this.
    Inconclusive,
}

impl Verdict {
    /// Whether it is about how long the requests of an endpoint take.
    pub fn is_of_times(&self, endpoint: &str) -> bool {
        let tags = self.selector.split_once('{').map_or("", |(_, tags)| tags.trim_end_matches('}'));
        let names = tags.split(',').filter_map(|tag| tag.split_once(':'));
        let mut named = names.filter(|(key, _)| matches!(key.trim(), "name" | "endpoint"));
        self.unit == Unit::Milliseconds
            && (self.selector == endpoint || named.any(|(_, value)| value.trim() == endpoint))
    }

    /// Whether it passes by what was counted, and nobody can say that it would again.
    pub fn is_unproven(&self) -> bool {
        match self.outcome {
            Outcome::Pass => self.certainty == Some(Certainty::Open),
            Outcome::Inconclusive => true,
            Outcome::Fail | Outcome::NoData => false,
        }
    }
}

/// Where the true figure lies, most likely.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// How often such an interval holds the true figure, from 0 to 1.
    pub confidence: f64,
}

/// Which kind of rule a verdict is of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A threshold: of a script, or of a command line.
    #[default]
    Threshold,
    /// A budget of the project.
    Budget,
}

/// The judgement of one threshold or budget.
#[expect(clippy::struct_excessive_bools, reason = "each answers a question of its own")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// What kind of rule it is of.
    #[serde(default)]
    pub rule: Rule,
    /// The metric and tags, as they were written: `http_req_duration{scenario:search}`.
    pub selector: String,
    /// The condition, as it was written: `p(95)<500`.
    pub expression: String,
    /// The metric's name.
    pub metric: String,
    /// The aggregate: `p(95)`.
    pub aggregate: String,
    /// What came out.
    pub outcome: Outcome,
    /// The figure that was judged, in `unit`, a slope's in `unit` per hour; `None` without data.
    pub observed: Option<f64>,
    /// The interval of an estimated figure, in the same unit.
    #[serde(default)]
    pub interval: Option<Interval>,
    /// The limit, in the same unit.
    pub limit: f64,
    /// The unit of all of them.
    pub unit: Unit,
    /// Whether the decision is exact, not by an estimate.
    pub exact: bool,
    /// How many values were judged.
    pub values: u64,
    /// Why, in words and figures.
    pub evidence: String,
    /// Whether another run of the same would come to the same: an inference beside the fact, of shares and percentiles
    /// of a project's budgets. `None` where nothing was inferred.
    #[serde(default)]
    pub certainty: Option<Certainty>,
    /// How many more seconds of the same load would make it [`Certainty::Certain`]; `None` when it is, or when the
    /// limit is too close to tell.
    #[serde(default)]
    pub more_s: Option<f64>,
    /// Whether the figures are the system's: `false` when the run's generator was saturated, whatever the outcome.
    #[serde(default = "trusted")]
    pub trustworthy: bool,
    /// Whether the run fails by it: a fail, or no data that was not allowed.
    pub fails: bool,
    /// Whether a run that goes on should stop now.
    pub abort: bool,
}

/// What verdicts were before they told.
const fn trusted() -> bool {
    true
}
