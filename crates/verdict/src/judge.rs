//! The judge: a run and its budgets in, verdicts with their evidence out.
//!
//! The same function judges while the run goes on and at its end. It is pure: how long the run has lasted is a field
//! of the run.
//!
//! No data is not a pass. A threshold whose series has no values fails unless it was said that it may have none; it
//! never stops a run that goes on, because its values may still come. One exception, for counters: when the metric
//! has values but none with the selected tags, the count is zero, and zero is a measurement
//! (`http_reqs{status:500}` with `count<1` passes a run without errors, not one without requests).
//!
//! Who takes something away on purpose knows that there will be an outage. Requirements that say so are for the rest of
//! the run, whoever judges it and whenever; that the outage ends is a requirement of its own.

use loadline_measure::Run;

use crate::budgets::{Budget, Budgets};
use crate::judge_thresholds::{Judge, Terms};
use crate::outage::Outage;
use crate::project::judge_project;
use crate::untold::Known;
use crate::verdict::Verdict;

/// Judges a run by its budgets: one verdict for each threshold and each budget of the project, in their order.
pub fn judge(run: &Run, budgets: &Budgets) -> Vec<Verdict> {
    let mut verdicts = judge_all_of_it(run, budgets);
    let is_outside = |budget: &Budget| budget.text.outside_outage;
    if let Some(outage) = Outage::on_purpose(run).filter(|_| budgets.budgets.iter().any(is_outside)) {
        let thresholds = Budgets { project: Vec::new(), ..budgets.clone() };
        let outside = judge_all_of_it(&outage.cut_out(run), &thresholds);
        let both = verdicts.iter_mut().zip(outside).zip(&budgets.budgets);
        for ((verdict, mut without), _) in both.filter(|(_, budget)| is_outside(budget)) {
            without.evidence += &format!("; {outage} is left out");
            *verdict = without;
        }
    }
    verdicts
}

fn judge_all_of_it(run: &Run, budgets: &Budgets) -> Vec<Verdict> {
    let all: Vec<&Budget> = budgets.budgets.iter().collect();
    let known = Known::of(run, &budgets.endpoints);
    let mut verdicts = Judge::new(run, &all, Terms::of(budgets)).all(&all, &known);
    verdicts.extend(judge_project(run, budgets, &known));
    verdicts
}

/// The first threshold that stops a run that goes on, if one does: what [`judge`] says of those that may, without
/// looking at the others. It is asked every second.
pub fn stops(run: &Run, budgets: &Budgets) -> Option<Verdict> {
    // Where an outage ends is not known before the run does.
    let is_undisturbed = Outage::on_purpose(run).is_none();
    let may = |budget: &&Budget| {
        budget.text.abort_on_fail
            && run.duration >= budget.abort_delay()
            && (is_undisturbed || !budget.text.outside_outage)
    };
    let may: Vec<&Budget> = budgets.budgets.iter().filter(may).collect();
    if may.is_empty() {
        return None;
    }
    let known = Known::of(run, &budgets.endpoints);
    Judge::new(run, &may, Terms::of(budgets)).all(&may, &known).into_iter().find(|verdict| verdict.abort)
}
