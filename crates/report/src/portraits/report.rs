//! What a page about two portraits is made of.

use loadline_pg::diff::{Changes, Flips};
use loadline_pg::shape::Shape;

/// Two portraits, and what is different.
#[derive(Clone, Debug)]
pub struct DiffReport {
    /// The first portrait in words: whose, which version, when.
    pub before: String,
    /// The second.
    pub after: String,
    /// What the portraits themselves say.
    pub changes: Changes,
    /// What became of the plans; nothing where nobody asked.
    pub flips: Option<Flips>,
    /// What has to be known.
    pub notes: Vec<String>,
    /// Lines of each part, at most.
    pub most: usize,
}

impl DiffReport {
    /// The share that a statement has of its workload's time, in the portrait that it has more of.
    pub(super) fn share(&self, text: &str) -> Option<f64> {
        let text = Shape::of(text).text;
        let change = self.changes.statements.iter().find(|change| change.text == text)?;
        let shares = [change.before, change.after];
        shares.into_iter().flatten().map(|share| share.share).reduce(f64::max)
    }
}
