//! A figure of two builds, round by round.

use loadline_measure::FigureScale;

/// A figure of two builds in every round. Where a build has none in a round it is not a number.
#[derive(Debug, Clone, PartialEq)]
pub struct Rounds {
    /// What it is of: an endpoint, or everything.
    pub subject: String,
    /// The figure: `p95`.
    pub quantity: String,
    /// In what it is counted, and which way it is better.
    pub scale: FigureScale,
    /// Of the base, a figure for each round.
    pub base: Vec<f64>,
    /// Of the head, in the same rounds.
    pub head: Vec<f64>,
    /// How many values the base's figures stand on; empty where that is not known.
    pub base_values: Vec<u64>,
    /// … and the head's.
    pub head_values: Vec<u64>,
}

impl Rounds {
    /// A figure without a round so far.
    pub fn new(subject: &str, quantity: &str, scale: &FigureScale) -> Self {
        Self {
            subject: subject.to_owned(),
            quantity: quantity.to_owned(),
            scale: scale.clone(),
            base: Vec::new(),
            head: Vec::new(),
            base_values: Vec::new(),
            head_values: Vec::new(),
        }
    }
}
