//! What a page of advice is made of.

use loadline_advise::advice::{Advice, Piece};
use loadline_advise::binding::{Binding, Columns};
use loadline_advise::index::Index;
use loadline_advise::remarks::Remarks;
use loadline_advise::statistics::{Rule, story_rule};
use loadline_advise::workload::{Asked, Workload};
use loadline_pg::existing::Drop;
use loadline_pg::portrait::{Loss, Portrait};

/// Advice, and what it is for.
#[derive(Clone, Debug)]
pub struct AdviceReport {
    /// The database in words: whose, which version, when.
    pub of: String,
    /// As its planner sees it.
    pub portrait: Portrait,
    /// What runs on it.
    pub workload: Workload,
    /// Which indexes pay.
    pub advice: Advice,
    /// What there is to say besides.
    pub remarks: Remarks,
    /// Indexes that could go.
    pub drops: Vec<Drop>,
    /// What the copy on which plans were made has not got.
    pub lost: Vec<Loss>,
    /// Whether everything is shown, and not the first few of each.
    pub full: bool,
}

impl AdviceReport {
    /// So many of a list are shown.
    pub(super) fn most(&self, most: usize) -> usize {
        if self.full { usize::MAX } else { most }
    }

    /// Whether this is the name, with its schema, of an index that is advised.
    pub(super) fn is_advised(&self, name: &str) -> bool {
        self.advice
            .pieces
            .iter()
            .any(|piece| format!("{}.{}", piece.index.schema, piece.index.name()) == name)
    }

    /// The share of the workload's time that a statement takes, if times are known of all.
    pub(super) fn share(&self, statement: usize) -> Option<f64> {
        Some(self.workload.statements.get(statement)?.ms? / self.workload.ms()?)
    }

    /// The values that a statement was explained with.
    pub(super) fn bindings(&self, statement: usize) -> &[Binding] {
        self.advice.bindings.get(statement).map_or(&[], Vec::as_slice)
    }

    /// The share of the workload's time in the statements that an index serves.
    pub(super) fn share_served(&self, piece: &Piece) -> Option<f64> {
        piece.serves.iter().map(|served| self.share(served.statement)).sum()
    }

    /// Endpoints that make the statements that an index serves, those that make most of them first.
    pub(super) fn endpoints(&self, piece: &Piece) -> Vec<String> {
        let mut all: Vec<(String, f64)> = Vec::new();
        for served in &piece.serves {
            let Some(asked) = self.workload.statements.get(served.statement) else { continue };
            for (endpoint, calls) in &asked.endpoints {
                // By time where it is known.
                let part = calls / asked.calls.max(1.0) * weight(asked);
                match all.iter_mut().find(|(known, _)| known == endpoint) {
                    Some((_, known)) => *known += part,
                    None => all.push((endpoint.clone(), part)),
                }
            }
        }
        all.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        all.into_iter().map(|(endpoint, _)| endpoint).collect()
    }

    /// What the story's rule says of indexes, each where it is known.
    pub(super) fn rules(&self, indexes: &[&Index]) -> Vec<Option<Rule>> {
        let columns = Columns::of(&self.portrait);
        let rule = |index: &&Index| {
            let table = self.portrait.relation(&index.schema, &index.table)?;
            story_rule(&columns, index, f64::from(table.tuples.max(0.0)))
        };
        indexes.iter().map(rule).collect()
    }

    /// The number, from 1, of the piece of advice that is this index.
    pub(super) fn number_of(&self, index: &Index) -> Option<usize> {
        self.advice.pieces.iter().position(|piece| piece.index == *index).map(|at| at + 1)
    }

    /// The cost of the whole workload, before and after.
    pub(super) fn costs(&self) -> (f64, f64) {
        let sum = |costs: &[Option<f64>]| {
            let calls = self.workload.statements.iter().map(|one| one.calls);
            costs.iter().zip(calls).filter_map(|(cost, calls)| Some((*cost)? * calls)).sum()
        };
        (sum(&self.advice.before), sum(&self.advice.after))
    }
}

/// What a statement weighs among others.
pub(super) fn weight(asked: &Asked) -> f64 {
    asked.ms.unwrap_or(asked.calls)
}
