//! What there is to say besides indexes.

use loadline_pg::portrait::Portrait;

use crate::advice::Advice;
use crate::oracle::{Oracle, OracleError};
use crate::rewrite::{Proposals, propose};
use crate::search::Goal;
use crate::statistics::{Correlated, Stale, Unprepared, correlated, stale, unprepared};
use crate::workload::Workload;

/// All of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Remarks {
    /// Statements that could be written better.
    pub proposals: Proposals,
    /// Statistics over several columns that are likely to be missing.
    pub correlated: Vec<Correlated>,
    /// Tables that should be analyzed.
    pub stale: Vec<Stale>,
    /// Statements that should be prepared once.
    pub unprepared: Vec<Unprepared>,
}

/// Looks for all of it, when the advice on indexes is there.
///
/// # Errors
/// When the oracle is gone.
pub fn remark(
    portrait: &Portrait,
    workload: &Workload,
    advice: &Advice,
    goal: Goal,
    oracle: &mut impl Oracle,
) -> Result<Remarks, OracleError> {
    Ok(Remarks {
        proposals: propose(portrait, workload, advice, goal, oracle)?,
        correlated: correlated(portrait, workload, advice, oracle)?,
        stale: stale(portrait),
        unprepared: unprepared(workload),
    })
}
