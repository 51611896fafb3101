//! What is told in words, as JSON or as SQL.

use loadline_advise::advice::Advice;
use loadline_advise::workload::Workload;
use loadline_pg::portrait::{Loss, Portrait};

/// What was found, and of what.
pub(super) struct Found {
    pub(super) portrait: Portrait,
    pub(super) workload: Workload,
    pub(super) advice: Advice,
    pub(super) lost: Vec<Loss>,
}
