//! What a page about migrations is made of.

use loadline_pg::migration::{Blocks, Broken, Checked, Held, Rate, Step, Touched, held};
use loadline_pg::portrait::Portrait;

/// Migrations, and what they do to a database.
#[derive(Clone, Debug)]
pub struct CheckReport {
    /// Of which database, in words.
    pub of: String,
    /// The portrait before.
    pub before: Portrait,
    /// What each statement of the migrations does.
    pub steps: Vec<Step>,
    /// Statements with their plans before and after.
    pub checked: Vec<Checked>,
    /// Bytes a second that durations are reckoned with.
    pub rate: Rate,
    /// Budgets that are broken.
    pub broken: Vec<Broken>,
    /// What has to be known.
    pub notes: Vec<String>,
    /// Lines of each part, at most.
    pub most: usize,
}

impl CheckReport {
    /// What is kept waiting, the longest first.
    pub(super) fn held(&self) -> Vec<Held> {
        held(&self.steps, &self.before, self.rate)
    }

    /// Statements that keep somebody waiting, in their order.
    pub(super) fn blocking(&self) -> Vec<&Step> {
        self.steps.iter().filter(|step| step.blocks()).collect()
    }

    /// Plans that are others, gone or dearer, those that grew most first.
    pub(super) fn changed(&self) -> Vec<&Checked> {
        let mut changed: Vec<&Checked> =
            self.checked.iter().filter(|checked| checked.is_flipped() || checked.is_lost()).collect();
        let growth = |checked: &Checked| checked.growth().unwrap_or(f64::INFINITY);
        changed.sort_by(|left, right| {
            growth(right).total_cmp(&growth(left)).then_with(|| left.text.cmp(&right.text))
        });
        changed
    }

    /// Statements that cannot be explained, before and after.
    pub(super) fn unplanned(&self) -> usize {
        self.checked.iter().filter(|checked| checked.before.is_err() && checked.after.is_err()).count()
    }

    /// The tables of a statement that keeps somebody waiting.
    pub(super) fn waited_for(step: &Step) -> impl Iterator<Item = &Touched> {
        step.touched.iter().filter(|touched| touched.lock.blocks() != Blocks::Nobody)
    }
}
